"""One row that shows a whole log from left to right: where its errors, warnings and matches are."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual import events
from textual.message import Message

from mlws_tui.domain.logs import Density
from mlws_tui.ui.widgets.cells import CellBoard, Line, Span

#: Each kind has signs of its own, from few to many, so that it is told apart without colours, too; only errors rise.
_SIGNS = {"bad": "▂▃▅▇", "warn": "⢀⣀⣠⣤", "match": "▁▁▁▁"}
_UNKNOWN = "·"
_WINDOW = "+window"


class DensityStrip(CellBoard):
    """Shows a density; a click on it asks to go to that share of the log."""

    class Picked(Message):
        """The person clicked on a place: a share of the log (0–1)."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    STYLES: ClassVar[tuple[str, ...]] = (*CellBoard.STYLES, "match", "window")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"board--match", "board--window"}
    DEFAULT_CSS = """
    DensityStrip {
        height: 1; padding: 0; display: none;
        & .board--match { color: $primary; }
        & .board--window { background: $foreground 12%; }
        &:ansi .board--window { background: ansi_bright_black; }
    }
    DensityStrip.-shown { display: block; }
    """

    def get_component_rich_style(
        self, *names: str, partial: bool = False, default: Style | None = None
    ) -> Style:
        """The style of a component class, or of one with ``+window`` behind it: where the window is."""
        name, _, window = names[0].partition("+")
        style = super().get_component_rich_style(name, partial=partial, default=default)
        if not window:
            return style
        ground = super().get_component_rich_style("board--window")
        return style + Style(bgcolor=ground.bgcolor)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Picked((event.x + 0.5) / max(1, self.size.width)))


def has_something(density: Density) -> bool:
    """Whether there is anything to show."""
    return any(map(any, (density.errors, density.warnings, density.matches)))


def strip_of(density: Density, window: tuple[float, float]) -> Line:
    """The row: in each column the gravest kind that begins there, as high as there are many of it.

    Args:
        density: What begins in each column.
        window: The share of the log at which the window begins, and the one at which it ends; its columns are marked.
    """
    columns = len(density.errors)
    first = min(int(window[0] * columns), columns - 1)
    last = max(first, min(int(window[1] * columns), columns - 1))
    kinds = (("bad", density.errors), ("warn", density.warnings), ("match", density.matches))
    most = {name: max(counts, default=0) for name, counts in kinds}
    unknown = int(columns * (1 - density.share))  # a log is looked through from its end backwards
    cells: list[Span] = []
    for column in range(columns):
        sign, style = (_UNKNOWN, "muted") if column < unknown else (" ", "text")
        for name, counts in kinds:
            if counts[column]:
                sign, style = _SIGNS[name][_height(counts[column], most[name])], name
                break
        if first <= column <= last:
            style += _WINDOW
        cells.append(Span(sign, style))
    return _joined(cells)


def _height(count: int, most: int) -> int:
    """The sign's number, from 0 to 3; where there is no more than one anywhere, none is the highest."""
    return 1 if most < 2 else min(3, 4 * (count - 1) // (most - 1))


def _joined(cells: list[Span]) -> Line:
    spans: list[Span] = []
    for text, style in cells:
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + text, style)
        else:
            spans.append(Span(text, style))
    return tuple(spans)
