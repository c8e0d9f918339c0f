"""A command that prints alone lives all the same: its run says so, and when all of it is killed it ended then."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import RunState
from mlws_tui.services.launch import LaunchOptions, launch_background
from tests.launch.conftest import PYTHON, Recorded, ended, wait_for
from tests.runs.kit import opened


async def test_a_silent_command_lives_until_it_is_killed_with_its_supervisor(
    workspace: Workspace, tmp_path: Path
) -> None:
    recorded = Recorded(workspace)
    command = [PYTHON, "-c", "import time; time.sleep(60)"]
    run = launch_background(workspace, command, LaunchOptions(cwd=tmp_path, alive=0.05))

    def signs() -> list[dict[str, Any]]:
        return [one for one in recorded.records(run) if one["type"] == "alive"]

    wait_for(lambda: len(signs()) > 3, what="signs of life")
    first = recorded.first(run)
    for pid in (first["pid"], first["command_pid"]):
        os.kill(pid, signal.SIGKILL)
        wait_for(partial(ended, pid))
    last = signs()[-1]["ts"]
    async with opened(workspace) as desk:
        crashed = await desk.runs.get(run)
        assert (crashed.state, crashed.ended) == (RunState.CRASHED, last)
        assert 0.15 < (crashed.duration(0.0) or 0.0) == last - first["ts"]
        assert await desk.runs.count_happenings(run) == 0


def test_signs_of_life_are_seldom(workspace: Workspace, tmp_path: Path) -> None:
    recorded = Recorded(workspace)
    run = launch_background(workspace, [PYTHON, "-c", "print('done')"], LaunchOptions(cwd=tmp_path))
    assert recorded.end(run)["ts"] < time.time() + 60
    assert not [one for one in recorded.records(run) if one["type"] == "alive"]
