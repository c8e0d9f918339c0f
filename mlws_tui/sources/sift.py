"""What lines of a file have to pass: words and expressions that are looked for, levels, filters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from mlws_tui.domain.levels import TRACEBACK, Level, begins_error, level_of
from mlws_tui.domain.logquery import Query, Sieve
from mlws_tui.domain.logs import LogPiece
from mlws_tui.sources.lines import MAX_LINE, Found, content
from mlws_tui.sources.records import goes_on, record_of, record_start, records_from, settled
from mlws_tui.sources.stretch import (
    Source,
    Stretch,
    found_in,
    is_plain,
    lines_of,
    stretch,
    text_of,
    whole_until,
)

_REST = 1024 * 1024
_OVERLAP = 1024  # bytes by which pieces of a long line overlap: what is looked for may lie across
#: Bytes of a long line that are given before what is looked for, and from it on.
_BEFORE, _FROM = 256, 1536
_CONTEXT = 6  # lines before one that tell whether an error begins there

#: What any line holds that `domain.levels` takes for the beginning of an error, in lower case.
ERROR_WORDS = (b"err", b"exception", b"critical", b"fatal", b"traceback (most", b"\ne0", b"\ne1")
WARNING_WORDS = (b"warn", b"\nw0", b"\nw1")
#: The same for lines with colours or redraws, in which glog's letter may stand behind others.
_COLOURED = (b"me0", b"me1", b"\re0", b"\re1", b"mw0", b"mw1", b"\rw0", b"\rw1")
#: And for JSON lines, whose level may be a number, of logging or of pino, or another word.
_NUMBERED = tuple(
    name + b'":' + gap + digit
    for name in (b"level", b"levelno", b"severity")
    for gap in (b"", b" ")
    for digit in (b"3", b"4", b"5", b"6")
)
_IN_JSON = (*_NUMBERED, b"panic", b"emerg", b"alert")
#: Words that a line of JSON may show without having them: the names of levels, and a time's figures.
_SHOWN = re.compile(rb"debug|info|warning|error|critical|\d+")
_TRACE_WORDS = (b"Traceback", b"File ", b"exception")

Going = Callable[[], bool]


class Condition(Protocol):
    """What lines have to pass."""

    def hits(self, source: Source, start: int, end: int) -> Sequence[Found]:
        """The lines that begin within ``[start, end)`` and pass, in order.

        Raises:
            TooSlowError: if a regular expression takes too long.
        """

    def settled(self, source: Source) -> int:
        """Up to where no line that comes can change what passes."""


class Words:
    """Lines that hold one of some byte strings and are accepted.

    Args:
        words: In lower case; ASCII letters of the file match in both cases. A leading line break stands for a line's
            beginning.
        accept: Has the last word.
        coloured: What lines with colours or redraws may hold instead.
        in_json: What lines of JSON may hold instead, as they are shown otherwise than they are written.
    """

    def __init__(
        self,
        words: Sequence[bytes],
        accept: Callable[[Source, Found], bool],
        *,
        coloured: Sequence[bytes] = (),
        in_json: Sequence[bytes] = (),
    ) -> None:
        self._words = tuple(words)
        self._coloured = tuple(coloured)
        self._in_json = tuple(in_json)
        self._accept = accept

    def hits(self, source: Source, start: int, end: int) -> Sequence[Found]:
        piece = stretch(source, start, end)
        if piece is None:
            return ()
        found: list[Found] = []
        done = 0
        for place in self._places(b"\n" + piece.data.lower()):
            if place < done:
                continue
            first = piece.data.rfind(b"\n", 0, place) + 1
            done = piece.data.find(b"\n", place) + 1 or len(piece.data) + 1
            line = found_in(source, piece, first, min(done, len(piece.data)))
            if self._accept(source, line):
                found.append(line)
        last = self._long_one(source, piece) if done <= len(piece.data) else None
        return [*found, last] if last is not None else found

    def settled(self, source: Source) -> int:
        return whole_until(source)

    def _places(self, data: bytes) -> list[int]:
        """Where in the data, which has one byte before its first line, the words end; counted without that byte."""
        words = self._words
        if self._coloured and (b"\x1b" in data or b"\r" in data):
            words = (*words, *self._coloured)
        if self._in_json and b"\n{" in data:
            words = (*words, *self._in_json)
        places: set[int] = set()
        for word in words:
            at = data.find(word)
            while at >= 0:
                places.add(at + len(word) - 2)
                at = data.find(word, at + 1)
        return sorted(places)

    def _long_one(self, source: Source, piece: Stretch) -> Found | None:
        """The last line, where a word stands in what is left of it beyond the stretch."""
        if piece.data.endswith(b"\n"):
            return None
        line = source.reader.at(piece.offset + piece.data.rfind(b"\n") + 1)
        overlap = max(map(len, self._words)) - 1
        at = piece.offset + len(piece.data) - overlap
        while at < line.end:
            data = source.read(at, min(_REST + overlap, line.end - at)).lower()
            if any(word in data for word in self._words):
                return line if self._accept(source, line) else None
            if len(data) <= overlap:
                break
            at += len(data) - overlap
        return None


def begins_error_at(source: Source, line: Found) -> bool:
    """Whether an error begins with this line."""
    text = text_of(line.data)
    level = level_of(text)
    if level is None or level < Level.ERROR:
        return False
    before = source.reader.before(line.start, _CONTEXT)
    return begins_error(text, [text_of(other.data) for other in before])


def _warns(_source: Source, line: Found) -> bool:
    return level_of(text_of(line.data)) is Level.WARNING


#: The lines with which an error begins, and those that are a warning.
ERRORS = Words(ERROR_WORDS, begins_error_at, coloured=_COLOURED, in_json=_IN_JSON)
WARNINGS = Words(WARNING_WORDS, _warns, coloured=_COLOURED, in_json=_IN_JSON)


def matches(query: Query) -> Condition:
    """The lines that have what a person looks for."""
    if query.hint:
        in_json = (b"\n{",) if _SHOWN.fullmatch(query.hint) else ()
        return Words((query.hint,), lambda source, line: _has(source, line, query), in_json=in_json)
    return _Expression(query)


def _has(source: Source, line: Found, query: Query) -> bool:
    """Whether the line has it, also where only a piece of the line is shown."""
    if query.matches(text_of(line.data)):
        return True
    return any(query.matches(data.decode("utf-8", "replace")) for _, data in _pieces(source, line))


def around(source: Source, line: Found, query: Query) -> LogPiece | None:
    """The piece of a long line that has what is looked for; None where that stands in what is shown, or nowhere.

    Raises:
        TooSlowError: if a regular expression takes too long.
    """
    if not line.cut or query.matches(text_of(line.data)):
        return None
    pieces = _pieces(source, line)
    found = next((one for one in pieces if query.matches(one[1].decode("utf-8", "replace"))), None)
    if found is None:
        return None
    at, data = found
    text = data.decode("utf-8", "surrogateescape")  # so that places in it are places in the bytes
    spans = query.spans(text)
    first = at + (len(text[: spans[0][0]].encode("utf-8", "surrogateescape")) if spans else 0)
    last = source.read(line.end - 2, 2)
    start, end = max(line.start, first - _BEFORE), line.end - len(last) + len(content(last))
    shown = source.read(start, min(end, first + _FROM) - start)
    left = 0  # a character that begins before the piece is left out as a whole
    while start > line.start and left < min(3, len(shown)) and shown[left] & 0xC0 == 0x80:
        left += 1
    return LogPiece(start + left - line.start, shown[left:], max(0, end - start - len(shown)))


def _pieces(source: Source, line: Found) -> Iterator[tuple[int, bytes]]:
    """All of a line of which a piece is shown, in pieces that overlap, with their places; none of any other line."""
    at = line.start
    while line.cut and at < line.end:
        data = source.read(at, min(MAX_LINE, line.end - at))
        yield at, data
        if len(data) <= _OVERLAP:
            break
        at += len(data) - _OVERLAP


class _Expression:
    """Lines that match a regular expression, or a text that cannot be looked for as bytes."""

    def __init__(self, query: Query) -> None:
        self._query = query

    def hits(self, source: Source, start: int, end: int) -> Sequence[Found]:
        piece = stretch(source, start, end)
        if piece is None:
            return ()
        if not is_plain(piece):
            return [line for line in lines_of(source, piece) if _has(source, line, self._query)]
        text = piece.data.decode("ascii")
        return self._among(source, piece, text) if self._query.may_be_in(text) else ()

    def _among(self, source: Source, piece: Stretch, text: str) -> list[Found]:
        """The matching ones among lines that are shown as they are."""
        found: list[Found] = []
        at = 0
        for line in text.splitlines(keepends=True):
            if self._query.matches(line.rstrip("\n")):
                found.append(found_in(source, piece, at, at + len(line)))
            at += len(line)
        return found

    def settled(self, source: Source) -> int:
        return whole_until(source)


class Filtered:
    """The lines that a sieve lets through. The lines of a record pass together or not at all.

    Args:
        sieve: The filters.
    """

    def __init__(self, sieve: Sieve) -> None:
        self.sieve = sieve
        hints = sieve.hints or ((*ERROR_WORDS, *WARNING_WORDS) if sieve.graver else ())
        graver = (*_COLOURED,) if sieve.graver else ()
        self._words: Words | None = None
        if hints:
            self._words = Words(
                hints, lambda source, line: self._passes(source, [line]), coloured=graver, in_json=(b"\n{",)
            )

    def hits(self, source: Source, start: int, end: int) -> Sequence[Found]:
        piece = stretch(source, start, end)
        if piece is None:
            return ()
        if _has_records(source, piece):
            end = min(end, source.size)
            return [
                line for line in self._of_records(source, piece.offset, end) if line.start >= piece.offset
            ]
        if self._words is not None:
            return self._words.hits(source, start, end)
        return [line for line in lines_of(source, piece) if self._passes(source, [line])]

    def settled(self, source: Source) -> int:
        return settled(source)

    def shows(self, source: Source, line: Found) -> bool:
        """Whether this line is shown."""
        return self._passes(source, record_of(source, line.start))

    def _of_records(self, source: Source, start: int, end: int) -> Iterator[Found]:
        for record in records_from(source, record_start(source, start)):
            if record[0].start >= end:
                return
            if record[-1].start >= start and self._passes(source, record):
                yield from (line for line in record if line.start < end)

    def _passes(self, source: Source, record: Sequence[Found]) -> bool:
        more = (data.decode("utf-8", "replace") for line in record for _, data in _pieces(source, line))
        return self.sieve.passes("\n".join(text_of(line.data) for line in record), more)


def _has_records(source: Source, piece: Stretch) -> bool:
    """Whether a record of several lines may have some in this piece."""
    if any(word in piece.data for word in _TRACE_WORDS) or goes_on(source, piece.offset):
        return True
    following = source.reader.after(piece.offset + len(piece.data), 1)
    return bool(following) and TRACEBACK in text_of(following[0].data)
