"""Searches the lines of a file for words, forwards and backwards, at the speed of a plain byte search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlws_tui.sources.lines import Found, LineReader, Readable

_CHUNK = 1024 * 1024

#: What any line holds that `domain.levels` takes for the beginning of an error, in lower case.
ERROR_WORDS = (b"err", b"exception", b"critical", b"fatal", b"traceback (most", b"\ne0", b"\ne1")


@dataclass(frozen=True, slots=True)
class Words:
    """Byte strings, one of which every wanted line holds.

    Attributes:
        words: In lower case if case is ignored. A leading line break stands for a line's beginning.
        ignore_case: Whether ASCII letters match in both cases.
    """

    words: tuple[bytes, ...]
    ignore_case: bool = False

    @property
    def longest(self) -> int:
        return max(map(len, self.words))

    def hits(self, data: bytes) -> list[int]:
        """Where the words end in the data, in order: the offsets of their last bytes."""
        text = data.lower() if self.ignore_case else data
        found: set[int] = set()
        for word in self.words:
            at = text.find(word)
            while at >= 0:
                found.add(at + len(word) - 1)
                at = text.find(word, at + 1)
        return sorted(found)


Accept = Callable[[Found], bool]
Going = Callable[[], bool]


def next_line(
    source: Readable, reader: LineReader, words: Words, offset: int, accept: Accept, going: Going
) -> Found | None:
    """The first line that begins at the offset or later, holds one of the words and is accepted.

    Args:
        source: What is searched.
        reader: Reads its lines.
        words: What to look for.
        offset: Beginning of a line.
        accept: Has the last word on a line that holds one.
        going: Asked now and then; once it says no, None is returned.
    """
    done = at = offset
    while at < source.size and going():
        overlap = min(words.longest - 1, at - source.start)
        data = source.read(at - overlap, _CHUNK + overlap)
        if len(data) <= overlap:
            return None
        for hit in words.hits(data):
            position = at - overlap + hit
            if position < at or position < done:
                continue
            line = reader.at(position)
            done = max(line.end, position + 1)
            if line.start >= offset and accept(line):
                return line
            if not going():
                return None
        at += len(data) - overlap
    return None


def last_line(
    source: Readable, reader: LineReader, words: Words, offset: int, accept: Accept, going: Going
) -> Found | None:
    """The last line that begins before the offset, holds one of the words and is accepted; arguments as above."""
    end = min(offset, source.size)
    undone = end
    while end > source.start and going():
        start = max(source.start, end - _CHUNK)
        overlap = min(words.longest - 1, start - source.start)
        data = source.read(start - overlap, end - start + overlap)
        for hit in reversed(words.hits(data)):
            position = start - overlap + hit
            if position < start or position >= undone:
                continue
            line = reader.at(position)
            undone = line.start
            if accept(line):
                return line
            if not going():
                return None
        end = start
    return None


def lines_hit(source: Readable, reader: LineReader, words: Words, start: int, data: bytes) -> Sequence[Found]:
    """The lines in which a word ends within these bytes of the source, each once."""
    overlap = min(words.longest - 1, start - source.start)
    before = source.read(start - overlap, overlap) if overlap else b""
    found: list[Found] = []
    for hit in words.hits(before + data):
        position = start - overlap + hit
        if position >= start and not (found and position < found[-1].end):
            found.append(reader.at(position))
    return found
