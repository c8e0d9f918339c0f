"""The records of a log: its lines, and tracebacks that can be folded to one line each."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from mlws_tui.domain.levels import Level, in_traceback, level_of
from mlws_tui.domain.logs import LogLine, Place, Trace
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.ui.widgets.logrows import text_of

#: Lines above a first one that are read to know whether it belongs to a traceback.
_CONTEXT = 8
#: Tracebacks whose extent is remembered.
_KNOWN = 256
#: Bytes of lines from which a thread makes them into text first; what it makes is kept for a while.
_MUCH = 128 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One line, or a folded traceback.

    Attributes:
        line: The line; of a folded traceback its first.
        next: Where the record after it begins.
        traced: Whether the line belongs to a traceback.
        trace: The traceback that it begins.
        folded: Whether the rest of that is hidden.
    """

    line: LogLine
    next: Place
    traced: bool = False
    trace: Trace | None = None
    folded: bool = False

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.line.place


class Records:
    """Reads records of one open log, and knows which tracebacks are folded."""

    def __init__(self, feed: LogFeed) -> None:
        self._feed = feed
        self._all_folded = False
        self._turned: set[Place] = set()  # tracebacks that are the other way than all
        self._known: deque[Trace] = deque(maxlen=_KNOWN)

    @property
    def folding(self) -> tuple[bool, int]:
        """Something that changes with each fold: how all are, and how many are the other way."""
        return self._all_folded, len(self._turned)

    def is_folded(self, trace: Trace) -> bool:
        """Whether only its first line is shown."""
        return (trace.first in self._turned) != self._all_folded

    def turn(self, trace: Trace) -> None:
        """Fold a traceback, or unfold it again."""
        self._turned ^= {trace.first}

    def turn_all(self) -> bool:
        """Fold all tracebacks, or unfold them again; whether they are folded now."""
        self._all_folded = not self._all_folded
        self._turned.clear()
        return self._all_folded

    async def trace_at(self, place: Place) -> Trace | None:
        """The traceback that the line belongs to, if there is more of it than that line."""
        for trace in self._known:
            if trace.first <= place < trace.next:
                return trace
        found = await self._feed.trace_at(place)
        if found is None or found.lines < 2:
            return None
        if found.next < self._feed.state.end:  # else more of it may come
            self._known.append(found)
        return found

    async def trace_of(self, line: LogLine) -> Trace | None:
        """The traceback that the line belongs to, or that belongs to it: below a warning or an error."""
        trace = await self.trace_at(line.place)
        if trace is None and (level_of(text_of(line)) or Level.INFO) >= Level.WARNING:
            below = await self.trace_at(line.next)
            trace = below if below is not None and below.first == line.next else None
        return trace

    async def unfolded(self, place: Place) -> None:
        """Unfold the traceback that hides a line, if one does."""
        if self._all_folded or self._turned:
            trace = await self.trace_at(place)
            if trace is not None and trace.first != place and self.is_folded(trace):
                self.turn(trace)

    async def head_of(self, place: Place) -> Place:
        """Where the record begins that shows the line: the line itself, or the head of its folded traceback."""
        if self._all_folded or self._turned:
            trace = await self.trace_at(place)
            if trace is not None and self.is_folded(trace) and await self._is_shown(trace.first):
                return trace.first
        return place

    async def end_of(self, place: Place) -> Place:
        """Where the record ends that begins at the place."""
        records = await self.after(place, 1)
        return records[0].next if records else place

    async def after(self, place: Place, count: int) -> list[Record]:
        """Up to `count` records from the place on."""
        records: list[Record] = []
        at = place
        while len(records) < count:
            asked = count - len(records)
            context = (
                _CONTEXT if self._feed.state.sifted == 1 else 0
            )  # while filters look for lines, it takes long
            above, lines = await self._feed.around(at, context, asked)
            records += await self._folded(above, lines)
            if len(lines) < asked:
                break
            at = max(records[-1].next, lines[-1].next) if records else lines[-1].next
        return records

    async def before(self, place: Place, count: int) -> list[Record]:
        """The last `count` records before the place, in order."""
        if not (self._all_folded or self._turned):
            return [Record(line, line.next) for line in await self._feed.before(place, count)]
        records: list[Record] = []  # the last one first
        at = place
        while len(records) < count:
            asked = count - len(records) + _CONTEXT
            lines = await self._feed.before(at, asked)
            if not lines:
                break
            traced = in_traceback([text_of(line) for line in lines])
            begin = 0 if len(lines) < asked else _CONTEXT
            for line, inside in zip(reversed(lines[begin:]), reversed(traced[begin:]), strict=True):
                if line.place < at:
                    record = await self._record_of(line, inside)
                    records.append(record)
                    at = record.place
            if begin == 0:
                break
        return records[:count][::-1]

    async def _record_of(self, line: LogLine, inside: bool) -> Record:
        """The record that shows a line."""
        trace = await self.trace_at(line.place) if inside and not line.divider else None
        if trace is None or not self.is_folded(trace):
            return Record(line, line.next, inside)
        if line.place != trace.first:
            head = await self._feed.after(trace.first, 1)
            if not head or head[0].place != trace.first:  # a filter hides it: then the rest is shown as it is
                return Record(line, line.next, inside)
            line = head[0]
        return Record(line, trace.next, True, trace, True)

    async def _folded(self, above: list[LogLine], lines: list[LogLine]) -> list[Record]:
        """The lines as records, with the lines above them to know the first of them by."""
        if sum(len(line.data) for line in lines) > _MUCH:
            await asyncio.to_thread(lambda: [text_of(line) for line in lines])
        traced = in_traceback([text_of(line) for line in (*above, *lines)])[len(above) :]
        records: list[Record] = []
        hidden_to: Place | None = None
        trace: Trace | None = None
        for line, inside in zip(lines, traced, strict=True):
            if hidden_to is not None and line.place < hidden_to:
                continue
            if not inside or line.divider:
                trace = None
            elif trace is None or line.place >= trace.next:
                trace = await self.trace_at(line.place)
            head = trace if trace is not None and trace.first == line.place else None
            folded = head is not None and self.is_folded(head)
            end = head.next if head is not None and folded else line.next
            hidden_to = end if folded else None
            records.append(Record(line, end, inside, head, folded))
        return records

    async def _is_shown(self, place: Place) -> bool:
        """Whether the filters let the line through."""
        lines = await self._feed.after(place, 1)
        return bool(lines) and lines[0].place == place
