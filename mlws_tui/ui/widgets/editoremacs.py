"""The keys of Emacs: a machine that works on a `Sheet` and knows nothing of the screen."""

from __future__ import annotations

import re
from collections.abc import Callable

from mlws_tui.ui.widgets.editorsheet import Place, Sheet, between
from mlws_tui.ui.widgets.vimmotions import paragraph

#: How many texts the kill ring has.
_RING = 60
_KILLS = frozenset({"ctrl+k", "ctrl+w", "alt+w", "alt+d", "alt+backspace", "ctrl+backspace"})
_YANKS = frozenset({"ctrl+y", "alt+y"})
_PREFIXES = {"ctrl+x": "C-x-", "ctrl+c": "C-c-"}
_MOVES = frozenset(
    {
        *(
            "ctrl+n",
            "ctrl+p",
            "ctrl+b",
            "ctrl+f",
            "ctrl+a",
            "ctrl+e",
            "home",
            "end",
            "up",
            "down",
            "left",
            "right",
        ),
        *("alt+m", "alt+f", "alt+b", "alt+<", "alt+>", "alt+{", "alt+}"),
    }
)
#: Other names of the same keys: terminals send some of them one way, some the other.
_SAME = {
    "ctrl+@": "ctrl+space", "ctrl+underscore": "ctrl+slash", "alt+less_than_sign": "alt+<",
    "alt+greater_than_sign": "alt+>", "alt+left_curly_bracket": "alt+{", "alt+right_curly_bracket": "alt+}",
    "alt+right": "alt+f", "alt+left": "alt+b", "alt+shift+comma": "alt+<", "alt+shift+full_stop": "alt+>",
    "alt+shift+left_square_bracket": "alt+{", "alt+shift+right_square_bracket": "alt+}",
}  # fmt: skip
_WORD_RIGHT = re.compile(r"\W*\w+")
_WORD_LEFT = re.compile(r"\w+\W*\Z")


class EmacsMachine:
    """Understands keys as Emacs does. Letters are text.

    Args:
        sheet: The text.
        changed: Called when `words` may have changed.
    """

    def __init__(self, sheet: Sheet, changed: Callable[[], None] = lambda: None) -> None:
        self.sheet = sheet
        self._changed = changed
        self._prefix = ""
        self._ring: list[str] = []
        self._turn = 0
        self._mark: Place | None = None
        self._last = ""
        self._yanked: tuple[Place, Place] | None = None
        self._goal: int | None = None

    @property
    def words(self) -> str:
        """What the person is told: the keys that wait for more."""
        return _PREFIXES.get(self._prefix, "") or ("mark set" if self._mark is not None else "")

    @property
    def prompt(self) -> str:
        """No line is ever typed to it."""
        return ""

    @property
    def named(self) -> frozenset[str]:
        """The keys that are no signs and that may be commands."""
        waiting = frozenset({"escape"} if self._prefix else ())
        return frozenset(self._acts()) | _MOVES | frozenset(_PREFIXES) | frozenset(_SAME) | waiting

    def start(self) -> None:
        """Begin to write."""
        self.stop()

    def stop(self) -> None:
        """The person stopped writing."""
        self._prefix, self._mark, self._last = "", None, ""

    def key(self, key: str) -> bool:
        """Take a key.

        Args:
            key: A sign, or the name of a key such as ``enter`` or ``ctrl+a``.

        Returns:
            Whether it was one; others mean what they mean in any editor.
        """
        key = _SAME.get(key, key)
        try:
            if self._prefix:
                prefix, self._prefix = self._prefix, ""
                self._after(prefix, key)
                return True
            if key in _PREFIXES:
                self._prefix = key
                return True
            taken = self._plain(key)
            if not taken and self._mark is not None:  # what is typed takes nothing away
                self._quit()
            self._last = key
            return taken
        finally:
            self._changed()

    def _after(self, prefix: str, key: str) -> None:
        """The second key of two."""
        sheet = self.sheet
        if prefix == "ctrl+c":
            if key == "ctrl+c":
                sheet.tick()
            return
        if key == "ctrl+s":
            sheet.ask("save")
        elif key in ("ctrl+c", "k"):
            sheet.ask("leave")
        elif key == "ctrl+e":
            sheet.ask("external")
        elif key == "u":
            sheet.undo()
        elif key == "h":
            self._mark = (len(sheet.lines) - 1, len(sheet.lines[-1]))
            self._go((0, 0))
        elif key == "ctrl+x" and self._mark is not None:
            here, self._mark = self._mark, sheet.cursor
            self._go(here)

    def _plain(self, key: str) -> bool:
        moved = self._motion(key)
        if moved is not None:
            if key not in ("ctrl+n", "ctrl+p", "down", "up"):
                self._goal = None
            self._go(moved)
            return True
        self._goal = None
        act = self._acts().get(key)
        if act is None:
            return False
        act()
        return True

    def _acts(self) -> dict[str, Callable[[], object]]:
        sheet = self.sheet
        return {
            "ctrl+space": self._set_mark,
            "ctrl+g": self._quit,
            "ctrl+d": lambda: self._delete(self._right(sheet.cursor)),
            "ctrl+k": self._kill_line,
            "ctrl+w": lambda: self._kill_region(take=True),
            "alt+w": lambda: self._kill_region(take=False),
            "alt+d": lambda: self._kill(sheet.cursor, self._word_right(sheet.cursor)),
            "alt+backspace": lambda: self._kill(self._word_left(sheet.cursor), sheet.cursor, before=True),
            "ctrl+backspace": lambda: self._kill(self._word_left(sheet.cursor), sheet.cursor, before=True),
            "ctrl+y": self._yank,
            "alt+y": self._yank_other,
            "ctrl+o": self._open_line,
            "ctrl+t": self._transpose,
            "alt+u": lambda: self._case(str.upper),
            "alt+l": lambda: self._case(str.lower),
            "alt+c": lambda: self._case(str.capitalize),
            "ctrl+s": lambda: sheet.find(False),
            "ctrl+r": lambda: sheet.find(True),
            "ctrl+slash": sheet.undo,
            "ctrl+v": lambda: self._page(1),
            "alt+v": lambda: self._page(-1),
        }

    # moving

    def _motion(self, key: str) -> Place | None:
        lines = self.sheet.lines
        row, column = self.sheet.cursor
        if key in ("ctrl+n", "ctrl+p") or (self._mark is not None and key in ("up", "down")):
            self._goal = column if self._goal is None else self._goal
            to = min(max(0, row + (1 if key in ("ctrl+n", "down") else -1)), len(lines) - 1)
            return to, min(self._goal, len(lines[to]))
        if key == "ctrl+b" or (self._mark is not None and key == "left"):
            return (row, column - 1) if column else (max(0, row - 1), len(lines[row - 1]) if row else 0)
        if key == "ctrl+f" or (self._mark is not None and key == "right"):
            return self._right((row, column))
        if key in ("ctrl+a", "home"):
            return row, 0
        if key in ("ctrl+e", "end"):
            return row, len(lines[row])
        if key == "alt+m":
            return row, len(lines[row]) - len(lines[row].lstrip())
        if key == "alt+f":
            return self._word_right((row, column))
        if key == "alt+b":
            return self._word_left((row, column))
        if key == "alt+<":
            return 0, 0
        if key == "alt+>":
            return len(lines) - 1, len(lines[-1])
        if key in ("alt+{", "alt+}"):
            return paragraph(lines, (row, column), 1 if key == "alt+}" else -1)
        return None

    def _go(self, place: Place) -> None:
        if self._mark is not None:
            self.sheet.select(self._mark, place)
        else:
            self.sheet.cursor = place

    def _page(self, by: int) -> None:
        top, bottom = self.sheet.view()
        row, column = self.sheet.cursor
        to = min(max(0, row + by * max(1, bottom - top - 1)), len(self.sheet.lines) - 1)
        self._go((to, min(column, len(self.sheet.lines[to]))))

    def _right(self, place: Place) -> Place:
        row, column = place
        if column < len(self.sheet.lines[row]):
            return row, column + 1
        return (row + 1, 0) if row + 1 < len(self.sheet.lines) else place

    def _word_right(self, place: Place) -> Place:
        lines, (row, column) = self.sheet.lines, place
        while True:
            found = _WORD_RIGHT.match(lines[row], column)
            if found:
                return row, found.end()
            if row + 1 >= len(lines):
                return row, len(lines[row])
            row, column = row + 1, 0

    def _word_left(self, place: Place) -> Place:
        lines, (row, column) = self.sheet.lines, place
        while True:
            found = _WORD_LEFT.search(lines[row][:column])
            if found:
                return row, found.start()
            if row == 0:
                return 0, 0
            row -= 1
            column = len(lines[row])

    # the mark

    def _set_mark(self) -> None:
        place = self.sheet.cursor
        self._mark = None if self._mark == place else place
        self.sheet.cursor = place

    def _quit(self) -> None:
        self._mark = None
        self.sheet.cursor = self.sheet.cursor

    def _region(self) -> tuple[Place, Place] | None:
        if self._mark is None:
            return None
        last = len(self.sheet.lines) - 1
        mark = (min(self._mark[0], last), self._mark[1])
        mark = (mark[0], min(mark[1], len(self.sheet.lines[mark[0]])))
        start, end = sorted((mark, self.sheet.cursor))
        return start, end

    # killing and yanking

    def _kill_line(self) -> None:
        row, column = self.sheet.cursor
        end = len(self.sheet.lines[row])
        self._kill((row, column), (row, end) if column < end else self._right((row, column)))

    def _kill_region(self, *, take: bool) -> None:
        region = self._region()
        if region is None:
            self.sheet.tell("No mark is set: ctrl+space sets it")
            return
        if take:
            self._kill(*region)
        else:
            self._keep(between(self.sheet.lines, *region))
            self.sheet.cursor = self.sheet.cursor
        self._mark = None

    def _kill(self, start: Place, end: Place, *, before: bool = False) -> None:
        if start == end:
            return
        self._keep(between(self.sheet.lines, start, end), before=before)
        self.sheet.replace(start, end, "")
        self.sheet.cursor = start
        self._mark = None

    def _keep(self, text: str, *, before: bool = False) -> None:
        """Put a text into the ring; kills in a row are one text."""
        if self._ring and self._last in _KILLS - {"alt+w"}:
            self._ring[-1] = text + self._ring[-1] if before else self._ring[-1] + text
        else:
            self._ring.append(text)
            del self._ring[:-_RING]
        self._turn = 0
        self.sheet.copy(self._ring[-1])

    def _yank(self) -> None:
        outside = self.sheet.clipboard()
        if outside and (not self._ring or outside != self._ring[-1]):
            self._ring.append(outside)  # copied elsewhere in the meantime
        if not self._ring:
            return
        self._turn = 0
        self._put(self.sheet.cursor, self.sheet.cursor)

    def _yank_other(self) -> None:
        if self._last not in _YANKS or self._yanked is None:
            return
        self._turn += 1
        self._put(*self._yanked)

    def _put(self, start: Place, end: Place) -> None:
        text = self._ring[-1 - self._turn % len(self._ring)]
        self._mark = None
        last = self.sheet.replace(start, end, text)
        self.sheet.cursor = last
        self._yanked = start, last

    # small changes

    def _delete(self, end: Place) -> None:
        start = self.sheet.cursor
        self.sheet.replace(start, end, "")
        self.sheet.cursor = start

    def _open_line(self) -> None:
        place = self.sheet.cursor
        self.sheet.replace(place, place, "\n")
        self.sheet.cursor = place

    def _transpose(self) -> None:
        row, column = self.sheet.cursor
        line = self.sheet.lines[row]
        at = min(column, len(line) - 1)
        if at < 1:
            return
        self.sheet.replace((row, at - 1), (row, at + 1), line[at] + line[at - 1])
        self.sheet.cursor = row, at + 1

    def _case(self, turn: Callable[[str], str]) -> None:
        start = self.sheet.cursor
        end = self._word_right(start)
        text = between(self.sheet.lines, start, end)
        blank = re.match(r"\W*", text)
        at = blank.end() if blank else 0
        self.sheet.cursor = self.sheet.replace(start, end, text[:at] + turn(text[at:]))
