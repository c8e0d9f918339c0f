"""What the tests of charts share: a chart of runs on a screen of its own, over real streams and a real index."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget

from mlws_tui.config.load import load_settings
from mlws_tui.config.resources import theme_folders
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, RunsChanged
from mlws_tui.domain.runs import Bucket, Run
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.actions import bindings
from mlws_tui.ui.panes.runchart import RunChart
from mlws_tui.ui.panes.runchartkeys import ChartKeys
from mlws_tui.ui.themes import load_themes
from tests.runs.keys import press
from tests.runs.kit import begun, ended, metrics, record

A, B = "20241019-143000-llama-lr1e-4", "20241020-090000-llama-lr3e-4"
PATIENCE = 20.0


def point(step: float, value: float, ts: float | None = None) -> Bucket:
    """One point, ten seconds a step after another."""
    when = 1000.0 + 10 * step if ts is None else ts
    if math.isfinite(value):
        return Bucket(step, step, when, when, value, value, value, value, 1)
    return Bucket(
        step, step, when, when, None, None, None, None, 1, 1, int(value == math.inf), int(value == -math.inf)
    )


def two_runs(workspace: Workspace) -> None:
    """Two finished runs that differ in their learning rate, the first with all that can be marked."""
    for run, began, scale in ((A, 1000.0, 2.0), (B, 5000.0, 1.0)):
        record(
            workspace,
            run,
            begun(run, began, config={"lr": run[-4:]}),
            *(metrics(i, began + 10 * i, loss=scale / i + 0.1, epoch=i / 20) for i in range(1, 101)),
            *(metrics(i, began + 10 * i, **{"val/loss": scale / i + 0.2}) for i in range(20, 101, 20)),
        )
    record(
        workspace,
        A,
        {"type": "artifact", "ts": 1500.0, "path": "out/checkpoint-50", "kind": "checkpoint"},
        {"type": "alert", "ts": 1700.0, "level": "warning", "title": "gradient spike"},
        *(
            {
                "type": "system",
                "ts": 1000.0 + 50 * i,
                "gpus": [{"index": 1, "util": 80 + i, "mem": 2**30}],
                "cpu": i,
            }
            for i in range(20)
        ),
        ended(2000.0),
    )
    record(workspace, B, ended(6000.0))


class Host(ChartKeys):
    """A pane that has nothing but the chart."""

    BINDINGS = bindings(ChartKeys.CHART_ACTIONS)

    def __init__(self, bench: Workbench, runs: Sequence[Run]) -> None:
        super().__init__()
        self.bench = bench
        self.chart = RunChart(bench)
        self.given = runs
        self.points: list[RunChart.Point] = []

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.can_focus = True
        self.focus()
        self.chart.show_runs(self.given)
        self.bench.hub.subscribe(self.hear)

    def hear(self, change: Change) -> None:
        """As the pane of the runs does: the chart hears it, then gets the runs as they are now."""
        self.chart.changed(change)
        if isinstance(change, RunsChanged):
            self.run_worker(self.show([run.id for run in self.given]))

    async def show(self, ids: Sequence[str]) -> None:
        self.given = [await self.bench.runs.get(run) for run in ids]
        self.chart.show_runs(self.given)

    def on_run_chart_point(self, event: RunChart.Point) -> None:
        self.points.append(event)

    def on_run_chart_left(self, _event: RunChart.Left) -> None:
        self.focus()


class Screen(App[None]):
    """A widget alone, in one of our themes."""

    def __init__(self, make: Callable[[], Widget] | None = None, theme: str = "mlws-dark") -> None:
        super().__init__()
        self._make = make
        themes, problems = load_themes(theme_folders(None))
        assert not problems
        for one in themes:
            self.register_theme(one)
        self.theme = theme

    def compose(self) -> ComposeResult:
        if self._make is not None:
            yield self._make()

    @property
    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@dataclass
class Seat:
    """A person before the chart."""

    app: Screen
    pilot: Pilot[None]
    bench: Workbench

    @property
    def host(self) -> Host:
        return self.app.query_one(Host)

    async def see(self, what: str | Callable[[str], bool]) -> str:
        """Wait until the screen shows it; the screen."""
        deadline = time.monotonic() + PATIENCE
        while True:
            text = self.app.text
            if what in text if isinstance(what, str) else what(text):
                return text
            assert time.monotonic() < deadline, f"not seen: {what}\n{text}"
            await self.pilot.pause(0.01)

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    async def came(self) -> None:
        """Take in what was recorded meanwhile."""
        await self.bench.ingest.catch_up()


@contextlib.asynccontextmanager
async def opened(workspace: Workspace) -> AsyncIterator[Workbench]:
    """The workspace with all that its streams hold; nothing runs in the background."""
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings) as bench:
        await bench.ingest.catch_up()
        yield bench


@contextlib.asynccontextmanager
async def seated(workspace: Workspace, ids: Sequence[str], columns: int, rows: int) -> AsyncIterator[Seat]:
    """A person before the chart of these runs."""
    async with opened(workspace) as bench:
        runs = [await bench.runs.get(run) for run in ids]
        app = Screen(lambda: Host(bench, runs))
        async with app.run_test(size=(columns, rows)) as pilot:
            yield Seat(app, pilot, bench)
