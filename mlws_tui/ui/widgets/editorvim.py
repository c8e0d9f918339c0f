"""The keys of vim: a machine that works on a `Sheet` and knows nothing of the screen."""

from __future__ import annotations

import re
from dataclasses import replace

from mlws_tui.ui.widgets.editorsheet import Place, indent
from mlws_tui.ui.widgets.vimex import ExError, run_line
from mlws_tui.ui.widgets.vimmotions import kind
from mlws_tui.ui.widgets.vimobjects import text_object
from mlws_tui.ui.widgets.vimparser import MOTIONS, OPERATORS, Command, parse
from mlws_tui.ui.widgets.vimreplace import REPLACE_KEYS
from mlws_tui.ui.widgets.vimvisual import END, VimVisual

_SHORT = {
    "x": ("d", "l"), "delete": ("d", "l"), "X": ("d", "h"), "D": ("d", "$"), "C": ("c", "$"), "s": ("c", "l"),
    "S": ("c", "c"), "Y": ("y", "y"),
}  # fmt: skip
_INSERTS = frozenset({"i", "a", "I", "A", "o", "O", "gi", "gI"})
_STEPS = frozenset(
    {"left", "right", "up", "down", "home", "end", "enter", "space", "backspace", "delete", "tab"}
)
#: The keys that are no signs and that each mode wants.
_NAMED = {
    "INSERT": frozenset({"escape"}),
    "REPLACE": REPLACE_KEYS | {"escape"},
    "COMMAND": _STEPS | {"escape", "ctrl+u", "ctrl+w"},
}
_COMMANDS = _STEPS | {
    "escape", "ctrl+r", "ctrl+d", "ctrl+u", "ctrl+b", "ctrl+a", "ctrl+x", "ctrl+v", "ctrl+w", "ctrl+k", "ctrl+o",
}  # fmt: skip
#: Bound elsewhere, but here it is escape and the sign, as they come over a slow line.
_WITH_ESCAPE = frozenset({"alt+slash"})
_CHANGES = frozenset({"r", "R", "~", "J", "gJ", "p", "P", "ctrl+a", "ctrl+x"}) | _INSERTS
#: Commands that end a selection, and mean then what they mean without one.
_ENDS_VISUAL = frozenset({"/", "?", "n", "N", "*", "#", "g*", "g#", "ZZ", "ZQ", "gf", "gF", "gx"})
#: Motions after which ``''`` leads back.
_JUMPS = frozenset({"G", "gg", "%", "H", "M", "L", "{", "}", "(", ")", "'", "`"})
_NOTHING = frozenset({"tab"})
#: What vim has and this has not, by the first key of the command.
_NOT_HERE = {
    "q": "macros are", "@": "macros are", "ctrl+v": "selecting columns is", "=": "indenting by itself is",
    "!": "filtering through a program is", "z": "scrolling and folding is", "ctrl+w": "windows are",
    "gq": "wrapping lines is", "gw": "wrapping lines is",
}  # fmt: skip
_NUMBER = re.compile(r"-?\d+")


class VimMachine(VimVisual):
    """Understands keys as vim does.

    Args:
        sheet: The text.
        changed: Called when `words` may have changed.
    """

    @property
    def words(self) -> str:
        """What the person is told: the mode, the line being typed, or the keys that wait for more."""
        return f"{self.mode} {''.join(self._keys)}".rstrip()

    @property
    def prompt(self) -> str:
        """The line after a colon, while it is typed."""
        return ":" + self.line if self.mode == "COMMAND" else ""

    @property
    def named(self) -> frozenset[str]:
        """The keys that are no signs and that may be commands now."""
        return _NAMED.get(self.mode, _COMMANDS) | _WITH_ESCAPE

    @property
    def _idle(self) -> bool:
        return self.mode == "NORMAL" and not self._keys

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
        if key.startswith("alt+") and (len(key) == 5 or key.startswith("alt+ctrl+")):
            if not self._idle:  # over a slow line escape and the key after it come as one
                self.key("escape")
            return self.key(key.removeprefix("alt+"))
        try:
            if self.mode in ("INSERT", "REPLACE"):
                return self._insert_key(key)
            if self.mode == "COMMAND":
                return self._line_key(key)
            return self._command_key(key)
        finally:
            self._changed()

    # writing

    def _insert_key(self, key: str) -> bool:
        if key != "escape":
            return self.mode == "REPLACE" and self._over is not None and self._over.key(key)
        self._end_insert()
        return True

    # commands

    def _command_key(self, key: str) -> bool:
        if key == "escape":  # with nothing to end it does nothing: who types it twice goes on with commands
            waited = bool(self._keys)
            self._keys.clear()
            if self._visual and not waited:
                self._to_normal(self._place)
            elif not waited and not self._hinted:
                self._hinted = True
                self.sheet.tell(":q or ZZ stops writing and saves")
            return True
        if (
            self._visual and self.sheet.cursor != self._shown
        ):  # the mouse, or a text that came in from outside
            self._to_normal()
        if not self._keys and not self._known(key):
            return False
        self._keys.append(key)
        command = parse(self._keys, visual=self._visual)
        if command is True:
            return True
        said = "".join(self._keys)
        self._keys.clear()
        if not isinstance(command, Command) or not self._do(command):
            self._refuse(command.name if isinstance(command, Command) else "", said)
        return True

    def _known(self, key: str) -> bool:
        """Whether a key may be a command: every sign is; of the others those that vim moves with."""
        return len(key) == 1 or key in _COMMANDS

    def _refuse(self, name: str, said: str) -> None:
        if name in _NOTHING:
            return
        what = _NOT_HERE.get(name) or _NOT_HERE.get(name[:1])
        self.sheet.tell(f"{said}: {what} not here" if what else f"{said} is no command here")

    def _open_line(self, count: int | None) -> None:
        """Let a line be typed, for the selection or for so many lines."""
        self.line = "'<,'>" if self._visual else "" if count is None else f".,.+{count - 1}"
        if self._visual:
            self._to_normal(self._place)
        self.mode = "COMMAND"

    def _do(self, command: Command) -> bool:
        """Do a command; False where it is none."""
        if command.name == ":":
            self._open_line(command.count)
            return True
        if command.name in ("j", "k", "gj", "gk", "up", "down"):
            if self._goal is None:
                self._goal = self._here[1]
        else:
            self._goal = END if command.name in ("$", "g$", "end") else None
        if self._visual:
            if command.name not in _ENDS_VISUAL:
                return self._do_visual(command)
            self._to_normal(self._place)
        short = _SHORT.get(command.name)
        if short is not None:
            command = Command(short[0], command.count, command.register, short[1])
        changes = command.name in _CHANGES or (command.name in OPERATORS and command.name != "y")
        if changes:
            self._last = command
            self._typed = ""
        return self._run(command)

    def _run(self, command: Command) -> bool:
        known = True
        self.sheet.open_group()
        try:
            if command.name in OPERATORS:
                self._operate(command)
            elif not self._simple(command):
                known = command.name in MOTIONS
                self._go(command)
        finally:
            self.sheet.close_group()
        if self.mode == "NORMAL":
            self.sheet.cursor = self._inside(self.sheet.cursor)
        return known

    def _go(self, command: Command) -> None:
        if command.name == "enter" and self.sheet.open_link():
            return
        moved = self._move(command.name, command.count, command.arg, self.sheet.cursor)
        if moved is not None:
            if command.name in _JUMPS:
                self._marks["'"] = self._marks["`"] = self.sheet.cursor
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
        elif name == "R":
            self._into_replace()
        elif name in ("J", "gJ"):
            self._join(row, max(2, times), exact=name == "gJ")
        elif name in ("ctrl+a", "ctrl+x"):
            self._add(times if name == "ctrl+a" else -times)
        elif name in ("p", "P"):
            self._registers.put(command.register, before=name == "P", times=times)
        elif name in ("v", "V"):
            self._anchor = self._place = (row, column)
            self.mode = "VISUAL" if name == "v" else "V-LINE"
            self._show()
        elif name == "gv":
            self._select_former()
        elif name == "m":
            self._marks[command.arg] = (row, column)
        elif name in ("/", "?"):
            self._back = name == "?"
            sheet.find(self._back)
        elif name in ("n", "N"):
            sheet.find_next(-1 if (name == "N") != self._back else 1)
        elif name in ("*", "#", "g*", "g#"):
            self._look_for_word(name[-1] == "#", whole=len(name) == 1)
        elif name in ("ZZ", "ZQ"):
            sheet.ask("leave" if name == "ZZ" else "discard")
        elif name in ("gf", "gF", "gx"):
            sheet.open_link()
        elif name in ("ctrl+d", "ctrl+u", "ctrl+b"):
            sheet.cursor = self._inside((row + self._page_rows(name), column))
        else:
            return False
        return True

    def _insert(self, command: Command) -> None:
        row, column = self.sheet.cursor
        line = self.sheet.lines[row]
        name = command.name
        between = ""
        if name in ("o", "O"):
            blank = line[: len(line) - len(line.lstrip())]
            if name == "o":
                self.sheet.replace((row, len(line)), (row, len(line)), "\n" + blank)
            else:
                self.sheet.replace((row, 0), (row, 0), blank + "\n")
            place, between = (row + (name == "o"), len(blank)), "\n" + blank
        elif name == "gi":
            kept = self._marks.get("^", (row, column))
            to = min(kept[0], len(self.sheet.lines) - 1)
            place = to, min(kept[1], len(self.sheet.lines[to]))
        elif name == "I":
            place = (row, indent(line) if line.strip() else len(line))
        else:
            place = (row, {"i": column, "a": min(column + 1, len(line)), "A": len(line), "gI": 0}[name])
        self._into_insert(place, command.times, between)

    def _add(self, by: int) -> None:
        """Add to the number under the cursor, or to the first one behind it in the line."""
        row, column = self.sheet.cursor
        for found in _NUMBER.finditer(self.sheet.lines[row]):
            if found.end() > column:
                end = self.sheet.replace((row, found.start()), (row, found.end()), str(int(found[0]) + by))
                self.sheet.cursor = row, end[1] - 1
                return

    def _again(self, command: Command) -> None:
        last, typed = self._last, self._typed
        if last is None:
            return
        if command.count is not None:
            last = replace(last, count=command.count)
        self._run(last)
        if self.mode == "REPLACE" and self._over is not None:
            for sign in typed:
                self._over.key("enter" if sign == "\n" else sign)
        elif self.mode == "INSERT":
            place = self.sheet.cursor
            self.sheet.replace(place, place, typed)
            self.sheet.cursor = _behind(place, typed)
        else:
            return
        self._end_insert()
        self._typed = typed

    def _look_for_word(self, back: bool, *, whole: bool) -> None:
        row, column = self.sheet.cursor
        line = self.sheet.lines[row]
        start = next((at for at in range(column, len(line)) if kind(line[at], False) in (1, 3)), None)
        if start is None:
            return
        found = text_object(self.sheet.lines, (row, start), "iw")
        if found is not None:
            self._back = back
            self.sheet.look_for(line[found.start[1] : found.end[1]], whole)
            self.sheet.find_next(-1 if back else 1)

    # the line after a colon

    def _line_key(self, key: str) -> bool:
        if key == "escape" or (key == "backspace" and not self.line):
            self.mode = "NORMAL"
        elif key == "backspace":
            self.line = self.line[:-1]
        elif key in ("ctrl+u", "ctrl+w"):
            self.line = "" if key == "ctrl+u" else self.line.rstrip().rpartition(" ")[0]
        elif key == "enter":
            self.mode = "NORMAL"
            self._run_line()
        elif len(key) == 1 or key == "space":
            self.line += " " if key == "space" else key
        else:
            return key in _NAMED["COMMAND"]  # it is not the text's
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
