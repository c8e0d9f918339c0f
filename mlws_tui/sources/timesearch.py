"""Finds the line of a moment in a log of any size, by a few looks into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mlws_tui.domain.logtimes import Times
from mlws_tui.sources.lines import LineReader, Readable

_LOOK = 4 * 1024  # bytes of a look
_FAR = 64 * 1024  # bytes in which a line with a time must come, where there is any
_SCAN = 16 * 1024  # a stretch that is not halved any more, but read through
_MOST = 4 * 1024 * 1024  # bytes that are read in all, or a little more, where few lines tell a time


def first_at(
    reader: LineReader,
    source: Readable,
    ts: float,
    going: Callable[[], bool],
    *,
    times: Callable[[], Times] = Times,
) -> int | None:
    """Where the first line begins that was written at a moment or after it.

    Halves the file by the times of its lines: a look at each of some 20 places. Where hardly a line tells a time, it
    looks further, up to some megabytes in all, and then takes the first place that is known to be late enough.
    Where the times go back, as after a restart, it is one line that is late enough while those before are earlier.
    Where lines tell bare clocks, they are taken to be within 22 hours of the first. It blocks.

    Args:
        reader: Reads the lines of the source.
        source: The file.
        ts: Unix seconds.
        going: Asked at each look; once it says no, None is returned.
        times: Makes what reads the times; see `sources.logday` for logs whose lines tell no date.

    Returns:
        An offset, that of the end where all is earlier; None where the log tells no times.
    """
    search = _Search(reader, source, going, times)
    first = search.stamped(source.start, source.size)
    known = first or search.somewhere(source.start, source.size)
    if known is None or not going():
        return None
    search.first = known.line
    if first is not None and first.ts >= ts:
        return first.offset
    return search.between(source.start, source.size, ts)


class _Stamped(NamedTuple):
    """A line that tells its time."""

    offset: int
    ts: float
    line: bytes


class _Search:
    """One search, which counts what it reads.

    Attributes:
        first: The first line with a time, from which bare clocks are counted on.
    """

    def __init__(
        self, reader: LineReader, source: Readable, going: Callable[[], bool], times: Callable[[], Times]
    ) -> None:
        self._reader = reader
        self._source = source
        self._going = going
        self._times = times
        self._left = _MOST
        self.first = b""

    def between(self, low: int, high: int, ts: float) -> int | None:
        """The first late line of a stretch whose first line is early; its end where there is none."""
        late = high  # where a late line begins, as far as is known
        while high - low > _SCAN and self._left > 0:
            middle = (low + high) // 2
            found = self.stamped(middle, high) or self.somewhere(middle, high)
            if not self._going():
                return None
            if found is None:
                high = middle
            elif found.ts < ts:
                low = found.offset
            else:
                high, late = middle, found.offset
        read_to = min(late, low + max(self._left, _SCAN))
        found = next((one for one in self._stamped(low, read_to) if one.ts >= ts), None)
        return late if found is None else found.offset

    def stamped(self, offset: int, end: int) -> _Stamped | None:
        """The first line with a time that begins in the stretch and not far into it."""
        return next(self._stamped(offset, min(end, offset + _FAR)), None)

    def somewhere(self, offset: int, end: int) -> _Stamped | None:
        """A line with a time further into the stretch, looked for in ever greater steps."""
        step = _FAR
        while offset + step < end and self._left > 0 and self._going():
            at = offset + step
            found = next(self._stamped(at, min(end, at + _LOOK)), None)
            if found is not None:
                return found
            step *= 2
        return None

    def _stamped(self, offset: int, end: int) -> Iterator[_Stamped]:
        times = self._times()
        times.read_line(self.first)
        for start, line in self._lines(offset, end):
            ts = times.read_line(line)
            if ts is not None:
                yield _Stamped(start, ts, line)

    def _lines(self, offset: int, end: int) -> Iterator[tuple[int, bytes]]:
        """The lines that begin in the stretch."""
        begin = at = self._beginning(offset)
        rest = b""
        while begin < end:
            data = self._read(at)
            at += len(data)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if begin >= end:
                    return
                yield begin, line
                begin += len(line) + 1
            if not data or len(rest) > _FAR:
                if rest and begin < end:
                    yield begin, rest
                if not data:
                    return
                begin = at = self._reader.at(begin).end
                rest = b""

    def _beginning(self, offset: int) -> int:
        """Where the first line begins from the offset on."""
        if offset <= self._source.start:
            return self._source.start
        at = offset - 1
        while at < offset + _FAR:
            data = self._read(at)
            end = data.find(b"\n")
            if end >= 0 or not data:
                return at + end + 1 if data else self._source.size
            at += len(data)
        return self._reader.at(offset).end

    def _read(self, at: int) -> bytes:
        data = self._source.read(at, min(_LOOK, self._source.size - at))
        self._left -= len(data)
        return data
