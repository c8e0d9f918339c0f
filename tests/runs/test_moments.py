"""From a point of the chart to its line in the log, and back, in the app."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.ui.app import MlwsApp
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.desk import Desk
from tests.runs.kit import begun, ended, metrics, record
from tests.ui.stage import BROKEN, Still, furnish, screen_text, until

RUN = "20261120-080000-llama-ft"
START = 1795160000.0  # 2026-11-20 07:33:20 UTC


@pytest.fixture
def log(workspace: Workspace) -> Path:
    """The log of a run of 400 steps, two seconds each, with lines before and after them."""
    path = workspace.logs_of("training") / f"{RUN}.log"
    lines = [f"{_clock(START - 3600)} - INFO - loading the data\n"]
    lines += [f"{_clock(START + 2 * i)} - INFO - step {i}: loss {2 / (1 + i):.4f}\n" for i in range(400)]
    path.write_text("".join(lines))
    record(
        workspace,
        RUN,
        begun(RUN, START, log=workspace.relative(path)),
        *(metrics(i, START + 2 * i, loss=2 / (1 + i)) for i in range(400)),
        ended(START + 800),
    )
    return path


def _clock(ts: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ts))


@asynccontextmanager
async def on_stage(
    workspace: Workspace, columns: int, rows: int, seen: str = "━ loss 0.005"
) -> AsyncIterator[tuple[Still, Pilot[Any]]]:
    still = Still(workspace)
    async with still.app.run_test(size=(columns, rows), notifications=True) as pilot:
        await still.ready(pilot, seen)
        yield still, pilot
        await still.leave()


def here(app: MlwsApp) -> str:
    """The pane that has the focus."""
    assert isinstance(app.screen, Desk)
    return app.screen._here


@pytest.mark.parametrize("columns,rows", [(120, 40), (80, 24), (100, 20)])
async def test_from_the_chart_to_the_line_and_back(
    workspace: Workspace, log: Path, columns: int, rows: int
) -> None:
    seen = "━ loss 0.005" if rows > 20 else "step 399: loss"
    async with on_stage(workspace, columns, rows, seen) as (still, pilot):
        if rows <= 20:
            await pilot.press("z")
            await still.sees(pilot, "━ loss 0.005")
        await pilot.press("c")
        await still.sees(pilot, "step 399", "▲")
        await pilot.press("home", "shift+right", "shift+right")
        await still.sees(pilot, "▲")
        step = int(screen_text(still.app).partition("step ")[2].split()[0])
        assert 20 <= step < 390
        await pilot.press("enter")
        await until(pilot, lambda: here(still.app) == "log", lambda: screen_text(still.app))
        if rows <= 20:
            await pilot.press("z")
        await still.sees(pilot, f"step {step}: loss")
        await pilot.press("c")
        await until(pilot, lambda: here(still.app) == "runs", lambda: screen_text(still.app))
        await still.sees(pilot, f"step {step} ", "▲")
        await pilot.press("escape")
        await until(pilot, lambda: not still.app.desk._furniture.runs.chart.has_cursor)


async def test_a_line_without_a_point_near_it_says_so(workspace: Workspace, log: Path) -> None:
    async with on_stage(workspace, 120, 40) as (still, pilot):
        await pilot.press("3", "g")
        await still.sees(pilot, "loading the data")
        await pilot.press("c")
        await still.sees(pilot, "no point near")
        assert here(still.app) == "log"


async def test_where_the_chart_has_no_room_the_pane_is_shown_alone(workspace: Workspace, log: Path) -> None:
    async with on_stage(workspace, 100, 20, "step 399: loss") as (still, pilot):
        await pilot.press("3", "k", "k")
        await pilot.press("c")
        await still.sees(pilot, "▲", "━ loss")
        assert here(still.app) == "runs" and still.app.focused is not None
        await pilot.press("left")
        await still.sees(pilot, "▲")


async def test_a_run_without_a_log_says_so(workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, START), metrics(1, START, loss=2.0), ended(START + 9))
    async with on_stage(workspace, 120, 40, "━ loss 2 ") as (still, pilot):
        await pilot.press("c", "enter")
        await still.sees(pilot, "has no log to look into")
        assert here(still.app) == "runs"


async def test_the_log_pane_knows_all_logs_of_the_run(workspace: Workspace, log: Path) -> None:
    other = log.with_name(f"{RUN}.rank1.log")
    other.write_text("from the other rank\n")
    async with on_stage(workspace, 120, 40, "✓ llama-ft") as (still, pilot):
        await pilot.press("G")
        await still.sees(pilot, "step 399: loss")
        await pilot.press("3", "right_square_bracket")
        await still.sees(pilot, "from the other rank")


async def test_the_line_with_the_value_is_meant_of_several_with_the_step(
    workspace: Workspace, log: Path
) -> None:
    at = _clock(START + 120)
    lines = log.read_text().splitlines(keepends=True)
    there = next(i for i, line in enumerate(lines) if "step 60:" in line)
    lines[there : there + 1] = [
        f"{at} - WARNING - gradients are large at step 60\n",
        f"{at} - INFO - saved\n",
        f"{at} - INFO - step=60 Loss={2 / 61:.4f}\n",
    ]
    log.write_text("".join(lines))
    async with on_stage(workspace, 120, 40) as (still, pilot):
        assert isinstance(still.app.screen, Desk)
        furniture = still.app.screen._furniture
        assert furniture is not None
        for name, line in (("train/loss", "▌" + lines[there + 2][:-1]), ("other", "▌" + lines[there][:-1])):
            furniture.log.go_to_moment(START + 120, 60.0, name)
            await still.sees(pilot, line)


async def test_a_line_that_was_shown_in_the_chart_is_come_back_to(workspace: Workspace, log: Path) -> None:
    lines = log.read_text().splitlines(keepends=True)
    there = next(i for i, line in enumerate(lines) if "step 60:" in line)
    more = [f"{_clock(START + 120)} - INFO - more {i}\n" for i in range(4)]
    log.write_text("".join(lines[: there + 1] + more + lines[there + 1 :]))
    async with on_stage(workspace, 120, 40) as (still, pilot):
        await pilot.press("3", "colon", *str(there + 4), "enter")
        await still.sees(pilot, "▌" + more[2][:-1])
        await pilot.press("c")
        await still.sees(pilot, "▲", "step 60 ")
        await pilot.press("enter")
        await until(pilot, lambda: here(still.app) == "log", lambda: screen_text(still.app))
        await pilot.press("m")
        await still.sees(pilot, "◈" + more[2][:-1])


async def test_pages_lead_to_a_day_a_session_and_a_log(workspace: Workspace) -> None:
    furnish(workspace)
    async with on_stage(workspace, 120, 40, "llama-ft") as (still, pilot):
        runs = still.app.desk._furniture.runs
        for jump, pane, seen in (
            (Jump("journal", "2026-11-19"), "journal", "accuracy 87.3%"),
            (Jump("session", "docs/sessions/2026-11-19-sentiment.md"), "session", "25,000 reviews"),
            (Jump("log", BROKEN), "log", "OutOfMemoryError"),
        ):
            runs.jump(jump)
            await until(pilot, lambda pane=pane: here(still.app) == pane, lambda: screen_text(still.app))
            await still.sees(pilot, seen)
