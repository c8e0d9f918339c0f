"""The runs: a list, the chart of the selected and the marked ones, and the facts of the selected one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from mlws_tui.domain.changes import Change, PointsAdded, RunsChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.run_facts import HAPPENINGS, fact_lines
from mlws_tui.ui.panes.run_keys import FOOTER, LIST_ACTIONS
from mlws_tui.ui.panes.run_starts import StartKeys
from mlws_tui.ui.panes.run_visits import RunVisits
from mlws_tui.ui.panes.runchart import RunChart
from mlws_tui.ui.panes.runchartkeys import ChartKeys
from mlws_tui.ui.widgets.chartview import ChartView
from mlws_tui.ui.widgets.facts import FactsView
from mlws_tui.ui.widgets.runlist import RunList

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

#: Rows from which the chart stands below the list; columns from which the facts stand beside it.
_CHART_ROWS, _FACTS_COLUMNS = 11, 108


class RunsPane(RunVisits, ChartKeys, StartKeys):
    """Lists the runs of the workspace, follows the live ones, draws and describes the selected one."""

    class Selected(Message):
        """Another run is selected, or its state, name or log changed; None where there are no runs."""

        def __init__(self, run: Run | None) -> None:
            super().__init__()
            self.run = run

    class Point(Message):
        """The person wants to see the line of the log that belongs to a point of the chart; its run is selected.

        `name` is the metric's, `ts` in Unix seconds. Step or time is None only where the moment came from the log and
        the line did not tell it.
        """

        def __init__(self, run_id: str, name: str, step: float | None, ts: float | None) -> None:
            super().__init__()
            self.run_id = run_id
            self.name = name
            self.step = step
            self.ts = ts

    class Jumped(Message):
        """A page leads to a place outside of this pane."""

        def __init__(self, jump: Jump) -> None:
            super().__init__()
            self.jump = jump

    NUMBER: ClassVar[int] = 2
    TITLE: ClassVar[str] = "Runs"
    _OWN: ClassVar[tuple[Action, ...]] = tuple(
        replace(action, footer=action.id in FOOTER)
        for action in (
            *LIST_ACTIONS,
            *StartKeys.ACT_ACTIONS,
            *StartKeys.START_ACTIONS,
            *ChartKeys.CHART_ACTIONS,
        )
    )
    ACTIONS: ClassVar[tuple[Action, ...]] = (*_OWN, *ChartView.ACTIONS)
    BINDINGS: ClassVar[list[BindingType]] = bindings(_OWN)
    DEFAULT_CSS = """
    RunsPane { layout: vertical; }
    RunsPane #runs-top { height: 1fr; }
    RunsPane #runs-found { width: 11fr; height: 100%; }
    RunsPane RunList { width: 100%; height: 1fr; }
    RunsPane FactsView { width: 9fr; display: none; padding: 0 0 0 1; }
    RunsPane RunChart { height: 1fr; display: none; }
    RunsPane.-chart RunChart { display: block; }
    RunsPane.-wide FactsView { display: block; border-left: solid $border-blurred; }
    RunsPane.-facts FactsView { display: block; }
    RunsPane.-facts RunChart { display: none; }
    RunsPane.-facts #runs-top { height: 1fr; }
    RunsPane.-facts.-narrow #runs-top { layout: vertical; }
    RunsPane.-facts.-narrow #runs-found { width: 100%; height: 3; }
    RunsPane.-facts.-narrow FactsView { width: 100%; height: 1fr; border-top: solid $border-blurred; }
    RunsPane.-facts.-tiny #runs-found { display: none; }
    RunsPane.-facts.-tiny FactsView { border-top: none; }
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self.chart = RunChart(bench)
        self._facts = FactsView()
        self._run: Run | None = None  # whose facts and curves are shown
        self._told: tuple[object, ...] | None = None
        self._drawn: tuple[Run, ...] = ()
        self._looked_at = ""  # the run that is drawn beside the marked ones, as a line of its log leads to it
        self._arranged = -1
        self._describe = Coalesced(self, 1.0, self._load_facts)

    def compose(self) -> ComposeResult:
        with Horizontal(id="runs-top"):
            with Vertical(id="runs-found"):
                yield self._line
                yield self._list
            yield self._facts
        yield self.chart

    @property
    def focus_target(self) -> Widget:
        if self.chart.display and self.chart.has_cursor:
            return self.chart.cursor_target
        return self._facts if self.has_class("-facts") else self._list

    @property
    def charted(self) -> bool:
        """Whether there is room for the chart."""
        return self.chart.drawn

    # what it hears

    def revive(self) -> None:
        super().revive()
        self.chart.revive()
        self._describe.ask(now=True)

    def reread(self) -> None:
        super().reread()
        self._describe.ask(now=True)

    def changed(self, change: Change) -> None:
        super().changed(change)
        if isinstance(change, RunsChanged | PointsAdded):
            self.chart.changed(change)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """Share the height between list and chart: the list gets what its runs need, up to two fifths."""
        width, height = self.size
        wide = width >= _FACTS_COLUMNS
        self.set_class(wide, "-wide")
        self.set_class(not wide, "-narrow")
        self.set_class(height < 8, "-tiny")
        self.set_class(height >= _CHART_ROWS, "-chart")
        if height >= _CHART_ROWS and not self.has_class("-facts"):
            most = max(4, height * 2 // 5)
            rows = len(self._rows) + bool(self.view.columns) + self._line.is_open
            self.query_one("#runs-top").styles.height = most if wide else max(3, min(rows, most))
        else:
            self.query_one("#runs-top").styles.height = "1fr"
        self._describe.ask(now=True)

    # what it reads

    async def _load_facts(self) -> None:
        run, service = self._run, self.bench.runs
        if not self._facts.display:
            return
        if run is None:
            self._facts.show(())
            return
        try:
            full = await service.get(run.id)
            happenings = await service.happenings(run.id, limit=HAPPENINGS, newest=True)
            more = await service.count_happenings(run.id) - len(happenings)
        except MlwsError as error:
            self._set_corner(error.sentence())
            return
        if self._run is not None and run.id == self._run.id:
            self._facts.show(fact_lines(full, happenings, service.now(), more_happenings=more))

    # what it shows and says

    @on(RunList.Moved)
    def _moved(self, event: RunList.Moved) -> None:
        event.stop()
        self._show_selected()

    @on(RunList.Opened)
    def _opened(self, event: RunList.Opened) -> None:
        event.stop()
        self.action_open()

    def list_changed(self) -> None:
        if self._arranged != len(self._rows):
            self._arranged = len(self._rows)
            self._arrange()
        super().list_changed()

    def marks_changed(self) -> None:
        super().marks_changed()
        self._draw()

    def _show_selected(self) -> None:
        """Draw and describe the selected run, on the header of a group the best of it.

        A row that is still being read leaves what is shown.
        """
        run, group = self._list.selected, self._list.group
        if run is None and len(self._rows) and group is None:
            return
        if group is not None and group.best is not None:
            run = self._rows.run(group.best.run)
            if run is None:
                self.run_worker(self._read_best(group.best.run), group="best", exclusive=True)
                return
        other = (run and run.id) != (self._run and self._run.id)
        self._run = run
        if other:
            self._looked_at = ""
            self._facts.scroll_home(animate=False)
        self._describe.ask(now=other)
        self._draw()
        self._tell(run)

    async def _read_best(self, run_id: str) -> None:
        try:
            found = await self.read_all([run_id])
        except MlwsError as error:
            self._set_corner(error.sentence())
            return
        if found:  # else it is gone, and the list will hear of it
            self._show_selected()

    def _draw(self) -> None:
        """Hand the chart its runs; the same ones again bring their new facts."""
        run = self._run
        runs = self.drawn() if self._list.marked else ()
        if run is not None and (not runs or run.id == self._looked_at or run.id in self._list.marked):
            runs = (run, *(one for one in runs if one.id != run.id))
        if runs != self._drawn:
            self._drawn = runs
            self.chart.show_runs(runs)

    def _tell(self, run: Run | None) -> None:
        told = () if run is None else (run.id, run.name, run.state, run.log)
        if told != self._told:
            self._told = told
            self.post_message(self.Selected(run))

    def leave(self, jump: Jump) -> None:
        self.post_message(self.Jumped(jump))

    # the chart

    async def show_moment(self, ts: float | None, step: float | None, name: str) -> bool:
        """Put the chart's cursor where a line of the selected run's log belongs: see `RunChart.show_moment`.

        Raises:
            StoreError: if the index cannot be read.
        """
        if self._run is None:
            return False
        if self.has_class("-facts"):
            self.action_facts()
        self._looked_at = self._run.id
        self._draw()
        return await self.chart.show_moment(ts, step, name)

    @on(RunChart.Point)
    def _pointed(self, event: RunChart.Point) -> None:
        event.stop()
        if self._run is None or event.run_id != self._run.id:
            self._list.reveal(event.run_id)
            self._show_selected()
        self.post_message(self.Point(event.run_id, event.name, event.step, event.ts))

    @on(RunChart.Left)
    def _left(self, event: RunChart.Left) -> None:
        event.stop()
        self.focus_target.focus()

    # what the person does

    def action_move(self, by: int) -> None:
        if self._facts.has_focus:
            self._facts.scroll_relative(y=by, animate=False)
        else:
            self._list.select(self._list.place + by)

    def action_page(self, by: int) -> None:
        if self._facts.has_focus:
            self._facts.scroll_relative(y=by * max(1, self._facts.size.height - 1), animate=False)
        else:
            self._list.select(self._list.place + by * max(1, self._list.size.height - 1))

    def action_end(self, last: int) -> None:
        if self._facts.has_focus:
            self._facts.scroll_to(y=self._facts.max_scroll_y if last else 0, animate=False)
        else:
            self._list.select(len(self._rows) if last else 0)

    def action_filter(self) -> None:
        super().action_filter()
        self._arrange()

    def _close_line(self) -> None:
        super()._close_line()
        self._arrange()

    def action_facts(self) -> None:
        reading = not self.has_class("-facts")
        had_focus = self.has_focus_within
        self.chart.drop_cursor()
        self.set_class(reading, "-facts")
        self._arrange()
        if had_focus:
            self.focus_target.focus()

    def action_back(self) -> None:
        """Leave the facts or the chart's cursor, or else clear the filter."""
        if self.has_class("-facts"):
            self.action_facts()
        elif self.chart.has_cursor:
            self.chart.drop_cursor()
        elif self._line.is_open or self.view.filter:
            self._leave_filter()
