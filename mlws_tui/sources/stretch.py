"""Pieces of a file that hold whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from mlws_tui.domain.showing import shown
from mlws_tui.sources.lines import MAX_LINE, Found, LineReader, Readable, content

_PRINTED = bytes(range(0x20, 0x7F))


class Source(Readable, Protocol):
    """A stretch of a file that knows its lines."""

    @property
    def reader(self) -> LineReader: ...


class Stretch(NamedTuple):
    """Bytes of whole lines from `offset` on; of a long last line only its beginning."""

    offset: int
    data: bytes


def stretch(source: Source, start: int, end: int) -> Stretch | None:
    """The lines that begin within ``[start, end)``; None where none does."""
    end = min(end, source.size)
    if start >= end:
        return None
    if start > source.start:
        data = source.read(start - 1, end - start + 1)
        first = data.find(b"\n") + 1
        if first == 0 or first > end - start:
            return None
        start, data = start - 1 + first, data[first:]
    else:
        data = source.read(start, end - start)
    if data and not data.endswith(b"\n") and end < source.size:
        more = source.read(end, MAX_LINE + 2)
        cut = more.find(b"\n")
        data += more[: cut + 1] if cut >= 0 else more
    return Stretch(start, data) if data else None


def lines_of(source: Source, piece: Stretch) -> Iterator[Found]:
    """The lines of a stretch."""
    at = 0
    while at < len(piece.data):
        end = piece.data.find(b"\n", at) + 1 or len(piece.data)
        yield found_in(source, piece, at, end)
        at = end


def found_in(source: Source, piece: Stretch, start: int, end: int) -> Found:
    """The line in these bytes of a stretch."""
    at = piece.offset + start
    if end - start > MAX_LINE + 2 or (end == len(piece.data) and not piece.data.endswith(b"\n")):
        return source.reader.at(at)
    data = piece.data[start:end]
    return Found(at, piece.offset + end, data.endswith(b"\n"), content(data), 0)


def is_plain(piece: Stretch) -> bool:
    """Whether its lines are whole and shown as they are."""
    data = piece.data
    if not data.endswith(b"\n") or data[:1] == b"{" or b"\n{" in data:
        return False
    return not data.translate(None, _PRINTED + b"\n")


def text_of(data: bytes) -> str:
    """The text of a line as it is shown."""
    if data[:1] == b"{" or data.translate(None, _PRINTED):
        return shown(data).text
    return data.decode("ascii")


def whole_until(source: Source) -> int:
    """Where the whole lines of a source end."""
    size = source.size
    lines = source.reader.before(size, 1)
    return lines[0].start if lines and not lines[0].whole else size
