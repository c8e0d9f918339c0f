"""Old logs, as the app offers to archive them and does it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from tests.runs.test_moments import on_stage


def _old(workspace: Workspace, count: int) -> list[Path]:
    ago = time.time() - 100 * 86_400
    paths = [workspace.logs_of("training") / f"old-{i}.log" for i in range(count)]
    for path in paths:
        path.write_text("long ago\n")
        os.utime(path, (ago, ago))
    return paths


async def test_they_are_archived_and_that_is_told(workspace: Workspace) -> None:
    (path,) = _old(workspace, 1)
    async with on_stage(workspace, 120, 40, "2 Runs") as (still, pilot):
        await still.app.screen.run_action("archive")
        await still.sees(pilot, "1 log archived")
    assert not path.exists()
    assert len(list((workspace.logs / "archive").rglob("old-0.log.*"))) == 1


async def test_many_of_them_are_worth_a_word(workspace: Workspace) -> None:
    _old(workspace, 101)
    async with on_stage(workspace, 120, 40, "2 Runs") as (still, pilot):
        await still.sees(pilot, "101 logs older than 30 days")
