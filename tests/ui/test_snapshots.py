"""The screen as pictures. Look at a new one before you accept it: pytest --snapshot-update."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from tests.ui.pictures import Pictures, named, overview, resize
from tests.ui.stage import Still, furnish

SMALL, USUAL, WIDE = (80, 24), (120, 40), (200, 60)
SIZES = (SMALL, USUAL, WIDE)
#: What is seen when the runs are drawn, and what where the log is beside them.
DRAWN = ("llama-ft", "val/loss")
READ = "1 warning · 32 lines"


@pytest.fixture
def pictures(snapshot: SnapshotAssertion) -> Pictures:
    return Pictures(snapshot)


@asynccontextmanager
async def sitting(
    workspace: Workspace, pictures: Pictures, size: tuple[int, int], *seen: str
) -> AsyncIterator[tuple[Still, Pilot[Any]]]:
    """The app at that size, once these words are on its screen; at the end all pictures are to be as accepted."""
    furnish(workspace)
    stage = Still(workspace)
    async with stage.app.run_test(size=size) as pilot:
        await stage.ready(pilot, *seen)
        yield stage, pilot
        await stage.leave()
    pictures.all_as_accepted()


async def test_the_desk(pictures: Pictures, workspace: Workspace) -> None:
    async with sitting(workspace, pictures, SMALL, *DRAWN) as (stage, pilot):
        for size in (SMALL, WIDE, USUAL):
            await resize(pilot, size)
            await stage.sees(pilot, *DRAWN)
            if size != SMALL:
                await stage.sees(pilot, READ)
                await overview(stage, pilot)
            pictures.take(stage.app, named(size))
        for theme in ("mlws-light", "mlws-contrast", "mlws-ansi"):
            stage.app.theme = theme
            await stage.sees(pilot, *DRAWN, READ)
            pictures.take(stage.app, theme)
        stage.app.theme = "mlws-dark"
        await pilot.press("question_mark")
        await stage.sees(pilot, "Read all there is of the run")
        pictures.take(stage.app, "keys")


async def test_the_list(pictures: Pictures, workspace: Workspace) -> None:
    async with sitting(workspace, pictures, SMALL, *DRAWN) as (stage, pilot):
        await pilot.press("slash", *"tag:lora sta")
        for size in (WIDE, SMALL):
            await resize(pilot, size)
            await stage.sees(pilot, "› sta", "0 of 3")
            pictures.take(stage.app, f"filter-{named(size)}")
        await pilot.press("escape")

        assert stage.bench is not None
        view = {
            "name": "best first",
            "filter": "",
            "columns": ["started", "loss:min", "accuracy", "lr"],
            "order": ["loss:min"],
            "group": "experiment",
        }
        await stage.bench.remembered.set("runs.view", view)
        runs = stage.app.desk._furniture.runs
        runs._remembered = False
        runs.reread()
        await stage.sees(pilot, "▾ ", "reviews   ", "loss:min▲", "best first")
        await pilot.press("z", "space", "space")
        for size in SIZES:
            await resize(pilot, size)
            await stage.sees(pilot, "2 marked")
            pictures.take(stage.app, f"grouped-{named(size)}")


async def test_each_pane_alone_at_80_by_24(pictures: Pictures, workspace: Workspace) -> None:
    async with sitting(workspace, pictures, SMALL, *DRAWN) as (stage, pilot):
        for key, name, seen in (
            ("1", "gpus", "H200"),
            ("3", "log", READ),
            ("4", "journal", "warm-up"),
            ("5", "session", "25,000 reviews"),
        ):
            await pilot.press(key)
            await stage.sees(pilot, seen)
            if name == "log":
                await overview(stage, pilot)
            pictures.take(stage.app, name)


async def test_a_run_that_failed_and_its_log(pictures: Pictures, workspace: Workspace) -> None:
    async with sitting(workspace, pictures, SMALL, "qwen-dpo") as (stage, pilot):
        await pilot.press("j", "z", "f")
        for size in (WIDE, SMALL):
            await resize(pilot, size)
            await stage.sees(pilot, "loss.backward()")
            pictures.take(stage.app, f"facts-{named(size)}")

        await pilot.press("f", "3")
        await stage.sees(pilot, "Traceback … OutOfMemoryError", "▃", "2 errors")
        for size in (WIDE, USUAL, SMALL):
            await resize(pilot, size)
            await pilot.press("G", "E")
            await stage.sees(pilot, "line 424 of 427")
            pictures.take(stage.app, f"log-{named(size)}")


async def test_reading_a_log(pictures: Pictures, workspace: Workspace) -> None:
    async with sitting(workspace, pictures, SMALL, "qwen-dpo") as (stage, pilot):
        await pilot.press("j", "3", "z")
        await stage.sees(pilot, "Traceback … OutOfMemoryError", "▃", "2 errors")
        await pilot.press("E", "slash", "ctrl+r", *"clip+ed")
        await stage.sees(pilot, "1 of 7")
        pictures.take(stage.app, "finding")
        await pilot.press("escape", "E", "E", "enter")
        await stage.sees(pilot, "offset")
        pictures.take(stage.app, "line")
        await pilot.press("escape", "G", "F", "k", "k", "m", "k", "V", "k", "k")
        await stage.sees(pilot, "▸ 4 lines", "selecting", "line 420 of 427")
        for theme in ("mlws-light", "mlws-ansi"):
            stage.app.theme = theme
            await stage.sees(pilot, "selecting", "line 420 of 427")
            pictures.take(stage.app, f"selected-{theme}")
        stage.app.theme = "mlws-dark"
        await pilot.press("escape", "G", "f", "space", "a", *"step 3", "ctrl+o")
        await stage.sees(pilot, "hide lines with")
        pictures.take(stage.app, "filters")
