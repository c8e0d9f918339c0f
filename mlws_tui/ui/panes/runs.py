"""The runs: a list, the chart of the selected one, and its facts."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget

from mlws_tui.domain.changes import Change, PointsAdded, RunsChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run, RunQuery, RunState
from mlws_tui.services.hub import Hub
from mlws_tui.services.runs import RunsService
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.panes.run_curves import RunCurves
from mlws_tui.ui.panes.run_facts import HAPPENINGS, fact_lines
from mlws_tui.ui.widgets.chart import Chart
from mlws_tui.ui.widgets.chartcursor import Moment, moment_near
from mlws_tui.ui.widgets.facts import FactsView
from mlws_tui.ui.widgets.plot import Plot, View
from mlws_tui.ui.widgets.runlist import RunList

#: Smoothing of the chart's line, as a share of the curve: some, more, none.
_SMOOTHING = (0.03, 0.15, 0.0)
_LIMIT = 500
#: As many changed runs are read one by one; for more the list is read again.
_FEW = 8
#: Rows from which the chart stands below the list; columns from which the facts stand beside it.
_CHART_ROWS, _FACTS_COLUMNS = 11, 108
_NO_RUNS = "No runs yet.  mlws-tui run -- COMMAND  records one."


class RunsPane(Pane):
    """Lists the runs of the workspace, follows the live ones, draws and describes the selected one."""

    class Selected(Message):
        """Another run is selected, or its state, name or log changed; None where there are no runs."""

        def __init__(self, run: Run | None) -> None:
            super().__init__()
            self.run = run

    class Point(Message):
        """The person wants to see the line of the log that belongs to a point of the chart.

        `name` is the metric's, `ts` in Unix seconds. Step or time is None only where the moment came from the log and
        the line did not tell it.
        """

        def __init__(self, run_id: str, name: str, step: float | None, ts: float | None) -> None:
            super().__init__()
            self.run_id = run_id
            self.name = name
            self.step = step
            self.ts = ts

    NUMBER: ClassVar[int] = 2
    TITLE: ClassVar[str] = "Runs"
    _OWN: ClassVar[tuple[Action, ...]] = (
        Action("runs.next", "j,down", "Next run", "Select the next run", palette=False, call="move(1)"),
        Action(
            "runs.previous", "k,up", "Previous run", "Select the run before", palette=False, call="move(-1)"
        ),
        Action("runs.page-down", "pagedown", "Page down", "Go down by a page", palette=False, call="page(1)"),
        Action("runs.page-up", "pageup", "Page up", "Go up by a page", palette=False, call="page(-1)"),
        Action("runs.first", "g,home", "First run", "Select the first run", call="end(0)"),
        Action("runs.last", "G,end", "Last run", "Select the last run", call="end(1)"),
        Action(
            "runs.facts",
            "enter,f",
            "Facts",
            "Read the facts of the run, or go back to its chart",
            footer=True,
        ),
        Action("runs.back", "escape", "Back", "Go back from the facts to the list", palette=False),
        Action("runs.metric", "m", "Metric", "Draw the next metric", footer=True, call="metric(1)"),
        Action("runs.metric-back", "M", "Metric before", "Draw the metric before", call="metric(-1)"),
        Action("runs.axis", "x", "Time axis", "Draw over time, or over steps again"),
        Action("runs.log-axis", "y", "Log axis", "Draw on a logarithmic axis, or on a linear one again"),
        Action("runs.smooth", "e", "Smoothing", "Smooth the curve more, not at all, or a little"),
        Action("runs.cursor", "c", "Cursor", "Read the chart's values at a cursor"),
    )
    ACTIONS: ClassVar[tuple[Action, ...]] = (*_OWN, *Chart.ACTIONS)
    BINDINGS: ClassVar[list[BindingType]] = bindings(_OWN)
    DEFAULT_CSS = """
    RunsPane { layout: vertical; }
    RunsPane #runs-top { height: 1fr; }
    RunsPane RunList { width: 1fr; height: 100%; }
    RunsPane FactsView { width: 1fr; display: none; padding: 0 0 0 1; }
    RunsPane Chart { height: 1fr; display: none; border-top: solid $border-blurred; }
    RunsPane.-chart Chart { display: block; }
    RunsPane.-wide FactsView { display: block; border-left: solid $border-blurred; }
    RunsPane.-facts FactsView { display: block; }
    RunsPane.-facts Chart { display: none; }
    RunsPane.-facts #runs-top { height: 1fr; }
    RunsPane.-facts.-narrow #runs-top { layout: vertical; }
    RunsPane.-facts.-narrow RunList { height: 3; }
    RunsPane.-facts.-narrow FactsView { height: 1fr; border-top: solid $border-blurred; }
    RunsPane.-facts.-tiny RunList { display: none; }
    RunsPane.-facts.-tiny FactsView { border-top: none; }
    """

    def __init__(self, hub: Hub, runs: RunsService) -> None:
        super().__init__(hub, id="runs")
        self._service = runs
        self._list = RunList(clock=runs.now)
        self._facts = FactsView()
        self._chart = Chart()
        self._runs: tuple[Run, ...] = ()
        self._total = 0
        self._changed: set[str] | None = None  # ids to read again; None for all
        self._run: Run | None = None
        self._told: tuple[object, ...] | None = None
        self._captioned = ""
        self._arranged = -1
        self._curves = RunCurves(runs)
        self._by_time = self._log = False
        self._smoothing = 0
        self._asked: tuple[Moment, float | None, float | None] | None = (
            None  # a line's: moment, time and step
        )
        self._reload = Coalesced(self, 0.5, self._load_list)
        self._redraw = Coalesced(self, 0.4, self._load_chart)
        self._reread = Coalesced(self, 1.0, self._load_facts)

    def compose(self) -> ComposeResult:
        with Horizontal(id="runs-top"):
            yield self._list
            yield self._facts
        yield self._chart

    @property
    def focus_target(self) -> Widget:
        if self._chart.cursor is not None and self._chart.display:
            return self._chart
        return self._facts if self.has_class("-facts") else self._list

    @property
    def charted(self) -> bool:
        """Whether there is room for the chart."""
        return self._chart.display

    # what it hears

    def revive(self) -> None:
        self._changed = None
        self._reload.ask(now=True)
        self._refresh_selected(now=True)

    def changed(self, change: Change) -> None:
        if isinstance(change, RunsChanged):
            known = self._changed
            self._changed = None if change.ids is None or known is None else known | change.ids
            self._reload.ask()
        elif isinstance(change, PointsAdded) and self._concerns(change.ids):
            self._redraw.ask()

    def _concerns(self, ids: frozenset[str] | None) -> bool:
        return self._run is not None and (ids is None or self._run.id in ids)

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
            self.query_one("#runs-top").styles.height = most if wide else max(3, min(len(self._runs), most))
        else:
            self.query_one("#runs-top").styles.height = "1fr"
        self.call_after_refresh(self._refresh_selected, now=True)

    # what it reads

    async def _load_list(self) -> None:
        ids, self._changed = self._changed, set()
        try:
            await self._read_runs(ids)
        except MlwsError as error:
            self._changed = None
            self._say(error.sentence())
            return
        running = sum(run.state is RunState.RUNNING for run in self._runs)
        words = [f"{running} running"] if running else []
        words.append(f"{self._total} run{'' if self._total == 1 else 's'}" if self._total else "none yet")
        self._say(" · ".join(words))
        self._list.show(self._runs, empty=_NO_RUNS)
        self._arrange_for(len(self._runs))
        if not self._runs:
            self._tell(None)

    async def _read_runs(self, ids: set[str] | None) -> None:
        """Read the runs of these ids again, or all of them where one is new or may have another place now."""
        known = {run.id: run for run in self._runs}
        if ids is not None and len(ids) <= _FEW and ids <= known.keys():
            fresh = {run_id: await self._service.get(run_id) for run_id in ids}
            if all(
                run.state is known[id].state and not run.deleted and not run.archived
                for id, run in fresh.items()
            ):
                self._runs = tuple(fresh.get(run.id, run) for run in self._runs)
                return
        page = await self._service.list(RunQuery(limit=_LIMIT))
        self._runs, self._total = page.runs, page.total

    async def _load_chart(self) -> None:
        run = self._run
        if not self._chart.display or not self._chart.size.area:
            return
        if run is None:
            self._chart.show((), View(empty=""))
            return
        plots = await self._plots_of(run)
        if plots is None:
            return
        empty = "No metrics logged yet." if run.state.live else "This run logged no metrics."
        self._chart.show(plots, View(_SMOOTHING[self._smoothing], self._by_time, self._log, empty))

    async def _plots_of(self, run: Run) -> list[Plot] | None:
        """The chosen curves; None where they cannot be read, or another run is selected meanwhile."""
        try:
            plots = await self._curves.read(run, self._chart.size.width)
        except MlwsError as error:
            self._say(error.sentence())
            return None
        return plots if self._run is not None and run.id == self._run.id else None

    async def _load_facts(self) -> None:
        run = self._run
        if not self._facts.display:
            return
        if run is None:
            self._facts.show(())
            return
        try:
            full = await self._service.get(run.id)
            happenings = await self._service.happenings(run.id, limit=HAPPENINGS, newest=True)
            more = await self._service.count_happenings(run.id) - len(happenings)
        except MlwsError as error:
            self._say(error.sentence())
            return
        if self._run is not None and run.id == self._run.id:
            self._facts.show(fact_lines(full, happenings, self._service.now(), more_happenings=more))

    def _refresh_selected(self, *, now: bool = False) -> None:
        self._redraw.ask(now=now)
        self._reread.ask(now=now)

    # what it says

    @on(RunList.Moved)
    def _moved(self, event: RunList.Moved) -> None:
        event.stop()
        other = event.run is None or self._run is None or event.run.id != self._run.id
        self._run = event.run
        if other:
            self._drop_cursor()
            self._facts.scroll_home(animate=False)
            self._refresh_selected(now=True)
        else:
            self._reread.ask()
        self._tell(event.run)

    @on(RunList.Opened)
    def _opened(self, event: RunList.Opened) -> None:
        event.stop()
        self.action_facts()

    @on(Chart.Sized)
    def _sized(self, event: Chart.Sized) -> None:
        event.stop()
        self._redraw.ask(now=True)

    # the cursor in the chart

    async def show_moment(self, ts: float | None, step: float | None, name: str) -> bool:
        """Put the chart's cursor where a line of the selected run's log belongs.

        Args:
            ts: Unix seconds of the line, if it tells a time.
            step: Its step, if it tells one.
            name: A metric that it tells, which is drawn then; empty for none.

        Returns:
            Whether the run has a point near it.

        Raises:
            StoreError: if the index cannot be read.
        """
        run = self._run
        if run is None:
            return False
        if self.has_class("-facts"):
            self.action_facts()
        await self._curves.choose(run, name)
        plots = await self._plots_of(run)
        moment = moment_near(plots or (), ts, step)
        if moment is None:
            return False
        self._asked = moment, ts, step
        self._chart.point_at(moment)
        self._redraw.ask(now=True)
        return True

    def action_cursor(self) -> None:
        """Put the cursor into the chart, or take it away."""
        if not self._chart.display:
            where = "read the chart first: press f" if self.has_class("-facts") else "press z for more room"
            self.notify(f"No chart is shown: {where}", markup=False)
        elif self._chart.has_focus:
            self._chart.action_leave()
        elif self._chart.begin():
            self._chart.focus()
        else:
            self.notify("There is no point to put the cursor on", markup=False)

    @on(Chart.Chosen)
    def _chosen(self, event: Chart.Chosen) -> None:
        event.stop()
        if self._run is None:
            return
        moment = event.moment
        asked = self._asked
        if asked is None or moment is not asked[0]:
            asked = moment, moment.ts, moment.step
        _, ts, step = asked  # where the cursor was not moved since: those of the very line
        self.post_message(self.Point(self._run.id, event.name, step, ts))

    @on(Chart.Left)
    def _left(self, event: Chart.Left) -> None:
        event.stop()
        self.focus_target.focus()

    def _drop_cursor(self) -> None:
        had_focus = self._chart.has_focus
        self._chart.point_at(None)
        if had_focus:
            self.focus_target.focus()

    def _tell(self, run: Run | None) -> None:
        told = () if run is None else (run.id, run.name, run.state, run.log)
        if told != self._told:
            self._told = told
            self.post_message(self.Selected(run))

    def _say(self, corner: str) -> None:
        """Set the border's text where it changed: each setting paints the border again."""
        if corner != self._captioned:
            self._captioned = corner
            self.caption(corner=corner)

    def _arrange_for(self, count: int) -> None:
        if count != self._arranged:
            self._arranged = count
            self._arrange()

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
            self._list.select(len(self._runs) if last else 0)

    def action_facts(self) -> None:
        reading = not self.has_class("-facts")
        had_focus = self.has_focus_within
        self._drop_cursor()
        self.set_class(reading, "-facts")
        self._arrange()
        if had_focus:
            self.focus_target.focus()

    def action_back(self) -> None:
        if self.has_class("-facts"):
            self.action_facts()

    def action_metric(self, by: int) -> None:
        """Go round the metrics, a quantity on training and held-out data counting once."""
        if self._curves.turn(by):
            self._redraw.ask(now=True)

    def action_axis(self) -> None:
        self._by_time = not self._by_time
        self._redraw.ask(now=True)

    def action_log_axis(self) -> None:
        self._log = not self._log
        self._redraw.ask(now=True)

    def action_smooth(self) -> None:
        self._smoothing = (self._smoothing + 1) % len(_SMOOTHING)
        self._redraw.ask(now=True)
