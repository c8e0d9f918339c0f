"""Which rows of a log are on the screen: a window and a cursor, moved by lines, pages and searches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mlws_tui.domain.logquery import Filter, Query
from mlws_tui.domain.logs import START, LogLine, Place
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.ui.panes.log_layout import Signs, View, dressed, height_of
from mlws_tui.ui.panes.log_records import Record, Records
from mlws_tui.ui.widgets.cells import Line

#: Share of the log looked through from which on what is left takes no time.
_NEARLY_ALL = 0.995


class Viewport:
    """A window on one open log. It reads what it shows, and no more, each time.

    While it follows the log there is no cursor; else there is one, and it is in the window.

    Attributes:
        merged: Whether several logs are read as one.
        binary: Whether it seems to be no text.
        view: The layout; set it freely.
        query: What is marked.
        counted: What is counted, or was.
        marks: The lines that are marked.
        filters: What is in force of the filters; set by `set_filters`.
        records: The log as records.
        follow: Whether the window stays at the end.
        cursor: The line with the cursor; None while it follows.
        anchor: The line at which a marked stretch begins; the cursor is its other end.
        top: The line that the first row belongs to.
        page: For each row that was shown last the line that it belongs to.
    """

    def __init__(self, feed: LogFeed, view: View, *, merged: bool = False) -> None:
        self.feed = feed
        self.merged = merged
        self.binary = False
        self.view = view
        self.query = self.counted = Query()
        self.marks: set[Place] = set()
        self.filters: tuple[Filter, ...] = ()
        self.records = Records(feed)
        self.follow = True
        self.cursor: Place | None = None
        self.anchor: Place | None = None
        self.top = START
        self.page: list[Place] = []
        self._skip = 0  # rows of the top line that are above the window
        self._left_at = 0
        self._settled: object = None

    @property
    def new_lines(self) -> int:
        """Lines that came since the window left the end."""
        return 0 if self.follow else max(0, self.feed.state.appended - self._left_at)

    @property
    def place(self) -> Place:
        """Where the window is: the cursor, else its top."""
        return self.top if self.cursor is None else self.cursor

    @property
    def sifting(self) -> bool:
        """Whether fewer lines than asked for may come, as it is not known of all whether they pass the filters."""
        return bool(self.filters) and self.feed.state.sifted < _NEARLY_ALL

    @property
    def hides(self) -> bool:
        """Whether filters are in force; those that take too long on a log are given up."""
        state = self.feed.state
        return bool(self.filters) and (state.visible is not None or state.sifted < 1)

    @property
    def lacks(self) -> bool:
        """Whether lines are hidden, as far as is known: filters may let all of them through."""
        state = self.feed.state
        return self.hides and not (state.visible is not None and state.visible == state.lines)

    @property
    def stretch(self) -> tuple[Place, Place] | None:
        """First and last line of the marked stretch."""
        if self.anchor is None or self.cursor is None:
            return None
        return min(self.anchor, self.cursor), max(self.anchor, self.cursor)

    async def rows(self) -> list[Line]:
        """The rows to show; at the end of the log if it is followed."""
        if self.follow:
            await self._go_to_end()
        else:
            await self._settle()
        records = await self.records.after(self.top, self.view.height + 1)
        if self.query.regex:  # an expression may take its time with each line
            laid = await asyncio.to_thread(self._laid_out, records)
        else:
            laid = self._laid_out(records)
        rows = laid[self._skip : self._skip + self.view.height]
        self.page = [place for place, _ in rows]
        return [row for _, row in rows]

    async def set_filters(self, filters: Sequence[Filter]) -> None:
        """Show only lines that these filters let through."""
        self.filters = tuple(filters)
        await self.feed.set_filters(self.filters)

    # moving

    async def move(self, count: int) -> None:
        """Move the cursor down by lines, or up by a negative count. Beyond the last line it follows again."""
        if self.follow:
            if count > 0 or not await self._take_cursor():
                return
            count += 1
        if count < 0:
            await self._up(-count)
        elif count > 0:
            await self._down(count)

    async def turn_page(self, rows: int) -> None:
        """Move the window by rows, and the cursor with it; at the last line it follows again."""
        if self.follow and (rows > 0 or not await self._take_cursor()):
            return
        before, row = (self.top, self._skip), self._row_of(self.place)
        await self._scroll(rows)
        if (self.top, self._skip) != before:
            records = await self._in_window()
            self.cursor = records[min(row, len(records) - 1)].place if records else None
        elif rows < 0:
            self.cursor = self.top
        else:
            last = await self.records.before(self.feed.state.end, 1)
            if last and last[0].place != self.cursor:
                self.cursor = last[0].place
            elif last or not self.sifting:
                await self.last()

    async def scroll(self, rows: int) -> None:
        """Move the window by rows; the cursor stays on its line as long as that is in sight. At the end it follows."""
        if self.follow and (rows > 0 or not await self._take_cursor()):
            return
        await self._scroll(rows)
        if rows > 0 and (self.top, self._skip) == await self._end():
            await self.last()
            return
        records = await self._in_window()
        if records and self.cursor is not None:
            self.cursor = max(records[0].place, min(self.cursor, records[-1].place))

    async def first(self) -> None:
        """Go to the first line."""
        records = await self.records.after(START, 1)
        if records:
            self._leave_end()
            self.cursor = self.top = records[0].place
            self._skip = 0

    async def last(self) -> None:
        """Go to the end and follow."""
        self.follow = True
        self.cursor = self.anchor = None
        await self._go_to_end()

    async def show(self, place: Place) -> None:
        """Put the cursor on a line and bring it on the screen, a third from above unless it is in sight already."""
        await self.records.unfolded(place)
        shown = await self._shown(place)
        if shown is None and self.sifting:
            shown, self._settled = place, None  # the nearest line that is shown is found later
        if shown is None:
            return
        if self.follow and not self.sifting:
            await self._go_to_end()
        self._leave_end()
        self.cursor = place = shown
        if await self._in_sight(place):
            return
        above = await self.records.before(place, self.view.height // 3)
        self.top, self._skip = (above[0].place if above else place), 0
        if not self.sifting:
            self.top, self._skip = min((self.top, self._skip), await self._end())

    async def back_to(self, top: Place, cursor: Place | None) -> None:
        """Go back to where the window was: to a line at its top and the cursor, or to following where it is None."""
        if cursor is None:
            await self.last()
        else:
            self._leave_end()
            self.top, self._skip, self.cursor = top, 0, cursor

    async def point_at(self, row: int) -> None:
        """Put the cursor on the line of a row."""
        if 0 <= row < len(self.page):
            self._leave_end()
            self.cursor = self.page[row]

    # what is at the cursor

    async def take(self) -> LogLine | None:
        """The line with the cursor; while it follows the last one."""
        if self.cursor is None:
            lines = await self.feed.before(self.feed.state.end, 1)
        else:
            lines = await self.feed.after(self.cursor, 1)
        return lines[0] if lines else None

    async def begin_stretch(self) -> None:
        """Mark from the cursor on; where a stretch is marked already, unmark it."""
        if self.anchor is not None:
            self.anchor = None
        elif self.cursor is not None or await self._take_cursor():
            self.anchor = self.cursor

    async def origin(self, *, forward: bool) -> Place:
        """Where a search begins: behind the cursor or before it, else at the edge of the window."""
        if self.cursor is None:
            return self.top if forward else self.feed.state.end
        if not forward:
            return self.cursor
        lines = await self.feed.after(self.cursor, 1)
        return lines[0].next if lines else self.cursor

    # the window

    async def _take_cursor(self) -> bool:
        """Stop following, with the cursor on the last line; whether there is a line."""
        last = await self.records.before(self.feed.state.end, 1)
        if last:
            self._leave_end()
            self.cursor = last[0].place
        return bool(last)

    def _leave_end(self) -> None:
        if self.follow:
            self.follow = False
            self._left_at = self.feed.state.appended

    async def _settle(self) -> None:
        """See after a change of layout, filters or folds that top and cursor are lines that are shown."""
        now = (self.view, self.records.folding, self.filters, self.sifting)
        if now == self._settled:
            return
        shown = await self._shown(self.place)
        if shown is None and self.sifting:
            return  # later
        self._settled = now
        self.cursor = shown
        if self.cursor is None:
            return
        top = await self._shown(await self.records.head_of(self.top))
        if top != self.top:
            self.top, self._skip = top or self.cursor, 0
        await self._reveal()
        if not self.sifting:
            self.top, self._skip = min((self.top, self._skip), await self._end())

    async def _shown(self, place: Place) -> Place | None:
        """The line, or where it is hidden the nearest one that is shown."""
        place = await self.records.head_of(place)
        records = await self.records.after(place, 1) or await self.records.before(place, 1)
        return records[-1].place if records else None

    async def _up(self, count: int) -> None:
        if self.cursor == self.top and self._skip:  # the line begins above the window
            self._skip = max(0, self._skip - count)
            return
        above = await self.records.before(self.place, count)
        if above:
            self.cursor = above[0].place
            await self._reveal(from_below=True)

    async def _down(self, count: int) -> None:
        records = await self.records.after(self.place, count + 1)
        if records and self.cursor == self.top:
            hidden = self._height(records[0]) - self._skip - self.view.height
            if hidden > 0:  # the line goes on below the window
                self._skip += min(count, hidden)
                return
        if len(records) > 1:
            self.cursor = records[-1].place
            await self._reveal()
        elif not self.sifting:
            await self.last()

    async def _reveal(self, *, from_below: bool = False) -> None:
        """Move the window as far as it takes to have the cursor's line in it; of a longer line the end it came from."""
        if self.cursor is None:
            return
        if self.cursor <= self.top:
            here = await self.records.after(self.cursor, 1)
            beyond = self._height(here[0]) - self.view.height if here else 0
            if self.cursor < self.top or beyond <= 0:
                self._skip = max(0, beyond) if from_below else 0
            self.top = self.cursor
            return
        used = -self._skip
        for record in await self.records.after(self.top, self.view.height):
            used += self._height(record)
            if record.place == self.cursor and used <= self.view.height:
                return
            if used >= self.view.height:
                break
        here = await self.records.after(self.cursor, 1)
        room = self.view.height - (self._height(here[0]) if here else 1)
        await self._fill_up(self.cursor, max(0, room))

    async def _scroll(self, rows: int) -> None:
        """Move the window by rows, not beyond the first or the last page."""
        if rows < 0:
            left = -rows - self._skip
            if left <= 0:
                self._skip = -left
            else:
                await self._fill_up(self.top, left)
            return
        wanted = self._skip + rows
        for record in await self.records.after(self.top, wanted + 1):
            height = self._height(record)
            self.top, self._skip = record.place, min(wanted, height)
            if wanted < height:
                break
            wanted -= height
        self.top, self._skip = min((self.top, self._skip), await self._end())

    async def _go_to_end(self) -> None:
        self.top, self._skip = await self._end()

    async def _end(self) -> tuple[Place, int]:
        """Top and skipped rows of the last page."""
        return await self._above(self.feed.state.end, self.view.height)

    async def _fill_up(self, place: Place, room: int) -> None:
        self.top, self._skip = await self._above(place, room)

    async def _above(self, place: Place, room: int) -> tuple[Place, int]:
        """Top and skipped rows of a window with so many rows above a line, or as many as there are."""
        top, skip = place, 0
        if room <= 0:
            return top, skip
        for record in reversed(await self.records.before(place, room)):
            if room <= 0:
                break
            room -= self._height(record)
            top, skip = record.place, max(0, -room)
        return top, skip

    async def _in_window(self) -> list[Record]:
        """The records that begin in the window and end in it; at least one if there is one."""
        records: list[Record] = []
        used = -self._skip
        for record in await self.records.after(self.top, self.view.height):
            used += self._height(record)
            if records and used > self.view.height:
                break
            if used - self._height(record) >= 0 or not records:
                records.append(record)
        return records

    async def _in_sight(self, place: Place) -> bool:
        return any(record.place == place for record in await self._in_window())

    def _row_of(self, place: Place) -> int:
        """How many lines of the page that was shown last stand above the line."""
        above = [shown for i, shown in enumerate(self.page) if i == 0 or self.page[i - 1] != shown]
        return above.index(place) if place in above else 0

    def _height(self, record: Record) -> int:
        return height_of(record, self.view, self.query)

    def _laid_out(self, records: Sequence[Record]) -> list[tuple[Place, Line]]:
        signs = Signs(self.cursor, self.stretch, frozenset(self.marks))
        rows: list[tuple[Place, Line]] = []
        for record in records:
            rows += [(record.place, row) for row in dressed(record, self.view, self.query, signs)]
            if len(rows) >= self._skip + self.view.height:
                break
        return rows
