"""The actor and its connections: cancelled callers, failing requests, long reads, closing."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlws_tui.domain.errors import StoreError
from mlws_tui.store.actor import Actor
from mlws_tui.store.connection import Connection, Role
from mlws_tui.store.errors import BusyError, DamagedError, FullError, TimeOutError, explain
from mlws_tui.store.schema import Migration, prepare

SLOW = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 300000000) SELECT max(n) FROM c"


@dataclass(frozen=True)
class Add:
    value: object
    commits: bool = True

    def apply(self, connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t (n) VALUES (?)", (self.value,))
        if not self.commits:
            raise ValueError("changed my mind")
        return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])


@dataclass(frozen=True)
class Wait:
    """Holds the writer's thread up until the test lets it go on."""

    entered: threading.Event
    go: threading.Event

    def apply(self, connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t (n) VALUES (-1)")
        self.entered.set()
        self.go.wait(20)


@contextlib.asynccontextmanager
async def acting(path: Path) -> AsyncIterator[tuple[Actor, Connection, Connection]]:
    file = path / "index.db"
    prepare(file, [Migration(1, "CREATE TABLE t (n INTEGER NOT NULL);")])
    writer, reader = await Connection.open(file, Role.WRITER), await Connection.open(file, Role.READER)
    actor = Actor(writer)
    actor.start()
    try:
        yield actor, writer, reader
    finally:
        await actor.close()
        await reader.close()


async def _values(reader: Connection) -> list[int]:
    return await reader.call(lambda raw: [row[0] for row in raw.execute("SELECT n FROM t ORDER BY rowid")])


async def test_a_failing_request_takes_back_its_own_part_only(tmp_path: Path) -> None:
    async with acting(tmp_path) as (actor, _, reader):
        answers = await asyncio.gather(
            actor.submit(Add(1)),
            actor.submit(Add(2, commits=False)),
            actor.submit(Add(None)),
            actor.submit(Add(3)),
            return_exceptions=True,
        )
        assert answers[0] == 1 and answers[3] == 2
        assert isinstance(answers[1], ValueError) and isinstance(answers[2], sqlite3.IntegrityError)
        assert await _values(reader) == [1, 3]


async def test_a_cancelled_caller_leaves_no_transaction_open(tmp_path: Path) -> None:
    async with acting(tmp_path) as (actor, writer, reader):
        entered, go = threading.Event(), threading.Event()
        held = asyncio.create_task(actor.submit(Wait(entered, go)))
        await asyncio.to_thread(entered.wait, 20)
        waiting = [asyncio.create_task(actor.submit(Add(n))) for n in range(5)]
        await asyncio.sleep(0)
        for task in (held, *waiting[::2]):
            task.cancel()
        go.set()
        done = await asyncio.gather(held, *waiting, return_exceptions=True)
        assert [isinstance(answer, asyncio.CancelledError) for answer in done] == [
            True,
            True,
            False,
            True,
            False,
            True,
        ]
        assert not await writer.call(lambda raw: raw.in_transaction)
        assert await actor.submit(Add(9))
        assert set(await _values(reader)) >= {-1, 1, 3, 9}


async def test_a_lock_held_by_another_is_told_and_the_next_request_works(tmp_path: Path) -> None:
    async with acting(tmp_path) as (actor, writer, reader):
        await writer.call(lambda raw: raw.execute("PRAGMA busy_timeout=50").fetchall())
        other = sqlite3.connect(tmp_path / "index.db", isolation_level=None)
        with contextlib.closing(other):
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(BusyError):
                await actor.submit(Add(1))
            other.execute("ROLLBACK")
        assert await actor.submit(Add(2)) == 1
        assert await _values(reader) == [2]


async def test_no_room_takes_back_the_batch_and_says_so(tmp_path: Path) -> None:
    async with acting(tmp_path) as (actor, writer, reader):
        await writer.call(lambda raw: raw.execute("PRAGMA max_page_count=4").fetchall())
        with pytest.raises(FullError) as caught:
            await actor.submit(Add("x" * 100_000))
        assert "free some space" in caught.value.hint
        await writer.call(lambda raw: raw.execute("PRAGMA max_page_count=100000").fetchall())
        assert await actor.submit(Add(5)) == 1
        assert await _values(reader) == [5]


async def test_a_read_that_takes_too_long_is_interrupted_and_the_next_one_works(tmp_path: Path) -> None:
    async with acting(tmp_path) as (_, _, reader):
        with pytest.raises(TimeOutError):
            await reader.call(lambda raw: raw.execute(SLOW).fetchone(), time_out=0.05)
        assert await _values(reader) == []
        slow = asyncio.create_task(reader.call(lambda raw: raw.execute(SLOW).fetchone(), time_out=60))
        await asyncio.sleep(0.05)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert await _values(reader) == []


async def test_closing_commits_what_waits_and_then_refuses(tmp_path: Path) -> None:
    async with acting(tmp_path) as (actor, _, reader):
        waiting = [asyncio.create_task(actor.submit(Add(n))) for n in range(20)]
        await asyncio.sleep(0)
        await actor.close()
        assert await asyncio.gather(*waiting) == list(range(1, 21))
        assert len(await _values(reader)) == 20
        with pytest.raises(StoreError):
            await actor.submit(Add(1))
        await reader.close()
        with pytest.raises(StoreError):
            await _values(reader)


async def test_closing_does_not_wait_for_a_long_read(tmp_path: Path) -> None:
    async with acting(tmp_path) as (_, _, reader):
        slow = asyncio.create_task(reader.call(lambda raw: raw.execute(SLOW).fetchone()))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(10):
            await reader.close()
            with pytest.raises(StoreError):
                await slow


async def test_readers_cannot_write(tmp_path: Path) -> None:
    async with acting(tmp_path) as (_, _, reader):
        with pytest.raises(StoreError):
            await reader.call(lambda raw: raw.execute("INSERT INTO t (n) VALUES (1)"))


def test_errors_are_told_apart() -> None:
    assert isinstance(explain(OSError(28, "No space left on device"), Path("x")), FullError)
    assert isinstance(explain(OSError(122, "Disk quota exceeded"), Path("x")), FullError)
    error = sqlite3.DatabaseError("file is not a database")
    error.sqlite_errorcode = sqlite3.SQLITE_NOTADB
    assert isinstance(explain(error, Path("x")), DamagedError)
    assert explain(PermissionError(13, "Permission denied"), Path("/x/index.db")).title.endswith(
        "Permission denied"
    )
