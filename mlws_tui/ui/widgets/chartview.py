"""The chart on the screen: curves of which only the cells that changed are sent to the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message

from mlws_tui.domain.charts.cursor import Moment, Reading, at_column, chosen, moved, readings, turned
from mlws_tui.domain.charts.drawing import Picture, picture_of
from mlws_tui.domain.charts.frame import Frame
from mlws_tui.domain.charts.model import Marker, Plot, View
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.widgets.cells import CellBoard, Span
from mlws_tui.ui.widgets.chartcolours import curve_style

_FAR = 1 << 20  # columns further than any screen has


class ChartView(CellBoard, can_focus=True):
    """Draws curves. Say what to draw by `show`.

    It may have a cursor, a vertical line at one moment of a run, and has the keys for it while it has the focus.
    """

    class Chosen(Message):
        """The person wants to see more of the point at the cursor."""

        def __init__(self, moment: Moment, point: Moment) -> None:
            super().__init__()
            self.moment = moment  # where the cursor stands
            self.point = point  # the point of a curve that is there

    class Moved(Message):
        """The cursor stands somewhere else, or is gone."""

        def __init__(self, moment: Moment | None) -> None:
            super().__init__()
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
            "chart.far-left", "shift+left,ctrl+left,H", "Far left", "Move it by ten columns to the left",
            palette=False, call="move(-10)",
        ),
        Action(
            "chart.far-right", "shift+right,ctrl+right,L", "Far right", "Move it by ten columns to the right",
            palette=False, call="move(10)",
        ),
        Action("chart.first", "home", "First point", "Move it to the first point", palette=False, call="end(0)"),
        Action("chart.last", "end", "Last point", "Move it to the last point", palette=False, call="end(1)"),
        Action("chart.next", "down,j", "Next curve", "Go to the next curve here", palette=False, call="turn(1)"),
        Action(
            "chart.previous", "up,k", "Curve before", "Go to the curve before here", palette=False,
            call="turn(-1)",
        ),
        Action("chart.leave", "escape", "Leave", "Take the cursor out of the chart", True, palette=False),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    STYLES: ClassVar[tuple[str, ...]] = (
        *("text", "muted", "strong", "axis", "guide", "trouble", "cursor", "under"),
        *("mark-checkpoint", "mark-alert", "mark-note"),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{style}" for style in STYLES}
    DEFAULT_CSS = """
    ChartView {
        min-height: 3;
        & .board--axis { color: $text-muted; }
        & .board--guide { color: $foreground 14%; }
        & .board--trouble { color: $text-error; text-style: bold; }
        & .board--mark-checkpoint { color: $text-primary; }
        & .board--mark-alert { color: $text-warning; text-style: bold; }
        & .board--mark-note { color: $text-accent; }
        & .board--cursor { color: $text-muted; }
        & .board--under { background: $foreground 18%; }
        &:focus .board--cursor { color: $foreground; text-style: bold; }
        &:ansi .board--guide { color: ansi_bright_black; }
        &:ansi .board--under { background: ansi_default; text-style: reverse; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._plots: tuple[Plot, ...] = ()
        self._markers: tuple[Marker, ...] = ()
        self._view = View(empty="")
        self._cursor: Moment | None = None
        self._picture: Picture | None = None
        self._looks: dict[str, Style] = {}  # of curves and of what stands under the cursor

    def get_component_rich_style(
        self, *names: str, partial: bool = False, default: Style | None = None
    ) -> Style:
        """As Textual has it; those of curves, and of what stands under the cursor (``-cursor``), are made here."""
        name = names[0].removeprefix("board--") if len(names) == 1 else ""
        if not name or name in self.STYLES:
            return super().get_component_rich_style(*names, partial=partial, default=default)
        look = self._looks.get(name)
        if look is None:
            look = self._looks[name] = self._look(name)
        return look

    def _look(self, name: str) -> Style:
        if name.endswith("-cursor"):
            under = super().get_component_rich_style("board--under")
            style = self.get_component_rich_style(f"board--{name.removesuffix('-cursor')}")
            return style + Style(bgcolor=under.bgcolor, reverse=under.reverse)
        ansi, dark = self.has_pseudo_class("ansi"), self.has_pseudo_class("dark")
        base = super().get_component_rich_style("board--text")
        return curve_style(name, base, dark=dark, ansi=ansi) or base

    def notify_style_update(self) -> None:
        self._looks.clear()
        super().notify_style_update()

    def show(self, plots: Sequence[Plot], view: View, markers: Sequence[Marker] = ()) -> None:
        """Draw these curves, the first few of them, as the view says."""
        self._plots, self._view, self._markers = tuple(plots), view, tuple(markers)
        self._picture = None
        self._paint()

    @property
    def plots(self) -> tuple[Plot, ...]:
        """What is drawn."""
        return self._plots

    @property
    def frame(self) -> Frame | None:
        """The axes as they are now; None where nothing is drawn."""
        return self._drawn().frame if self.size.area else None

    @property
    def cursor(self) -> Moment | None:
        """The moment at which the cursor stands; None without one."""
        return self._cursor

    def point_at(self, moment: Moment | None) -> None:
        """Put the cursor at a moment, or take it away."""
        if moment != self._cursor:
            self._cursor = moment
            self._paint()

    def place_of_cursor(self) -> float | None:
        """Where on the x axis the cursor stands, as `Frame.place_of` has it; None without one."""
        frame, cursor = self.frame, self._cursor
        if frame is None or cursor is None:
            return None
        timeline = next(
            (plot.timeline for plot in frame.plots if plot.run == cursor.run), frame.plots[0].timeline
        )
        return frame.place_of(timeline.place(frame.axis, cursor.step, cursor.ts, beyond=True))

    def begin(self) -> bool:
        """Put a cursor at the last point where there is none; whether there is one then."""
        frame = self.frame
        if self._cursor is None and frame is not None:
            self.point_at(at_column(frame, _FAR))
        return self._cursor is not None

    def on_resize(self) -> None:
        super().on_resize()
        self._picture = None
        self._paint()
        self.post_message(self.Sized())

    def focus_on_click(self) -> bool:
        return self.frame is not None

    def on_click(self, event: events.Click) -> None:
        frame = self.frame
        if frame is None:
            return
        event.stop()
        column = event.get_content_offset_capture(self).x - frame.margin - 1
        self._go(at_column(frame, column, self._cursor))
        if event.chain > 1:
            self.action_open()

    def action_move(self, by: int) -> None:
        frame = self.frame
        if frame is not None and self._cursor is not None:
            self._go(moved(frame, self._cursor, by))

    def action_turn(self, by: int) -> None:
        frame = self.frame
        if frame is not None and self._cursor is not None:
            self._go(turned(frame, self._cursor, by))

    def action_end(self, last: int) -> None:
        frame = self.frame
        if frame is not None:
            self._go(at_column(frame, _FAR if last else 0, self._cursor))

    def action_open(self) -> None:
        on = self._on()
        if on is not None and self._cursor is not None:
            self.post_message(self.Chosen(self._cursor, on.moment))

    def action_leave(self) -> None:
        self._go(None)
        self.post_message(self.Left())

    def _on(self) -> Reading | None:
        frame = self.frame
        if frame is None or self._cursor is None:
            return None
        return chosen(readings(frame, self._cursor), self._cursor)

    def _go(self, moment: Moment | None) -> None:
        if moment != self._cursor:
            self.point_at(moment)
            self.post_message(self.Moved(moment))

    def _paint(self) -> None:
        if self.size.area:
            lines = self._drawn().lines(self._cursor)
            self.paint([tuple(Span(*span) for span in line) for line in lines])

    def _drawn(self) -> Picture:
        """The curves as they were drawn last, or drawn now: a cursor that moves does not change them."""
        if self._picture is None:
            self._picture = picture_of(self._plots, self._view, *self.size, self._markers)
        return self._picture
