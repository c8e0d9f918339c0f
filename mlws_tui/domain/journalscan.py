"""The outline of a file of ten years, fast: plain passages are skipped, and after a change only it is read again.

Nearly all headings stand at the start of their line, after a mark of their own. Such a line ends every list and quote
above it, so it is a heading wherever no code fence and no HTML block of the top level is open. One search over the
bytes finds all lines that can be such headings, or that can open such blocks, or that could underline a paragraph;
only passages that hold one of the latter two are read line by line. The outcome is that of `markdown.scan`, always.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from mlws_tui.domain.markdown import (
    Heading,
    Outline,
    Scanner,
    atx_heading,
    front_matter,
    scan,
    split_lines,
)

#: Lines that may matter: indent, then a heading's marks, a fence, the start of HTML, or an underline. What nearly all
#: other lines begin with is ruled out first.
_MARK = re.compile(
    rb"\n(?!(?:  )?- [^ \t\r\n]|[\nA-Za-z0-9])"
    rb"( {0,3})(?:(#{1,6})(?=[ \t\r\n]|\Z)|(`{3,}|~{3,})|<|(?:=+|-+)(?=[ \t]*(?:[\r\n]|\Z)))"
)
_LINE_REST = re.compile(rb"[^\r\n]*")
#: How many bytes are compared at once when two versions of a file are.
_STEP = 1 << 16


def outline_of(data: bytes) -> Outline:
    """The outline of a document, as `markdown.scan` gives it."""
    if has_lone_returns(data):
        return scan(data)
    lines = split_lines(data)
    starts = [0, *accumulate(map(len, lines))]
    front = front_matter(lines)
    reading = _Reading(data, lines, starts, plain=False)
    reading.read(front)
    return Outline(lines, starts, tuple(reading.headings), front, reading.open_block)


def outline_again(data: bytes, old: bytes, before: Outline) -> Outline:
    """As `outline_of`, for a document of which an older version is known; costs what the change between them costs.

    Args:
        data: The document.
        old: What it was.
        before: The outline of that.
    """
    head = _common_head(data, old)
    tail = _common_tail(data, old, min(len(data), len(old)) - head)
    first = _last_heading_within(before, old, head)
    if first is None or has_lone_returns(old) or has_lone_returns(data):
        return outline_of(data)
    heading = before.headings[first]
    top, begin = heading.line, before.starts[heading.line]
    # whole lines that both have at their ends: the rest of the first of them may belong to the change
    kept = bisect_left(before.starts, max(len(old) - tail, begin)) + 1
    if kept >= len(before.lines):
        kept = len(before.lines)
    shift = len(data) - len(old)
    middle = split_lines(data[begin : before.starts[kept] + shift])
    lines = [*before.lines[:top], *middle, *before.lines[kept:]]
    starts = [*before.starts[:top], *accumulate(map(len, lines[top:]), initial=begin)]
    front = front_matter(lines)
    if front != before.front_matter:
        return outline_of(data)
    reading = _Reading(data, lines, starts, plain=True)
    reading.meets = _Known(before, first, len(data) - tail, shift)
    met = reading.read(top + 1, begin)
    found = [*before.headings[: first + 1], *reading.headings]
    if met is None:
        return Outline(lines, starts, tuple(found), front, reading.open_block)
    by = len(lines) - len(before.lines)
    opened = before.open_block
    found += _moved(before.headings[met:], by)
    return Outline(lines, starts, tuple(found), front, None if opened is None else opened + by)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the end of a document: from a heading on that both versions have, nothing is new.

    Attributes:
        before: The outline of the older version.
        first: Number of its heading where reading begins.
        tail: Where the bytes begin that both versions end with.
        shift: How far these bytes have moved.
    """

    before: Outline
    first: int
    tail: int
    shift: int

    def heading_at(self, at: int) -> int | None:
        """Number of the heading that stood at these bytes, if one did."""
        if at < self.tail:
            return None
        starts, headings = self.before.starts, self.before.headings
        line = bisect_left(starts, at - self.shift)
        number = bisect_left(headings, line, lo=self.first + 1, key=_line)
        if starts[line] == at - self.shift and number < len(headings) and headings[number].line == line:
            return number
        return None


@dataclass(slots=True)
class _Reading:
    """One way through the lines that may matter.

    Attributes:
        plain: Whether nothing since `clean` needs to be read line by line.
        clean: A line above which no block is open.
        meets: What ends the reading early.
    """

    data: bytes
    lines: list[bytes]
    starts: list[int]
    plain: bool
    meets: _Known | None = None
    headings: list[Heading] = field(default_factory=list)
    open_block: int | None = None
    clean: int = 0

    def read(self, first: int, begin: int = 0) -> int | None:
        """Read from a line on, above which no block is open; `begin` is a byte before it.

        Returns:
            Number of the known heading where the rest is known, if it was met.
        """
        self.clean, headings, starts = first, self.headings, self.starts
        scanner: Scanner | None = None if self.plain else Scanner(self.lines)
        fence, line = b"", 0
        for match in _MARK.finditer(self.data, begin):
            indent, heading, mark = match.groups()
            at = match.start() + 1
            if fence:
                if mark and self._closes(fence, mark, match.end()):
                    fence, self.clean = b"", bisect_left(starts, at, line) + 1
            elif heading and not indent:
                line = bisect_left(starts, at, line)
                if line < self.clean or (scanner is not None and not self._through(scanner, line)):
                    continue
                scanner = None
                if self.meets and (number := self.meets.heading_at(at)) is not None:
                    return number
                headings.append(Heading(*_atx(self.lines[line]), line, line + 1))
                self.clean = line + 1
            elif scanner is None and not self._harmless(match, at):
                if mark and not indent and self._opens(mark, match.end()):
                    fence, line = mark, bisect_left(starts, at, line)
                else:
                    scanner = Scanner(self.lines)
        if fence:
            self.open_block = line
        elif scanner is not None:
            scanner.run(self.clean, len(self.lines))
            self.headings += scanner.headings
            self.open_block = scanner.open_block()
        return None

    def _through(self, scanner: Scanner, line: int) -> bool:
        """Read line by line up to a heading's line; whether it is one. The headings above it are taken."""
        scanner.run(self.clean, line + 1)
        self.clean = line + 1
        if not scanner.headings or scanner.headings[-1].line != line:
            return False
        self.headings += scanner.headings[:-1]
        return True

    def _harmless(self, match: re.Match[bytes], at: int) -> bool:
        """Whether it would be an underline, but has no paragraph above it: the line there is empty."""
        indent, heading, mark = match.groups()
        if heading or mark or self.data[at + len(indent) : at + len(indent) + 1] == b"<":
            return False
        return self.data[at - 2 : at - 1] == b"\n" or self.data[at - 3 : at] == b"\n\r\n"

    def _opens(self, mark: bytes, end: int) -> bool:
        return mark[:1] == b"~" or b"`" not in self._rest(end)

    def _closes(self, fence: bytes, mark: bytes, end: int) -> bool:
        return mark[:1] == fence[:1] and len(mark) >= len(fence) and not self._rest(end).strip(b" \t")

    def _rest(self, at: int) -> bytes:
        match = _LINE_REST.match(self.data, at)
        return match.group() if match else b""


@lru_cache(maxsize=1024)  # sections have few names
def _atx(line: bytes) -> tuple[int, str]:
    heading = atx_heading(line, 0)
    return heading.level, heading.title


def _line(heading: Heading) -> int:
    return heading.line


def has_lone_returns(data: bytes) -> bool:
    r"""Whether a ``\r`` ends a line there without a ``\n``."""
    return b"\r" in data and data.count(b"\r") != data.count(b"\r\n")


def _last_heading_within(outline: Outline, data: bytes, end: int) -> int | None:
    """Number of the last heading that stands in the bytes up to `end` and closed all that was above it."""
    headings, starts = outline.headings, outline.starts
    number = bisect_left(headings, bisect_left(starts, end), key=_line)
    while number:
        number -= 1
        heading = headings[number]
        below = starts[heading.end]
        whole = below <= end and data[below - 1 : below] == b"\n"
        if whole and not heading.underline and data[starts[heading.line]] == ord("#"):
            return number
    return None


def _moved(headings: Sequence[Heading], by: int) -> Sequence[Heading]:
    if not by:
        return headings
    new = (
        tuple.__new__
    )  # the constructor of a named tuple takes twice as long, and there are tens of thousands
    return [
        new(Heading, (level, title, line + by, end + by, sign)) for level, title, line, end, sign in headings
    ]


def _common_head(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    limit = min(len(one), len(other))
    at, step = 0, _STEP
    while step:
        if at + step <= limit and other.startswith(one[at : at + step], at):
            at += step
        else:
            step //= 2
    return at


def _common_tail(one: bytes, other: bytes, limit: int) -> int:
    """How many bytes both end with, at most `limit`."""
    at, step = 0, _STEP
    while step:
        if at + step <= limit and other.startswith(_back(one, at, step), len(other) - at - step):
            at += step
        else:
            step //= 2
    return at


def _back(data: bytes, at: int, step: int) -> bytes:
    end = len(data) - at
    return data[end - step : end]
