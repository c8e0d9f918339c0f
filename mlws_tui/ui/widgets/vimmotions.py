"""Where vim's motions lead: pure functions of the lines and a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mlws_tui.ui.widgets.editorsheet import Place, indent
from mlws_tui.ui.widgets.vimsentences import sentence_move

Lines = Sequence[str]

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_BACK = {close: begin for begin, close in _PAIRS.items()}


class Move(NamedTuple):
    """Where a motion leads, and what an operator takes: whole lines, or the sign at the end too, or not that one."""

    place: Place
    linewise: bool = False
    inclusive: bool = False


def kind(sign: str, big: bool) -> int:
    """What a sign is to a word motion: 0 a blank, 1 of a word, 2 a mark, 3 Chinese, Japanese or Korean."""
    if sign.isspace():
        return 0
    if big:
        return 1
    if sign >= "\u2e80" and sign.isalnum():
        return 3
    return 1 if sign.isalnum() or sign == "_" else 2


def word_forward(lines: Lines, place: Place, big: bool = False) -> Place:
    """To the beginning of the next word; an empty line is one."""
    row, column = place
    line = lines[row]
    if column < len(line) and kind(line[column], big):
        here = kind(line[column], big)
        while column < len(line) and kind(line[column], big) == here:
            column += 1
    while True:
        while column < len(line) and line[column].isspace():
            column += 1
        if column < len(line) or row == len(lines) - 1:
            return row, column
        row, column = row + 1, 0
        line = lines[row]
        if not line:
            return row, 0


def word_end(lines: Lines, place: Place, big: bool = False) -> Place:
    """To the end of the word, or of the next one."""
    row, column = place[0], place[1] + 1
    while True:
        line = lines[row]
        while column < len(line) and line[column].isspace():
            column += 1
        if column < len(line):
            break
        if row == len(lines) - 1:
            return row, max(0, len(line) - 1)
        row, column = row + 1, 0
    here = kind(line[column], big)
    while column + 1 < len(line) and kind(line[column + 1], big) == here:
        column += 1
    return row, column


def word_back(lines: Lines, place: Place, big: bool = False) -> Place:
    """To the beginning of the word, or of the one before."""
    row, column = place[0], place[1] - 1
    while True:
        line = lines[row]
        column = min(column, len(line) - 1)
        while column >= 0 and line[column].isspace():
            column -= 1
        if column >= 0:
            break
        if row == 0:
            return 0, 0
        row -= 1
        if not lines[row]:
            return row, 0
        column = len(lines[row]) - 1
    here = kind(line[column], big)
    while column > 0 and kind(line[column - 1], big) == here:
        column -= 1
    return row, column


def word_end_back(lines: Lines, place: Place, big: bool = False) -> Place:
    """To the end of the word before; an empty line is one."""
    row, at = place
    line = lines[row]
    here = kind(line[at], big) if at < len(line) else 0
    while here and at >= 0 and kind(line[at], big) == here:
        at -= 1
    at = min(at, len(line) - 1)
    while True:
        while at >= 0 and line[at].isspace():
            at -= 1
        if at >= 0:
            return row, at
        if row == 0:
            return 0, 0
        row -= 1
        line = lines[row]
        if not line:
            return row, 0
        at = len(line) - 1


def paragraph(lines: Lines, place: Place, by: int) -> Place:
    """To the empty line behind the paragraph, or with -1 to the one before it; to the end of the text at last."""
    row = place[0]
    while 0 <= row + by < len(lines) and not lines[row].strip():
        row += by
    while 0 <= row + by < len(lines) and lines[row].strip():
        row += by
    if lines[row].strip():  # the text ends here
        return (row, len(lines[row])) if by > 0 else (0, 0)
    return row, 0


def find_sign(line: str, column: int, how: str, sign: str, count: int, again: bool = False) -> int | None:
    """The column that ``f``, ``F``, ``t`` or ``T`` leads to.

    Args:
        line: Where.
        column: From where on.
        how: The motion.
        sign: What is looked for.
        count: The how-manieth.
        again: Whether it repeats an earlier one, which stands before the sign already.
    """
    by = 1 if how in "ft" else -1
    at = column + (by if again and how in "tT" else 0)
    for _ in range(count):
        at = line.find(sign, at + 1) if by > 0 else line.rfind(sign, 0, max(0, at))
        if at < 0:
            return None
    return at - by if how in "tT" else at


def partner(lines: Lines, place: Place) -> Place | None:
    """The bracket that belongs to the one under the cursor, or to the first one behind it in the line."""
    row, column = place
    line = lines[row]
    start = next((at for at in range(column, len(line)) if line[at] in _PAIRS or line[at] in _BACK), None)
    if start is None:
        return None
    mine = line[start]
    other, by = (_PAIRS[mine], 1) if mine in _PAIRS else (_BACK[mine], -1)
    depth, at = 0, start
    while 0 <= row < len(lines):
        while 0 <= at < len(lines[row]):
            depth += (lines[row][at] == mine) - (lines[row][at] == other)
            if not depth:
                return row, at
            at += by
        row += by
        at = 0 if by > 0 else len(lines[row]) - 1 if row >= 0 else 0
    return None


def _times(step: Callable[[Lines, Place, bool], Place], big: bool) -> Callable[[Lines, Place, int], Place]:
    def go(lines: Lines, place: Place, count: int) -> Place:
        for _ in range(count):
            place = step(lines, place, big)
        return place

    return go


def _parts(step: Callable[[Lines, Place, int], Place], by: int) -> Callable[[Lines, Place, int], Place]:
    def go(lines: Lines, place: Place, count: int) -> Place:
        for _ in range(count):
            place = step(lines, place, by)
        return place

    return go


_STEPS: dict[str, tuple[Callable[[Lines, Place, int], Place], bool]] = {
    "w": (_times(word_forward, False), False),
    "W": (_times(word_forward, True), False),
    "b": (_times(word_back, False), False),
    "B": (_times(word_back, True), False),
    "e": (_times(word_end, False), True),
    "E": (_times(word_end, True), True),
    "ge": (_times(word_end_back, False), True),
    "gE": (_times(word_end_back, True), True),
    "}": (_parts(paragraph, 1), False),
    "{": (_parts(paragraph, -1), False),
    ")": (_parts(sentence_move, 1), False),
    "(": (_parts(sentence_move, -1), False),
}
_SIDES = {"h": -1, "left": -1, "backspace": -1, "l": 1, "right": 1, "space": 1}
_OTHER_NAMES = {"gj": "j", "gk": "k", "g0": "0", "g^": "^", "g$": "$"}  # screen lines are lines here
_ROWS = {"j": 1, "down": 1, "k": -1, "up": -1, "+": 1, "enter": 1, "-": -1}


def move(lines: Lines, place: Place, name: str, count: int | None, goal: int) -> Move | None:
    """Where a motion leads that needs no more than the text.

    Args:
        lines: The text.
        place: From where.
        name: The motion's key.
        count: How often, or to which line; None where the person did not say.
        goal: The column that going up and down keeps to.

    Returns:
        Where to; None where it leads nowhere, or is no such motion.
    """
    name = _OTHER_NAMES.get(name, name)
    row, column = place
    line, last, times = lines[row], len(lines) - 1, count or 1
    if name in _STEPS:
        step, inclusive = _STEPS[name]
        return Move(step(lines, place, times), inclusive=inclusive)
    if name in _SIDES:
        return Move((row, min(max(0, column + _SIDES[name] * times), len(line))))
    if name in _ROWS:
        to = row + _ROWS[name] * times
        if not 0 <= to <= last:
            to = min(max(0, to), last)
            if to == row:
                return None
        return Move(
            (to, indent(lines[to]) if name in "+-enter" else min(goal, len(lines[to]))), linewise=True
        )
    if name in ("0", "home"):
        return Move((row, 0))
    if name == "^":
        return Move((row, indent(line)))
    if name == "g_":
        return Move((row, max(0, len(line.rstrip()) - 1)), inclusive=True)
    if name == "_":
        to = min(row + times - 1, last)
        return Move((to, indent(lines[to])), linewise=True)
    if name in ("$", "end"):
        to = min(row + times - 1, last)
        return Move((to, max(0, len(lines[to]) - 1)), inclusive=bool(lines[to]))
    if name == "|":
        return Move((row, min(times - 1, len(line))))
    if name in ("G", "gg"):
        to = last if name == "G" and count is None else min(times - 1, last)
        return Move((to, indent(lines[to])), linewise=True)
    if name == "%":
        found = partner(lines, place)
        return None if found is None else Move(found, inclusive=True)
    return None
