"""Vim's ``R``: what is typed takes the place of what stands there."""

from __future__ import annotations

from mlws_tui.ui.widgets.editorsheet import Place, Sheet

#: The keys that are no signs and that write or take back.
REPLACE_KEYS = frozenset({"space", "enter", "backspace"})


class Overwriting:
    """Writes over a text, and gives back with backspace what stood there.

    Args:
        sheet: The text; it begins at the cursor.
    """

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._under: list[str] = []
        self._at: Place = sheet.cursor

    def key(self, key: str) -> bool:
        """Take a key.

        Returns:
            Whether it writes or takes back; others mean what they mean in any editor.
        """
        if len(key) != 1 and key not in REPLACE_KEYS:
            return False
        if self._sheet.cursor != self._at:  # the arrows or the mouse
            self._under.clear()
        if key == "backspace":
            self._back()
        else:
            self._write({"space": " ", "enter": "\n"}.get(key, key))
        self._at = self._sheet.cursor
        return True

    def _write(self, sign: str) -> None:
        row, column = self._sheet.cursor
        end = column if sign == "\n" else min(column + 1, len(self._sheet.lines[row]))
        self._under.append(self._sheet.lines[row][column:end])
        self._sheet.cursor = self._sheet.replace((row, column), (row, end), sign)

    def _back(self) -> None:
        row, column = self._sheet.cursor
        if not self._under:
            self._sheet.cursor = row, max(0, column - 1)
            return
        start = (row, column - 1) if column else (row - 1, len(self._sheet.lines[row - 1]))
        self._sheet.replace(start, (row, column), self._under.pop())
        self._sheet.cursor = start
