"""A field for a line that somebody else wrote: control characters are signs, and what does not fit is marked."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip

from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.ui.widgets.logfield import LogField

_MORE = "…"


class LineField(LogField):
    """One line to change.

    Args:
        entered: Called with the text when the person accepts it.
        value: What stands in it at first; data.
        id: As of any widget.
    """

    def __init__(self, entered: Callable[[str], None], value: str = "", *, id: str | None = None) -> None:
        super().__init__(entered)
        if id is not None:
            self.id = id
        self.value = value

    def on_resize(self) -> None:
        self._seek_cursor()

    def on_focus(self) -> None:
        self._seek_cursor()

    def _seek_cursor(self) -> None:
        """Show the end that is typed at; a field without the focus shows the beginning of what stands in it."""
        if self.has_focus:
            at = Region(self._cursor_offset, 0, 1, 1)
            self.scroll_to_region(at, force=True, animate=False)

    @property
    def _value(self) -> Text:
        return Text(_shown(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_width(_shown(self.value[:position]))

    def render_line(self, y: int) -> Strip:
        """The line, with a sign at each end where there is more of it; never on the cursor."""
        strip = super().render_line(y)
        width, first = self.scrollable_content_region.width, self.scroll_offset.x
        cursor = self._position_to_cell(self.cursor_position) - first if self.has_focus else -1
        if not self.value or width < 3 or y:
            return strip
        style = self.get_component_rich_style("input--placeholder")
        more = Strip([Segment(_MORE, self.rich_style + style)])
        if first and cursor != 0:
            strip = Strip.join([more, strip.crop(1)])
        if self.content_width - 1 - first > width and cursor != width - 1:
            strip = Strip.join([strip.crop(0, width - 1), more, strip.crop(width)])
        return strip


def _shown(text: str) -> str:
    """The text with one visible character for each of its own."""
    return safe_text(text, tab=" ")
