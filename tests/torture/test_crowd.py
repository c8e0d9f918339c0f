"""Thirty-two processes that log while two others read: nothing is lost, and the write-ahead log stays small."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from tests.store.kit import EVERYTHING, dump, opened
from tests.torture.keepers import keeper
from tests.torture.kit import MLWS, PATIENCE, Writer, check_integrity, check_run, ending

PROCESSES = 32
#: Bytes: the journal_size_limit of the writing connection.
WAL_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Crowd:
    """How much each process logs, at what pace (s), and whether the readers are two real apps."""

    steps: int
    pause: float
    apps: bool


@pytest.mark.parametrize(
    "crowd",
    [
        pytest.param(Crowd(100, 0.001, False), id="short"),
        pytest.param(Crowd(8_000, 0.001, True), id="long", marks=pytest.mark.torture),
    ],
)
def test_many_log_while_two_read(workspace: Workspace, tmp_path: Path, crowd: Crowd) -> None:
    index = workspace.marker / "index.db"
    keepers = [keeper(workspace.root, app=crowd.apps), keeper(workspace.root, app=crowd.apps)]
    writers = [
        Writer(workspace.root, tmp_path / f"acks-{i}", pause=crowd.pause, steps=crowd.steps)
        for i in range(PROCESSES)
    ]
    largest = 0
    try:
        with ending(writers):
            deadline = time.monotonic() + 4 * PATIENCE
            while any(writer.process.poll() is None for writer in writers):
                assert time.monotonic() < deadline
                for kept in keepers:
                    kept.sleep_until(time.monotonic() + 0.05)
                largest = max(largest, _size(index.with_name("index.db-wal")))
        for kept in keepers:
            kept.check_alive()
        _check_command(workspace)
    finally:
        for kept in keepers:
            kept.kill()
    assert largest < WAL_LIMIT
    told = [writer.acknowledged() for writer in writers]
    assert all(one.ended and one.step == crowd.steps for one in told)
    assert len({one.run for one in told}) == PROCESSES
    check_integrity(index)
    asyncio.run(_check(workspace, writers))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _check_command(workspace: Workspace) -> None:
    """A command that asks while the others have it open sees all the runs."""
    command = [*MLWS, "--workspace", str(workspace.root), "runs", "list", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert json.loads(answer.stdout)["total"] == PROCESSES


async def _check(workspace: Workspace, writers: list[Writer]) -> None:
    """Both of two that have the index open tell everything, and the same."""
    async with opened(workspace.root) as (one, service), opened(workspace.root) as (other, follower):
        assert (await service.catch_up()).behind == 0
        state = await follower.catch_up(timeout=PATIENCE)
        assert (state.role, state.behind) == ("follower", 0)
        for writer in writers:
            await check_run(one, writer.acknowledged())
        assert await other.list_runs(EVERYTHING) == await one.list_runs(EVERYTHING)
        assert await dump(other) == await dump(one)
