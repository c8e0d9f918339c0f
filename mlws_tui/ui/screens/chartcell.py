"""One chart of the grid: a group of metrics in a frame of its own."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from mlws_tui.domain.charts.model import View
from mlws_tui.domain.charts.naming import MetricGroup
from mlws_tui.domain.text import safe_text
from mlws_tui.services.chartreading import Drawn
from mlws_tui.ui.widgets.chartview import ChartView


class ChartCell(Widget):
    """A place in the grid, in which one group of metrics is shown at a time, or none."""

    class Picked(Message):
        """The person clicked on it."""

        def __init__(self, cell: ChartCell) -> None:
            super().__init__()
            self.cell = cell

    DEFAULT_CSS: ClassVar[str] = """
    ChartCell {
        width: 1fr; height: 1fr;
        border: round $border-blurred; border-title-color: $text-muted;
    }
    ChartCell.-chosen { border: round $border; border-title-color: $foreground; border-title-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.chart = ChartView()
        self.group: MetricGroup | None = None
        self.visible = False

    def compose(self) -> ComposeResult:
        yield self.chart

    def hold(self, group: MetricGroup | None) -> bool:
        """Show another group; whether it is another one."""
        if group == self.group:
            return False
        self.group = group
        self.visible = group is not None
        self.border_title = Content(safe_text(group.title)) if group is not None else ""
        self.chart.show((), View(empty=""))
        return True

    def fill(self, drawn: Drawn, view: View) -> None:
        """Show what was read of its group."""
        self.chart.show(drawn.plots, view, drawn.markers)

    def on_mouse_down(self, _event: events.MouseDown) -> None:
        self.post_message(self.Picked(self))
