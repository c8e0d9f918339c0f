"""Which rows of a log are on the screen: a place in the log, moved by rows, pages and searches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from mlws_tui.domain.levels import in_traceback
from mlws_tui.domain.logs import START, LogLine, Place
from mlws_tui.domain.needle import Needle
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.ui.widgets.cells import Line
from mlws_tui.ui.widgets.logrows import crop, divider, shown, spans_of, wrap

#: Lines above the first one on the screen that are read to know whether it belongs to a traceback.
_CONTEXT = 8
#: Bytes on one page from which a thread makes them into text first; what it makes is kept for a while.
_MUCH = 128 * 1024


@dataclass(frozen=True, slots=True)
class View:
    """How rows are laid out: columns, rows, whether long lines are wrapped, and the first column if not."""

    width: int = 80
    height: int = 24
    wrap: bool = False
    left: int = 0


class Viewport:
    """A window on one open log. It reads what it shows, and no more, each time.

    Attributes:
        view: The layout; set it freely.
        needle: What is marked.
        follow: Whether the window stays at the end.
        here: The line that a search or a jump stopped at.
        top: The line that the first row belongs to.
        mark: The line whose number tells where the window is: `here` while it is on the screen, else the top.
    """

    def __init__(self, feed: LogFeed, view: View) -> None:
        self.feed = feed
        self.view = view
        self.needle = Needle("")
        self.follow = True
        self.here: Place | None = None
        self.top = self.mark = START
        self._skip = 0  # rows of the top line that are above the window
        self._left_at = 0

    @property
    def new_lines(self) -> int:
        """Lines that came since the window left the end."""
        return 0 if self.follow else self.feed.state.appended - self._left_at

    async def rows(self) -> list[Line]:
        """The rows to show; at the end of the log if it is followed."""
        if self.follow:
            await self._go_to_end()
        before, lines = await self.feed.around(self.top, _CONTEXT, self.view.height + 1)
        if sum(len(line.data) for line in lines) > _MUCH:
            await asyncio.to_thread(lambda: [shown(line) for line in lines])
        texts = [shown(line).text for line in (*before, *lines)]
        traced = in_traceback(texts)[len(before) :]
        rows: list[Line] = []
        self.mark = self.top
        for line, inside in zip(lines, traced, strict=True):
            rows += self._lay_out(line, inside)
            if line.place == self.here:
                self.mark = line.place
            if len(rows) >= self._skip + self.view.height:
                break
        return rows[self._skip : self._skip + self.view.height]

    async def move(self, count: int) -> None:
        """Move the window down by rows, or up by a negative count. At the end it follows again."""
        if count < 0:
            await self._up(-count)
        elif not self.follow:
            await self._down(count)

    async def first(self) -> None:
        """Go to the beginning."""
        if await self.feed.before(self.top, 1) or self._skip:
            self._leave_end()
            self.top, self._skip = START, 0

    async def last(self) -> None:
        """Go to the end and follow."""
        self.follow = True
        await self._go_to_end()

    def go_to(self, place: Place) -> None:
        """Put a line at the top and stay there."""
        self._leave_end()
        self.top, self._skip = place, 0

    async def show(self, place: Place) -> None:
        """Bring a line on the screen, a third from above unless it is in sight already, and remember it as `here`."""
        self.here = place
        in_sight = await self._in_sight(place)
        self._leave_end()
        if in_sight:
            return
        above = await self.feed.before(place, self.view.height // 3)
        self.top, self._skip = (above[0].place if above else place), 0
        await self._down(0)
        self.follow = False

    async def find(self, *, forward: bool) -> Place | None:
        """The next line with the needle, or the last one before."""
        return await self.feed.find(self.needle, await self._origin(forward), forward=forward)

    async def find_from(self, place: Place) -> Place | None:
        """The first line with the needle from the place on, else the last one before it."""
        found = await self.feed.find(self.needle, place, forward=True)
        return found if found is not None else await self.feed.find(self.needle, place, forward=False)

    async def find_error(self, *, forward: bool) -> Place | None:
        """The next line with which an error begins, or the last one before."""
        return await self.feed.find_error(await self._origin(forward), forward=forward)

    async def _origin(self, forward: bool) -> Place:
        """Where a search begins: at the line it stopped at last if that is in sight, else at the edge of the window."""
        if self.here is not None and await self._in_sight(self.here):
            lines = await self.feed.after(self.here, 1)
            return lines[0].next if forward and lines else self.here
        if forward:
            return self.top
        lines = await self.feed.after(self.top, self.view.height)
        return lines[-1].next if lines else self.top

    async def _in_sight(self, place: Place) -> bool:
        if self.follow:
            await self._go_to_end()
        room = self.view.height + self._skip
        for line in await self.feed.after(self.top, self.view.height):
            room -= self._height_of(line)
            if line.place == place:
                return room >= 0
            if room <= 0:
                return False
        return False

    async def _up(self, count: int) -> None:
        if count <= self._skip:
            self._leave_end()
            self._skip -= count
            return
        count -= self._skip
        lines = await self.feed.before(self.top, count)
        if not lines and not self._skip:
            return
        self._leave_end()
        self._skip = 0
        for line in reversed(lines):
            self.top = line.place
            count -= self._height_of(line)
            if count <= 0:
                self._skip = -count
                return

    async def _down(self, count: int) -> None:
        wanted = self._skip + count
        asked = wanted + self.view.height + 1
        lines = await self.feed.after(self.top, asked)
        if len(lines) < asked and sum(map(self._height_of, lines)) - wanted <= self.view.height:
            await self.last()
            return
        for line in lines:
            rows = self._height_of(line)
            if wanted < rows:
                self.top, self._skip = line.place, wanted
                return
            wanted -= rows

    async def _go_to_end(self) -> None:
        lines = await self.feed.before(self.feed.state.end, self.view.height)
        self.top, self._skip = (lines[0].place if lines else START), 0
        room = self.view.height
        for line in reversed(lines):
            room -= self._height_of(line)
            if room <= 0:
                self.top, self._skip = line.place, -room
                return

    def _leave_end(self) -> None:
        if self.follow:
            self.follow = False
            self._left_at = self.feed.state.appended

    def _height_of(self, line: LogLine) -> int:
        return len(self._lay_out(line, False)) if self.view.wrap else 1

    def _lay_out(self, line: LogLine, traced: bool) -> Sequence[Line]:
        view = self.view
        if line.divider:
            return [divider(line, view.width)]
        here = line.place == self.here
        if view.wrap:
            return wrap(spans_of(line, traced=traced, needle=self.needle, here=here), view.width)
        limit = view.left + view.width + 1
        spans = spans_of(line, traced=traced, needle=self.needle, here=here, limit=limit)
        return [crop(spans, view.left, view.width)]
