"""The chart: curves over steps or time, of which only the cells that changed are sent to the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from mlws_tui.ui.widgets.cells import CellBoard
from mlws_tui.ui.widgets.plot import MOST_CURVES, Plot, View, plot_lines


class Chart(CellBoard):
    """Draws a few curves. Say what to draw by `show`."""

    STYLES: ClassVar[tuple[str, ...]] = (
        *("text", "muted", "strong", "axis", "guide", "trouble"),
        *(f"{part}-{i}" for part in ("line", "band") for i in range(MOST_CURVES)),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{style}" for style in STYLES}
    DEFAULT_CSS = """
    Chart {
        min-height: 3;
        & .board--axis { color: $text-muted; }
        & .board--guide { color: $foreground 14%; }
        & .board--trouble { color: $text-error; text-style: bold; }
        & .board--line-0 { color: $accent; }
        & .board--line-1 { color: $primary; }
        & .board--line-2 { color: $secondary; }
        & .board--line-3 { color: $warning; }
        & .board--band-0 { color: $accent 38%; }
        & .board--band-1 { color: $primary 38%; }
        & .board--band-2 { color: $secondary 38%; }
        & .board--band-3 { color: $warning 38%; }
        &:ansi {
            & .board--guide { color: ansi_bright_black; }
            & .board--band-0, & .board--band-1, & .board--band-2, & .board--band-3 { color: ansi_bright_black; }
        }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._plots: tuple[Plot, ...] = ()
        self._view = View(empty="")

    def show(self, plots: Sequence[Plot], view: View) -> None:
        """Draw these curves, the first few of them, as the view says."""
        self._plots, self._view = tuple(plots[:MOST_CURVES]), view
        self._paint()

    def on_resize(self) -> None:
        super().on_resize()
        self._paint()

    def _paint(self) -> None:
        if self.size.area:
            self.paint(plot_lines(self._plots, self._view, self.size.width, self.size.height))
