"""The shape of a line: its text with each number as one ``0``.

A program prints few shapes and millions of lines. What a line holds is found out once for its shape; of each line
only the numbers are then looked at. Digits within a word (``top5``, ``F1``) belong to the shape.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_NUMBERS = re.compile(r"\b(\d+)", re.ASCII)

#: Splits a text into literal, digits, literal, …, literal. The shape is the literals joined by ``0``.
split = _NUMBERS.split


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of a shape, to be read from the pieces of a line: what stands in it before and after the digits."""

    head: str
    first: int
    last: int
    tail: str

    def read(self, pieces: list[str]) -> str:
        """The text of that stretch in a line of this shape."""
        if self.first == self.last:
            return self.head
        return self.head + "".join(pieces[self.first : self.last]) + self.tail


class Shape:
    """A shape as text, in which stretches can be marked."""

    def __init__(self, pieces: list[str]) -> None:
        self.text = "0".join(pieces[::2])
        self._marks: list[int] = []
        at = 0
        for piece in pieces[:-1:2]:
            at += len(piece)
            self._marks.append(at)
            at += 1

    def spot(self, start: int, end: int) -> Spot:
        """The stretch ``[start, end)`` of the text."""
        first = bisect_right(self._marks, start - 1)
        last = bisect_right(self._marks, end - 1)
        if first == last:
            return Spot(self.text[start:end], 0, 0, "")
        return Spot(
            self.text[start : self._marks[first]],
            2 * first + 1,
            2 * last,
            self.text[self._marks[last - 1] + 1 : end],
        )
