"""Stopping real processes: with and without a wrapper, those that listen and those that do not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.endings import told as how_it_stands
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import RunState
from mlws_tui.services.runacts import user
from tests.acts.kit import PYTHON, ends, fresh, log_of, started, told, workbench
from tests.runs.kit import begun, ended, record, start_of, until

LISTENS = "import time\nprint('ready', flush=True)\ntime.sleep(60)\n"
SAVES = """
import signal, sys, time
def save(*_):
    print("saved", flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, save)
print("ready", flush=True)
time.sleep(60)
"""
#: Ignores what is asked of it, and so does what it started.
DEAF = """
import signal, subprocess, sys, time
for number in {numbers}:
    signal.signal(number, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("child", child.pid, "ready", flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


async def test_one_that_listens_stops_at_the_first_word(workspace: Workspace, tmp_path: Path) -> None:
    async with workbench(workspace) as bench:
        run = await started(bench, LISTENS, tmp_path)
        plan = await bench.stopping.plan(run)
        assert plan.wrapper is not None and plan.asked == (plan.wrapper,) and "hands it on" in plan.words()
        said: list[str] = []
        stopped = await bench.stopping.stop(run, tell=told(said))
        assert (stopped.signal, stopped.run.state) == ("SIGINT", RunState.STOPPED)
        assert len(said) == 1 and f"pid {plan.wrapper.pid}" in said[0]
        with pytest.raises(MlwsError, match="does not run: it is stopped"):
            await bench.stopping.stop(run)


async def test_one_that_saves_and_ends_well_was_stopped_all_the_same(
    workspace: Workspace, tmp_path: Path
) -> None:
    async with workbench(workspace) as bench:
        run = await started(bench, SAVES, tmp_path)
        stopped = await bench.stopping.stop(run)
        assert "saved" in log_of(workspace, run)
        assert (stopped.signal, stopped.run.state, stopped.run.exit_code) == ("SIGINT", RunState.STOPPED, 0)
        assert any(claim.speaker == "person" for claim in stopped.run.claims)


async def test_deaf_ones_are_killed_with_what_they_started(workspace: Workspace, tmp_path: Path) -> None:
    async with workbench(workspace) as bench:
        runs = []
        for place, numbers in enumerate(("(2,)", "(2, 15)")):
            folder = tmp_path / str(place)
            folder.mkdir()
            runs.append(await started(bench, DEAF.format(numbers=numbers), folder))
        stops = [bench.stopping.stop(run, grace=0.2) for run in runs]
        by_term, by_kill = await asyncio.gather(*stops)
        assert (by_term.signal, by_kill.signal) == ("SIGTERM", "SIGKILL")
        assert by_term.run.state is by_kill.run.state is RunState.STOPPED
        assert [how_it_stands(one.run) for one in (by_term, by_kill)] == [
            "stopped by you (SIGTERM)",
            "stopped by you (SIGKILL)",
        ]
        assert by_kill.run.signal == signal.SIGKILL  # the wrapper lived to write it down
        for run in runs:
            await until(partial(gone, int(log_of(workspace, run).partition("child ")[2].split()[0])))


async def test_it_is_recorded_though_the_index_goes_meanwhile(workspace: Workspace, tmp_path: Path) -> None:
    async with workbench(workspace) as bench:
        run = await started(bench, LISTENS, tmp_path)

        def remove(_said: str) -> None:
            for path in workspace.marker.glob("index.db*"):
                path.unlink()

        assert (await bench.stopping.stop(run, tell=remove)).run.state is RunState.STOPPED
    async with workbench(workspace) as bench:
        assert how_it_stands(await bench.runs.get(run)) == "stopped by you (SIGINT)"
        assert any(claim.speaker == "person" for claim in (await bench.runs.get(run)).claims)


async def test_the_wrapper_was_killed_before(workspace: Workspace, tmp_path: Path) -> None:
    async with workbench(workspace) as bench:
        run = await started(bench, LISTENS, tmp_path)
        plan = await bench.stopping.plan(run)
        assert plan.wrapper is not None
        os.kill(plan.wrapper.pid, signal.SIGKILL)
        await until(partial(gone, plan.wrapper.pid))
        assert (await fresh(bench, run)).state is RunState.RUNNING
        stopped = await bench.stopping.stop(run, now=True)
        assert (stopped.signal, stopped.run.state) == ("SIGKILL", RunState.STOPPED)
        claim = next(claim for claim in stopped.run.claims if claim.speaker == "person")
        assert claim.status == "stopped" and await user()


async def test_a_suspended_one_goes_on_to_end(workspace: Workspace, tmp_path: Path) -> None:
    async with workbench(workspace) as bench:
        run = await started(bench, LISTENS, tmp_path)
        (command,) = (one for one in (await bench.runs.get(run)).processes if one.role == "command")
        os.kill(command.pid, signal.SIGSTOP)
        assert (await bench.stopping.stop(run)).signal == "SIGINT"


async def test_who_waits_may_leave(workspace: Workspace, tmp_path: Path) -> None:
    async with workbench(workspace) as bench:
        run = await started(bench, DEAF.format(numbers="(2,)"), tmp_path)
        said: list[str] = []
        waiting = asyncio.create_task(bench.stopping.stop(run, grace=60, tell=told(said)))
        await until(lambda: bool(said))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await fresh(bench, run)).state is RunState.RUNNING
        await bench.stopping.stop(run, now=True)
        await ends(bench, run)


RUN = "20241019-143000-alpha"


async def refusal(workspace: Workspace, **facts: Any) -> str:
    record(workspace, RUN, begun(RUN, 1000.0, **facts))
    async with workbench(workspace) as bench:
        with pytest.raises(MlwsError) as refused:
            await bench.stopping.stop(RUN)
        return refused.value.sentence()


@pytest.fixture
def bystander() -> Any:
    process = subprocess.Popen([PYTHON, "-c", "import time; time.sleep(60)"])
    yield process
    assert process.poll() is None, "a process that is not the run's was signalled"
    process.kill()
    process.wait()


async def test_a_pid_that_was_given_to_another_process_is_not_signalled(
    workspace: Workspace, bystander: Any
) -> None:
    said = await refusal(workspace, pid=bystander.pid, pid_start=start_of(bystander.pid) - 1)
    assert "does not run: it is crashed" in said


async def test_a_pid_without_a_start_is_not_signalled(workspace: Workspace, bystander: Any) -> None:
    assert "may be another process" in await refusal(workspace, pid=bystander.pid, pid_start=None)


async def test_elsewhere_it_says_where_to_go(workspace: Workspace, bystander: Any) -> None:
    there = {"pid": bystander.pid, "pid_start": start_of(bystander.pid)}
    said = await refusal(workspace, **there, host="gpu07.cluster", boot_id="other")
    assert f"ssh gpu07 mlws-tui runs stop {RUN}" in said
    said = await refusal(workspace, **there, host="-oX=$(touch hacked)", boot_id="other")
    assert f"ssh -- '-oX=$(touch hacked)' mlws-tui runs stop {RUN}" in said


async def test_in_another_container_it_says_so(workspace: Workspace, bystander: Any) -> None:
    there = {"pid": bystander.pid, "pid_start": start_of(bystander.pid)}
    assert "another container" in await refusal(workspace, **there, pid_ns="pid:[1]")


async def test_one_without_a_wrapper_is_signalled_itself(workspace: Workspace) -> None:
    process = subprocess.Popen([PYTHON, "-c", "import time; time.sleep(60)"])
    try:
        record(workspace, RUN, begun(RUN, 1000.0, pid=process.pid, pid_start=start_of(process.pid)))
        async with workbench(workspace) as bench:
            stopping = asyncio.create_task(bench.stopping.stop(RUN))
            assert await asyncio.to_thread(process.wait, 20) == -signal.SIGINT
            stopped = await stopping
            assert (stopped.signal, stopped.run.state) == ("SIGINT", RunState.STOPPED)
    finally:
        process.kill()
        process.wait()


async def test_one_that_ended_in_time_is_left_as_it_ended(workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, 1000.0), ended(1001.0))
    async with workbench(workspace) as bench:
        with pytest.raises(MlwsError, match="does not run: it is completed"):
            await bench.stopping.stop(RUN)
