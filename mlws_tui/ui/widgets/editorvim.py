"""The keys of vim: a machine that works on a `Sheet` and knows nothing of the screen."""

from __future__ import annotations

from mlws_tui.ui.widgets.editorsheet import Place, between, indent
from mlws_tui.ui.widgets.vimex import ExError, run_line
from mlws_tui.ui.widgets.vimmotions import kind
from mlws_tui.ui.widgets.vimobjects import Reach, text_object
from mlws_tui.ui.widgets.vimoperators import Mode, VimOperators
from mlws_tui.ui.widgets.vimparser import OPERATORS, Command, parse

_SHORT = {
    "x": ("d", "l"), "delete": ("d", "l"), "X": ("d", "h"), "D": ("d", "$"), "C": ("c", "$"), "s": ("c", "l"),
    "S": ("c", "c"), "Y": ("y", "y"),
}  # fmt: skip
_VISUAL_SHORT = {"x": "d", "delete": "d", "X": "d", "s": "c", "u": "gu", "U": "gU", "~": "g~"}
_INSERTS = frozenset({"i", "a", "I", "A", "o", "O"})
_NAMED = frozenset(
    {
        *("left", "right", "up", "down", "home", "end", "enter", "space", "backspace", "delete", "tab"),
        *("ctrl+r", "ctrl+d", "ctrl+u", "ctrl+b"),
    }
)
_CHANGES = frozenset({"r", "~", "J", "p", "P"}) | _INSERTS


class VimMachine(VimOperators):
    """Understands keys as vim does.

    Args:
        sheet: The text.
        changed: Called when `words` may have changed.
    """

    @property
    def words(self) -> str:
        """What the person is told: the mode, the line being typed, or the keys that wait for more."""
        if self.mode == "COMMAND":
            return ":" + self.line
        return f"{self.mode} {''.join(self._keys)}".rstrip()

    @property
    def named(self) -> frozenset[str]:
        """The keys that are no signs and that may be commands."""
        return _NAMED | {"escape"}

    def start(self) -> None:
        """Begin to write."""
        self._keys.clear()
        self._into_insert(self.sheet.cursor)

    def stop(self) -> None:
        """The person stopped writing, wherever they were."""
        if self._grouped:
            self._grouped = False
            self.sheet.close_group()
        self.mode = "INSERT"
        self._keys.clear()
        self._begin = None

    def key(self, key: str) -> bool:
        """Take a key.

        Args:
            key: A sign, or the name of a key such as ``escape``, ``enter`` or ``ctrl+r``.

        Returns:
            Whether it was one; others mean what they mean in any editor.
        """
        try:
            if self.mode == "INSERT":
                return self._insert_key(key)
            if self.mode == "COMMAND":
                return self._line_key(key)
            return self._command_key(key)
        finally:
            self._changed()

    # writing

    def _insert_key(self, key: str) -> bool:
        if key != "escape":
            return False
        self._end_insert()
        return True

    # commands

    def _command_key(self, key: str) -> bool:
        if key == "escape":
            if not self._keys and not self._visual:
                return False  # leaves the editor
            self._keys.clear()
            if self._visual:
                self._to_normal(self._place)
            return True
        if (
            self._visual and self.sheet.cursor != self._shown
        ):  # the mouse, or a text that came in from outside
            self._to_normal()
        if key == ":" and not self._keys:
            self.line = "'<,'>" if self._visual else ""
            if self._visual:
                self._keep_selection()
                self._to_normal(self._place)
            self.mode = "COMMAND"
            return True
        if not self._keys and not self._known(key):
            return False
        self._keys.append(key)
        command = parse(self._keys, visual=self._visual)
        if command is True:
            return True
        self._keys.clear()
        if isinstance(command, Command):
            self._do(command)
        return True

    def _known(self, key: str) -> bool:
        """Whether a key may be a command: every sign is; of the others those that vim moves with."""
        return len(key) == 1 or key in _NAMED

    def _do(self, command: Command) -> None:
        if command.name in ("j", "k", "up", "down"):
            if self._goal is None:
                self._goal = self._here[1]
        else:
            self._goal = 10**9 if command.name in ("$", "end") else None
        if self._visual:
            self._do_visual(command)
            return
        short = _SHORT.get(command.name)
        if short is not None:
            command = Command(short[0], command.count, command.register, short[1])
        changes = command.name in _CHANGES or (command.name in OPERATORS and command.name != "y")
        if changes:
            self._last = command
            self._typed = ""
        self._run(command)

    def _run(self, command: Command) -> None:
        self.sheet.open_group()
        try:
            if command.name in OPERATORS:
                self._operate(command)
            elif not self._simple(command):
                self._go(command)
        finally:
            self.sheet.close_group()
        if self.mode == "NORMAL":
            self.sheet.cursor = self._inside(self.sheet.cursor)

    def _go(self, command: Command) -> None:
        if command.name == "enter" and self.sheet.open_link():
            return
        moved = self._move(command.name, command.count, command.arg, self.sheet.cursor)
        if moved is not None:
            self.sheet.cursor = self._inside(moved.place)

    def _simple(self, command: Command) -> bool:
        """Do what is neither an operator nor a motion; False where it is one or means nothing."""
        name, times, sheet = command.name, command.times, self.sheet
        row, column = sheet.cursor
        line = sheet.lines[row]
        if name in _INSERTS:
            self._insert(command)
        elif name in ("u", "ctrl+r"):
            for _ in range(times):
                (sheet.undo if name == "u" else sheet.redo)()
        elif name == ".":
            self._again(command)
        elif name == "r":
            if column + times <= len(line) and (len(command.arg) == 1 or command.arg == "space"):
                sign = " " if command.arg == "space" else command.arg
                sheet.replace((row, column), (row, column + times), sign * times)
                sheet.cursor = row, column + times - 1
        elif name == "~":
            end = min(len(line), column + times)
            sheet.replace((row, column), (row, end), line[column:end].swapcase())
            sheet.cursor = row, end
        elif name == "J":
            self._join(row, max(2, times))
        elif name in ("p", "P"):
            self._registers.put(command.register, before=name == "P", times=times)
        elif name in ("v", "V"):
            self._anchor = self._place = (row, column)
            self.mode = "VISUAL" if name == "v" else "V-LINE"
            self._show()
        elif name == "m":
            self._marks[command.arg] = (row, column)
        elif name in ("/", "?"):
            self._back = name == "?"
            sheet.find(self._back)
        elif name in ("n", "N"):
            sheet.find_next(-1 if (name == "N") != self._back else 1)
        elif name in ("*", "#"):
            self._look_for_word(name == "#")
        elif name in ("ZZ", "ZQ"):
            sheet.ask("leave" if name == "ZZ" else "discard")
        elif name == "gf":
            sheet.open_link()
        elif name in ("ctrl+d", "ctrl+u", "ctrl+b"):
            self._page(name)
        else:
            return False
        return True

    def _insert(self, command: Command) -> None:
        row, column = self.sheet.cursor
        line = self.sheet.lines[row]
        name = command.name
        if name in ("o", "O"):
            blank = line[: len(line) - len(line.lstrip())]
            if name == "o":
                self.sheet.replace((row, len(line)), (row, len(line)), "\n" + blank)
            else:
                self.sheet.replace((row, 0), (row, 0), blank + "\n")
            place = (row + (name == "o"), len(blank))
        elif name == "I":
            place = (row, indent(line) if line.strip() else len(line))
        else:
            place = (row, {"i": column, "a": min(column + 1, len(line)), "A": len(line)}[name])
        self._into_insert(place, 1 if name in "oO" else command.times)

    def _again(self, command: Command) -> None:
        last, typed = self._last, self._typed
        if last is None:
            return
        if command.count is not None:
            last = Command(last.name, command.count, last.register, last.motion, last.arg)
        self._run(last)
        if self.mode == "INSERT":
            place = self.sheet.cursor
            self.sheet.replace(place, place, typed)
            self.sheet.cursor = _behind(place, typed)
            self._end_insert()
            self._typed = typed

    def _look_for_word(self, back: bool) -> None:
        row, column = self.sheet.cursor
        line = self.sheet.lines[row]
        start = next((at for at in range(column, len(line)) if kind(line[at], False) in (1, 3)), None)
        if start is None:
            return
        found = text_object(self.sheet.lines, (row, start), "iw")
        if found is not None:
            self._back = back
            self.sheet.look_for(line[found.start[1] : found.end[1]], True)
            self.sheet.find_next(-1 if back else 1)

    def _page(self, name: str) -> None:
        top, bottom = self.sheet.view()
        height = max(1, bottom - top + 1)
        row, column = self.sheet.cursor
        by = {"ctrl+d": height // 2, "ctrl+u": -(height // 2), "ctrl+b": -height}[name]
        self.sheet.cursor = self._inside((row + by, column))

    # a selection

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
        if last[1] >= len(lines[last[0]]) and last[0] + 1 < len(lines):
            return Reach(first, (last[0], len(lines[last[0]])))
        return Reach(first, (last[0], min(last[1] + 1, len(lines[last[0]]))))

    def _keep_selection(self) -> None:
        first, last = sorted((self._anchor, self._place))
        self._marks["<"], self._marks[">"] = first, last

    def _do_visual(self, command: Command) -> None:
        name = _VISUAL_SHORT.get(command.name, command.name)
        if name in ("v", "V"):
            wanted: Mode = "VISUAL" if name == "v" else "V-LINE"
            if self.mode == wanted:
                self._to_normal(self._place)
                return
            self.mode = wanted
        elif name == "o":
            self._anchor, self._place = self._place, self._anchor
        elif name == "object":
            found = text_object(self.sheet.lines, self._place, command.motion, command.times)
            if found is not None:
                self._anchor, self._place = found.start, (found.end[0], max(0, found.end[1] - 1))
                self.mode = "V-LINE" if found.linewise else self.mode
        elif name in OPERATORS or name in ("r", "J", "p", "P", "C", "D", "Y", "S"):
            self._operate_visual(command, name)
            return
        elif name == "ctrl+d" or name == "ctrl+u":
            top, bottom = self.sheet.view()
            by = max(1, bottom - top + 1) // 2
            self._place = self._inside((self._place[0] + (by if name == "ctrl+d" else -by), self._place[1]))
        else:
            moved = self._move(name, command.count, command.arg, self._place)
            if moved is not None:
                self._place = self._inside(moved.place)
        self._show()

    def _operate_visual(self, command: Command, name: str) -> None:
        self._keep_selection()
        if name in ("C", "D", "Y", "S"):
            name = {"C": "c", "D": "d", "Y": "y", "S": "c"}[name]
            self.mode = "V-LINE"
        reach = self._selected()
        sheet = self.sheet
        sheet.open_group()
        try:
            self.mode = "NORMAL"
            sheet.cursor = reach.start
            if name == "r":
                text = between(sheet.lines, reach.start, reach.end)
                sign = " " if command.arg == "space" else command.arg
                if len(sign) == 1:
                    sheet.replace(
                        reach.start, reach.end, "".join("\n" if one == "\n" else sign for one in text)
                    )
                sheet.cursor = reach.start
            elif name == "J":
                self._join(reach.start[0], max(2, reach.end[0] - reach.start[0] + 1))
            elif name in ("p", "P"):
                self._registers.put_over(command.register, reach.start, reach.end, reach.linewise)
            elif name in (">", "<"):
                self._shift((reach.start[0], reach.end[0]), 1 if name == ">" else -1, command.times)
            else:
                self._apply(name, reach, command.register)
        finally:
            sheet.close_group()
        if self.mode == "NORMAL":
            sheet.cursor = self._inside(sheet.cursor)

    # the line after a colon

    def _line_key(self, key: str) -> bool:
        if key == "escape" or (key == "backspace" and not self.line):
            self.mode = "NORMAL"
        elif key == "backspace":
            self.line = self.line[:-1]
        elif key == "enter":
            self.mode = "NORMAL"
            self._run_line()
        elif len(key) == 1 or key == "space":
            self.line += " " if key == "space" else key
        else:
            return False
        return True

    def _run_line(self) -> None:
        marks = {name: place[0] for name, place in self._marks.items()}
        self.sheet.open_group()
        try:
            deleted = run_line(self.line, self.sheet, marks)
            if deleted:
                self._registers.keep("", deleted, linewise=True)
        except ExError as error:
            self.sheet.tell(str(error))
        finally:
            self.sheet.close_group()
        self.sheet.cursor = self._inside(self.sheet.cursor)


def _behind(place: Place, text: str) -> Place:
    """The place behind a text that begins at a place."""
    breaks = text.count("\n")
    return place[0] + breaks, len(text.rpartition("\n")[2]) + (0 if breaks else place[1])
