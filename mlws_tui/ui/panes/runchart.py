"""The chart of runs: one group of their metrics, live, with all that a person may do to look closer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from mlws_tui.domain.changes import Change, PointsAdded, RunsChanged
from mlws_tui.domain.charts.cursor import Moment, line_of, moment_near
from mlws_tui.domain.charts.model import View
from mlws_tui.domain.charts.naming import MetricGroup
from mlws_tui.domain.charts.spans import cut
from mlws_tui.domain.charts.zoom import panned, shows, zoomed
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run
from mlws_tui.domain.series import SMOOTHINGS
from mlws_tui.domain.text import safe_text
from mlws_tui.services.chartreading import Drawn
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.widgets.chartview import ChartView


class RunChart(Widget):
    """Draws the curves of runs. Say which by `show_runs`."""

    class Point(Message):
        """The person wants to see the line of the log that belongs to a point of the chart.

        `name` is the metric's, `ts` in Unix seconds. Step or time is None only where the moment came from the log and
        the line did not tell it, and the step of what has none.
        """

        def __init__(self, run_id: str, name: str, step: float | None, ts: float | None) -> None:
            super().__init__()
            self.run_id = run_id
            self.name = name
            self.step = step
            self.ts = ts

    class Left(Message):
        """The person is done with the cursor."""

    DEFAULT_CSS: ClassVar[str] = """
    RunChart {
        height: 1fr;
        border-top: solid $border-blurred; border-title-align: right; border-title-color: $text-muted;
    }
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__()
        self._reader = bench.charts.reader()
        self._chart = ChartView()
        self._runs: tuple[Run, ...] = ()
        self._groups: list[MetricGroup] = []
        self._metric = ""
        self._picked: MetricGroup | None = None  # chosen by name, where it is no group of its own
        self._view = View(SMOOTHINGS[0], empty="")
        self._drawn = Drawn()
        self._asked: tuple[Moment, float | None, float | None] | None = None  # a line's: moment, time, step
        self._problem = ""
        self._redraw = Coalesced(self, 0.4, self._load)

    def compose(self) -> ComposeResult:
        yield self._chart

    # what it is told

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Draw the curves of these runs, the first of which counts most; the same ones again with fresh facts."""
        before, self._runs = self._runs, tuple(runs)
        if [run.id for run in before] == [run.id for run in self._runs]:
            self._redraw.ask()
            return
        if (before[:1] and before[0].id) != (runs[:1] and runs[0].id):
            self._asked = None
            if self._chart.has_focus:
                self.post_message(self.Left())
            self._chart.point_at(None)
            self._view = replace(self._view, window=None)
        self._redraw.ask(now=True)

    def changed(self, change: Change) -> None:
        """Hear of new points, and of runs that changed."""
        shown = {run.id for run in self._runs}
        if isinstance(change, PointsAdded) and (change.ids is None or not shown.isdisjoint(change.ids)):
            self._redraw.ask()
        elif isinstance(change, RunsChanged):
            self._reader.forget(None if change.ids is None else change.ids & shown)

    def revive(self) -> None:
        """Bring it up to date after it heard nothing for a while."""
        self._reader.forget()
        self._redraw.ask(now=True)

    # what can be asked of it

    @property
    def drawn(self) -> bool:
        """Whether it is shown and has room."""
        return self.display and bool(self._chart.size.area)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs whose curves are drawn."""
        return self._runs

    @property
    def view(self) -> View:
        """How they are looked at."""
        return self._view

    @property
    def shown(self) -> Drawn:
        """What is drawn."""
        return self._drawn

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics of the chosen group."""
        group = self._group()
        return group.names if group is not None else ()

    @property
    def has_cursor(self) -> bool:
        return self._chart.cursor is not None

    @property
    def cursor_target(self) -> Widget:
        """Where the focus belongs while there is a cursor."""
        return self._chart

    async def all_names(self) -> list[str]:
        """Every metric of the runs.

        Raises:
            StoreError: if the index cannot be read.
        """
        return await self._reader.all_names(self._runs)

    # the cursor

    def begin_cursor(self) -> bool:
        """Put a cursor into the chart and the focus on it; False where there is no point to put it on."""
        if not self._chart.begin():
            return False
        self._chart.focus()
        return True

    def drop_cursor(self) -> None:
        """Take the cursor away, if there is one."""
        self._asked = None
        if self._chart.has_focus:
            self._chart.action_leave()
        else:
            self._chart.point_at(None)

    async def show_moment(self, ts: float | None, step: float | None, name: str) -> bool:
        """Put the cursor where a line of the first run's log belongs.

        Args:
            ts: Unix seconds of the line, if it tells a time.
            step: Its step, if it tells one.
            name: A metric that it tells, which is drawn then; empty for none.

        Returns:
            Whether the run has a point near it.

        Raises:
            StoreError: if the index cannot be read.
        """
        if not self._runs:
            return False
        run = self._runs[0]
        self._groups = await self._reader.groups(self._runs)
        if any(name in group.names for group in self._groups):
            self._metric, self._picked = name, None
        view = replace(self._view, window=None)
        drawn = await self._reader.read([run], self.names, view, self._chart.size.width)
        moment = moment_near(drawn.plots, ts, step)
        if moment is None or self._runs[:1] != (run,):
            return False
        self._asked = moment, ts, step
        self._chart.point_at(moment)
        frame = self._chart.frame
        if frame is None or line_of(frame, moment) is None:
            self._view = view
        self._redraw.ask(now=True)
        return True

    @on(ChartView.Chosen)
    def _chosen(self, event: ChartView.Chosen) -> None:
        event.stop()
        moment, point = event.moment, event.point
        ts: float | None = moment.ts
        step: float | None = moment.step
        if self._asked is not None and moment == self._asked[0]:
            _, ts, step = self._asked  # the cursor was not moved since: those of the very line
        elif (point.run, point.name) != (moment.run, moment.name) and moment.name:
            ts, step = point.ts, point.step
        if step is not None and step != step:
            step = None
        run = point.run or (self._runs[0].id if self._runs else "")
        self.post_message(self.Point(run, point.name, step, ts))

    @on(ChartView.Left)
    def _left(self, event: ChartView.Left) -> None:
        event.stop()
        self._asked = None
        self.post_message(self.Left())

    @on(ChartView.Sized)
    def _sized(self, event: ChartView.Sized) -> None:
        event.stop()
        self._redraw.ask(now=True)

    @on(ChartView.Moved)
    def _moved(self, event: ChartView.Moved) -> None:
        event.stop()
        self._asked = None

    # how it is looked at

    def turn_metric(self, by: int) -> None:
        """Go round the metrics, a quantity on training and held-out data counting once."""
        if not self._groups:
            return
        group = self._group()
        here = self._groups.index(group) if group in self._groups else 0
        self._picked = None
        self._metric = self._groups[(here + by) % len(self._groups)].names[0]
        self._redraw.ask(now=True)

    def choose(self, wanted: str, names: Sequence[str]) -> None:
        """Draw the metric of this name, or all of the names that a pattern as ``val/*`` fits."""
        fitting = tuple(name for name in names if fnmatchcase(name, wanted)) or (wanted,)
        self._metric = fitting[0]
        known = next((group for group in self._groups if self._metric in group.names), None)
        self._picked = None if known is not None and len(fitting) == 1 else MetricGroup(fitting)
        self._redraw.ask(now=True)

    def turn_axis(self) -> None:
        """Let x count the next thing: steps, epochs, time since the beginning, the clock."""
        self._look(self._view.next_axis())

    def turn_log_x(self) -> None:
        """Make x logarithmic, or linear again."""
        self._look(self._view.turned("x"))

    def turn_log_y(self) -> None:
        """Make y logarithmic, or linear again."""
        self._look(self._view.turned("y"))

    def turn_smoothing(self) -> None:
        """Smooth more, in another way, not at all, and a little again."""
        self._look(self._view.next_smoothing())

    def zoom(self, factor: float) -> None:
        """Go closer (below 1) or further away, around the cursor or else the right end."""
        frame = self._chart.frame
        if frame is not None:
            window = zoomed(frame, factor, self._chart.place_of_cursor())
            self._look(replace(self._view, window=window))

    def pan(self, share: float) -> None:
        """Go along the x axis by a share of what is seen; to the left below 0."""
        frame = self._chart.frame
        if frame is not None:
            self._look(replace(self._view, window=panned(frame, share)))

    def whole(self) -> None:
        """Show the whole curves again."""
        self._look(replace(self._view, window=None))

    def _look(self, view: View) -> None:
        """Show what is read in another way at once, then read what that needs."""
        self._view = view
        self._paint()
        self._redraw.ask(now=True)

    # what it reads and shows

    def _group(self) -> MetricGroup | None:
        if self._picked is not None:
            return self._picked
        first = self._groups[0] if self._groups else None
        return next((group for group in self._groups if self._metric in group.names), first)

    async def _load(self) -> None:
        runs, view = self._runs, self._view
        if not self.drawn:
            return
        try:
            self._groups = await self._reader.groups(runs)
            drawn = await self._reader.read(runs, self.names, view, self._chart.size.width)
        except MlwsError as error:
            self._problem = error.sentence()
            self._caption()
            return
        if runs is not self._runs and [run.id for run in runs] != [run.id for run in self._runs]:
            return
        self._drawn, self._problem = drawn, ""
        self._paint()

    def _paint(self) -> None:
        live = any(run.state.live for run in self._runs)
        empty = "No metrics logged yet." if live else "This run logged no metrics."
        if len(self._runs) > 1 and not live:
            empty = "These runs logged no metrics."
        if self._drawn.notes:
            empty = f"{self._drawn.notes[0]}: x shows another axis"
        view = replace(self._view, empty=empty if self._runs else "")
        self._chart.show(self._drawn.plots, view, self._drawn.markers)
        frame = self._chart.frame
        if frame is not None and view.window is not None and view.window.follows:
            self._view = replace(self._view, window=shows(frame))
        self._caption()

    def _caption(self) -> None:
        """Say in the border how the chart is looked at; setting it paints the border, so only where it changed."""
        words = " · ".join(self._words()) if self._runs else ""
        title = Content(safe_text(f" {words} ")) if words else Content("")
        if self.border_title != title:
            self.border_title = title

    def _words(self) -> list[str]:
        if self._problem:
            return [self._problem]
        view, group = self._view, self._group()
        if group is None:
            return []
        words = list(self._drawn.notes)
        if len(self._runs) > 1:  # the legend has the runs' names then
            words.append(cut(group.title, 40))
        if group.beside:
            words.append("one metric at a time")
        if self._drawn.more:
            words.append(f"+{self._drawn.more} more curves")
        if len(self._groups) > 1:
            place = f"{self._groups.index(group) + 1} of " if group in self._groups else ""
            words.append(f"metric {place}{len(self._groups)}")
        return [*words, *view.words]
