"""The marked lines of a log, kept in the workspace for the next time that the log is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlws_tui.domain.logs import LogLine, Place
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.ui.widgets.logrows import text_of

if TYPE_CHECKING:
    from mlws_tui.services.remembered import Remembered

#: Marks that are kept of one log, the newest ones; and the characters by which a marked line is known again.
_MOST = 200
_HEAD = 40


class Marks:
    """Marks of one log.

    Args:
        memory: Where they are kept; None to keep them only as long as the log is open.
        key: The name they are kept under.
    """

    def __init__(self, memory: Remembered | None = None, key: str = "") -> None:
        self._memory = memory
        self._key = key
        self._heads: dict[Place, str] = {}
        self.places: set[Place] = set()

    async def load(self, feed: LogFeed) -> None:
        """Bring back the marks of before; those whose line is another one now are dropped.

        Raises:
            MlwsError: if they cannot be read.
        """
        if self._memory is None:
            return
        part = feed.state.end.part
        for offset, head in _pairs(await self._memory.get(self._key, [])):
            place = Place(part, offset)
            lines = await feed.after(place, 1)
            if not lines or (lines[0].place == place and text_of(lines[0])[:_HEAD] == head):
                self._heads[place] = head
        self.places.update(self._heads)

    async def turn(self, line: LogLine) -> bool:
        """Mark a line, or take its mark away; whether it is marked now.

        Raises:
            MlwsError: if it cannot be kept; it is marked all the same.
        """
        marked = line.place not in self._heads
        if marked:
            self._heads[line.place] = text_of(line)[:_HEAD]
        else:
            del self._heads[line.place]
        self.places ^= {line.place}
        if self._memory is not None:
            part = max((place.part for place in self._heads), default=0)
            kept = [[place.offset, head] for place, head in self._heads.items() if place.part == part]
            await self._memory.set(self._key, kept[-_MOST:])
        return marked

    def near(self, place: Place, *, forward: bool) -> Place | None:
        """The next marked line, or the one before."""
        if forward:
            return min((mark for mark in self.places if mark > place), default=None)
        return max((mark for mark in self.places if mark < place), default=None)


def _pairs(value: Any) -> list[tuple[int, str]]:
    """What of a kept value is an offset and a text: others may have written there."""
    if not isinstance(value, list):
        return []
    return [
        (pair[0], pair[1])
        for pair in value[-_MOST:]
        if isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], int)
        and pair[0] >= 0
        and isinstance(pair[1], str)
    ]
