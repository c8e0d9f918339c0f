"""The chart: curves over steps or time, of which only the cells that changed are sent to the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.widgets.cells import CellBoard
from mlws_tui.ui.widgets.chartcursor import Moment, at_column, moved, readings
from mlws_tui.ui.widgets.plot import MOST_CURVES, Plot, View, plot_lines
from mlws_tui.ui.widgets.plotframe import Frame, frame_of

_FAR = 1 << 20  # columns further than any screen has


class Chart(CellBoard, can_focus=True):
    """Draws a few curves. Say what to draw by `show`.

    It may have a cursor, a vertical line at one moment of the run, and has the keys for it while it has the focus.
    """

    class Chosen(Message):
        """The person wants to see more of the point at the cursor: the curve's name, its step and Unix seconds."""

        def __init__(self, name: str, moment: Moment) -> None:
            super().__init__()
            self.name = name
            self.moment = moment

    class Left(Message):
        """The person is done with the cursor."""

    class Sized(Message):
        """There is more room than before, or less: how finely curves are to be read has changed."""

    #: The keys while the cursor is moved; a scope of their own, as some of them mean another thing in the list.
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "chart.open", "enter", "Its line", "Go to the line of the log of this point", True, palette=False
        ),
        Action("chart.left", "left,h", "Left", "Move the cursor to the left", palette=False, call="move(-1)"),
        Action("chart.right", "right,l", "Right", "Move it to the right", palette=False, call="move(1)"),
        Action(
            "chart.far-left", "shift+left,ctrl+left", "Far left", "Move it by ten columns to the left",
            palette=False, call="move(-10)",
        ),
        Action(
            "chart.far-right", "shift+right,ctrl+right", "Far right", "Move it by ten columns to the right",
            palette=False, call="move(10)",
        ),
        Action("chart.first", "home", "First point", "Move it to the first point", palette=False, call="end(0)"),
        Action("chart.last", "end", "Last point", "Move it to the last point", palette=False, call="end(1)"),
        Action("chart.leave", "escape", "Leave", "Take the cursor out of the chart", True, palette=False),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    _CURVES = tuple(f"{part}-{i}" for part in ("line", "band") for i in range(MOST_CURVES))
    STYLES: ClassVar[tuple[str, ...]] = (
        *("text", "muted", "strong", "axis", "guide", "trouble", "cursor", "trouble-cursor"),
        *_CURVES,
        *(f"{curve}-cursor" for curve in _CURVES),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{style}" for style in STYLES}
    DEFAULT_CSS = """
    Chart {
        min-height: 3;
        & .board--axis { color: $text-muted; }
        & .board--guide { color: $foreground 14%; }
        & .board--trouble, & .board--trouble-cursor { color: $text-error; text-style: bold; }
        & .board--line-0, & .board--line-0-cursor { color: $accent; }
        & .board--line-1, & .board--line-1-cursor { color: $primary; }
        & .board--line-2, & .board--line-2-cursor { color: $secondary; }
        & .board--line-3, & .board--line-3-cursor { color: $warning; }
        & .board--band-0, & .board--band-0-cursor { color: $accent 38%; }
        & .board--band-1, & .board--band-1-cursor { color: $primary 38%; }
        & .board--band-2, & .board--band-2-cursor { color: $secondary 38%; }
        & .board--band-3, & .board--band-3-cursor { color: $warning 38%; }
        & .board--cursor { color: $text-muted; }
        & .board--trouble-cursor, & .board--line-0-cursor, & .board--line-1-cursor, & .board--line-2-cursor,
        & .board--line-3-cursor, & .board--band-0-cursor, & .board--band-1-cursor, & .board--band-2-cursor,
        & .board--band-3-cursor { background: $foreground 18%; }
        &:focus .board--cursor { color: $foreground; text-style: bold; }
        &:ansi {
            & .board--guide { color: ansi_bright_black; }
            & .board--band-0, & .board--band-1, & .board--band-2, & .board--band-3,
            & .board--band-0-cursor, & .board--band-1-cursor, & .board--band-2-cursor,
            & .board--band-3-cursor { color: ansi_bright_black; }
            & .board--trouble-cursor, & .board--line-0-cursor, & .board--line-1-cursor, & .board--line-2-cursor,
            & .board--line-3-cursor, & .board--band-0-cursor, & .board--band-1-cursor, & .board--band-2-cursor,
            & .board--band-3-cursor { background: ansi_default; text-style: reverse; }
        }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._plots: tuple[Plot, ...] = ()
        self._view = View(empty="")
        self._cursor: Moment | None = None

    def show(self, plots: Sequence[Plot], view: View) -> None:
        """Draw these curves, the first few of them, as the view says."""
        self._plots, self._view = tuple(plots[:MOST_CURVES]), view
        self._paint()

    @property
    def cursor(self) -> Moment | None:
        """The moment at which the cursor stands; None without one."""
        return self._cursor

    def point_at(self, moment: Moment | None) -> None:
        """Put the cursor at a moment, or take it away."""
        if moment != self._cursor:
            self._cursor = moment
            self._paint()

    def begin(self) -> bool:
        """Put a cursor at the last point where there is none; whether there is one then."""
        frame = self._frame()
        if self._cursor is None and frame is not None:
            self.point_at(at_column(frame, _FAR))
        return self._cursor is not None

    def on_resize(self) -> None:
        super().on_resize()
        self._paint()
        self.post_message(self.Sized())

    def focus_on_click(self) -> bool:
        return self._frame() is not None

    def on_click(self, event: events.Click) -> None:
        frame = self._frame()
        if frame is None:
            return
        event.stop()
        self.point_at(at_column(frame, event.get_content_offset_capture(self).x - frame.margin - 1))
        if event.chain > 1:
            self.action_open()

    def action_move(self, by: int) -> None:
        frame = self._frame()
        if frame is not None and self._cursor is not None:
            self.point_at(moved(frame, self._cursor, by))

    def action_end(self, last: int) -> None:
        frame = self._frame()
        if frame is not None:
            self.point_at(at_column(frame, _FAR if last else 0))

    def action_open(self) -> None:
        frame = self._frame()
        if frame is None or self._cursor is None:
            return
        told = readings(frame, self._cursor)
        chosen = next((one for one in told if one.here), None)
        if chosen is not None:
            self.post_message(self.Chosen(chosen.name, self._cursor))

    def action_leave(self) -> None:
        self.point_at(None)
        self.post_message(self.Left())

    def _frame(self) -> Frame | None:
        return frame_of(self._plots, self._view, *self.size)

    def _paint(self) -> None:
        if self.size.area:
            self.paint(plot_lines(self._plots, self._view, *self.size, self._cursor))
