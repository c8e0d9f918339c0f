"""Finds lines in a file of any size from any place in it, forwards and backwards, in bounded memory."""

from __future__ import annotations

from typing import NamedTuple, Protocol

#: Longest piece of a line that is handed out (bytes).
MAX_LINE = 64 * 1024
_BLOCK = 64 * 1024
#: Blocks grow up to this while a line's end is looked for, so that a line of a gigabyte takes few reads.
_LARGEST = 1024 * 1024


class Readable(Protocol):
    """Bytes from `start` up to `size`."""

    @property
    def start(self) -> int: ...

    @property
    def size(self) -> int: ...

    def read(self, offset: int, count: int) -> bytes: ...


class Found(NamedTuple):
    """A line: bytes ``[start, end)`` with its line end, whether that is written, and its content or a piece of it."""

    start: int
    end: int
    whole: bool
    data: bytes
    cut: int


class LineReader:
    """Reads lines of one source. What it finds out about very long lines it remembers."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._stretch = (0, 0)  # bytes known to hold no line end

    def before(self, offset: int, count: int) -> list[Found]:
        """The last `count` lines before the offset, in order; it should be a line's beginning or the end."""
        offset = min(offset, self._source.size)
        found: list[Found] = []
        end = offset
        while len(found) < count and end > self._source.start:
            start = self._begin_of(end - 1)
            line = self._line(start, end)
            if not line.data and not line.whole:
                break  # the file was closed, or shrank while it was read
            found.append(line)
            end = start
        return found[::-1]

    def after(self, offset: int, count: int) -> list[Found]:
        """Up to `count` lines from the offset on, which should be a line's beginning."""
        size = self._source.size
        offset = max(offset, self._source.start)
        found: list[Found] = []
        while len(found) < count and offset < size:
            line = self._line(offset, self._end_of(offset, size))
            if not line.data and not line.whole:
                break
            found.append(line)
            offset = line.end
        return found

    def at(self, offset: int) -> Found:
        """The line that the byte at the offset belongs to."""
        return self._line(self._begin_of(offset), self._end_of(offset, self._source.size))

    def _begin_of(self, offset: int) -> int:
        """Where the line that holds this byte begins."""
        end, block = offset, _BLOCK
        bottom = self._source.start
        while end > bottom:
            low, high = self._stretch
            if low < end <= high:
                end = low
                continue
            start = max(bottom, end - block)
            data = self._source.read(start, end - start)
            at = data.rfind(b"\n")
            if at >= 0:
                self._remember(start + at + 1, offset)
                return start + at + 1
            end, block = start, min(2 * block, _LARGEST)
        self._remember(bottom, offset)
        return bottom

    def _end_of(self, offset: int, size: int) -> int:
        """Where the line that holds this byte ends, its line end included."""
        at, block = offset, _BLOCK // 16
        while at < size:
            low, high = self._stretch
            if low <= at < high:
                at = high
                continue
            data = self._source.read(at, min(block, size - at))
            if not data:  # it shrank while it was read
                return max(at, offset)
            end = data.find(b"\n")
            if end >= 0:
                self._remember(offset, at + end)
                return at + end + 1
            at, block = at + len(data), min(4 * block, _LARGEST)
        self._remember(offset, size)
        return size

    def _remember(self, start: int, end: int) -> None:
        if end - start > _BLOCK:
            low, high = self._stretch
            touching = start <= high and low <= end
            self._stretch = (min(start, low), max(end, high)) if touching else (start, end)

    def _line(self, start: int, end: int) -> Found:
        length = end - start
        if length <= MAX_LINE + 2:
            data = self._source.read(start, length)
            return Found(start, end, data.endswith(b"\n"), content(data), 0)
        tail = self._source.read(end - MAX_LINE, MAX_LINE)
        whole = tail.endswith(b"\n")
        tail = content(tail)
        redraw = tail.rstrip(b"\r").find(b"\r")
        # Of a progress bar the last state counts, of any other line its beginning.
        data = tail[redraw + 1 :] if redraw >= 0 else self._source.read(start, MAX_LINE)
        return Found(start, end, whole, data, length - len(data))


def content(data: bytes) -> bytes:
    """The bytes of a line without its end."""
    if not data.endswith(b"\n"):
        return data
    return data[:-2] if data.endswith(b"\r\n") else data[:-1]
