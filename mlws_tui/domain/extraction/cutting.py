"""Cuts a file's bytes into lines, and lines into the redraws that they hold, however the bytes come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

#: Of a line, or a redraw, that is longer than this only the end is looked at.
MAX_LINE = 64 * 1024
TAIL = 4 * 1024

_REDRAWS = re.compile(rb"[^\r\x08]+")
_ENDS = re.compile(rb"[\r\x08]")


class Segment(NamedTuple):
    """A line, or one redraw of it: its bytes (the last ones of a long one), where it begins and the line's number.

    ``drawn`` says that the line held something before it; ``whole`` is False where its beginning is left out.
    """

    data: bytes
    offset: int
    line: int
    drawn: bool
    whole: bool


class Cutter:
    """Takes bytes in the order of the file."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.line: int = state.get("line", 1)
        self._at: int = state.get("at", 0)  # where the waiting bytes begin
        self._begun: int = state.get("begun", self._at)  # where the segment begins that they belong to
        self._drawn: bool = state.get("drawn", False)
        self._rest = b""

    @property
    def offset(self) -> int:
        """Where to go on reading with the state: what lies before is taken in."""
        return self._at

    def state(self) -> dict[str, Any]:
        """What a later cutter, given the bytes from `offset` on, goes on with."""
        return {"line": self.line, "at": self._at, "begun": self._begun, "drawn": self._drawn}

    def cut(self, data: bytes, *, final: bool) -> Iterator[Segment]:
        """The segments that end within what was given so far; with ``final`` also what is left."""
        text = self._rest + data if self._rest else data
        at, start = self._at, 0
        while (end := text.find(b"\n", start)) >= 0:
            yield from self._line(text, start, end, at)
            start = end + 1
            self.line += 1
            self._at = self._begun = at + start
            self._drawn = False
        rest = text[start:] if start else text
        self._rest = b""
        last = max(rest.rfind(b"\r"), rest.rfind(b"\x08"))
        if final or last >= 0:
            end = len(rest) if final else last + 1
            yield from self._line(rest, 0, end, self._at)
            self._at += end
            self._begun = self._at
            rest = rest[end:]
        if len(rest) > TAIL and self._at + len(rest) - self._begun > MAX_LINE:
            self._at += len(rest) - TAIL
            rest = rest[-TAIL:]
        self._rest = rest

    def _line(self, text: bytes, start: int, end: int, at: int) -> Iterator[Segment]:
        """The segments of ``text[start:end]``; the text begins at byte ``at``."""
        if _ENDS.search(text, start, end) is None:
            if start < end:
                yield self._segment(text, start, end, at, self._begun)
                self._drawn = True
            return
        begun = self._begun
        first = True
        for part in _REDRAWS.finditer(text, start, end):
            offset = begun if first and part.start() == start else at + part.start()
            first = False
            yield self._segment(text, part.start(), part.end(), at, offset)
            self._drawn = True

    def _segment(self, text: bytes, start: int, end: int, at: int, begun: int) -> Segment:
        if at + end - begun > MAX_LINE:
            data = text[max(start, end - TAIL) : end]
            return Segment(data.partition(b" ")[2], begun, self.line, self._drawn, False)
        return Segment(text[start:end], begun, self.line, self._drawn, True)
