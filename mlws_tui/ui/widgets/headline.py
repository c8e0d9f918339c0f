"""The first line of a page: what it is at the left, where one is at the right."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from mlws_tui.ui.widgets.cells import Line

_STYLES = ("text", "muted", "strong", "title", "live", "good", "warn", "bad")


class Headline(Widget):
    """One line that is painted again only where it changed; its text must be safe for a terminal."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"head--{style}" for style in _STYLES}
    DEFAULT_CSS = """
    Headline {
        height: 1; background: $panel; padding: 0 1;
        & .head--text { color: $foreground; background: $panel; }
        & .head--muted { color: $text-muted; background: $panel; }
        & .head--strong { color: $foreground; text-style: bold; background: $panel; }
        & .head--title { color: $text-primary; text-style: bold; background: $panel; }
        & .head--live { color: $text-accent; background: $panel; }
        & .head--good { color: $text-success; background: $panel; }
        & .head--warn { color: $text-warning; background: $panel; }
        & .head--bad { color: $text-error; background: $panel; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._left: Line = ()
        self._right = ""

    def show(self, left: Line, right: str = "") -> None:
        """Show these."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        muted = self.get_component_rich_style("head--muted")
        segments = [
            Segment(text, self.get_component_rich_style(f"head--{style}")) for text, style in self._left
        ]
        room = width - cell_len(self._right) - (2 if self._right else 0)
        left = Strip(segments).adjust_cell_length(max(0, room), muted)
        right = Segment(f"  {self._right}" if self._right else "", muted)
        return Strip([*left, right]).adjust_cell_length(width, muted)
