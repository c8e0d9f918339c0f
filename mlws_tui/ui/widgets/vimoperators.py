"""What vim's commands do to a text: motions, operators on what they span, and writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from mlws_tui.ui.widgets.editorsheet import Place, Sheet, between, delete_rows, indent
from mlws_tui.ui.widgets.vimmotions import Move, find_sign, move, word_end
from mlws_tui.ui.widgets.vimobjects import Reach, text_object
from mlws_tui.ui.widgets.vimparser import Command
from mlws_tui.ui.widgets.vimregisters import Registers
from mlws_tui.ui.widgets.vimreplace import Overwriting

Mode = Literal["NORMAL", "INSERT", "REPLACE", "VISUAL", "V-LINE", "COMMAND"]

_TURNED = {",": {"f": "F", "F": "f", "t": "T", "T": "t"}}
_CASES: dict[str, Callable[[str], str]] = {"gu": str.lower, "gU": str.upper, "g~": str.swapcase}
#: As the motion of an operator: as much as the selection had that it worked on before.
SAME = "same"
#: What one level of indent is to ``>`` and ``<``.
_SHIFT = 2


class VimOperators:
    """The state of vim's keys, and what commands do with it.

    Args:
        sheet: The text.
        changed: Called when what the person is told may have changed.
    """

    def __init__(self, sheet: Sheet, changed: Callable[[], None] = lambda: None) -> None:
        self.sheet = sheet
        self.mode: Mode = "INSERT"
        self.line = ""
        self._changed = changed
        self._keys: list[str] = []
        self._registers = Registers(sheet)
        self._marks: dict[str, Place] = {}
        self._sought: tuple[str, str] | None = None
        self._back = False
        self._last: Command | None = None
        self._typed = ""
        self._begin: Place | None = None
        self._times = 1
        self._between = ""
        self._over: Overwriting | None = None
        self._grouped = False
        self._goal: int | None = None
        self._anchor: Place = (0, 0)
        self._place: Place = (0, 0)
        self._shown: Place = (0, 0)
        self._former: tuple[Mode, Place, Place] | None = None
        self._size = (0, 0, False)
        self._hinted = False  # how one leaves is said once

    @property
    def _visual(self) -> bool:
        return self.mode in ("VISUAL", "V-LINE")

    @property
    def _here(self) -> Place:
        return self._place if self._visual else self.sheet.cursor

    # writing

    def _into_insert(self, place: Place, times: int = 1, between: str = "") -> None:
        """Begin to write; in the end what was typed is there so many times, with something between."""
        self.sheet.cursor = place
        self._begin, self._times, self._between = place, times, between
        self.mode = "INSERT"
        if not self._grouped:
            self._grouped = True
            self.sheet.open_group()

    def _end_insert(self) -> None:
        sheet = self.sheet
        end = sheet.cursor
        if self._begin is not None and end >= self._begin:
            self._typed = between(sheet.lines, self._begin, end)
            for _ in range(self._times - 1):
                end = sheet.replace(end, end, self._between + self._typed)
        self._marks["^"] = end
        self._to_normal((end[0], max(0, end[1] - 1)))

    def _into_replace(self) -> None:
        self._into_insert(self.sheet.cursor)
        self._over = Overwriting(self.sheet)
        self.mode = "REPLACE"

    def _to_normal(self, place: Place | None = None) -> None:
        if self._visual:
            self._keep_selection()
        if self._grouped:
            self._grouped = False
            self.sheet.close_group()
        self.mode = "NORMAL"
        self._begin = None
        self.sheet.cursor = self._inside(place or self.sheet.cursor)

    def _keep_selection(self) -> None:
        self._marks["<"], self._marks[">"] = sorted((self._anchor, self._place))
        self._former = self.mode, self._anchor, self._place

    def _inside(self, place: Place) -> Place:
        """The place itself, or the last sign of its line where it is behind that."""
        row = min(max(0, place[0]), len(self.sheet.lines) - 1)
        return row, min(max(0, place[1]), max(0, len(self.sheet.lines[row]) - 1))

    # motions

    def _move(self, name: str, count: int | None, arg: str, place: Place) -> Move | None:
        lines = self.sheet.lines
        if name in ("f", "F", "t", "T"):
            self._sought = name, " " if arg == "space" else arg
            return self._sign(name, count or 1, place, again=False)
        if name in (";", ","):
            if self._sought is None:
                return None
            how = self._sought[0]
            return self._sign(_TURNED.get(name, {}).get(how, how), count or 1, place, again=True)
        if name in ("'", "`"):
            mark = self._marks.get(arg)
            if mark is None or mark[0] >= len(lines):
                return None
            return Move(self._inside(mark)) if name == "`" else Move((mark[0], indent(lines[mark[0]])), True)
        if name in ("H", "M", "L"):
            top, bottom = self.sheet.view()
            to = {"H": top + (count or 1) - 1, "M": (top + bottom) // 2, "L": bottom - (count or 1) + 1}[name]
            row = min(max(0, to), len(lines) - 1)
            return Move((row, indent(lines[row])), linewise=True)
        return move(lines, place, name, count, place[1] if self._goal is None else self._goal)

    def _sign(self, how: str, times: int, place: Place, *, again: bool) -> Move | None:
        sign = self._sought[1] if self._sought else ""
        at = find_sign(self.sheet.lines[place[0]], place[1], how, sign, times, again)
        return None if at is None else Move((place[0], at), inclusive=how in "ft")

    # operators

    def _operate(self, command: Command) -> None:
        reach = self._reach(command)
        if reach is not None:
            self._apply(command.name, reach, command.register, command.times if command.motion == SAME else 1)

    def _reach(self, command: Command) -> Reach | None:
        """What an operator works on."""
        lines, place = self.sheet.lines, self.sheet.cursor
        motion = command.motion
        if motion == command.name:  # whole lines
            last = min(place[0] + command.times - 1, len(lines) - 1)
            return Reach((place[0], 0), (last, len(lines[last])), linewise=True)
        if motion == SAME:
            rows, columns, linewise = self._size
            last = min(place[0] + rows, len(lines) - 1)
            if linewise:
                return Reach((place[0], 0), (last, len(lines[last])), linewise=True)
            return Reach(place, (last, min((0 if rows else place[1]) + columns, len(lines[last]))))
        if motion[0] in "ia" and len(motion) > 1:
            return text_object(lines, place, motion, command.times)
        moved = None
        if command.name == "c" and motion in "wW" and not lines[place[0]][place[1] : place[1] + 1].isspace():
            moved = self._word_changed(place, motion, command.times)
        if moved is None:
            moved = self._move(motion, command.count, command.arg, place)
        return None if moved is None else self._spanned(place, moved, word=motion in "wW")

    def _word_changed(self, place: Place, motion: str, times: int) -> Move | None:
        """``cw`` changes the word and not the blank behind it."""
        line = self.sheet.lines[place[0]]
        if place[1] >= len(line):
            return None
        found = text_object(self.sheet.lines, place, "i" + motion)
        end = (place[0], (found.end[1] if found else place[1] + 1) - 1)
        for _ in range(times - 1):
            end = word_end(self.sheet.lines, end, motion == "W")
        return Move(end, inclusive=True)

    def _spanned(self, place: Place, moved: Move, *, word: bool) -> Reach:
        lines = self.sheet.lines
        start, end = sorted((place, moved.place))
        if moved.linewise:
            return Reach((start[0], 0), (end[0], len(lines[end[0]])), linewise=True)
        if moved.inclusive:
            return Reach(start, (end[0], min(end[1] + 1, len(lines[end[0]]))))
        if end[0] > start[0] and (end[1] == 0 or (word and end[1] <= indent(lines[end[0]]))):
            end = (end[0] - 1, len(lines[end[0] - 1]))
            if not word and start[1] <= indent(lines[start[0]]):
                return Reach((start[0], 0), end, linewise=True)
        return Reach(start, end)

    def _apply(self, name: str, reach: Reach, register: str, levels: int = 1) -> None:
        sheet, (start, end, linewise) = self.sheet, reach
        rows = start[0], end[0]
        if name in (">", "<"):
            self._shift(rows, 1 if name == ">" else -1, levels)
            return
        text = between(sheet.lines, start, end)
        if name in _CASES:
            sheet.replace(start, end, _CASES[name](text))
            sheet.cursor = start
            return
        self._registers.keep(register, text, linewise=linewise, yanked=name == "y")
        if name == "y":
            if not linewise or start[0] < sheet.cursor[0]:
                sheet.cursor = start if not linewise else (start[0], sheet.cursor[1])
        elif name == "c":
            line = sheet.lines[start[0]]
            blank = line[: len(line) - len(line.lstrip())] if linewise else ""
            self._into_insert(sheet.replace(start, end, blank))
        elif linewise:
            delete_rows(sheet, *rows)
        else:
            sheet.replace(start, end, "")
            sheet.cursor = start

    def _shift(self, rows: tuple[int, int], by: int, times: int = 1) -> None:
        for row in range(rows[0], rows[1] + 1):
            line = self.sheet.lines[row]
            gap = len(line) - len(line.lstrip(" "))
            if by > 0 and line:
                self.sheet.replace((row, 0), (row, 0), " " * _SHIFT * times)
            elif by < 0:
                taken = 1 if line.startswith("\t") else min(gap, _SHIFT * times)
                self.sheet.replace((row, 0), (row, taken), "")
        self.sheet.cursor = rows[0], indent(self.sheet.lines[rows[0]])

    def _join(self, row: int, count: int, *, exact: bool = False) -> None:
        """Make one line of several, with a blank between, or exactly as they are."""
        for _ in range(count - 1):
            lines = self.sheet.lines
            if row + 1 >= len(lines):
                return
            line, below = lines[row], lines[row + 1]
            bare = below if exact else below.lstrip()
            gap = " " if not exact and bare and line and not line[-1].isspace() else ""
            self.sheet.replace((row, len(line)), (row + 1, len(below) - len(bare)), gap)
            self.sheet.cursor = row, len(line)
