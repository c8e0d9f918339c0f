"""One of the logs that are merged: its lines in records, each with its time."""

from __future__ import annotations

import math
import re
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from mlws_tui.domain.ansi import styled
from mlws_tui.domain.jsonlines import json_line
from mlws_tui.domain.logs import LogLine, Place
from mlws_tui.domain.logtimes import Times
from mlws_tui.domain.text import safe_text
from mlws_tui.sources.logday import times_of
from mlws_tui.sources.logfile import LogFile
from mlws_tui.sources.logtail import LogTail

_BATCH = 400  # lines that are read between two looks at the other logs
_AT_ONCE = 32  # of them in one go: each may have 64 KB
_QUEUED = 1 << 20  # bytes that wait to be merged, above which no more are read
_LONGEST = 500  # lines of a record
_LARGEST = 128 * 1024  # bytes of a record, above which the next line begins another
_PATIENCE = 1.0  # seconds that an unfinished line is waited for
_LONG_AGO = -math.inf
#: What would draw over the tag.
_MOVES = re.compile(rb"[\r\x08\x0b\x0c]|\x1b\[[\d;]*[A-HJKSTfsu]|\x1b[78M]")


@dataclass(slots=True)
class Record:
    """A line with a time and those without one that follow it.

    Attributes:
        ts: Unix seconds; minus infinity where they are not known.
        arrived: Of the monotonic clock; minus infinity for what was there at the beginning.
        lines: With tag and line end.
        size: Bytes of them.
    """

    ts: float
    arrived: float
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class MergedLog:
    """A log that is followed for merging. All its methods are for one thread, and block.

    Args:
        tag: Stands before each of its lines.
        path: The log; it need not exist yet.
        last: Bytes of the end of a long log that are merged.

    Attributes:
        first: Its records that are not merged yet, in order; `take` takes them.
        queued: Bytes of them.
        caught_up: Whether its end was reached at the last `read`.
        total: Bytes that it had at the beginning, as far as they are merged.
        passed: How many of them are read.
    """

    def __init__(self, tag: str, path: Path, last: int) -> None:
        self._tag = f"[{safe_text(tag)}] ".encode("utf-8", "replace")
        self._tail = LogTail(path)
        self._times = _times(path)
        self._last: float | None = None  # the time of its last line that had one
        self._live = False  # whether it was caught up once
        self._unfinished: tuple[LogLine, float] | None = None
        self.first: deque[Record] = deque()
        self.queued = 0
        self.caught_up = False
        self._place, skipped = self._begin(last)
        self._start = self._place.offset
        self.total = self._tail.state().size - self._start
        self.passed = 0
        if skipped:
            note = f"--- only the last {last >> 20} MB are merged: {skipped >> 20:,} MB before are left out ---\n"
            self._append(_LONG_AGO, _LONG_AGO, self._tag + note.encode())

    def read(self) -> bool:
        """Read a few more lines where there are few at hand; whether there were any."""
        until = self.queued + _QUEUED // 4
        count = 0
        while count < _BATCH and self.queued < until and not self._has_enough():
            lines = self._tail.after(self._place, _AT_ONCE)
            at_end = len(lines) < _AT_ONCE
            if at_end:
                self._tail.look()
            lines = self._finished(lines)
            for line in lines:
                self._read(line)
            count += len(lines)
            if at_end:
                self.caught_up = not count
                self._live = self._live or self.caught_up
                return bool(count)
        self.caught_up = False
        return bool(count)

    def take(self) -> Record:
        """The first record, which is merged now."""
        record = self.first.popleft()
        self.queued -= record.size
        return record

    def _has_enough(self) -> bool:
        # One record alone is never enough: it waits until it is known that no more lines belong to it.
        return len(self.first) > _BATCH or (self.queued > _QUEUED and len(self.first) > 1)

    @property
    def begun(self) -> bool:
        """Whether all that it held at the beginning is handed on."""
        return self._live and not (self.first and self.first[0].arrived == _LONG_AGO)

    def close(self) -> None:
        """Close its files."""
        self._tail.close()

    def _begin(self, last: int) -> tuple[Place, int]:
        """Where the merging begins, and how many bytes are before it."""
        state = self._tail.state()
        first = Place(state.end.part, 0)
        if state.size <= last:
            return first, 0
        cut = self._tail.after(Place(first.part, state.size - last), 1)  # a piece of a line
        place = cut[0].next if cut else first
        return place, place.offset

    def _finished(self, lines: list[LogLine]) -> list[LogLine]:
        """The lines without the last where that is still being written, unless nothing is added for a while."""
        if not lines or lines[-1].whole:
            self._unfinished = None
            return lines
        last, now = lines[-1], time.monotonic()
        if self._unfinished is None or self._unfinished[0] != last:
            self._unfinished = (last, now)
        elif now - self._unfinished[1] >= _PATIENCE:
            return lines
        return lines[:-1]

    def _read(self, line: LogLine) -> None:
        self._place = line.next
        self.passed = max(self.passed, min(self.total, line.next.offset - self._start))
        ts = None if line.divider else self._times.read_line(line.data)
        if ts is not None:
            self._stamp(ts)
        elif self.first and len(self.first[-1].lines) < _LONGEST and self.first[-1].size < _LARGEST:
            self._extend(self.first[-1], self._text(line))
            return
        elif self._last is None and self._live:
            ts = time.time()
        else:
            ts = self._last
        arrived = time.monotonic() if self._live else _LONG_AGO
        self._append(_LONG_AGO if ts is None else ts, arrived, self._text(line))

    def _append(self, ts: float, arrived: float, text: bytes) -> None:
        record = Record(ts, arrived)
        self._extend(record, text)
        self.first.append(record)

    def _extend(self, record: Record, text: bytes) -> None:
        record.lines.append(text)
        record.size += len(text)
        self.queued += len(text)

    def _stamp(self, ts: float) -> None:
        """Take note of a line's time; what stands before the first line that has one goes with that."""
        if self._last is None:
            for record in self.first:
                if record.ts == _LONG_AGO:
                    record.ts = ts
        self._last = ts

    def _text(self, line: LogLine) -> bytes:
        """A line as the merged text has it; nothing in it draws over the tag."""
        data = line.data.rstrip(b"\r")
        if line.divider:
            data = b"--- " + data + b" ---"
        elif data[:1] == b"{" and (told := json_line(data)) is not None:
            data = safe_text(told.text()).encode("utf-8", "replace")
        elif _MOVES.search(data) is not None:
            data = styled(data).text.encode("utf-8", "replace")
        return self._tag + data + (f" ({line.cut:,} bytes more)".encode() if line.cut else b"") + b"\n"


def _times(path: Path) -> Times:
    file = LogFile.try_open(path)
    if file is None:
        return Times(time.time())
    try:
        return times_of(file, path, file.modified)()
    finally:
        file.close()
