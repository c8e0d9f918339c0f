"""Runs as the app and the commands ask for them, on real streams, a real index and real processes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, RunsChanged
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.runs import RunQuery, RunState
from tests.runs.kit import alive, begun, ended, metrics, opened, record, start_of, until

FIRST = "20241019-143000-sentiment"
SECOND = "20241020-090000-llama-ft"
THIRD = "20241021-090000-llama-ft"


def three_runs(workspace: Workspace) -> None:
    """The oldest is alive, the second completed, the third was killed."""
    record(workspace, FIRST, begun(FIRST, 100.0, **alive()), metrics(1, 101.0, loss=0.5))
    record(workspace, SECOND, begun(SECOND, 200.0), ended(260.0))
    record(workspace, THIRD, begun(THIRD, 300.0), metrics(7, 330.0, loss=0.25))


async def test_running_ones_come_first_then_the_newest(workspace: Workspace) -> None:
    three_runs(workspace)
    async with opened(workspace) as desk:
        page = await desk.runs.list()
        assert [(run.id, run.state) for run in page.runs] == [
            (FIRST, RunState.RUNNING),
            (THIRD, RunState.CRASHED),
            (SECOND, RunState.COMPLETED),
        ]
        assert page.total == 3
        crashed = page.runs[1]
        assert (crashed.ended, crashed.duration(1e9)) == (330.0, 30.0)


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
async def test_pages_hold_each_run_once_in_one_order(workspace: Workspace, limit: int) -> None:
    three_runs(workspace)
    async with opened(workspace) as desk:
        whole = [run.id for run in (await desk.runs.list()).runs]
        paged = []
        for offset in range(0, 3, limit):
            paged += [run.id for run in (await desk.runs.list(RunQuery(limit=limit, offset=offset))).runs]
        assert paged == whole


async def test_a_silent_run_of_another_host_is_lost_and_comes_back(workspace: Workspace) -> None:
    far = {"host": "elsewhere", "boot_id": "another", "pid": 5, "pid_start": 5}
    record(workspace, FIRST, begun(FIRST, 100.0, **far), metrics(1, 110.0, loss=0.5))
    now = [150.0]
    async with opened(workspace, lost_after=60.0, clock=lambda: now[0]) as desk:
        assert (await desk.runs.get(FIRST)).state is RunState.RUNNING
        now[0] = 171.0
        lost = await desk.runs.get(FIRST)
        assert (lost.state, lost.ended) == (RunState.LOST, 110.0)
        record(workspace, FIRST, metrics(2, 170.0, loss=0.4))
        await desk.ingest.catch_up()
        assert (await desk.runs.get(FIRST)).state is RunState.RUNNING


async def test_a_killed_process_is_told_although_no_record_says_so(workspace: Workspace) -> None:
    heard: list[Change] = []
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        who = {"pid": process.pid, "pid_start": start_of(process.pid)}
        record(workspace, FIRST, begun(FIRST, 100.0, **who))
        async with opened(workspace) as desk:
            assert (await desk.runs.list()).runs[0].state is RunState.RUNNING
            desk.hub.subscribe(heard.append)
            process.kill()
            process.wait()
            # It died before the first look: what was shown as running must still be taken back.
            await desk.runs.start()
            await until(lambda: RunsChanged(frozenset({FIRST})) in heard)
            assert (await desk.runs.list()).runs[0].state is RunState.CRASHED
    finally:
        process.kill()
        process.communicate()


async def test_references(workspace: Workspace) -> None:
    three_runs(workspace)
    async with opened(workspace) as desk:
        for ref in (FIRST, "20241019", "sentiment", "sentim"):
            assert (await desk.runs.get(ref)).id == FIRST
        assert (await desk.runs.get("@last")).id == THIRD
        for ref in ("llama-ft", "llama", "2024102"):
            with pytest.raises(UsageError) as many:
                await desk.runs.get(ref)
            assert THIRD in many.value.hint and SECOND in many.value.hint
        with pytest.raises(NotFoundError) as typo:
            await desk.runs.get("sentimnet")
        assert typo.value.hint == f"near it: {FIRST}"
        for ref in ("", "%", "../..", "\x1b[2J", "x" * 10_000):
            with pytest.raises(NotFoundError):
                await desk.runs.get(ref)


async def test_without_runs_the_newest_is_no_run(workspace: Workspace) -> None:
    async with opened(workspace) as desk:
        assert (await desk.runs.list()).runs == ()
        with pytest.raises(NotFoundError, match="no runs yet"):
            await desk.runs.get("@last")


async def test_edits_are_kept_and_seen(workspace: Workspace) -> None:
    three_runs(workspace)
    async with opened(workspace) as desk:
        await desk.runs.edit(SECOND, by="ann", tags_add=["best", "lora"], notes="keep [this]")
        await desk.runs.edit(SECOND, by="ann", name="reviews", tags_remove=["lora"])
        await desk.ingest.catch_up()
        run = await desk.runs.get("reviews")
        assert (run.id, run.tags, run.notes) == (SECOND, ("best",), "keep [this]")
        with pytest.raises(UsageError, match="nmae"):
            await desk.runs.edit(SECOND, by="ann", nmae="typo")


async def test_series_points_curves_and_happenings_are_handed_on(workspace: Workspace) -> None:
    note = {"type": "note", "ts": 102.0, "text": "a note"}
    record(
        workspace, FIRST, begun(FIRST, 100.0), *(metrics(i, 100.0 + i, loss=1 / i) for i in range(1, 9)), note
    )
    async with opened(workspace) as desk:
        assert [info.name for info in await desk.runs.series(FIRST)] == ["loss"]
        assert (await desk.runs.points(FIRST, "loss")).step == list(range(1, 9))
        curve = await desk.runs.curve(FIRST, "loss", width=2)
        assert (curve.total, sum(bucket.count for bucket in curve.buckets)) == (8, 8)
        assert [one.type for one in await desk.runs.happenings(FIRST)] == ["note"]


async def test_starting_and_closing_may_be_repeated(workspace: Workspace) -> None:
    async with opened(workspace) as desk:
        for _ in range(2):
            await desk.runs.start()
            await desk.runs.start()
            await desk.runs.close()
            await desk.runs.close()
