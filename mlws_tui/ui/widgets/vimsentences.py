"""Sentences, as vim has them: up to a full stop, an exclamation or a question mark before a blank, in one paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mlws_tui.ui.widgets.editorsheet import Place, indent

_END = re.compile(r"[.!?][)\]\"']*(\s+)")


class Sentence(NamedTuple):
    """Where a sentence begins, where it ends, and where the next one begins, which blanks part from it."""

    start: Place
    end: Place
    next: Place


def sentences(lines: Sequence[str], row: int) -> list[Sentence]:
    """The sentences of the paragraph of a row; none where the row is blank."""
    if not lines[row].strip():
        return []
    first = last = row
    while first and lines[first - 1].strip():
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].strip():
        last += 1
    text = "\n".join(lines[first : last + 1])

    def place(at: int) -> Place:
        return first + text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1

    found: list[Sentence] = []
    start = len(text) - len(text.lstrip())
    for end in _END.finditer(text):
        found.append(Sentence(place(start), place(end.start(1)), place(end.end(1))))
        start = end.end(1)
    if start < len(text):
        found.append(Sentence(place(start), place(len(text.rstrip())), place(len(text))))
    return found


def sentence_move(lines: Sequence[str], place: Place, by: int) -> Place:
    """To the next sentence, or with -1 to the beginning of this one or the one before; a blank line parts them."""
    here = sentences(lines, place[0])
    starts = [each.start for each in here if (each.start > place if by > 0 else each.start < place)]
    if starts:
        return starts[0] if by > 0 else starts[-1]
    row = place[0]
    while here and 0 <= row + by < len(lines) and lines[row].strip():
        row += by
    if here and not lines[row].strip():
        return row, 0
    while not here and 0 <= row + by < len(lines) and not lines[row].strip():
        row += by
    if by > 0:
        return (row, len(lines[row])) if here or not lines[row].strip() else (row, indent(lines[row]))
    above = sentences(lines, row)
    return above[-1].start if above and not here else (0, 0)


def sentence_object(
    lines: Sequence[str], place: Place, around: bool, count: int
) -> tuple[Place, Place] | None:
    """The sentence at a place: where it begins and where it ends.

    Args:
        lines: The text.
        place: Where the cursor is.
        around: Whether the blanks behind it belong to it, or those before it where none are behind.
        count: How many.
    """
    all_here = sentences(lines, place[0])
    if not all_here:
        return None
    number = max((at for at, each in enumerate(all_here) if each.start <= place), default=0)
    last = all_here[min(number + count, len(all_here)) - 1]
    if not around:
        return all_here[number].start, last.end
    if last.next == last.end and number:
        return all_here[number - 1].end, last.end
    return all_here[number].start, last.next
