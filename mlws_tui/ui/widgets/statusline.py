"""The last line of the screen: keys at the left, how the index is doing at the right."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from mlws_tui.domain.text import safe_text

#: Titles of the keys that are shown however narrow it is: by the first all others are found, and one must find out.
_ALWAYS = ("keys", "quit")


class StatusLine(Widget):
    """One line: ``key title`` pairs, then a state. Repaints only when one of them changes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--key",
        "status--title",
        "status--state",
        "status--trouble",
    }
    DEFAULT_CSS = """
    StatusLine { height: 1; background: $panel; color: $foreground; }
    StatusLine > .status--key { color: $accent; text-style: bold; background: $panel; }
    StatusLine > .status--title { color: $text-muted; background: $panel; }
    StatusLine > .status--state { color: $text-muted; background: $panel; }
    StatusLine > .status--trouble { color: $warning; text-style: bold; background: $panel; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._keys: tuple[tuple[str, str], ...] = ()
        self._state = ""
        self._trouble = False

    def show_keys(self, keys: tuple[tuple[str, str], ...]) -> None:
        """Show these pairs of key and title."""
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def show_state(self, state: str, *, trouble: bool = False) -> None:
        """Show this at the right; `trouble` makes it stand out (its words say what is wrong)."""
        state = safe_text(state)
        if (state, trouble) != (self._state, self._trouble):
            self._state, self._trouble = state, trouble
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        key, title = (self.get_component_rich_style(f"status--{part}") for part in ("key", "title"))
        state_style = self.get_component_rich_style("status--trouble" if self._trouble else "status--state")
        state = f" {self._state} " if self._state else ""
        if cell_len(state) > width:
            return Strip([Segment(state, state_style)]).crop(0, width)
        room = width - cell_len(state)
        parts = self._key_segments(key, title, room)
        used = sum(cell_len(segment.text) for segment in parts)
        parts.append(Segment(" " * (room - used), title))
        parts.append(Segment(state, state_style))
        return Strip(parts, width)

    def _key_segments(self, key: Style, title: Style, room: int) -> list[Segment]:
        parts: list[Segment] = []
        for name, words in self._fitting(room):
            parts += [Segment(f" {name}", key), Segment(f" {words} ", title)]
        return parts

    def _fitting(self, room: int) -> list[tuple[str, str]]:
        """The pairs that fit, in their order: those that must not be missing, then the first ones."""
        fitting: set[tuple[str, str]] = set()
        for pair in sorted(self._keys, key=lambda pair: pair[1] not in _ALWAYS):
            room -= sum(map(cell_len, pair)) + 3
            if room < 0:
                break
            fitting.add(pair)
        return [pair for pair in self._keys if pair in fitting]
