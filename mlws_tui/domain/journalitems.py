"""The bullets of a journal as lines of their own: where each begins and ends, what it says, whether it is a task."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import dedent

from mlws_tui.domain.journal import Journal
from mlws_tui.domain.markdown import Heading, decode, is_blank

_ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)(?:\[(?P<box>[ xX>\-])\](?:[ \t]+|$))?"
)
_FENCE = re.compile(r"[ \t]*(?:[-*+][ \t]+)?(?P<mark>`{3,}|~{3,})(?P<info>.*)")
_STATES = {" ": "open", "x": "done", "X": "done", ">": "moved", "-": "cancelled"}


@dataclass(frozen=True, slots=True)
class Item:
    """A bullet.

    Attributes:
        line: Its first line, counted from 0.
        end: The line after its last own one; bullets below it are items of their own.
        depth: How many bullets it stands below.
        text: What it says without bullet and box; further lines are separated by line feeds.
        state: ``open``, ``done``, ``moved`` or ``cancelled`` for a task; else empty.
    """

    line: int
    end: int
    depth: int
    text: str
    state: str


def in_code(lines: Sequence[str]) -> list[bool]:
    """Which lines belong to a fenced code block, its fences among them."""
    result = []
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            result.append(True)
            if mark and mark["mark"].startswith(fence) and not mark["info"].strip():
                fence = ""
        else:
            opens = mark is not None and not (mark["mark"][0] == "`" and "`" in mark["info"])
            result.append(opens)
            fence = mark["mark"] if mark and opens else ""
    return result


def items_of(journal: Journal, first: int, end: int) -> Iterator[Item]:
    """The bullets in the lines ``first:end`` in order; what stands in code is none."""
    lines = [decode(line).rstrip("\r\n") for line in journal.outline.lines[first:end]]
    code = in_code(lines)
    head, after = (bisect_left(journal.headings, line, key=_line) for line in (first, end))
    heads = {heading.line - first for heading in journal.headings[head:after]}
    starts = [
        (number, match)
        for number, line in enumerate(lines)
        if not code[number] and (match := _ITEM.match(line)) is not None
    ]
    above: list[int] = []
    for place, (number, match) in enumerate(starts):
        indent = len(match["indent"].expandtabs(4))
        while above and above[-1] >= indent:
            above.pop()
        following = starts[place + 1][0] if place + 1 < len(starts) else len(lines)
        stop = _end(lines, number + 1, following, heads)
        rest = dedent("\n".join(line.rstrip() for line in lines[number + 1 : stop]))
        text = f"{lines[number][match.end() :].strip()}\n{rest}".rstrip("\n")
        yield Item(first + number, first + stop, len(above), text, _STATES.get(match["box"] or "", ""))
        above.append(indent)


def _line(heading: Heading) -> int:
    return heading.line


def _end(lines: Sequence[str], number: int, stop: int, heads: set[int]) -> int:
    """Where the lines of a bullet end: at a heading, or where text begins anew below a blank line."""
    last = number
    while number < stop and number not in heads:
        if not is_blank(lines[number].encode("utf-8", "replace")):
            if last < number and not lines[number][0].isspace():
                break
            last = number + 1
        number += 1
    return last
