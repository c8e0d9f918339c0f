"""An index that is removed, replaced, damaged or asked for while it is open: it heals by itself and nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mlws_tui.domain.changes import IndexState, Notice
from mlws_tui.domain.errors import StoreError
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.rebuild import rebuild
from mlws_tui.store import Store
from mlws_tui.store.checkpoints import WalKeeper
from mlws_tui.store.connection import Connection, Role
from mlws_tui.store.errors import DamagedError, OvergrownError
from mlws_tui.store.recovery import aside, set_aside
from mlws_tui.store.schema import prepare
from tests.store import ingester
from tests.store.kit import OTHER, RUN, Heard, dump, header, metrics, opened, until, workspace, write

FILE = f"{RUN}/h-1-aa.jsonl"
NEWS = f"{OTHER}/h-2-bb.jsonl"


def fill(root: Path, points: int = 400) -> Path:
    streams = workspace(root).streams
    records = [metrics(i, 1000.0 + i, loss=1.0 / (i + 1), **{"val/loss": float(i)}) for i in range(points)]
    write(streams, FILE, [header(tags=["a"]), *records])
    write(streams, "_edits/h.jsonl", [{"type": "set", "ts": 5.0, "run": RUN, "notes": "mine"}])
    return streams


@contextlib.asynccontextmanager
async def live(root: Path) -> AsyncIterator[tuple[Store, IngestService, Heard]]:
    """An index that is kept up, with all that the streams hold."""
    hub = Hub()
    heard = Heard(hub)
    async with opened(root, hub) as (store, service):
        await service.start()
        await until(lambda: bool(heard.of(IndexState)))
        await service.catch_up(timeout=20)
        yield store, service, heard


def told(heard: Heard, words: str) -> bool:
    return any(words in notice.text for notice in heard.of(Notice))


def overwrite(path: Path) -> None:
    """Damage most pages, by another process: SQLite's locks are the process's."""
    code = """
import contextlib, os, sqlite3, sys
with contextlib.closing(sqlite3.connect(sys.argv[1])) as connection:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
file = os.open(sys.argv[1], os.O_RDWR)
for at in range(4096 * 64, os.fstat(file).st_size, 4096):
    os.pwrite(file, os.urandom(4096), at)
"""
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code, str(path)]) == 0


def remove(path: Path) -> None:
    for file in path.parent.glob("index.db*"):
        file.unlink()


def remove_db(path: Path) -> None:
    path.unlink()


def remove_wal(path: Path) -> None:
    path.with_name("index.db-wal").unlink()


def remove_shm(path: Path) -> None:
    path.with_name("index.db-shm").unlink()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (remove, "was removed while it was open"),
        (remove_db, "was removed while it was open"),
        (remove_wal, "A journal of the index was removed"),
        (remove_shm, "A journal of the index was removed"),
    ],
)
async def test_what_is_removed_under_the_open_app_is_made_again(
    tmp_path: Path, harm: Callable[[Path], None], words: str
) -> None:
    streams = fill(tmp_path)
    async with live(tmp_path) as (store, _, heard):
        before = await dump(store)
        assert await store.mend() == ""  # it has been looked at once
        harm(store.path)
        await until(lambda: told(heard, words))
        await until(lambda: _same(store, before))
        write(streams, NEWS, [header(OTHER)])
        await until(lambda: _knows(store, OTHER))
    with contextlib.closing(sqlite3.connect(tmp_path / ".mlws" / "index.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (2,)


async def test_an_older_index_put_in_its_place_is_brought_up_to_date(tmp_path: Path) -> None:
    streams = fill(tmp_path)
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
    older = tmp_path / "older.db"
    shutil.copy(store.path, older)
    write(streams, FILE, [metrics(400, 2000.0, loss=0.5)])
    async with live(tmp_path) as (store, _, heard):
        before = await dump(store)
        older.rename(store.path)
        await until(lambda: told(heard, "was replaced by another file"))
        await until(lambda: _same(store, before))


async def test_damage_that_is_met_while_it_is_open_is_mended(tmp_path: Path) -> None:
    streams = fill(tmp_path, points=20_000)
    async with live(tmp_path) as (store, _, heard):
        before = await dump(store)
        overwrite(store.path)
        write(streams, NEWS, [header(OTHER), *(metrics(i, 1.0 + i, a=1.0, b=2.0) for i in range(3000))])
        await until(lambda: told(heard, "The index was damaged: it is kept as index.db.damaged-"))
        await until(lambda: _has(store, before))
        await until(lambda: _knows(store, OTHER))


async def test_damage_that_a_command_meets_is_mended_by_the_next_one(tmp_path: Path) -> None:
    fill(tmp_path, points=20_000)
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        before = await dump(store)
    overwrite(store.path)
    with pytest.raises(StoreError):
        async with opened(tmp_path) as (store, service):
            await dump(store)
            await service.catch_up()
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        assert await dump(store) == before


async def test_after_a_kill_the_whole_file_is_looked_through(tmp_path: Path) -> None:
    """Damage in pages that nothing asks for is found all the same."""
    fill(tmp_path, points=20_000)
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
    code = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
(root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'tiers'").fetchone()
file = os.open(sys.argv[1], os.O_RDWR)
os.pwrite(file, os.urandom(4096), (root - 1) * 4096)
connection.execute("UPDATE streams SET bad = 1")
os.kill(os.getpid(), 9)
"""
    os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code, str(store.path)])
    assert store.path.with_name("index.db-wal").stat().st_size
    async with live(tmp_path) as (store, _, heard):
        await until(lambda: told(heard, "The index was damaged"))
        await until(lambda: _knows(store, RUN))
        await until(lambda: _counts(store, 20_000))


async def test_questions_asked_meanwhile_are_answered(tmp_path: Path) -> None:
    fill(tmp_path)
    async with live(tmp_path) as (store, service, _):
        stop = asyncio.Event()

        async def ask() -> int:
            answers = 0
            while not stop.is_set():
                await store.get_run(RUN)
                await store.curve(RUN, "loss", width=10)
                answers += 1
                await asyncio.sleep(0)
            return answers

        asking = [asyncio.create_task(ask()) for _ in range(4)]
        for generation in range(1, 4):
            store.set_aside()
            await until(lambda wanted=generation: store.generation >= wanted)
        await until(lambda: _knows(store, RUN))
        stop.set()
        assert all(count > 0 for count in await asyncio.gather(*asking))
        assert service.state.problem == ""


async def test_two_processes_heal_together(tmp_path: Path) -> None:
    streams = fill(tmp_path)
    process = await _ingester(tmp_path)
    try:
        async with live(tmp_path) as (store, service, heard):
            await until(lambda: _knows(store, RUN))
            before = await dump(store)
            assert service.state.role == "follower"
            for file in store.path.parent.glob("index.db*"):
                file.unlink()
            await until(lambda: told(heard, "was removed") or told(heard, "was replaced"))
            await until(lambda: _same(store, before))
            write(streams, NEWS, [header(OTHER)])
            await until(lambda: _knows(store, OTHER))
    finally:
        process.kill()
        await process.wait()


async def test_a_rebuild_while_an_app_has_it_open(tmp_path: Path) -> None:
    streams = fill(tmp_path)
    steps: list[tuple[int, int]] = []
    async with live(tmp_path) as (store, _, heard):
        before = await dump(store)
        first = store.path.stat().st_ino
        rebuilt = await rebuild(workspace(tmp_path), progress=lambda done, most: steps.append((done, most)))
        assert (rebuilt.runs, rebuilt.behind) == (1, 0) and steps
        assert rebuilt.kept is not None and rebuilt.kept.stat().st_ino == first
        assert ".replaced-" in rebuilt.kept.name
        await until(lambda: told(heard, "Another mlws-tui begins the index anew"))
        await until(lambda: _same(store, before))
        write(streams, NEWS, [header(OTHER)])
        await until(lambda: _knows(store, OTHER))


async def test_a_rebuild_with_nobody_else(tmp_path: Path) -> None:
    fill(tmp_path)
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        before = await dump(store)
    assert (await rebuild(workspace(tmp_path))).runs == 1
    async with opened(tmp_path) as (store, _):
        assert await dump(store) == before


async def test_an_index_that_is_damaged_again_and_again_is_left(tmp_path: Path) -> None:
    fill(tmp_path, points=5000)
    async with opened(tmp_path) as (store, service):
        for _ in range(3):
            await service.catch_up()
            overwrite(store.path)
            assert await _harmed(store)
            assert "kept as index.db.damaged-" in await store.mend()
            await service.close()  # what it knows of the streams is of the file before
        assert len(aside(store.path)) == 2  # older ones would only fill the disk
        await service.catch_up()
        overwrite(store.path)
        assert await _harmed(store)
        with pytest.raises(DamagedError, match="3 times in a few minutes"):
            await store.mend()


def test_the_newest_two_that_were_set_aside_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    names = []
    for i in range(4):
        path.write_bytes(bytes([i]))
        path.with_name("index.db-wal").write_bytes(b"w")
        names.append(set_aside(path).name)
    assert [file.name for file in aside(path)] == names[-2:]
    assert {file.name for file in tmp_path.iterdir()} == {n + end for n in names[-2:] for end in ("", "-wal")}


async def test_a_long_reader_does_not_let_the_log_grow_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    prepare(path).presence.leave()
    writer = await Connection.open(path, Role.WRITER)
    keeper = WalKeeper(path, soft=50_000, hard=400_000)

    def fill_up(raw: sqlite3.Connection) -> None:
        for i in range(40):
            raw.execute("INSERT INTO folders (run, mtime) VALUES (hex(randomblob(2000)), ?)", (i,))

    with contextlib.closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM folders").fetchone()
        while keeper.size <= 400_000:
            await writer.call(fill_up)
            await writer.call(keeper.tend)
        with pytest.raises(OvergrownError, match="nothing more is taken in"):
            keeper.check()
        reader.execute("ROLLBACK")

    async def tended() -> bool:
        await writer.call(keeper.tend)
        return keeper.size == 0

    await until(tended)
    keeper.check()
    await writer.close()


async def _same(store: Store, before: dict[str, object]) -> bool:
    with contextlib.suppress(StoreError):
        return await dump(store) == before
    return False


async def _has(store: Store, before: dict[str, object]) -> bool:
    with contextlib.suppress(StoreError):
        now = await dump(store)
        return all(now.get(run) == told for run, told in before.items())
    return False


async def _counts(store: Store, total: int) -> bool:
    with contextlib.suppress(StoreError):
        return (await store.curve(RUN, "loss", width=8)).total == total
    return False


async def _knows(store: Store, run: str) -> bool:
    with contextlib.suppress(StoreError):
        return await store.get_run(run) is not None
    return False


async def _harmed(store: Store) -> bool:
    """Ask until the damage is met."""
    with contextlib.suppress(DamagedError):
        await store.check()
    return store.ailing


async def _ingester(root: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", ingester.__name__, str(root), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()) == b"holder\n"
    return process


async def test_a_lock_of_another_program_is_told_and_waited_for(tmp_path: Path) -> None:
    streams = fill(tmp_path)
    async with live(tmp_path) as (store, _, heard):
        with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            write(streams, NEWS, [header(OTHER)])
            await until(lambda: "locked by another program" in heard.of(IndexState)[-1].problem)
            assert await store.get_run(RUN) is not None  # what is there can be read
            foreign.execute("ROLLBACK")
        await until(lambda: _knows(store, OTHER))
        await until(lambda: heard.of(IndexState)[-1].problem == "")


async def test_a_command_answers_although_the_index_is_locked(tmp_path: Path) -> None:
    streams = fill(tmp_path)
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        write(streams, NEWS, [header(OTHER)])
        with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            state = await service.catch_up()
            assert "locked by another program" in state.problem
            assert await store.get_run(RUN) is not None


async def test_another_journal_mode_is_set_back(tmp_path: Path) -> None:
    fill(tmp_path)
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
    with contextlib.closing(sqlite3.connect(store.path)) as foreign:
        assert foreign.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    async with opened(tmp_path) as (store, service):
        assert await store.get_run(RUN) is not None
    with contextlib.closing(sqlite3.connect(store.path)) as foreign:
        assert foreign.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("ending", ["sys.exit(3)", "raise SystemExit(3)", "os._exit(3)"])
async def test_a_program_that_does_not_close_the_store_ends_all_the_same(tmp_path: Path, ending: str) -> None:
    fill(tmp_path)
    code = f"""
import asyncio, os, sys
from pathlib import Path
from mlws_tui.store import Store

async def main():
    global store
    store = await Store.open(Path(sys.argv[1]))
    await store.get_run({RUN!r})
    {ending}

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", code, str(tmp_path / ".mlws" / "index.db")
    )
    assert await asyncio.wait_for(process.wait(), 20) == 3


async def test_the_reserve_is_there_where_there_is_room_and_given_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, _):
        reserve = store.path.with_name("index.db.ballast")
        there = await asyncio.to_thread(reserve.exists)
        assert there == (shutil.disk_usage(tmp_path).free > 16 * 8 * 1024 * 1024)
        assert await store.make_room() == there and not reserve.exists()
        assert await store.mend() == ""
        assert await asyncio.to_thread(reserve.exists) == there


async def test_what_another_program_did_to_a_sound_index_condemns_nothing(tmp_path: Path) -> None:
    """A checkpoint, or a mere touch: it is looked through, and stays."""
    streams = fill(tmp_path)
    async with live(tmp_path) as (store, _, heard):
        inode = store.path.stat().st_ino
        write(streams, FILE, [metrics(400, 2000.0, loss=0.5)])
        await until(lambda: _counts(store, 401))
        os.utime(store.path)
        write(streams, NEWS, [header(OTHER)])
        await until(lambda: told(heard, "Another program wrote into the index file"))
        await until(lambda: _knows(store, OTHER))
        assert await store.check() == ""
        assert store.path.stat().st_ino == inode and not aside(store.path)


async def test_a_run_that_says_what_no_run_can_hides_no_other(tmp_path: Path) -> None:
    streams = fill(tmp_path, points=3)
    odd = {"type": "end", "ts": 9.0, "status": "failed", "exit_code": True, "signal": [9]}
    write(streams, NEWS, [header(OTHER, pid=True, pid_start=True, rank=False, gpus={"a": 1}), odd])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        assert {run.id for run in (await store.list_runs()).runs} == {RUN, OTHER}
        run = await store.get_run(OTHER)
        assert run is not None and (run.exit_code, run.signal, run.pid) == (None, None, None)


@pytest.mark.parametrize("points", [5, 5000])
async def test_a_journal_of_another_index_is_not_taken_for_its_own(tmp_path: Path, points: int) -> None:
    """SQLite takes up any sound journal; the other workspace's runs would be shown."""
    here, there = tmp_path / "here", tmp_path / "there"
    write(workspace(here).streams, NEWS, [header(OTHER), metrics(1, 1001.0, loss=0.5)])
    async with opened(here) as (store, service):
        await service.catch_up()
        before = await dump(store)
    fill(there, points)
    async with opened(there) as (other, service):
        await service.catch_up()
        shutil.copy(other.path.with_name("index.db-wal"), tmp_path / "wal")
    shutil.copy(tmp_path / "wal", store.path.with_name("index.db-wal"))
    async with opened(here) as (store, service):
        await service.catch_up()
        assert await dump(store) == before
        assert aside(store.path)
