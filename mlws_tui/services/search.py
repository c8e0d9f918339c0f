"""Searching all that was written: the journal, session logs, what runs say of themselves, and how they failed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, StoreError
from mlws_tui.domain.journal import section_key
from mlws_tui.domain.markdown import decode, split_lines
from mlws_tui.domain.passages import (
    JOURNAL,
    TIERS,
    Piece,
    clean,
    journal_pieces,
    run_documents,
    session_piece,
)
from mlws_tui.domain.searchquery import SearchQuery, finder, fold, parse_query, snippet
from mlws_tui.services.journal import JournalService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.sources import files
from mlws_tui.store import Store
from mlws_tui.store.textsearch import FoundPassage

#: Hits that are asked for beyond those that are wanted: what reviews say again is left out.
_SPARE = 20
_REVIEW = "review"
#: What a review puts around a line that it takes over: a mark of a list, and the day.
_ADDED = re.compile(r"^\s*(?:[-*+]\s+)?|\s*\(\d{4}-\d{2}-\d{2}\)\s*$")
_FILES_ONLY = "the index has no texts yet: the journal and session logs were looked through, runs were not"


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that fits.

    Attributes:
        tier: 1 logs and runs, 2 the journal, 3 session logs.
        kind: ``journal``, ``session``, ``run`` or ``error``.
        path: Relative to the workspace; a run's id for a run.
        line: From 1; 0 for a run and its error, which stand in no one line.
        day: Of the entry, the session or the run; None where it has none.
        title: The heading above.
        name: The session's title or the run's name.
        run: The run's id.
        snippet: The line of the text that fits best, cut where it is long.
        marks: Columns of the snippet that fit: first, and after the last.
    """

    tier: int
    kind: str
    path: str
    line: int
    day: date | None
    title: str
    name: str
    run: str | None
    snippet: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Around:
    """The place of a hit: its lines, the number of the first (from 1; 0 for a run), and which of them is the hit."""

    lines: tuple[str, ...]
    first: int
    at: int


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found, whether there is more, and one sentence where not everything could be looked through."""

    hits: tuple[Hit, ...]
    more: bool
    notice: str = ""


class Search:
    """Answers from the index; from the files where it has no texts.

    Attributes:
        last: What the person searched for last in this sitting.
    """

    last = ""

    def __init__(
        self, workspace: Workspace, store: Store, journal: JournalService, sessions: SessionsService
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._journal = journal
        self._sessions = sessions
        self._filled = False

    async def find(
        self,
        query: str,
        *,
        limit: int = 50,
        ranked: bool = False,
        tiers: Collection[int] = (),
        kinds: Collection[str] = (),
        since: date | None = None,
        until: date | None = None,
        typing: bool = False,
    ) -> Hits:
        """What fits, the newest first, or the best first where it is `ranked`.

        Args:
            query: As a person types it, see `mlws_tui.domain.searchquery`.
            limit: How many hits at most.
            ranked: The best first; headings count more than text.
            tiers: Only these tiers, beside what the query says.
            kinds: Only these kinds.
            since: The first day.
            until: The last day.
            typing: The last word may be unfinished.

        Raises:
            UsageError: if a filter of the query takes no such value.
            StoreError: if neither the index nor the files can be read.
        """
        asked = parse_query(clean(query), self._journal.today(), typing=typing)
        if tiers:
            both = asked.tiers & set(tiers) if asked.tiers else frozenset(tiers)
            if not both:
                return Hits((), more=False)
            asked = replace(asked, tiers=both)
        asked = replace(
            asked,
            kinds=asked.kinds | set(kinds),
            since=since or asked.since,
            until=until or asked.until,
        )
        if asked.empty:
            return Hits((), more=False)
        if not await self._has_texts():
            found, more = await asyncio.to_thread(self._in_files, asked, limit + _SPARE)
            return await self._answer(asked, found, more, limit, _FILES_ONLY)
        found, more = await self._store.texts.find(asked, limit + _SPARE, ranked=ranked)
        return await self._answer(asked, found, more, limit)

    async def around(self, hit: Hit, lines: int) -> Around:
        """At most so many lines of the place of a hit; of a run all that it says of itself.

        Raises:
            MlwsError: if it cannot be read any more.
        """
        if hit.run is not None:
            run = await self._store.get_run(hit.run)
            happened = (await self._store.texts.told([hit.run])).get(hit.run, ())
            documents = () if run is None else run_documents(run, happened)
            passages = [part for one in documents if one.kind == hit.kind for part in one.passages]
            text = [line for part in passages for line in part.text.split("\n")]
            at = next((i for i, line in enumerate(text) if line.strip() == hit.snippet), 0)
            first = max(0, min(at - lines // 3, len(text) - lines))
            return Around(tuple(text[first : first + lines]), 0, at - first)
        return await asyncio.to_thread(self._around, hit, lines)

    def _around(self, hit: Hit, lines: int) -> Around:
        if hit.kind == "journal":
            read: Sequence[bytes] = self._journal.read().outline.lines
        else:
            read = split_lines(files.read(self._workspace.inside(hit.path)).data)
        first = max(0, min(hit.line - 1 - lines // 3, len(read) - lines))
        shown = tuple(decode(line).rstrip("\r\n") for line in read[first : first + lines])
        return Around(shown, first + 1, hit.line - 1 - first)

    async def _has_texts(self) -> bool:
        """Whether the index was filled; one of an older version has not even the tables."""
        if not self._filled:
            try:
                self._filled = await self._store.texts.filled()
            except StoreError:
                return False
        return self._filled

    async def _answer(
        self, asked: SearchQuery, found: list[FoundPassage], more: bool, limit: int, notice: str = ""
    ) -> Hits:
        first = _without_copies(found)
        more = more or len(first) > limit
        hits = await asyncio.to_thread(lambda: tuple(_hit(one, asked) for one in first[:limit]))
        return Hits(hits, more, notice)

    def _in_files(self, asked: SearchQuery, limit: int) -> tuple[list[FoundPassage], bool]:
        found: list[FoundPassage] = []
        fits = _matcher(asked)
        pieces = sorted(self._pieces(asked), key=lambda one: one.day or date.min, reverse=True)
        for piece in pieces:
            found.extend(_fitting(piece, fits))
            if len(found) > limit:
                break
        return found[:limit], len(found) > limit

    def _pieces(self, asked: SearchQuery) -> Iterator[Piece]:
        relative = self._workspace.relative
        pieces = list(journal_pieces(self._journal.read(), relative(self._journal.path)))
        for session in self._sessions.list():
            try:
                data = files.read(session.path).data
            except MlwsError:  # the session pane says why
                continue
            title = session.facts.title or session.name
            pieces.append(session_piece(data, relative(session.path), title, session.facts.date))
        for piece in pieces:
            if asked.kinds and piece.kind not in asked.kinds:
                continue
            if asked.tiers and TIERS[piece.kind] not in asked.tiers:
                continue
            if asked.since is not None and (piece.day is None or piece.day < asked.since):
                continue
            if asked.until is not None and (piece.day is None or piece.day > asked.until):
                continue
            yield piece


def _without_copies(found: Sequence[FoundPassage]) -> list[FoundPassage]:
    """What was found without lines of reviews that say again what another one says."""
    said = [fold(one.text) for one in found if not _in_review(one)]
    kept: list[FoundPassage] = []
    for one in found:
        if _in_review(one):
            copied = fold(_ADDED.sub("", one.text).strip())
            if any(copied in other for other in said):
                continue
            said.append(copied)
        kept.append(one)
    return kept


def _in_review(one: FoundPassage) -> bool:
    return one.kind == JOURNAL and section_key(one.title) == _REVIEW


def _fitting(piece: Piece, fits: Callable[[str, str], bool]) -> Iterator[FoundPassage]:
    for part in piece.document().passages:
        if fits(part.title, part.text):
            yield FoundPassage(
                piece.kind, TIERS[piece.kind], piece.path, piece.line + part.line, piece.day,
                part.title, piece.name, None, part.text, "",
            )  # fmt: skip


def _matcher(asked: SearchQuery) -> Callable[[str, str], bool]:
    """Whether a heading and the text below it fit the terms; filters of runs fit nothing that stands in a file."""
    terms = [(term.negative, finder(replace(term, anywhere=True))) for term in asked.terms]
    wanted = [find for negative, find in terms if not negative]
    of_runs = bool(asked.experiment or asked.tag)
    names = [fold(name) for name in (asked.run, asked.model) if name]
    section = fold(asked.section)

    def fits(title: str, text: str) -> bool:
        heading = fold(title)
        own = fold(text)
        both = f"{heading}\n{own}"
        return (
            not of_runs
            and section in heading
            and all(name in both for name in names)
            and all(bool(find(both)) is not negative for negative, find in terms)
            and (not wanted or any(find(own) for find in wanted))
        )

    return fits


def _hit(one: FoundPassage, asked: SearchQuery) -> Hit:
    told, marks = snippet(one.text, asked.terms)
    in_run = one.run is not None
    return Hit(
        one.tier, one.kind, one.path, 0 if in_run else one.line + 1, one.day, "" if in_run else one.title,
        one.name, one.run, told, marks,
    )  # fmt: skip
