"""A text area's document that gives back every byte it was given where nobody typed."""

from __future__ import annotations

import re

from textual.document._document import Document, EditResult, Location

_LINE_END = re.compile(r"(\r\n|\n|\r)")


class ExactText(str):
    """Text whose line ends go into a document as they are, where typed ones become those of the lines around."""

    __slots__ = ()


class ExactDocument(Document):
    r"""Lines and their own ends.

    Textual's own document splits at form feeds and the like, and has one line end for all lines; this one splits at
    ``\n``, ``\r\n`` and ``\r`` alone and keeps each.

    Args:
        text: The text.
        newline: How a line ends that is typed where no line around has an end.
    """

    def __init__(self, text: str, newline: str = "\n") -> None:
        super().__init__("")
        self._lines, self._ends = split(text)
        self._fallback = newline
        self._text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:  # it is asked for on each line that is drawn
            self._text = "".join(part for pair in zip(self._lines, self._ends, strict=True) for part in pair)
        return self._text

    @property
    def ends(self) -> list[str]:
        """How each line ends; the last one not at all."""
        return self._ends

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put text in the place of a range; the one way in which a document changes."""
        self._text = None
        (top, left), (bottom, right) = sorted((self._inside(start), self._inside(end)))
        replaced = ExactText(self.get_text_range((top, left), (bottom, right)))
        lines, ends = split(text)
        if not isinstance(text, ExactText):
            around = self._ends[top] or (self._ends[top - 1] if top else "") or self._fallback
            ends = [around] * (len(lines) - 1) + [""]
        column = len(lines[-1]) + (left if len(lines) == 1 else 0)
        lines[0] = self._lines[top][:left] + lines[0]
        lines[-1] += self._lines[bottom][right:]
        ends[-1] = self._ends[bottom]
        self._lines[top : bottom + 1] = lines
        self._ends[top : bottom + 1] = ends
        return EditResult((top + len(lines) - 1, column), replaced)

    def get_text_range(self, start: Location, end: Location) -> str:
        """The text between two places, with the line ends as they are."""
        (top, left), (bottom, right) = sorted((self._inside(start), self._inside(end)))
        if top == bottom:
            return self._lines[top][left:right]
        parts = [self._lines[top][left:], self._ends[top]]
        for row in range(top + 1, bottom):
            parts += (self._lines[row], self._ends[row])
        parts.append(self._lines[bottom][:right])
        return "".join(parts)

    def location(self, offset: int) -> Location:
        """The place of a character offset in `text`; one inside a line end is the end of that line."""
        for row, (line, end) in enumerate(zip(self._lines, self._ends, strict=True)):
            if offset <= len(line) or not end:
                return row, min(offset, len(line))
            if offset < len(line) + len(end):
                return row, len(line)
            offset -= len(line) + len(end)
        return self.end

    def _inside(self, location: Location) -> Location:
        row, column = location
        if row >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        return row, min(column, len(self._lines[row]))


def split(text: str) -> tuple[list[str], list[str]]:
    """Lines and their ends, one of each a line; the last end is empty."""
    parts = _LINE_END.split(text)
    return parts[0::2], [*parts[1::2], ""]
