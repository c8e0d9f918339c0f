"""The filters of the log pane: the whole workspace has one list of them, and it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlws_tui.domain.logquery import Filter

if TYPE_CHECKING:
    from mlws_tui.services.remembered import Remembered

KEY = "log.filters"
#: There for everybody; they can be turned on and off, but not deleted.
READY = (
    Filter("warnings and errors", level="warning", on=False),
    Filter("errors", level="error", on=False),
)
_MOST = 50


class Filters:
    """The list of filters, and whether all of them are off for now.

    Args:
        memory: Where they are kept; None to keep them for this sitting only.
    """

    def __init__(self, memory: Remembered | None = None) -> None:
        self._memory = memory
        self._loaded = False
        self.all: tuple[Filter, ...] = READY
        self.off = False

    @property
    def in_force(self) -> tuple[Filter, ...]:
        """The filters that lines have to pass."""
        return () if self.off else tuple(one for one in self.all if one.on)

    async def load(self) -> None:
        """Bring back the list of before, once.

        Raises:
            MlwsError: if it cannot be read.
        """
        if self._memory is not None and not self._loaded:
            self._loaded = True
            self.all = with_ready(filters_of(await self._memory.get(KEY, [])))

    def change(self, filters: Sequence[Filter]) -> None:
        """Have another list; it holds at once."""
        self.all = with_ready(filters)
        self.off = False

    async def keep(self) -> None:
        """Keep the list as it is now.

        Raises:
            MlwsError: if it cannot be kept.
        """
        if self._memory is not None:
            await self._memory.set(KEY, [asdict(one) for one in self.all])


def with_ready(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """The list with the filters that everybody has at its head."""
    own = [one for one in filters if not is_ready(one)]
    ready = [
        next((one for one in filters if is_ready(one) and one.level == mine.level), mine) for mine in READY
    ]
    return (*ready, *own[:_MOST])


def is_ready(one: Filter) -> bool:
    """Whether it is one of those that everybody has."""
    return not one.text and any((one.name, one.level) == (mine.name, mine.level) for mine in READY)


def filters_of(value: Any) -> list[Filter]:
    """What of a kept value are filters: others may have written there."""
    found = [_filter(one) for one in value] if isinstance(value, list) else []
    return [one for one in found if one is not None]


def _filter(value: Any) -> Filter | None:
    if not isinstance(value, Mapping):
        return None
    name, text, level = (value.get(key, "") for key in ("name", "text", "level"))
    if not (isinstance(name, str) and isinstance(text, str) and level in ("", "warning", "error")):
        return None
    if not (name and (text or level)):
        return None
    regex, out, on = (value.get(key) is True for key in ("regex", "out", "on"))
    return Filter(name, text, regex, out, on, level)
