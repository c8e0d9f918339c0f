"""Runs of which only their log goes on, those that paused, those that have not begun, and what they are called."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import Run, RunQuery, RunState
from mlws_tui.domain.runviews import RunView
from mlws_tui.services.unfinished import Unfinished
from mlws_tui.services.workbench import Workbench
from mlws_tui.store.resolve import EDIT, STREAM, Assignment, StreamFacts, resolve
from tests.runlists.kit import opened as finding
from tests.runs.kit import alive, begun, ended, metrics, opened, record, start_of

BEGAN = 1_729_348_200.0  # the time of the id, in UTC
RUN = "20241019-143000-sentiment"
FAR = {"host": "gpu07", "boot_id": "another", "pid": 5, "pid_start": 5}


def _plain(workspace: Workspace, lines: Sequence[tuple[float, str]], **facts: Any) -> None:
    """A run whose command tells nothing but what it prints."""
    path = f"logs/training/{RUN}.log"
    record(workspace, RUN, begun(RUN, BEGAN, role="wrapper", log=path, tz="+00:00", **facts))
    text = "".join(
        f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(ts))} - INFO - {line}\n" for ts, line in lines
    )
    log = workspace.root / path
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(text)


async def test_a_run_elsewhere_lives_while_its_log_grows(workspace: Workspace) -> None:
    _plain(workspace, [(BEGAN + 1, "step=1 loss=1"), (BEGAN + 7000, "working")], **FAR)
    now = [BEGAN + 7100]
    async with opened(workspace, clock=lambda: now[0]) as desk:
        assert (await desk.runs.get(RUN)).state is RunState.RUNNING
        now[0] += 3600
        lost = await desk.runs.get(RUN)
        assert (lost.state, lost.duration(now[0])) == (RunState.LOST, 7000)


async def test_a_crashed_run_took_until_its_last_line(workspace: Workspace) -> None:
    _plain(workspace, [(BEGAN + minute * 60, "same") for minute in range(100)])
    async with opened(workspace) as desk:
        crashed = await desk.runs.get(RUN)
        assert (crashed.state, crashed.duration(0.0)) == (RunState.CRASHED, 99 * 60)


async def test_no_line_is_later_than_its_file(workspace: Workspace) -> None:
    """Programs that print the time of another zone are no proof of a process that spoke after the last boot."""
    _plain(workspace, [(time.time() + 5 * 3600, "step=1 loss=1")])
    async with opened(workspace) as desk:
        crashed = await desk.runs.get(RUN)
        assert crashed.state is RunState.CRASHED
        assert crashed.ended is not None and crashed.ended <= time.time()


async def test_what_lies_between_attempts_is_no_time_of_the_run(workspace: Workspace) -> None:
    gpus = [{"name": "H100"}, {"name": "H100"}]
    record(workspace, RUN, begun(RUN, BEGAN, gpus=gpus), metrics(1, BEGAN + 3600, loss=1))
    again = begun(RUN, BEGAN + 90_000, attempt=2, gpus=gpus)
    record(workspace, RUN, again, ended(BEGAN + 93_600), file="gpu1-2-bb.jsonl")
    async with finding(workspace) as bench:
        run = await bench.runs.get(RUN)
        assert (run.duration(0.0), run.gpu_hours(0.0), run.paused) == (7200, 4, 86_400)
        for line, fits in (("duration<=2h gpu-hours:4", True), ("duration>2h", False)):
            assert (RUN in await _found(bench, line)) is fits


async def test_what_has_not_begun_takes_no_time(workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, BEGAN, pid=None, parent="x"))
    async with finding(workspace) as bench:
        run = await bench.runs.get(RUN)
        assert (run.state, run.duration(BEGAN + 100)) == (RunState.CREATED, None)
        assert not await _found(bench, "duration>0") and await _found(bench, "state:created")


async def _found(bench: Workbench, line: str) -> Sequence[str]:

    return (await bench.runlists.index(RunView(filter=line))).ids


async def test_all_of_many_crashed_runs_are_told_and_none_is_looked_at_twice(workspace: Workspace) -> None:
    """The oldest lives still: it is told from those that crashed, however many came after it."""
    record(workspace, RUN, begun(RUN, BEGAN, **alive()))
    dead = [f"20241020-{n // 3600:02d}{n // 60 % 60:02d}{n % 60:02d}-dead" for n in range(520)]
    for n, run in enumerate(dead):
        record(workspace, run, begun(run, BEGAN + 86_400 + n))
    async with opened(workspace) as desk:
        states = await desk.runs.unfinished_states()
        assert [run for run, state in states.items() if state is RunState.RUNNING] == [RUN]
        assert all(states[run] is RunState.CRASHED for run in dead)
        assert (await desk.runs.list(RunQuery(limit=1))).runs[0].id == RUN

        looked: list[str] = []
        runs = desk.runs

        def derive(some: Sequence[Run]) -> Sequence[Run]:
            looked.extend(run.id for run in some)
            return runs._derive_all(some)

        unfinished = Unfinished(desk.store, derive)
        assert await unfinished.states() == states and len(looked) == 521
        looked.clear()
        assert await unfinished.states() == states and looked == [RUN]
        assert unfinished.news().keys() == set(dead) and not unfinished.news()
        for run, ts in ((dead[7], BEGAN + 90_000), (dead[8], BEGAN)):  # the clock of the second is behind
            again = {**begun(run, ts, attempt=2), **alive()}
            record(workspace, run, again, file="gpu1-2-bb.jsonl")
        await desk.ingest.catch_up()
        unfinished.forget([dead[8]])
        assert {(await unfinished.states())[run] for run in dead[7:9]} == {RunState.RUNNING}


async def test_a_flip_that_another_look_saw_is_told_too(workspace: Workspace) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    record(workspace, RUN, begun(RUN, BEGAN, pid=process.pid, pid_start=start_of(process.pid)))
    async with opened(workspace) as desk:
        unfinished = Unfinished(desk.store, desk.runs._derive_all)
        assert await unfinished.states() == {RUN: RunState.RUNNING}
        process.kill()
        process.communicate()
        assert await unfinished.states() == {RUN: RunState.CRASHED}
        assert unfinished.news()[RUN][0] is RunState.CRASHED


def _stream(role: str, name: str, rank: int = 0, **facts: Any) -> StreamFacts:
    told = {"role": role, "pid": 7, "name": name, "kind": "training", **facts}
    return StreamFacts(f"{role}{rank}", role, rank, 1, BEGAN, BEGAN, facts=told)


@pytest.mark.parametrize(
    ("wrapper", "script", "set_by", "name"),
    [
        ({"name": "train", "named": False}, {"name": "lora-r9"}, None, "lora-r9"),
        ({"name": "train", "named": False}, {"name": "run", "named": False}, None, "train"),
        ({"name": "sweep-3"}, {"name": "lora-r9"}, None, "sweep-3"),
        ({"name": "train", "named": False}, {"name": "a"}, STREAM, "later"),
        ({"name": "sweep-3"}, {"name": "a"}, STREAM, "sweep-3"),
        ({"name": "sweep-3"}, {"name": "a"}, EDIT, "later"),
    ],
)
def test_the_name_that_somebody_chose_holds(
    wrapper: dict[str, Any], script: dict[str, Any], set_by: int | None, name: str
) -> None:
    assigned = [] if set_by is None else [Assignment(set_by, "name", "", BEGAN, "later")]
    streams = [_stream("wrapper", **wrapper), _stream("rank", **script)]
    assert resolve(RUN, streams, assigned).run.name == name
