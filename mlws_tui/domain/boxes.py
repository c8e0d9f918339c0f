"""Check boxes in an entry of a journal: which list items have one, and which hangs below which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from mlws_tui.domain.journal import Day, Journal
from mlws_tui.domain.markdown import Scanner, is_blank

_BOX = re.compile(rb"([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ /xX>-])\][ \t]+(\S.*)", re.DOTALL)
#: Where none of these stands above a box it cannot be hidden: by a fence, a comment or other HTML.
_HIDING = (b"```", b"~~~", b"<")
#: What begins a block of its own, whatever stands above it; a quick look before the closer one.
_BEGINS = re.compile(rb" {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]|[ \t]*(?:#{1,6}[ \t]|```|~~~|>)")
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
            indent > boxes[above[-1]].indent and item_end(lines, day, boxes[above[-1]], number + 1) > number
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


class Item(Protocol):
    """Where a list item begins: the line of its mark from 0, the columns before it, and how many it hangs below."""

    @property
    def line(self) -> int: ...
    @property
    def indent(self) -> int: ...
    @property
    def depth(self) -> int: ...


def item_end(lines: list[bytes], day: Day, item: Item, end: int) -> int:
    """The line after the last one of a list item, looked for before `end`; lines are counted from 0.

    What is deeper than its mark hangs below it. So does the line of a paragraph that is not indented; where items hang
    below one another it is taken for a line of the topmost.
    """
    last = item.line + 1
    for number in range(item.line + 1, end):
        line = lines[number]
        if is_blank(line):
            continue
        lazy = not item.depth and number == last
        if indent_of(line) <= item.indent and not (lazy and _is_lazy(lines, day.heading.end, number)):
            break
        last = number + 1
    return last


def _is_lazy(lines: list[bytes], first: int, number: int) -> bool:
    """Whether a line goes on with the paragraph above it, which is one of a list item."""
    if _BEGINS.match(lines[number]):
        return False
    scanner = Scanner(lines)
    scanner.run(first, number)
    leaf, containers = scanner.leaf_line, list(scanner.containers)
    scanner.run(number, number + 1)
    return bool(containers) and (scanner.leaf_line, scanner.containers) == (leaf, containers)
