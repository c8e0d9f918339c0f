"""All metrics as a grid of charts: found, gone through, made large, and followed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from mlws_tui.config.workspace import Workspace
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.charts import ChartsScreen
from tests.charts.kit import A, B, Screen, Seat, opened, two_runs
from tests.runs.kit import metrics, record


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
    async with at_the_grid(workspace, [A, B], (110, 38), answers) as seat:
        await seat.see("Charts of 2 runs   1 of 5 · step · EMA light")
        text = await seat.see(lambda text: "━ lr1e-4 loss 0.120" in text and "━ lr1e-4 99" in text)
        for title in ("loss, val/loss", "epoch", "system/gpu1/util", "system/cpu"):
            assert f" {title} " in text
        await seat.press("slash", *"*il")
        await seat.see("*il · 1 of 1 ·")
        await seat.press("enter", "escape")
        await seat.see("1 of 5")
        await seat.press("j", "l", "enter")
        text = await seat.see(lambda text: "4 of 5" in text and " epoch " not in text)
        assert " system/gpu1/mem " in text
        await seat.press("j", "escape")
        await seat.see(lambda text: "5 of 5" in text and " epoch " in text)
        await seat.press("slash", "Z", "enter")
        await seat.see("nothing fits Z")
        await seat.press("escape", "q")
        await seat.see(lambda _: bool(answers))
        assert answers == [None]


async def test_the_cursors_stand_at_one_moment_and_lead_to_the_log(workspace: Workspace) -> None:
    two_runs(workspace)
    answers: list[Jump | None] = []
    async with at_the_grid(workspace, [A], (110, 38), answers) as seat:
        await seat.see("━ epoch 5")
        await seat.press("c")
        await seat.see(lambda text: text.count("step 100") == 5 and text.count("▲") >= 5)
        await seat.press("home")
        await seat.see(lambda text: text.count("step 2 ") == 5)
        await seat.press("plus")
        await seat.see(lambda text: "zoomed" in text)
        await seat.press("0", "x", "e", "y", "escape")
        await seat.see(
            lambda text: "1 of 5 · epoch · log y · EMA strong" in text and "▲" not in text.split("\n")[11]
        )
        await seat.press("c", "enter")
        await seat.see(lambda _: bool(answers))
        assert answers == [Jump("log", A)]


async def test_it_scrolls_and_is_live(workspace: Workspace) -> None:
    two_runs(workspace)
    async with at_the_grid(workspace, [A], (80, 24), []) as seat:
        await seat.see(lambda text: "━ loss 0.120" in text and "━ epoch 5" in text)
        record(workspace, A, metrics(101, 2100.0, loss=7.5))
        await seat.bench.ingest.catch_up()
        await seat.see("━ loss 7.50")
        await seat.press("G")
        await seat.see(lambda text: "5 of 5" in text and "━ cpu 19" in text and "loss" not in text)
        await seat.press("g", "pagedown", "pageup")
        await seat.see(lambda text: "1 of 5" in text and "━ loss" in text)
