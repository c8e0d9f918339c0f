"""Finds the lines of a file that pass a test, at the speed of a plain byte search where the test allows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from mlws_tui.domain.levels import TRACEBACK, Level, Tracer, begins_error, level_of
from mlws_tui.domain.logquery import Query, Sieve
from mlws_tui.domain.showing import shown
from mlws_tui.sources.lines import MAX_LINE, Found, LineReader, Readable, content

#: Bytes that are looked through at once when lines are fetched.
PIECE = 32 * 1024
_REST = 1024 * 1024
_CONTEXT = 6  # lines before one that tell whether an error begins there
_LONGEST_RECORD = 2_000  # lines
_SECONDS = 1.0  # that a regular expression may take on one block

#: What any line holds that `domain.levels` takes for the beginning of an error, in lower case.
ERROR_WORDS = (b"err", b"exception", b"critical", b"fatal", b"traceback (most", b"\ne0", b"\ne1")
WARNING_WORDS = (b"warn", b"\nw0", b"\nw1")
#: Of JSON lines whose level is a number, of logging or of pino.
_NUMBERED = tuple(
    name + b'":' + gap + digit
    for name in (b"level", b"levelno")
    for gap in (b"", b" ")
    for digit in b"3 4 5 6".split()
)
#: Words that a line of JSON may show without having them: the names of levels, and a time's figures.
_SHOWN = re.compile(rb"debug|info|warning|error|critical|\d+")
_TRACE_WORDS = (b"Traceback", b'File "', b"exception")

Going = Callable[[], bool]


class Source(Readable, Protocol):
    """A stretch of a file that knows its lines."""

    @property
    def reader(self) -> LineReader: ...


class Condition(Protocol):
    """What lines have to pass."""

    def hits(self, source: Source, start: int, end: int) -> Sequence[Found]:
        """The lines that begin within ``[start, end)`` and pass, in order."""


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
        yield _found(source, piece, at, end)
        at = end


def _found(source: Source, piece: Stretch, start: int, end: int) -> Found:
    """The line in these bytes of a stretch."""
    at = piece.offset + start
    if end - start > MAX_LINE + 2 or (end == len(piece.data) and not piece.data.endswith(b"\n")):
        return source.reader.at(at)
    data = piece.data[start:end]
    return Found(at, piece.offset + end, data.endswith(b"\n"), content(data), 0)


class Words:
    """Lines that hold one of some byte strings and are accepted.

    Args:
        words: In lower case; ASCII letters of the file match in both cases. A leading line break stands for a line's
            beginning.
        accept: Has the last word.
        in_json: What lines of JSON may hold instead, as they are shown otherwise than they are written.
    """

    def __init__(
        self,
        words: Sequence[bytes],
        accept: Callable[[Source, Found], bool],
        in_json: Sequence[bytes] = (),
    ) -> None:
        self._words = tuple(words)
        self._in_json = (*words, *in_json)
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
            line = _found(source, piece, first, min(done, len(piece.data)))
            if self._accept(source, line):
                found.append(line)
        last = self._long_one(source, piece) if done <= len(piece.data) else None
        return [*found, last] if last is not None else found

    def _places(self, data: bytes) -> list[int]:
        """Where in the data, which has one byte before its first line, the words end; counted without that byte."""
        places: set[int] = set()
        for word in self._in_json if data[1:2] == b"{" else self._words:
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
    text = shown(line.data).text
    level = level_of(text)
    if level is None or level < Level.ERROR:
        return False
    before = source.reader.before(line.start, _CONTEXT)
    return begins_error(text, [shown(other.data).text for other in before])


#: The lines with which an error begins, and those that are a warning.
ERRORS = Words(ERROR_WORDS, begins_error_at, _NUMBERED)
WARNINGS = Words(
    WARNING_WORDS, lambda _source, line: level_of(shown(line.data).text) is Level.WARNING, _NUMBERED
)


def matches(query: Query) -> Condition:
    """The lines that have what a person looks for."""
    if query.hint:
        # Of a long line only a piece is shown: what stands in the rest of it counts, too.
        return Words(
            (query.hint,),
            lambda _source, line: bool(line.cut) or query.matches(shown(line.data).text),
            (b"\n{",) if _SHOWN.fullmatch(query.hint) else (),
        )
    return _Expression(query)


class _Expression:
    """Lines that match a regular expression, or a text that cannot be looked for as bytes."""

    def __init__(self, query: Query) -> None:
        self._query = query

    def hits(self, source: Source, start: int, end: int) -> Sequence[Found]:
        piece = stretch(source, start, end)
        if piece is None:
            return ()
        if self._query.regex and _is_plain(piece.data):
            candidates = self._candidates(source, piece)
        else:
            candidates = lines_of(source, piece)
        return [line for line in candidates if self._query.matches(shown(line.data).text)]

    def _candidates(self, source: Source, piece: Stretch) -> Iterator[Found]:
        """The lines in which the expression begins where all of them are one text."""
        text = piece.data.decode("utf-8", "replace")
        done = -1
        for place in self._query.places(text, _SECONDS):
            at = place if text.isascii() else len(text[:place].encode())
            if at < done or at >= len(piece.data):
                continue
            first = piece.data.rfind(b"\n", 0, at) + 1
            done = piece.data.find(b"\n", at) + 1 or len(piece.data)
            yield _found(source, piece, first, done)


def _is_plain(data: bytes) -> bool:
    """Whether the lines are shown as they are."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    signs = b"\x1b" in data or b"\t" in data or b"\0" in data or b"\x08" in data
    return not signs and b"\r" not in data.replace(b"\r\n", b"\n") and b"\n{" not in b"\n" + data


class Filtered:
    """The lines that a sieve lets through. A traceback, with the error line above it, passes as a whole or not."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        hints = sieve.hints or ((*ERROR_WORDS, *WARNING_WORDS) if sieve.graver else ())
        self._words = Words(hints, lambda _source, line: self._passes([line]), (b"\n{",)) if hints else None

    def hits(self, source: Source, start: int, end: int) -> Sequence[Found]:
        piece = stretch(source, start, end)
        if piece is None:
            return ()
        if not any(word in piece.data for word in _TRACE_WORDS) and not self._within(source, piece.offset):
            if self._words is not None:
                return self._words.hits(source, start, end)
            return [line for line in lines_of(source, piece) if self._passes([line])]
        return [
            line
            for record in records(source, piece)
            if self._passes(record)
            for line in record
            if piece.offset <= line.start < end
        ]

    def _passes(self, record: Sequence[Found]) -> bool:
        return self._sieve.passes("\n".join(shown(line.data).text for line in record))

    def _within(self, source: Source, offset: int) -> bool:
        """Whether a record goes on at this offset."""
        before = source.reader.before(offset, 1)
        if not before:
            return False
        first = before[0].data
        if first[:1] in b" \t" or any(
            word in first for word in _TRACE_WORDS
        ):  # a blank line may be within one, too
            return True
        return (level_of(shown(first).text) or Level.INFO) >= Level.ERROR


def records(source: Source, piece: Stretch) -> Iterator[list[Found]]:
    """The records that have lines in a stretch, whole: mostly one line each."""
    at = record_start(source, piece.offset)
    end = piece.offset + len(piece.data)
    while at < end:
        record = record_at(source, at)
        if not record:
            return
        yield record
        at = record[-1].end


def record_at(source: Source, offset: int) -> list[Found]:
    """The record that begins with the line at this offset."""
    first = source.reader.after(offset, 1)
    if not first:
        return []
    tracer = Tracer()
    inside = tracer.take(shown(first[0].data).text)
    grave = not inside and (level_of(shown(first[0].data).text) or Level.INFO) >= Level.ERROR
    if not inside and not grave:
        return first
    record = list(first)
    for line in _following(source, first[0].end):
        text = shown(line.data).text
        if grave and len(record) == 1 and TRACEBACK not in text:
            break
        if not tracer.take(text) and not (tracer.inside and not text.strip()):
            break
        record.append(line)
    while len(record) > 1 and not record[-1].data.strip():
        record.pop()
    return record


def _following(source: Source, offset: int) -> Iterator[Found]:
    for _ in range(_LONGEST_RECORD // 50):
        lines = source.reader.after(offset, 50)
        if not lines:
            return
        yield from lines
        offset = lines[-1].end


def record_start(source: Source, offset: int) -> int:
    """Where the record begins that goes on at this offset; the offset itself where none does."""
    count = 16
    while True:
        before = source.reader.before(offset, count)
        start = _last_begin(before, offset)
        if start is not None:
            return start
        if len(before) < count or count >= _LONGEST_RECORD:
            return before[0].start if before else offset
        count *= 4


def _last_begin(before: Sequence[Found], offset: int) -> int | None:
    """The beginning of the record that reaches to the offset, if it lies among these lines with one before it."""
    texts = [shown(line.data).text for line in before]
    tracer = Tracer()
    traced = [tracer.take(text) for text in texts]
    if before and not traced[-1] and not (tracer.inside and not texts[-1].strip()):
        grave = (level_of(texts[-1]) or Level.INFO) >= Level.ERROR
        return before[-1].start if grave else offset
    for i in range(len(before) - 1, -1, -1):
        if traced[i] or not texts[i].strip():
            continue
        first = next((j for j in range(i + 1, len(before)) if traced[j]), None)
        if first is None:
            return offset
        grave = (level_of(texts[i]) or Level.INFO) >= Level.ERROR
        return before[i if grave and first == i + 1 and TRACEBACK in texts[first] else first].start
    return offset if not before else None
