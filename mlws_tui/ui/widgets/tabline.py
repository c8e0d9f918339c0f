"""A line of pane names for screens that cannot show all of them."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class TabLine(Widget):
    """``1 GPUs  2 Runs …`` with the focused one marked; a click goes there."""

    class Picked(Message):
        """The person clicked on a pane's name."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tab--plain", "tab--shown", "tab--here"}
    DEFAULT_CSS = """
    TabLine { height: 1; background: $panel; color: $text-muted; }
    TabLine > .tab--plain { color: $text-muted; background: $panel; }
    TabLine > .tab--shown { color: $foreground; background: $panel; }
    TabLine > .tab--here { color: $accent; text-style: bold reverse; background: $panel; }
    """

    def __init__(self, names: dict[str, str], *, id: str) -> None:
        super().__init__(id=id)
        self._names = names
        self._here = ""
        self._shown: frozenset[str] = frozenset()

    def mark(self, here: str, shown: frozenset[str]) -> None:
        """Mark the focused pane and those that are on the screen."""
        if (here, shown) != (self._here, self._shown):
            self._here, self._shown = here, shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        parts = []
        for pane, label in self._names.items():
            kind = "here" if pane == self._here else "shown" if pane in self._shown else "plain"
            parts.append(Segment(f" {label} ", self.get_component_rich_style(f"tab--{kind}")))
        return Strip(parts).extend_cell_length(self.size.width, self.get_component_rich_style("tab--plain"))

    def on_click(self, event: events.Click) -> None:
        left = 0
        for pane, label in self._names.items():
            left += len(label) + 2
            if event.x < left:
                self.post_message(self.Picked(pane))
                return
