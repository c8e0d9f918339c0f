"""Vim's VISUAL and V-LINE: a selection, and what commands do with it."""

from __future__ import annotations

from mlws_tui.ui.widgets.editorsheet import between
from mlws_tui.ui.widgets.vimobjects import Reach, text_object
from mlws_tui.ui.widgets.vimoperators import SAME, Mode, VimOperators
from mlws_tui.ui.widgets.vimparser import MOTIONS, OPERATORS, Command

_SHORT = {"x": "d", "delete": "d", "s": "c", "u": "gu", "U": "gU", "~": "g~"}
#: Commands on the whole lines of the selection.
_OF_LINES = {
    "C": "c",
    "S": "c",
    "R": "c",
    "D": "d",
    "X": "d",
    "Y": "y",
    ">": ">",
    "<": "<",
    "J": "J",
    "gJ": "gJ",
}
_OTHERS = frozenset({"r", "p", "P", "I", "A"})
#: The column of a line's end, which ``$`` keeps to.
END = 10**9


class VimVisual(VimOperators):
    """What is done while something is selected."""

    def _page_rows(self, name: str) -> int:
        """How many lines a command scrolls."""
        top, bottom = self.sheet.view()
        height = max(1, bottom - top + 1)
        return {"ctrl+d": max(1, height // 2), "ctrl+u": -max(1, height // 2), "ctrl+b": -height}[name]

    def _show(self) -> None:
        lines = self.sheet.lines
        first, last = sorted((self._anchor, self._place))
        if self.mode == "V-LINE":
            start, end = (first[0], 0), (last[0], len(lines[last[0]]))
        else:
            start, end = first, (last[0], min(last[1] + 1, len(lines[last[0]])))
        if self._place < self._anchor:
            start, end = end, start
        self.sheet.select(start, end)
        self._shown = end

    def _selected(self) -> Reach:
        first, last = sorted((self._anchor, self._place))
        lines = self.sheet.lines
        if self.mode == "V-LINE":
            return Reach((first[0], 0), (last[0], len(lines[last[0]])), linewise=True)
        if last[1] >= len(lines[last[0]]) and last[0] + 1 < len(lines):  # the line's end too
            return Reach(first, (last[0] + 1, 0))
        return Reach(first, (last[0], min(last[1] + 1, len(lines[last[0]]))))

    def _select_former(self) -> None:
        if self._former is not None:
            self.mode, anchor, place = self._former
            self._anchor, self._place = self._inside(anchor), self._inside(place)
            self._show()

    def _do_visual(self, command: Command) -> bool:
        """Do a command with what is selected; False where it is none."""
        name = _SHORT.get(command.name, command.name)
        if name in ("v", "V"):
            wanted: Mode = "VISUAL" if name == "v" else "V-LINE"
            if self.mode == wanted:
                self._to_normal(self._place)
                return True
            self.mode = wanted
        elif name in ("o", "O"):
            self._anchor, self._place = self._place, self._anchor
        elif name == "gv":
            self._select_former()
        elif name == "object":
            self._select_object(command)
        elif name == "m":
            self._marks[command.arg] = self._place
        elif name in OPERATORS or name in _OF_LINES or name in _OTHERS:
            self._operate_visual(command, name)
            return True
        elif name in ("ctrl+d", "ctrl+u", "ctrl+b"):
            self._place = self._inside((self._place[0] + self._page_rows(name), self._place[1]))
        elif name in MOTIONS:
            moved = self._move(name, command.count, command.arg, self._place)
            if moved is not None:
                self._place = self._inside(moved.place)
                if self._goal == END:
                    self._place = self._place[0], len(self.sheet.lines[self._place[0]])
        else:
            return False
        self._show()
        return True

    def _select_object(self, command: Command) -> None:
        lines = self.sheet.lines
        found = text_object(lines, self._place, command.motion, command.times)
        if found is None:
            return
        row, column = found.end
        if not column and row > found.start[0]:
            row, column = row - 1, len(lines[row - 1]) + 1
        self._anchor, self._place = found.start, (row, max(0, column - 1))
        self.mode = "V-LINE" if found.linewise else self.mode

    def _operate_visual(self, command: Command, name: str) -> None:
        self._keep_selection()
        if name in _OF_LINES:
            name, self.mode = _OF_LINES[name], "V-LINE"
        reach = self._selected()
        self._remember(command, name, reach)
        sheet = self.sheet
        sheet.open_group()
        try:
            self.mode = "NORMAL"
            sheet.cursor = reach.start
            if name == "r":
                self._cover(reach, " " if command.arg == "space" else command.arg)
            elif name in ("J", "gJ"):
                self._join(reach.start[0], max(2, reach.end[0] - reach.start[0] + 1), exact=name == "gJ")
            elif name in ("p", "P"):
                self._registers.put_over(command.register, reach.start, reach.end, reach.linewise)
            elif name in ("I", "A"):
                self._into_insert(reach.start if name == "I" else reach.end)
            else:
                self._apply(name, reach, command.register, command.times)
        finally:
            sheet.close_group()
        if self.mode == "NORMAL":
            sheet.cursor = self._inside(sheet.cursor)

    def _remember(self, command: Command, name: str, reach: Reach) -> None:
        """Have ``.`` do it again, to as much of the text from the cursor on."""
        if name == "y":
            return
        rows = reach.end[0] - reach.start[0]
        columns = reach.end[1] - (0 if rows else reach.start[1])
        self._size, self._typed = (rows, columns, reach.linewise), ""
        if name in OPERATORS:
            self._last = Command(name, command.count, command.register, SAME)
        elif name in ("J", "gJ"):
            self._last = Command(name, rows + 1)
        elif name == "r" and not rows:
            self._last = Command(name, columns, arg=command.arg)
        else:
            self._last = None

    def _cover(self, reach: Reach, sign: str) -> None:
        """Make every sign of a selection the same one."""
        if len(sign) == 1:
            text = between(self.sheet.lines, reach.start, reach.end)
            self.sheet.replace(reach.start, reach.end, "".join("\n" if one == "\n" else sign for one in text))
        self.sheet.cursor = reach.start
