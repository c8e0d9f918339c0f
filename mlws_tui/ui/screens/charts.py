"""All metrics of some runs as a grid of charts: found by a pattern, looked at together, each to be made large."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mlws_tui.domain.changes import Change, PointsAdded, RunsChanged
from mlws_tui.domain.charts.model import View, Window
from mlws_tui.domain.charts.naming import MetricGroup
from mlws_tui.domain.charts.zoom import panned, zoomed
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run
from mlws_tui.domain.series import SMOOTHINGS
from mlws_tui.domain.text import safe_text
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.chartcell import ChartCell
from mlws_tui.ui.widgets.chartview import ChartView
from mlws_tui.ui.widgets.logfield import LogField

#: Columns and rows that a chart takes at least; charts beside each other and below each other at most.
_WIDE, _HIGH, _MOST_BESIDE, _MOST_BELOW = 48, 11, 4, 6
#: Columns for each row of a chart that looks well.
_LYING = 3.6
_KEYS = "/ find · hjkl go · enter large · c cursor · x X y axes · e smoothing · + - < > 0 zoom · esc leaves"


class ChartsScreen(ModalScreen[Jump | None]):
    """Shows the charts of runs, live while it is open; answers with the log that a point of a chart leads to.

    Args:
        bench: The workspace.
        runs: Whose metrics; the first one counts most.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave"),
        Binding("q,w", "dismiss", "Leave", show=False),
        Binding("slash", "find", "Find"),
        Binding("enter", "enlarge", "Large"),
        Binding("left,h", "go(-1, 0)", "Left", show=False),
        Binding("right,l", "go(1, 0)", "Right", show=False),
        Binding("up,k", "go(0, -1)", "Up", show=False),
        Binding("down,j", "go(0, 1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "end(0)", "First", show=False),
        Binding("end,G", "end(1)", "Last", show=False),
        Binding("c", "cursor", "Cursor"),
        Binding("x", "look('axis')", "X axis"),
        Binding("X", "look('x')", "Log x", show=False),
        Binding("y", "look('y')", "Log y", show=False),
        Binding("e", "look('smooth')", "Smoothing", show=False),
        Binding("plus", "zoom(0.5)", "Closer", show=False),
        Binding("minus", "zoom(2.0)", "Further", show=False),
        Binding("less_than_sign", "pan(-0.25)", "Pan left", show=False),
        Binding("greater_than_sign", "pan(0.25)", "Pan right", show=False),
        Binding("0", "whole", "Whole", show=False),
    ]
    DEFAULT_CSS = """
    ChartsScreen { background: $background; }
    ChartsScreen #charts-head { height: 1; padding: 0 1; }
    ChartsScreen #charts-keys { height: 1; padding: 0 1; color: $text-muted; }
    ChartsScreen Input { border: none; height: 1; padding: 0 1; background: $boost; }
    ChartsScreen Input:focus { border: none; }
    ChartsScreen Grid { height: 1fr; grid-gutter: 0; }
    """

    def __init__(self, bench: Workbench, runs: Sequence[Run]) -> None:
        super().__init__()
        self._bench = bench
        self._runs = tuple(runs)
        self._reader = bench.charts.reader()
        self._view = View(SMOOTHINGS[0], empty="no points")
        self._pattern = ""
        self._all: list[MetricGroup] = []
        self._groups: list[MetricGroup] = []
        self._at = self._top = 0  # the chosen group, and the first row of the grid that is seen
        self._beside = self._below = 1
        self._large = False  # whether the chosen chart has all the room
        self._room = (1, 1)  # charts that there is room for, beside each other and below each other
        self._problem = ""
        self._head = Static("", id="charts-head", markup=False)
        self._field = LogField(self._accept, "a name or a pattern: val/*  system/*")
        self._field.display = False
        self._grid = Grid()
        self._unsubscribe: Callable[[], None] | None = None
        self._redraw = Coalesced(self, 0.5, self._load)
        self._again = Coalesced(self, 1.0, self._load_runs)

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._field
        yield self._grid
        yield Static(_KEYS, id="charts-keys", markup=False)

    def on_mount(self) -> None:
        self._unsubscribe = self._bench.hub.subscribe(self._hear)
        self._redraw.ask(now=True)

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    async def on_resize(self, event: events.Resize) -> None:
        await self._arrange(event.size.width, event.size.height)

    @property
    def cells(self) -> list[ChartCell]:
        """The places of the grid, row by row."""
        return list(self._grid.query(ChartCell))

    # what it hears

    def _hear(self, change: Change) -> None:
        shown = {run.id for run in self._runs}
        if not isinstance(change, PointsAdded | RunsChanged):
            return
        if change.ids is not None and shown.isdisjoint(change.ids):
            return
        (self._redraw if isinstance(change, PointsAdded) else self._again).ask()

    @on(ChartCell.Picked)
    def _picked(self, event: ChartCell.Picked) -> None:
        event.stop()
        cells = self.cells
        if event.cell in cells and event.cell.group in self._groups:
            self._at = self._groups.index(event.cell.group)
            self._mark()

    @on(ChartView.Moved)
    def _moved(self, event: ChartView.Moved) -> None:
        """Put the cursors of all charts at the same moment."""
        event.stop()
        moment = event.moment
        for cell in self.cells:
            if not cell.chart.has_focus:
                cell.chart.point_at(None if moment is None else replace(moment, name=""))

    @on(ChartView.Left)
    def _left(self, event: ChartView.Left) -> None:
        event.stop()
        self._drop_cursors()

    @on(ChartView.Chosen)
    def _chosen(self, event: ChartView.Chosen) -> None:
        event.stop()
        self.dismiss(Jump("log", event.point.run or self._runs[0].id))

    @on(ChartView.Sized)
    def _sized(self, event: ChartView.Sized) -> None:
        event.stop()
        self._redraw.ask(now=True)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._pattern = event.value.strip()
        self._at = self._top = 0
        self._choose()

    def _accept(self, _text: str) -> None:
        self._field.display = False
        self.set_focus(None)

    # what the person does

    def action_leave(self) -> None:
        """Leave what is being done, the last begun first: the field, the large chart, the pattern, the screen."""
        if self._field.display or (self._pattern and not self._large):
            self._field.value = ""
            self._accept("")
        elif self._large:
            self._large = False
            self._lay_out()
        else:
            self.dismiss(None)

    def action_find(self) -> None:
        self._large = False
        self._lay_out()
        self._field.display = True
        self._field.take_focus()

    def action_enlarge(self) -> None:
        """Make the chosen chart as large as the screen, or all of them small again."""
        if self._groups:
            self._large = not self._large
            self._lay_out()

    def action_go(self, across: int, down: int) -> None:
        self._go_to(self._at + across + down * (1 if self._large else self._beside))

    def action_page(self, by: int) -> None:
        step = 1 if self._large else self._beside * self._below
        self._go_to(min(max(0, self._at + by * step), len(self._groups) - 1))

    def action_end(self, last: int) -> None:
        self._go_to(len(self._groups) - 1 if last else 0)

    def action_cursor(self) -> None:
        """Put the cursor into the chosen chart, and those of the others at the same moment."""
        cell = self._chosen_cell()
        if cell is None or cell.chart.has_focus:
            self._drop_cursors()
        elif cell.chart.begin():
            self.set_focus(cell.chart)
            cell.chart.post_message(ChartView.Moved(cell.chart.cursor))

    def action_look(self, what: str) -> None:
        view = self._view
        self._view = {"axis": view.next_axis, "smooth": view.next_smoothing}.get(
            what, lambda: view.turned(what)
        )()
        self._redraw.ask(now=True)

    def action_zoom(self, factor: float) -> None:
        cell = self._chosen_cell()
        if cell is not None and (frame := cell.chart.frame) is not None:
            self._to(zoomed(frame, factor, cell.chart.place_of_cursor()))

    def action_pan(self, share: float) -> None:
        cell = self._chosen_cell()
        if cell is not None and (frame := cell.chart.frame) is not None:
            self._to(panned(frame, share))

    def action_whole(self) -> None:
        self._to(None)

    def _to(self, window: Window | None) -> None:
        self._view = replace(self._view, window=window)
        self._redraw.ask(now=True)

    def _go_to(self, place: int) -> None:
        if not 0 <= place < len(self._groups):
            return
        self._drop_cursors()
        self._at = place
        self._show()

    def _drop_cursors(self) -> None:
        self.set_focus(None)
        for cell in self.cells:
            cell.chart.point_at(None)

    # what it shows

    async def _arrange(self, width: int, height: int) -> None:
        """As many places as there is room for at most."""
        self._room = max(1, width // _WIDE), max(1, (height - 2) // _HIGH)
        places = min(_MOST_BESIDE, self._room[0]) * min(_MOST_BELOW, self._room[1])
        cells = self.cells
        if len(cells) < places:
            await self._grid.mount_all(ChartCell() for _ in range(places - len(cells)))
        self._lay_out()

    def _lay_out(self) -> None:
        """Share the room out among the charts, so that few of them are large."""
        self._beside, self._below = _shape(len(self._groups), *self._room)
        self._grid.styles.grid_size_columns = 1 if self._large else self._beside
        self._grid.styles.grid_size_rows = 1 if self._large else self._below
        self._show()

    def _choose(self) -> None:
        """Take the groups that the pattern fits, of each the metrics that it fits."""
        wanted = self._pattern if "*" in self._pattern or "?" in self._pattern else f"*{self._pattern}*"
        fitting = [
            tuple(name for name in group.names if fnmatchcase(name.lower(), wanted.lower()))
            for group in self._all
        ]
        groups = [MetricGroup(names) for names in fitting if names]
        self._groups = groups
        self._at = min(self._at, max(0, len(groups) - 1))
        self._lay_out()

    def _show(self) -> None:
        """Give the places their groups, so that the chosen one is among them."""
        row, rows = self._at // self._beside, -(-len(self._groups) // self._beside)
        self._top = max(0, min(max(self._top, row - self._below + 1), row, max(0, rows - self._below)))
        first, seen = self._top * self._beside, self._beside * self._below
        others = [
            cell.hold(self._groups[place] if place < min(len(self._groups), first + seen) else None)
            for place, cell in enumerate(self.cells, first)
        ]
        for place, cell in enumerate(self.cells, first):
            cell.display = place == self._at if self._large else place < first + seen
        self._mark()
        if any(others):
            self._redraw.ask(now=True)

    def _mark(self) -> None:
        for place, cell in enumerate(self.cells, self._top * self._beside):
            cell.set_class(place == self._at, "-chosen")
        self._tell()

    def _tell(self) -> None:
        names = [run.name for run in self._runs]
        whose = names[0] if len(names) == 1 else f"{len(names)} runs"
        count = len(self._groups)
        place = (
            f"{self._at + 1} of {count}"
            if count
            else f"nothing fits {self._pattern}"
            if self._pattern
            else "none"
        )
        words = [place, self._view.axis.value, *self._view.words]
        if self._pattern and count:
            words.insert(0, self._pattern)
        told = self._problem or " · ".join(words)
        self._head.update(
            Content.assemble(
                (f"Charts of {safe_text(whose)}", "bold"), (f"   {safe_text(told)}", "$text-muted")
            )
        )

    def _chosen_cell(self) -> ChartCell | None:
        return next((cell for cell in self.cells if cell.has_class("-chosen")), None)

    # what it reads

    async def _load_runs(self) -> None:
        """Read the runs again: their states, and which metrics they have by now."""
        try:
            self._runs = tuple([await self._bench.runs.get(run.id) for run in self._runs])
        except MlwsError as error:  # one was deleted for ever: the others are drawn on as they were
            self._problem = error.sentence()
        self._reader.forget()
        self._redraw.ask()

    async def _load(self) -> None:
        try:
            known = await self._reader.groups(self._runs)
            if known != self._all:
                self._all = known
                self._choose()
            for cell in self.cells:
                await self._fill(cell)
            self._problem = ""
        except MlwsError as error:
            self._problem = error.sentence()
        self._tell()

    async def _fill(self, cell: ChartCell) -> None:
        group, view = cell.group, self._view
        if group is None or not cell.display or not cell.chart.size.area:
            return
        drawn = await self._reader.read(self._runs, group.names, view, cell.chart.size.width)
        if cell.group == group:
            cell.fill(drawn, view if not drawn.notes else replace(view, empty=drawn.notes[0]))


def _shape(count: int, beside: int, below: int) -> tuple[int, int]:
    """Columns and rows for so many charts: those in which each of them is most like a sheet that lies.

    Args:
        count: How many charts there are.
        beside: Charts that there is room for beside each other.
        below: And below each other.
    """
    beside, below = min(_MOST_BESIDE, beside), min(_MOST_BELOW, below)
    if count >= beside * below:
        return beside, below

    def odd(columns: int) -> float:
        wide, high = beside * _WIDE / columns, below * _HIGH / -(-count // columns)
        return abs(math.log(wide / high / _LYING))

    fitting = [columns for columns in range(1, beside + 1) if -(-count // columns) <= below]
    columns = min(fitting, key=odd) if count else 1
    return columns, max(1, -(-count // columns))
