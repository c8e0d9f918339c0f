"""The ingest while it lives: new points, two processes on one index, processes that are killed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mlws_tui.domain.changes import Change, IndexState, PointsAdded, RunsChanged
from mlws_tui.domain.runs import RunState
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.lease import Lease
from mlws_tui.store import Store
from tests.store.kit import (
    OTHER,
    RUN,
    Heard,
    dump,
    header,
    ingested,
    metrics,
    opened,
    until,
    workspace,
    write,
)

FILE = f"{RUN}/gpu1-100-aa.jsonl"
END = {"type": "end", "ts": 2000.0, "status": "completed"}


@contextlib.asynccontextmanager
async def process(root: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The ingester as a process of its own; it is killed at the end if it still runs."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.store.ingester",
        str(root),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def _role(started: asyncio.subprocess.Process) -> str:
    assert started.stdout is not None
    async with asyncio.timeout(20):
        return (await started.stdout.readline()).decode().strip()


async def _count(store: Store, run: str = RUN) -> int:
    found = await store.get_run(run)
    return found.latest["loss"].count if found is not None and "loss" in found.latest else 0


async def test_new_points_new_runs_and_resumed_ones_are_told(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0)])
    hub = Hub()
    heard = Heard(hub)
    async with opened(tmp_path, hub) as (store, service):
        await service.start()
        await until(lambda: PointsAdded(frozenset({RUN})) in heard.changes)
        assert RunsChanged(frozenset({RUN})) in heard.changes
        assert heard.of(IndexState)[-1].role == "holder"
        heard.changes.clear()
        write(streams, FILE, [metrics(2, 1002.0, loss=0.5), END])
        await until(lambda: PointsAdded(frozenset({RUN})) in heard.changes)
        write(streams, f"{OTHER}/gpu1-5-bb.jsonl", [header(OTHER), metrics(1, 1.0, loss=3.0)])
        await until(lambda: PointsAdded(frozenset({OTHER})) in heard.changes)
        write(streams, "_edits/gpu1.jsonl", [{"type": "set", "ts": 1.0, "run": OTHER, "notes": "hi"}])
        await until(lambda: heard.changes[-1] == RunsChanged(frozenset({OTHER})))
        assert (await store.get_run(RUN)).state is RunState.COMPLETED  # type: ignore[union-attr]
        heard.changes.clear()
        write(
            streams,
            f"{RUN}/gpu1-200-cc.jsonl",
            [header(ts=3000.0, attempt=2, pid=1), metrics(3, 3001.0, loss=0.1)],
        )
        await until(lambda: PointsAdded(frozenset({RUN})) in heard.changes)
        resumed = await store.get_run(RUN)
        assert resumed is not None and resumed.state is RunState.RUNNING and resumed.latest["loss"].count == 3


async def test_a_backlog_is_told_and_worked_off_while_live_runs_go_on(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), *(metrics(i, 1000.0 + i, loss=1.0, acc=0.5) for i in range(40_000))])
    hub = Hub()
    heard = Heard(hub)
    news = [header(OTHER), metrics(1, 1.0, loss=3.0)]

    def begin_another(change: Change) -> None:
        if news and isinstance(change, PointsAdded):  # as soon as the first part of the backlog is in
            write(streams, f"{OTHER}/gpu1-5-bb.jsonl", news)
            news.clear()

    hub.subscribe(begin_another)
    async with opened(tmp_path, hub) as (store, service):
        await service.start()
        await until(lambda: any(state.behind for state in heard.of(IndexState)))
        await until(lambda: _knows(store, OTHER))
        await until(lambda: heard.of(IndexState)[-1].behind == 0)
        assert await _count(store) == 40_000
        told = [change.ids for change in heard.of(PointsAdded)]
        assert told.index(frozenset({RUN, OTHER})) < len(told) - 1  # it did not wait for the backlog's end


async def _knows(store: Store, run: str) -> bool:
    return await store.get_run(run) is not None


async def test_killed_in_the_middle_each_record_is_there_once(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    for rank in range(3):
        records = [metrics(i, 1000.0 + i, loss=float(i), acc=0.5) for i in range(8_000)]
        write(streams, f"{RUN}/h-{rank}-aa.jsonl", [header(rank=rank, host="h", pid=rank + 1), *records])
    for _ in range(4):
        async with process(tmp_path) as started:
            assert await _role(started) == "holder"
            started.kill()
            assert await started.wait() == -signal.SIGKILL
    async with opened(tmp_path) as (store, service):
        assert (await service.catch_up()).behind == 0
        for rank in range(3):
            assert (await store.points(RUN, "loss", rank)).value == [float(i) for i in range(8_000)]
        whole = await dump(store)
    for file in (tmp_path / ".mlws").glob("index.db*"):
        file.unlink()
    async with ingested(tmp_path) as store:
        assert await dump(store) == whole


async def test_the_second_follows_and_takes_over_when_the_first_is_killed(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0)])
    hub = Hub()
    heard = Heard(hub)
    async with process(tmp_path) as first:
        assert await _role(first) == "holder"
        async with opened(tmp_path, hub) as (store, service):
            await service.start()
            await until(lambda: bool(heard.of(IndexState)))
            assert heard.of(IndexState)[-1] == IndexState("follower", first.pid)
            await until(lambda: _is(store, 1))
            heard.changes.clear()
            write(streams, FILE, [metrics(2, 1002.0, loss=2.0)])
            await until(lambda: PointsAdded(None) in heard.changes and RunsChanged(None) in heard.changes)
            await until(lambda: _is(store, 2))
            first.kill()
            await first.wait()
            write(streams, FILE, [metrics(3, 1003.0, loss=3.0)])
            await until(lambda: heard.of(IndexState) != [] and heard.of(IndexState)[-1].role == "holder")
            await until(lambda: _is(store, 3))


async def _is(store: Store, count: int) -> bool:
    return await _count(store) == count


async def test_a_command_waits_for_the_holder_and_tells_how_far_behind_it_is(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0), b'{"type":"metr'])
    async with process(tmp_path) as first:
        assert await _role(first) == "holder"
        async with opened(tmp_path) as (store, service):
            state = await service.catch_up(timeout=20)
            assert (state.role, state.holder_pid, state.behind) == ("follower", first.pid, 0)
            assert await _count(store) == 1
            first.send_signal(signal.SIGSTOP)
            write(streams, FILE, [b'ics"}\n'])
            write(streams, f"{OTHER}/gpu1-5-bb.jsonl", [header(OTHER)])
            assert (await service.catch_up(timeout=0.05)).behind > 0
            first.send_signal(signal.SIGCONT)
            assert (await service.catch_up(timeout=20)).behind == 0
            assert await store.get_run(OTHER) is not None


async def test_after_close_the_lease_is_free_and_it_may_start_again(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0)])
    lease = Lease(tmp_path / ".mlws" / "ingest.lock")
    async with opened(tmp_path) as (store, service):
        await service.start()
        await until(lambda: _is(store, 1))
        assert not lease.acquire()
        await service.close()
        assert lease.acquire()
        lease.release()
        write(streams, FILE, [metrics(2, 1002.0, loss=1.0)])
        await service.start()
        await until(lambda: _is(store, 2))


async def test_a_problem_is_told_and_gone_when_it_is_solved(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header()])
    hub = Hub()
    heard = Heard(hub)
    async with opened(tmp_path, hub) as (store, service):
        (tmp_path / ".mlws" / "ingest.lock").mkdir()
        with pytest.raises(Exception, match="lock"):
            await service.catch_up()
        await service.start()
        await until(lambda: any("cannot be taken" in state.problem for state in heard.of(IndexState)))
        (tmp_path / ".mlws" / "ingest.lock").rmdir()
        await until(lambda: heard.of(IndexState)[-1] == IndexState("holder"))
        assert await store.get_run(RUN) is not None


async def test_a_reader_of_an_index_that_may_not_be_written_follows(tmp_path: Path) -> None:
    write(workspace(tmp_path).streams, FILE, [header()])
    async with opened(tmp_path) as (_, service):
        await service.catch_up()
        store = await Store.open(tmp_path / ".mlws" / "index.db", read_only=True)
        reader = IngestService(workspace(tmp_path), store, Hub())
        try:
            assert (await reader.catch_up(timeout=0.05)).role == "read-only"
            assert await store.get_run(RUN) is not None
        finally:
            await reader.close()
            await store.close()


async def test_cancelled_in_the_middle_nothing_is_lost_or_twice(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), *(metrics(i, 1000.0 + i, loss=1.0) for i in range(12_000))])
    async with opened(tmp_path) as (store, service):
        for wait in (0.0, 0.005, 0.01, 0.02, 0.03):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(service.catch_up(), wait)
        await service.catch_up()
        assert await _count(store) == 12_000
