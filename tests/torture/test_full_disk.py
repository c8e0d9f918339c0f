"""A disk that is full, has room, and is full again: nothing that was acknowledged is lost, and the index heals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import resource
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import IndexState
from mlws_tui.domain.errors import StoreError
from mlws_tui.services.hub import Hub
from mlws_tui.services.workspace import init
from mlws_tui.sources.edits import EditsLog
from mlws_tui.store import Store
from tests.faults.kit import full, mounted
from tests.store.kit import RUN, Heard, header, ingested, metrics, opened, until, write
from tests.torture.keepers import Ingester
from tests.torture.kit import PATIENCE, REPOSITORY, check_integrity, python

DISK = "24m"
ROUNDS = [pytest.param(1, id="short"), pytest.param(8, id="long", marks=pytest.mark.torture)]
#: Records that make the index grow by more than a full disk takes (about 2 MB).
MANY = 20_000
#: Bytes of a file: less than the first pass of the ingest writes.
LIMIT = 50_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    with mounted(place, DISK) as is_mounted:
        if not is_mounted:
            pytest.skip("no small file system may be mounted here")
        yield place


class Obedient:
    """A training process that logs when it is told to; `step` is the last that `log()` returned for."""

    def __init__(self, process: asyncio.subprocess.Process, run: str) -> None:
        self._process = process
        self.run = run
        self.step = 0

    async def log(self, count: int) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{count}\n".encode())
        async with asyncio.timeout(PATIENCE):
            self.step = int(await self._process.stdout.readline())


@contextlib.asynccontextmanager
async def training(root: Path) -> AsyncIterator[Obedient]:
    process = await asyncio.create_subprocess_exec(
        *python("tests.torture.obedient"),
        cwd=REPOSITORY,
        env={**os.environ, "MLWS_WORKSPACE": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            run = (await process.stdout.readline()).decode().strip()
        yield Obedient(process, run)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_full_and_freed_and_full_again_nothing_acknowledged_is_lost(
    small_disk: Path, dice: random.Random, rounds: int
) -> None:
    workspace = init(small_disk / "workspace").workspace
    edits = EditsLog(workspace.streams)
    hub = Hub()
    heard = Heard(hub)
    tags: list[str] = []
    async with training(workspace.root) as script, opened(workspace.root, hub) as (store, service):
        await service.start()
        await script.log(10)
        await until(lambda: _has(store, script))
        for number in range(rounds):
            with full(small_disk):
                await script.log(dice.randint(1, 400))
                with contextlib.suppress(StoreError):  # the last page of its file may still have room
                    edits.append(_tag(script.run, f"full-{number}"))
                    tags.append(f"full-{number}")
                assert (await store.list_runs()).total == 1
            tags.append(f"round-{number}")
            edits.append(_tag(script.run, tags[-1]))
            await _until_written(store, script)
            # What the index does not yet have when the disk is full comes when there is room again.
            await service.close()
            await script.log(MANY)
            heard.changes.clear()
            with full(small_disk):
                await service.start()
                await until(lambda: _told(heard, store, script))
            await until(lambda: _has(store, script))
            await until(lambda: heard.of(IndexState)[-1] == IndexState("holder"))
        run = await store.get_run(script.run)
        assert run is not None and sorted(run.tags) == sorted(tags) and run.bad_lines <= 2 * rounds
        assert (await store.points(script.run, "loss")).step == list(range(1, script.step + 1))
    check_integrity(workspace.marker / "index.db")


def _tag(run: str, tag: str) -> dict[str, object]:
    return {"type": "set", "ts": time.time(), "by": "person", "run": run, "tags_add": [tag]}


async def _has(store: Store, script: Obedient) -> bool:
    run = await store.get_run(script.run)
    return run is not None and "loss" in run.latest and run.latest["loss"].count == script.step


async def _told(heard: Heard, store: Store, script: Obedient) -> bool:
    """That there is no room; or it had enough, as the write-ahead log is written over from its beginning."""
    return any("no room" in state.problem for state in heard.of(IndexState)) or await _has(store, script)


async def _until_written(store: Store, script: Obedient) -> None:
    """The SDK tries again with the first record that it is given a second after the disk refused one."""

    async def written() -> bool:
        await script.log(1)
        return await _has(store, script)

    await until(written)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_an_index_that_may_not_grow_is_whole_once_it_may(workspace: Workspace, rounds: int) -> None:
    """By a limit on the size of a process's files, which is how a quota looks to it."""
    write(workspace.streams, f"{RUN}/h-1-aa.jsonl", [header()])
    keeper = Ingester(workspace.root)
    try:
        keeper.wait_until_open()
        asyncio.run(_whole(workspace, 0))
        for number in range(rounds):
            since = len(keeper.told)
            resource.prlimit(keeper.pid, resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
            write(workspace.streams, f"{RUN}/h-1-aa.jsonl", _records(number))
            keeper.wait_for_problem("no room", since)
            keeper.check_alive()
            resource.prlimit(keeper.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            asyncio.run(_whole(workspace, (number + 1) * MANY))
        keeper.check_alive()
    finally:
        keeper.kill()
    check_integrity(workspace.marker / "index.db")


def _records(number: int) -> list[dict[str, object]]:
    return [metrics(i, 1000.0 + i, loss=i / 4) for i in range(number * MANY, (number + 1) * MANY)]


async def _whole(workspace: Workspace, count: int) -> None:
    """Read beside the process that keeps it up, until that has brought it up."""
    async with opened(workspace.root) as (store, service):

        async def whole() -> bool:
            state = await service.catch_up(timeout=0.1)
            await service.close()  # gives the lease up, where the other process had not taken it yet
            return (state.role, state.behind) == ("follower", 0)

        await until(whole, PATIENCE)
        assert (await store.points(RUN, "loss")).step == list(range(count))


async def test_begun_on_a_full_disk_it_is_told_and_made_when_there_is_room(small_disk: Path) -> None:
    workspace = init(small_disk / "workspace").workspace
    write(workspace.streams, f"{RUN}/h-1-aa.jsonl", [header(), *_records(0)])
    with full(small_disk), pytest.raises(StoreError, match="room"):
        async with ingested(workspace.root):
            pass
    async with ingested(workspace.root) as store:
        assert (await store.points(RUN, "loss")).step == list(range(MANY))


async def test_with_room_for_half_an_index_it_is_told(tmp_path: Path) -> None:
    """The file can be made, its tables cannot: that is no index that could be shown as it was."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    try:
        with pytest.raises(StoreError, match="room"):
            async with opened(tmp_path) as (store, _):
                await store.list_runs()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    async with ingested(tmp_path) as store:
        assert (await store.list_runs()).total == 0
