"""What the keys of vim and of emacs work on: a text with a cursor, which the editor is, and anything else may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

#: A row and a column, both from 0.
Place = tuple[int, int]

#: What a set of keys wants of the one around the editor: save, stop writing (which saves), throw away what was written
#: since the last save, or write in another program.
Asking = Literal["save", "leave", "discard", "external"]


class Sheet(Protocol):
    """A text that is edited."""

    @property
    def lines(self) -> Sequence[str]: ...  # without their ends; at least one

    @property
    def cursor(self) -> Place: ...

    @cursor.setter
    def cursor(self, place: Place) -> None: ...

    def select(self, start: Place, end: Place) -> None: ...  # the cursor is at the end

    def replace(self, start: Place, end: Place, text: str) -> Place: ...  # the cursor comes to its end

    def open_group(self) -> None: ...  # until `close_group` all is one step of undo

    def close_group(self) -> None: ...

    def undo(self) -> None: ...

    def redo(self) -> None: ...

    def view(self) -> tuple[int, int]: ...  # the first and the last row on the screen

    def clipboard(self) -> str: ...

    def copy(self, text: str) -> None: ...

    def ask(self, what: Asking) -> None: ...

    def open_link(self) -> bool: ...  # whether there is one at the cursor

    def find(self, back: bool) -> None: ...  # ask for what to look for

    def find_next(self, by: int) -> None: ...

    def look_for(self, text: str, whole: bool) -> None: ...

    def tell(self, sentence: str) -> None: ...

    def tick(self) -> None: ...  # the boxes of the selection


def between(lines: Sequence[str], start: Place, end: Place) -> str:
    """The text between two places, its lines parted by line feeds."""
    (top, left), (bottom, right) = start, end
    if top == bottom:
        return lines[top][left:right]
    return "\n".join([lines[top][left:], *lines[top + 1 : bottom], lines[bottom][:right]])


def delete_rows(sheet: Sheet, first: int, last: int) -> None:
    """Take whole lines out; the cursor comes to the line that follows, or to the last one."""
    lines = sheet.lines
    if last + 1 < len(lines):
        sheet.replace((first, 0), (last + 1, 0), "")
    elif first:
        sheet.replace((first - 1, len(lines[first - 1])), (last, len(lines[last])), "")
    else:
        sheet.replace((0, 0), (last, len(lines[last])), "")
    row = min(first, len(sheet.lines) - 1)
    sheet.cursor = row, indent(sheet.lines[row])


def indent(line: str) -> int:
    """The column of the first sign that is no blank; the last column where all are."""
    bare = line.lstrip()
    return len(line) - len(bare) if bare else max(0, len(line) - 1)
