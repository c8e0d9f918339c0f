"""Vim's text objects: the word, the sentence, the paragraph, what stands in quotes or brackets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlws_tui.ui.widgets.editorsheet import Place
from mlws_tui.ui.widgets.vimmotions import kind
from mlws_tui.ui.widgets.vimsentences import sentence_object

_BRACKETS = {key: pair for pair in ("()", "[]", "{}", "<>") for key in pair} | {"b": "()", "B": "{}"}


class Reach(NamedTuple):
    """What an operator takes: from a place up to another one, or the whole lines of both."""

    start: Place
    end: Place
    linewise: bool = False


def text_object(lines: Sequence[str], place: Place, name: str, count: int = 1) -> Reach | None:
    """The object at a place.

    Args:
        lines: The text.
        place: Where the cursor is.
        name: ``i`` or ``a`` and the object's key, such as ``iw`` or ``a"``.
        count: How many words, sentences or paragraphs.

    Returns:
        What it takes; None where there is none.
    """
    around, what = name[0] == "a", name[1:]
    if what in ("w", "W"):
        return _word(lines[place[0]], place, around, what == "W", count)
    if what == "s":
        found = sentence_object(lines, place, around, count)
        return Reach(*found) if found else None
    if what == "p":
        return _paragraph(lines, place[0], around, count)
    if what in ('"', "'", "`"):
        return _quoted(lines[place[0]], place, what, around)
    if what in _BRACKETS:
        return _bracketed(lines, place, _BRACKETS[what], around)
    return None


def _word(line: str, place: Place, around: bool, big: bool, count: int) -> Reach | None:
    row, column = place
    if not line:
        return None
    start = end = min(column, len(line) - 1)
    here = kind(line[start], big)
    while start and kind(line[start - 1], big) == here:
        start -= 1
    for number in range(count):
        if number and end >= len(line):
            break
        end = _run(line, end, big)
        if around and end < len(line) and (kind(line[end], big) == 0 or here == 0):
            end = _run(line, end, big)
        elif around and not number:  # no blanks behind it: those before it go too
            while start and line[start - 1].isspace():
                start -= 1
    return Reach((row, start), (row, end))


def _run(line: str, at: int, big: bool) -> int:
    """The column behind the signs of one kind that begin here."""
    here = kind(line[at], big)
    while at < len(line) and kind(line[at], big) == here:
        at += 1
    return at


def _paragraph(lines: Sequence[str], row: int, around: bool, count: int) -> Reach:
    blank = not lines[row].strip()
    first = row
    while first and (not lines[first - 1].strip()) == blank:
        first -= 1
    last = row - 1
    for _ in range(count * (2 if around else 1)):
        if last + 1 >= len(lines):
            break
        last += 1
        here = not lines[last].strip()
        while last + 1 < len(lines) and (not lines[last + 1].strip()) == here:
            last += 1
    return Reach((first, 0), (last, len(lines[last])), linewise=True)


def _quoted(line: str, place: Place, mark: str, around: bool) -> Reach | None:
    row, column = place
    marks = [at for at, sign in enumerate(line) if sign == mark and line[at - 1 : at] != "\\"]
    for begin, close in zip(marks[0::2], marks[1::2], strict=False):
        if column <= close:
            if not around:
                return Reach((row, begin + 1), (row, close))
            end = close + 1
            while end < len(line) and line[end].isspace():
                end += 1
            return Reach((row, begin), (row, end))
    return None


def _bracketed(lines: Sequence[str], place: Place, pair: str, around: bool) -> Reach | None:
    begin = _outwards(lines, place, pair[0], pair[1], -1)
    if begin is None:  # as with quotes, the next ones of the line will do
        ahead = lines[place[0]].find(pair[0], place[1])
        if ahead < 0:
            return None
        begin = place[0], ahead
    close = _outwards(lines, begin, pair[1], pair[0], 1)
    if close is None:
        return None
    if around:
        return Reach(begin, (close[0], close[1] + 1))
    return Reach((begin[0], begin[1] + 1), close)


def _outwards(lines: Sequence[str], place: Place, goal: str, other: str, by: int) -> Place | None:
    """The bracket that opens (or, going forward, closes) the pair around a place."""
    row, at = place
    depth = 0
    first = True
    while 0 <= row < len(lines):
        line = lines[row]
        while 0 <= at < len(line):
            if line[at] == goal:
                if not depth:
                    return row, at
                depth -= 1
            elif line[at] == other and not first:
                depth += 1
            first = False
            at += by
        row += by
        if 0 <= row < len(lines):
            at = 0 if by > 0 else len(lines[row]) - 1
    return None
