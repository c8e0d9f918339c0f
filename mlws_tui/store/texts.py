"""The texts of the index: documents, passages and links, as the store offers them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from sqlite3 import Connection
from typing import Any, Protocol

from mlws_tui.domain.passages import TextDocument
from mlws_tui.domain.searchquery import SearchQuery
from mlws_tui.store import passages, textsearch
from mlws_tui.store.passages import KeepTexts, LinkRow, Standing
from mlws_tui.store.textsearch import FoundPassage


class _Asked(Protocol):
    def __call__(self, read: Callable[[Connection], Any], /) -> Awaitable[Any]: ...


class Texts:
    """What was written, searched and kept. Every method raises a `StoreError` where SQLite or the disk fails.

    Args:
        read: Has the index read.
        submit: Has the actor do a request.
    """

    def __init__(self, read: _Asked, submit: Callable[[KeepTexts], Awaitable[None]]) -> None:
        self._read = read
        self._submit = submit

    async def standing(self) -> dict[str, Standing]:
        """What the index has of each document, by its key."""
        found: dict[str, Standing] = await self._read(passages.standing)
        return found

    async def filled(self) -> bool:
        """Whether there is anything to search."""
        found: bool = await self._read(passages.filled)
        return found

    async def told(self, runs: Sequence[str]) -> dict[str, list[str]]:
        """What the latest alerts and notes of these runs say, in order of time; runs without any are left out."""
        found: dict[str, list[str]] = await self._read(lambda raw: passages.told(raw, runs))
        return found

    async def keep(
        self,
        documents: Sequence[TextDocument] = (),
        gone: Sequence[str] = (),
        moved: Mapping[str, int] | None = None,
    ) -> None:
        """Write documents anew, forget those of these keys, and note the lines at which others begin now."""
        await self._submit(KeepTexts(documents, gone, moved or {}))

    async def find(
        self, query: SearchQuery, limit: int, *, ranked: bool = False
    ) -> tuple[list[FoundPassage], bool]:
        """The passages that fit, the newest first or the best first, and whether there are more."""
        found: tuple[list[FoundPassage], bool] = await self._read(
            lambda raw: textsearch.find(raw, query, limit, ranked)
        )
        return found

    async def links_to(self, wanted: Sequence[tuple[str, str]], limit: int = 200) -> list[LinkRow]:
        """The links that lead to any of these (kind, target), the newest day first."""
        found: list[LinkRow] = await self._read(lambda raw: passages.links_to(raw, wanted, limit))
        return found

    async def links_of(self, kind: str, limit: int = 100_000) -> list[LinkRow]:
        """All links of a kind, the newest day first."""
        found: list[LinkRow] = await self._read(lambda raw: passages.links_of(raw, kind, limit))
        return found
