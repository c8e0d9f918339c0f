"""`kill -9` where it hurts: in a migration, a checkpoint, an ingest, and while a damaged index is replaced."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.store.schema import prepare
from tests.store.kit import RUN, header, ingested, metrics, opened, until, write
from tests.torture.keepers import Ingester, keeper
from tests.torture.kit import MLWS, PATIENCE, check_integrity, python, start, wait_until
from tests.torture.migrator import NEW, OLD, ROWS

ROUNDS = [pytest.param(3, id="short"), pytest.param(15, id="long", marks=pytest.mark.torture)]
POINTS = 4_000
#: Every which round has the real app.
APP_EVERY = 3


def _ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_in_a_migration_the_schema_is_the_old_or_the_new_one(
    tmp_path: Path, dice: random.Random, rounds: int
) -> None:
    takes = _migrate(tmp_path / "whole" / "index.db", None)
    for number in range(rounds):
        path = tmp_path / str(number) / "index.db"
        _migrate(path, dice.uniform(0.0, takes))
        check_integrity(path)
        assert _ask(path, "SELECT count(*) FROM t") == [(ROWS,)]
        [(version,)] = _ask(path, "PRAGMA user_version")
        tables = {name for (name,) in _ask(path, "SELECT name FROM sqlite_master")}
        assert (version, "copies" in tables) in ((1, False), (2, True))
        prepare(path, [OLD, NEW])
        assert _ask(path, "SELECT count(*) FROM copies WHERE twice = 2 * n") == [(ROWS,)]


def _migrate(path: Path, kill_after: float | None) -> float:
    """Have an old index migrated by another process, which is killed after so many seconds; how long it took."""
    prepare(path, [OLD])
    process = start(python("tests.torture.migrator", str(path)), path.parent, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process, process.stdout as told:
        assert told.readline() == b"begun\n"
        begun = time.monotonic()
        if kill_after is None:
            assert told.readline() == b"done\n"
        else:
            time.sleep(kill_after)
            process.kill()
        return time.monotonic() - begun


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("what", ["ingest", "checkpoint"])
def test_killed_in_an_ingest_or_a_checkpoint_each_record_is_there_once(
    workspace: Workspace, dice: random.Random, rounds: int, what: str
) -> None:
    """In WAL mode a commit writes the -wal file, and a checkpoint alone the index itself."""
    index = workspace.marker / "index.db"
    watched = index if what == "checkpoint" else index.with_name("index.db-wal")
    for number in range(1, rounds + 1):
        _log(workspace, POINTS, number)
        kept = Ingester(workspace.root)
        try:
            for _ in range(dice.randint(1, 3)):
                _next_write(watched)
        finally:
            kept.kill()
        check_integrity(index)
    asyncio.run(_check(workspace, rounds * POINTS))


def _log(workspace: Workspace, count: int, part: int) -> None:
    """More of one run: wide records, so that they fill pages."""
    records = [header()] if part == 1 else []
    begin = (part - 1) * count
    records += [
        metrics(i, 1000.0 + i, **{f"m{k}": float(i) for k in range(6)}) for i in range(begin, begin + count)
    ]
    write(workspace.streams, f"{RUN}/h-1-aa.jsonl", records)


def _next_write(path: Path) -> None:
    """Wait until the file is written to; at most a second, for the keeper may be done."""
    before = _written(path)
    deadline = time.monotonic() + 1.0
    while _written(path) == before and time.monotonic() < deadline:
        time.sleep(0.0005)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


async def _check(workspace: Workspace, count: int) -> None:
    async with ingested(workspace.root) as store:
        for name in ("m0", "m5"):
            points = await store.points(RUN, name)
            assert points.step == list(range(count)) and points.value == [float(i) for i in range(count)]


def _garble(index: Path) -> None:
    index.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)


def _empty(index: Path) -> None:
    index.write_bytes(b"")


def _remove_journal(index: Path) -> None:
    index.with_name("index.db-wal").unlink(missing_ok=True)


def _foreign(index: Path) -> None:
    index.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(index)) as connection:
        connection.execute("CREATE TABLE theirs (n)")
        connection.commit()


DAMAGES = (_garble, _empty, _remove_journal, _foreign)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_while_a_damaged_index_is_replaced_it_is_whole_in_the_end(
    workspace: Workspace, dice: random.Random, rounds: int
) -> None:
    index = workspace.marker / "index.db"
    _log(workspace, POINTS, 1)
    for _ in range(rounds):
        dice.choice(DAMAGES)(index)
        kept = Ingester(workspace.root)
        try:
            kept.sleep_until(time.monotonic() + dice.uniform(0.1, 0.6))
            kept.check_alive()
        finally:
            kept.kill()
    asyncio.run(_check(workspace, POINTS))
    check_integrity(index)


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="short"), pytest.param(10, id="long", marks=pytest.mark.torture)]
)
def test_damaged_while_it_is_open_and_killed_while_it_heals_it_is_whole_in_the_end(
    workspace: Workspace, dice: random.Random, rounds: int
) -> None:
    index = workspace.marker / "index.db"
    _log(workspace, POINTS, 1)
    for number in range(1, rounds + 1):
        first, second = keeper(workspace.root, app=number % APP_EVERY == 0), Ingester(workspace.root)
        try:
            first.wait_until_open()
            second.wait_until_open()
            first.sleep_until(time.monotonic() + dice.uniform(0.0, 0.5))
            damage = dice.choice(DAMAGES)
            damage(index)
            first.sleep_until(time.monotonic() + dice.uniform(0.0, 4.0))
            first.check_alive(damage.__name__)
            second.check_alive(damage.__name__)
            victim, left = dice.sample([first, second], 2)
            victim.kill()
            left.sleep_until(time.monotonic() + dice.uniform(0.0, 0.5))
        finally:
            first.kill()
            second.kill()
    asyncio.run(_check(workspace, POINTS))
    check_integrity(index)


@pytest.mark.torture
def test_stopped_while_another_begins_the_index_anew_it_goes_on_with_the_new_one(
    workspace: Workspace,
) -> None:
    """As ctrl+z or a debugger stops a process: it cannot close the index when it is asked to."""
    index = workspace.marker / "index.db"
    _log(workspace, POINTS, 1)
    kept = Ingester(workspace.root)
    try:
        asyncio.run(_kept_up(workspace, POINTS))
        os.kill(kept.pid, signal.SIGSTOP)
        before = index.stat().st_ino
        rebuild = start([*MLWS, "doctor", "--rebuild"], workspace.root)
        try:
            wait_until(lambda: index.exists() and index.stat().st_ino != before, "the index is begun anew")
        finally:
            rebuild.kill()
            rebuild.wait()
        _log(workspace, POINTS, 2)
        os.kill(kept.pid, signal.SIGCONT)
        asyncio.run(_kept_up(workspace, 2 * POINTS))
        kept.check_alive()
    finally:
        kept.kill()
    check_integrity(index)
    asyncio.run(_check(workspace, 2 * POINTS))


async def _kept_up(workspace: Workspace, count: int) -> None:
    """Wait, as one who only reads, until another process has brought the index up."""

    async def whole() -> bool:
        async with opened(workspace.root) as (store, _):
            run = await store.get_run(RUN)
            return run is not None and "m0" in run.latest and run.latest["m0"].count == count

    await until(whole, PATIENCE)


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="short"), pytest.param(12, id="long", marks=pytest.mark.torture)]
)
def test_killed_while_it_makes_the_index_again_it_is_whole_in_the_end(
    workspace: Workspace, dice: random.Random, rounds: int
) -> None:
    """`doctor --rebuild` beside a process that has the index open; the one, the other or neither is killed."""
    index = workspace.marker / "index.db"
    _log(workspace, POINTS, 1)
    for _ in range(rounds):
        kept = Ingester(workspace.root)
        rebuild = start([*MLWS, "doctor", "--rebuild"], workspace.root, stderr=subprocess.PIPE)
        try:
            kept.sleep_until(time.monotonic() + dice.uniform(0.2, 1.5))
            kept.check_alive()
            victim = dice.choice(["keeper", "rebuild", "nobody"])
            if victim == "keeper":
                kept.kill()
            elif victim == "rebuild":
                rebuild.kill()
            _, told = rebuild.communicate(timeout=PATIENCE)
            assert rebuild.returncode in (0, -9), told.decode()
            if victim != "keeper":
                kept.check_alive()
        finally:
            kept.kill()
            rebuild.kill()
            rebuild.communicate()
        check_integrity(index)
    asyncio.run(_check(workspace, POINTS))
