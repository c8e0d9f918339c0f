"""A text with a cursor, without a screen: what the key machines work on in the tests."""

from __future__ import annotations

from mlws_tui.ui.widgets.editorsheet import Asking, Place


class TextSheet:
    """`Sheet` over a list of lines; in ``marked`` text ``|`` is the cursor."""

    def __init__(self, marked: str) -> None:
        before, _, after = marked.partition("|")
        self.lines = (before + after).split("\n")
        self._cursor: Place = (before.count("\n"), len(before.rpartition("\n")[2]))
        self.selection: tuple[Place, Place] | None = None
        self.board = ""
        self.asked: list[str] = []
        self.told: list[str] = []
        self.sought: list[object] = []
        self._depth = 0
        self._grouped = False
        self._before: list[tuple[list[str], Place]] = []
        self._after: list[tuple[list[str], Place]] = []

    @property
    def marked(self) -> str:
        row, column = self._cursor
        lines = list(self.lines)
        lines[row] = lines[row][:column] + "|" + lines[row][column:]
        return "\n".join(lines)

    @property
    def cursor(self) -> Place:
        return self._cursor

    @cursor.setter
    def cursor(self, place: Place) -> None:
        row, column = place
        assert 0 <= row < len(self.lines)
        assert 0 <= column <= len(self.lines[row])
        self._cursor, self.selection = place, None

    def select(self, start: Place, end: Place) -> None:
        self.cursor = end
        self.selection = (start, end)

    def replace(self, start: Place, end: Place, text: str) -> Place:
        if not self._depth or not self._grouped:
            self._before.append((list(self.lines), self._cursor))
            self._after.clear()
        self._grouped = self._depth > 0
        (top, left), (bottom, right) = start, end
        assert start <= end
        new = (self.lines[top][:left] + text + self.lines[bottom][right:]).split("\n")
        self.lines[top : bottom + 1] = new
        breaks = text.count("\n")
        self.cursor = (top + breaks, len(text.rpartition("\n")[2]) + (0 if breaks else left))
        return self.cursor

    def open_group(self) -> None:
        self._depth += 1

    def close_group(self) -> None:
        self._depth -= 1
        assert self._depth >= 0
        self._grouped = self._grouped and self._depth > 0

    def undo(self) -> None:
        self._grouped = False
        while self._before and self._before[-1][0] == self.lines:
            self._before.pop()
        if self._before:
            self._after.append((self.lines, self._cursor))
            self.lines, self._cursor = self._before.pop()

    def redo(self) -> None:
        if self._after:
            self._before.append((self.lines, self._cursor))
            self.lines, self._cursor = self._after.pop()

    def view(self) -> tuple[int, int]:
        return 0, min(9, len(self.lines) - 1)

    def clipboard(self) -> str:
        return self.board

    def copy(self, text: str) -> None:
        self.board = text

    def ask(self, what: Asking) -> None:
        self.asked.append(what)

    def open_link(self) -> bool:
        self.asked.append("link")
        return False

    def find(self, back: bool) -> None:
        self.sought.append(back)

    def find_next(self, by: int) -> None:
        self.sought.append(by)

    def look_for(self, text: str, whole: bool) -> None:
        self.sought.append((text, whole))

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def tick(self) -> None:
        self.asked.append("tick")

    def type(self, sign: str) -> None:
        """What an editor does with a key that is no command."""
        row, column = self._cursor
        if sign == "backspace":
            self.replace((row, max(0, column - 1)), (row, column), "")
        elif len(sign) == 1 or sign == "enter":
            self.replace(self._cursor, self._cursor, "\n" if sign == "enter" else sign)


def keys_of(text: str) -> list[str]:
    """Keys as they are written in the tables: signs, and names in angle brackets."""
    keys: list[str] = []
    at = 0
    while at < len(text):
        end = text.find(">", at) if text[at] == "<" and text[at + 1 : at + 2].isalpha() else -1
        if end > 0:
            keys.append({"esc": "escape"}.get(text[at + 1 : end], text[at + 1 : end]))
            at = end + 1
        else:
            keys.append(text[at])
            at += 1
    return keys
