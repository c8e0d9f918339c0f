"""Check boxes in an entry of a journal: which list items have one, and which hangs below which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mlws_tui.domain.journal import Day, Journal
from mlws_tui.domain.markdown import Scanner, is_blank

_BOX = re.compile(rb"([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ /xX>-])\][ \t]+(\S.*)", re.DOTALL)
#: Where none of these stands above a box it cannot be hidden: by a fence, a comment or other HTML.
_HIDING = (b"```", b"~~~", b"<")
#: Marks that begin an item wherever they stand. More blanks may make code, and a list that does not begin with 1
#: cannot follow upon the line of a paragraph.
_PLAIN = re.compile(rb" {0,3}[-*+]")


def indent_of(line: bytes) -> int:
    """Columns of blanks that a line begins with; a tab goes to the next multiple of four."""
    blanks = line[: len(line) - len(line.lstrip(b" \t"))]
    return len(blanks.expandtabs(4)) if b"\t" in blanks else len(blanks)


class Box(NamedTuple):
    """A box of a day before it is known what hangs below it; `parent` is the place of the one it hangs below."""

    line: int
    indent: int
    depth: int
    parent: int | None
    match: re.Match[bytes]


def boxes_at(journal: Journal, day: Day, candidates: Sequence[int]) -> list[Box]:
    """The boxes among some lines of a day, each with the one that it hangs below."""
    lines = journal.outline.lines
    matches = {
        number: match for number in candidates if (match := _BOX.fullmatch(lines[number].rstrip(b"\r\n")))
    }
    if matches and _may_be_hidden(journal, day, matches):
        shown = _items(lines, day.heading.end, max(matches) + 1)
        matches = {number: match for number, match in matches.items() if number in shown}
    boxes: list[Box] = []
    above: list[int] = []  # places of the boxes that may still be open
    for number, match in matches.items():
        indent = indent_of(match[1]) if match[1] else 0
        while above and not (
            indent > boxes[above[-1]].indent
            and _within(lines, boxes[above[-1]].line, boxes[above[-1]].indent, number)
        ):
            above.pop()
        boxes.append(Box(number, indent, len(above), above[-1] if above else None, match))
        above.append(len(boxes) - 1)
    return boxes


def _may_be_hidden(journal: Journal, day: Day, matches: Mapping[int, re.Match[bytes]]) -> bool:
    """Whether a box of that day may be only text: below something that opens, by its indent or by its number."""
    if not all(_PLAIN.match(match.string) for match in matches.values()):
        return True
    starts = journal.outline.starts
    first, end = starts[day.heading.end], starts[max(matches)]
    return any(journal.data.find(sign, first, end) >= 0 for sign in _HIDING)


def _items(lines: list[bytes], first: int, end: int) -> set[int]:
    """The lines on which a list item begins that has a text; those in quotes are left out."""
    scanner = Scanner(lines)
    found = set()
    for number in range(first, end):
        scanner.run(number, number + 1)
        if scanner.containers and min(scanner.containers) > 0 and scanner.leaf_line == number:
            found.add(number)
    return found


def _within(lines: Sequence[bytes], first: int, indent: int, line: int) -> bool:
    """Whether a line still hangs below the item that begins at `first`: all between is deeper than its mark."""
    return all(
        is_blank(lines[number]) or indent_of(lines[number]) > indent for number in range(first + 1, line + 1)
    )
