"""Lists in the editor: the next item, items with what hangs below them, boxes, and lines that move."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.document._document import Selection

from mlws_tui.ui.widgets.editorbase import BaseEditor

_ITEM = re.compile(r"(\s*)(?:([-*+])|(\d{1,9})([.)]))(\s+)(\[[ xX>-]\]\s+)?")
_BOX = re.compile(r"(\s*(?:[-*+]|\d{1,9}[.)])\s+)(?:\[(.)\](?=\s|$))?")


def children_end(lines: Sequence[str], row: int) -> int:
    """The row behind a list item and all that hangs below it; behind the line itself where it is none."""
    item = _ITEM.match(lines[row])
    end = row + 1
    if item is None:
        return end
    for below in range(row + 1, len(lines)):
        line = lines[below]
        if not line.strip():
            continue
        if _indent(line) <= len(item[1].expandtabs(4)):
            break
        end = below + 1
    return end


def _indent(line: str) -> int:
    spread = line.expandtabs(4)
    return len(spread) - len(spread.lstrip(" "))


def _level(lines: Sequence[str], row: int) -> int:
    """How many columns a dedent of this line takes away: to where the item above it begins that it hangs below."""
    own = _indent(lines[row])
    for above in range(row - 1, -1, -1):
        if _ITEM.match(lines[above]) and _indent(lines[above]) < own:
            return own - _indent(lines[above])
    return min(own, 2)


def _dedented(line: str, width: int) -> str:
    if line.startswith("\t"):
        return line[1:]
    return line[min(width, len(line) - len(line.lstrip(" "))) :]


def ticked(lines: Sequence[str]) -> list[str]:
    """Lines with their boxes ticked; with the ticks taken away where all of them have one.

    An item without a box gets an empty one. A box that is neither empty nor ticked (``[>]``, ``[-]``) stays.
    """
    boxes = [_BOX.match(line) for line in lines]
    on = any(box is not None and box[2] == " " for box in boxes)
    done = []
    for line, box in zip(lines, boxes, strict=True):
        if box is None or (box[2] is not None and box[2] not in " xX"):
            done.append(line)
        elif box[2] is None:
            done.append(f"{box[1]}[ ] {line[box.end() :]}")
        else:
            at = box.start(2)
            done.append(line[:at] + ("x" if on else " ") + line[at + 1 :])
    return done


class ListEditor(BaseEditor):
    """The editor's keys for lists and lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "indent", "Indent", show=False),
        Binding("shift+tab", "dedent", "Dedent", show=False),
        Binding("ctrl+space,ctrl+@", "toggle_box", "Tick the box", show=False),
        Binding("alt+up", "move_lines(-1)", "Move the line up", show=False),
        Binding("alt+down", "move_lines(1)", "Move the line down", show=False),
    ]

    def continue_list(self) -> bool:
        """Enter in a list begins the next item; on an item without text it ends the list."""
        row, column = self.cursor_location
        line = self.document[row]
        item = _ITEM.match(line)
        if item is None or column < item.end() or row in self.code_rows:
            return False
        indent, sign, number, stop, space, box = item.groups()
        if not line[item.end() :].strip():
            width = _level(self.exact.lines, row)
            self._replace_via_keyboard(_dedented(indent, width), (row, 0), (row, len(line)))
            return True
        mark = sign or f"{int(number) + 1}{stop}"
        begin = f"\n{indent}{mark}{space}{'[ ] ' if box else ''}"
        self._replace_via_keyboard(begin, (row, column), (row, column))
        return True

    def _rows(self) -> range:
        first, last = sorted((self.selection.start, self.selection.end))
        return range(first[0], last[0] + (1 if last[1] or last[0] == first[0] else 0))

    def _family(self) -> range:
        """The rows of the selection and of what hangs below its items."""
        rows = self._rows()
        return range(rows[0], max(rows[-1] + 1, *(children_end(self.exact.lines, row) for row in rows)))

    def _lines(self, rows: range) -> list[str]:
        return self.exact.lines[rows.start : rows.stop]

    def action_indent(self) -> None:
        """Indent the list items of the selection, and what hangs below them; elsewhere go to the next tab stop."""
        rows = self._rows()
        item = _ITEM.match(self.document[rows[0]])
        if item is None and len(rows) == 1:
            self._replace_via_keyboard(" " * self._find_columns_to_next_tab_stop(), *self.selection)
            return
        width = len(f"{item[2] or item[3] + item[4]}") + 1 if item else 2
        self._shift([" " * width + line if line.strip() else line for line in self._lines(self._family())])

    def action_dedent(self) -> None:
        """Take one level of indent from the lines of the selection, and from what hangs below them."""
        width = _level(self.exact.lines, self._rows()[0])
        self._shift([_dedented(line, width) for line in self._lines(self._family())])

    def _shift(self, lines: list[str]) -> None:
        """Put lines of another indent into the place of the family; the selection goes with its text."""
        rows = self._family()
        old = self._lines(rows)

        def moved(row: int, column: int) -> tuple[int, int]:
            if row not in rows:
                return row, column
            return row, max(0, column + len(lines[row - rows.start]) - len(old[row - rows.start]))

        start, end = self.selection
        self.rewrite(rows.start, lines, Selection(moved(*start), moved(*end)))

    def action_move_lines(self, by: int) -> None:
        """Move the lines of the selection, an item with what hangs below it, past the line above or below.

        Args:
            by: -1 up, 1 down.
        """
        rows = self._family()
        other = rows.start - 1 if by < 0 else rows.stop
        if not 0 <= other < self.document.line_count:
            return
        lines = self.exact.lines
        if by < 0:
            first, swapped = other, [*self._lines(rows), lines[other]]
        else:
            first, swapped = rows.start, [lines[other], *self._lines(rows)]
        (top, left), (bottom, right) = self.selection
        self.rewrite(first, swapped, Selection((top + by, left), (bottom + by, right)))

    def action_toggle_box(self) -> None:
        """Tick the boxes of the selection, or take the ticks away; an item without a box gets one."""
        rows = self._rows()
        old = self._lines(rows)
        new = ticked(old)
        start, end = self.selection

        def moved(row: int, column: int) -> tuple[int, int]:
            if row not in rows:
                return row, column
            more = len(new[row - rows.start]) - len(old[row - rows.start])
            box = _BOX.match(old[row - rows.start])
            return row, column + (more if box is not None and column >= box.end() else 0)

        self.rewrite(rows.start, new, Selection(moved(*start), moved(*end)))
