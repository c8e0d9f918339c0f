"""Lines to read and scroll, laid out by whoever shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mlws_tui.ui.widgets.cells import Line

#: Lays the lines out for a width in cells.
LayOut = Callable[[int], Sequence[Line]]
_STYLES = ("text", "muted", "strong", "title", "mine", "theirs", "gone", "chosen", "mark", "code")


class LinesView(ScrollView, can_focus=True):
    """Shows lines of spans; their text must be safe for a terminal already."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines--{style}" for style in _STYLES}
    DEFAULT_CSS = """
    LinesView {
        height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; scrollbar-color: $panel;
        scrollbar-background: $background; overflow-x: hidden;
        & .lines--text { color: $foreground; }
        & .lines--muted { color: $text-muted; }
        & .lines--strong { color: $foreground; text-style: bold; }
        & .lines--title { color: $text-accent; text-style: bold; }
        & .lines--mine { color: $text-success; text-style: bold; }
        & .lines--theirs { color: $text-warning; text-style: bold; }
        & .lines--gone { color: $text-muted; text-style: italic; }
        & .lines--chosen { color: $text-success; }
        & .lines--mark { color: $text-primary; text-style: bold; }
        & .lines--code { color: $text-success; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lay_out: LayOut = lambda _width: ()
        self._lines: Sequence[Line] = ()

    def show(self, lay_out: LayOut) -> None:
        """Show what this lays out, again each time the width changes."""
        self._lay_out = lay_out
        self._layed()

    def on_resize(self) -> None:
        self._layed()

    def _layed(self) -> None:
        width = self.scrollable_content_region.width
        if width:
            self._lines = self._lay_out(width)
            self.virtual_size = Size(width, len(self._lines))
            self.refresh()

    def bring(self, first: int, count: int) -> None:
        """Scroll so that these lines are seen, their beginning in any case, with one before them."""
        width = self.scrollable_content_region.width
        height = max(1, self.scrollable_content_region.height)
        self.scroll_to_region(
            Region(0, max(0, first - 1), width, min(count + 1, height)), animate=False, force=True
        )

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        number = y + self.scroll_offset.y
        base = self.get_component_rich_style("lines--text")
        if number >= len(self._lines):
            return Strip.blank(width, base)
        spans = self._lines[number]
        segments = [Segment(text, self.get_component_rich_style(f"lines--{style}")) for text, style in spans]
        return Strip(segments).adjust_cell_length(width, base)
