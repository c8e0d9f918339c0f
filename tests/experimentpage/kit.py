"""A sweep of runs under one experiment, and its page in an app of its own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from textual.app import App
from textual.pilot import Pilot

from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.experimentpage import ExperimentPage
from tests.runs.kit import alive, begun, ended, metrics, record

#: Friday, 2026-11-20, 09:41:23 UTC.
NOW = 1795167683.0
NAMES = ("lora-r8", "lora-r16", "lora-r32", "full", "broken", "live")
IDS = tuple(f"2026111{n}-150000-{name}" for n, name in enumerate(NAMES))


def sweep(workspace: Workspace) -> None:
    """Six runs: four done, one broken, one at work."""
    gpus = [{"index": 0}, {"index": 1}]
    for n, run in enumerate(IDS):
        start = NOW - 86_400 * (6 - n)
        config = {"lr": 1e-4 if n % 2 else 3e-5, "lora": {"r": 8 * 2 ** min(n, 2)}, "epochs": 3}
        head = begun(run, start, experiment="reviews", config=config, gpus=gpus)
        values = [
            metrics(1, start + 60, acc=0.5 + n / 100, loss=2.0),
            metrics(2, start + 120, loss=1.0 - n / 10),
        ]
        if n == 1:
            values.append(metrics(3, start + 130, acc=0.91))
        if n < 4:
            ending = [{"type": "artifact", "ts": start + 150, "path": f"ckpt/{n}.pt", "kind": "checkpoint"}]
            record(workspace, run, head, *values, *ending, ended(start + 3600))
        elif n == 4:
            record(workspace, run, head, values[0], ended(start + 300, "failed", exit_code=1))
        else:
            record(workspace, run, {**head, **alive()}, values[0])


class Seat(App[None]):
    """The page over a workbench."""

    def __init__(self, bench: Workbench, ref: str) -> None:
        super().__init__()
        self.bench = bench
        self.ref = ref
        self.went: list[Jump | None] = []

    def on_mount(self) -> None:
        self.push_screen(ExperimentPage(self.bench, self.ref), self.went.append)

    @property
    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def row(self, name: str) -> str:
        return next(line for line in self.text.split("\n") if f" {name} " in line and "★ acc" not in line)


@contextlib.asynccontextmanager
async def opened(workspace: Workspace) -> AsyncIterator[Workbench]:
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings, clock=lambda: NOW) as bench:
        await bench.ingest.catch_up()
        yield bench


@contextlib.asynccontextmanager
async def seated(
    workspace: Workspace, columns: int = 120, rows: int = 40, ref: str = "reviews"
) -> AsyncIterator[tuple[Seat, Pilot[None]]]:
    async with opened(workspace) as bench:
        app = Seat(bench, ref)
        async with app.run_test(size=(columns, rows)) as pilot:
            yield app, pilot
