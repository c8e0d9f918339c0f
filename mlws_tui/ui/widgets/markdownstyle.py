"""Which parts of a line of Markdown are set off on the screen: a glance at the line, no parser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])(?=\s|$)")
_BOX = re.compile(r"\s+\[([ xX>-])\](?=\s|$)")
_QUOTE = re.compile(r" {0,3}>")
_FENCE = re.compile(r" {0,3}(?:[-*+]\s+)?(`{3,}|~{3,})")
_INLINE = re.compile(
    r"(?P<code>`[^`]+`)|(?P<strong>\*\*[^*\s](?:[^*]*[^*\s])?\*\*)|(?P<placeholder>\[[A-Za-z][^\[\]]+\](?![(:\[]))"
)

#: Name of a part of a line, as in the component class ``editor--NAME``.
Span = tuple[int, int, str]


def code_lines(lines: Sequence[str]) -> frozenset[int]:
    """The lines inside code fences, the fences included."""
    found = set()
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line) if fence or "`" in line or "~" in line else None
        if fence:
            found.add(number)
            if mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            found.add(number)
            fence = mark.group(1)
    return frozenset(found)


def spans(line: str) -> Iterator[Span]:
    """The parts of a line outside code fences: first column, column after the last, name."""
    if _HEADING.match(line):
        yield 0, len(line), "heading"
        return
    item = _ITEM.match(line)
    at = 0
    if item:
        at = item.end()
        yield 0, at, "mark"
        box = _BOX.match(line, at)
        if box:
            done = box.group(1) != " "
            yield at, box.end(), "done" if done else "box"
            at = box.end()
            if done:
                yield at, len(line), "done"
                return
    elif _QUOTE.match(line):
        yield 0, len(line), "done"
        return
    for match in _INLINE.finditer(line, at):
        yield match.start(), match.end(), str(match.lastgroup)
