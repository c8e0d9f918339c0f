"""All metrics as a grid of charts: found, gone through, made large, and followed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.charts.model import View
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.charts import ChartsScreen
from tests.charts.kit import A, B, Screen, Seat, opened, two_runs
from tests.runs.kit import begun, ended, metrics, record

LONG = "20241021-090000-long"


@contextlib.asynccontextmanager
async def at_the_grid(
    workspace: Workspace, ids: Sequence[str], size: tuple[int, int], answers: list[Jump | None]
) -> AsyncIterator[Seat]:
    async with opened(workspace) as bench:
        runs = [await bench.runs.get(run) for run in ids]
        app = Screen()
        async with app.run_test(size=size) as pilot:
            await app.push_screen(ChartsScreen(bench, runs), answers.append)
            yield Seat(app, pilot, bench)


async def test_all_metrics_are_there_and_are_found(workspace: Workspace) -> None:
    two_runs(workspace)
    answers: list[Jump | None] = []
    async with at_the_grid(workspace, [A, B], (100, 26), answers) as seat:
        await seat.see("Charts of 2 runs   1 of 5 · step · EMA light")
        text = await seat.see(lambda text: "a lr1e-4 loss 0.120" in text and "━ lr1e-4 99" in text)
        for title in ("loss, val/loss", "epoch", "system/gpu1/util", "system/gpu1/mem"):
            assert f" {title} " in text
        await seat.press("slash", *"*il")
        await seat.see("*il · 1 of 1 ·")
        await seat.press("enter", "escape")
        await seat.see("1 of 5")
        await seat.press("j", "l", "enter")
        text = await seat.see(lambda text: "4 of 5" in text and " epoch " not in text)
        assert " system/gpu1/mem " in text
        await seat.press("escape", "G")
        await seat.see(lambda text: "5 of 5" in text and "━ lr1e-4 19" in text and "loss" not in text)
        await seat.press("q")
        await seat.see(lambda _: bool(answers))
        assert answers == [None]


async def test_every_metric_of_very_many_is_found_and_in_the_order_of_numbers(workspace: Workspace) -> None:
    values = {f"layer.{i}/norm": float(i) for i in range(150)}
    record(workspace, LONG, begun(LONG, 100.0), metrics(1, 101.0, **values), ended(102.0))
    async with opened(workspace) as bench:
        [listed] = await bench.runlists.runs([LONG])
        assert listed.more_metrics == 50
        reader = bench.charts.reader()
        names = [group.title for group in await reader.groups([listed])]
        assert names == list(values)
        assert (await reader.read([listed], names[-1:], View(), 80)).plots[0].buckets[-1].last == 149.0
        record(workspace, LONG, metrics(2, 103.0, **values, **{"layer.150/norm": 1.0}))
        await bench.ingest.catch_up()
        reader.forget([LONG])
        assert len(await reader.groups(await bench.runlists.runs([LONG]))) == 151
        app = Screen()
        async with app.run_test(size=(100, 26)) as pilot:
            await app.push_screen(ChartsScreen(bench, [listed]))
            seat = Seat(app, pilot, bench)
            await seat.see("1 of 15")
            await seat.press("slash", *"layer.14*")
            await seat.see("layer.14* · 1 of 11 ·")


async def test_it_is_live_and_the_cursors_stand_at_one_moment_and_lead_to_the_log(
    workspace: Workspace,
) -> None:
    two_runs(workspace)
    answers: list[Jump | None] = []
    async with at_the_grid(workspace, [A], (100, 26), answers) as seat:
        await seat.see(lambda text: "a loss 0.120" in text and "━ epoch 5" in text)
        record(workspace, A, metrics(101, 2100.0, loss=7.5))
        await seat.came()
        await seat.see("a loss 7.50")
        await seat.press("c")
        await seat.see(lambda text: text.count("step 10") == 4 and text.count("▲") >= 4)
        await seat.press("home")
        await seat.see(lambda text: text.count("step 2 ") == 4)
        await seat.press("plus")
        await seat.see(lambda text: "zoomed" in text)
        await seat.press("x", "enter")
        await seat.see(lambda _: bool(answers))
        assert answers == [Jump("log", A)]
