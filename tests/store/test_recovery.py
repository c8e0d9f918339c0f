"""The index file itself: made, migrated, backed up, damaged, of a newer version, not writable."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from mlws_tui.domain.chunks import StreamFolder
from mlws_tui.domain.errors import StoreError
from mlws_tui.store import Store
from mlws_tui.store.schema import APPLICATION_ID, Migration, prepare, shipped_migrations
from tests.store.kit import RUN, dump, header, ingested, metrics, workspace, write

ONE = Migration(1, "CREATE TABLE t (n INTEGER); -- a comment; with a semicolon\nINSERT INTO t VALUES (1);")
TWO = Migration(2, "ALTER TABLE t ADD COLUMN m INTEGER;\nUPDATE t SET m = n + 1;")
BROKEN = Migration(2, "ALTER TABLE t ADD COLUMN m INTEGER;\nINSERT INTO nowhere VALUES (1);")


def _ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def _fill(root: Path) -> None:
    streams = workspace(root).streams
    write(streams, f"{RUN}/h-1-aa.jsonl", [header(tags=["a"]), metrics(1, 1001.0, loss=1.0)])
    write(
        streams,
        "_edits/h.jsonl",
        [{"type": "set", "ts": 5.0, "run": RUN, "notes": "mine", "tags_add": ["b"]}],
    )


async def test_a_new_index_is_the_owners_alone_and_in_wal(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "index.db"
    store = await Store.open(path)
    await store.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _ask(path, "PRAGMA journal_mode") == [("wal",)]
    assert _ask(path, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert _ask(path, "PRAGMA user_version") == [(shipped_migrations()[-1].version,)]


async def test_without_its_index_a_workspace_gives_the_same_again(tmp_path: Path) -> None:
    _fill(tmp_path)
    async with ingested(tmp_path) as store:
        before = await dump(store)
    assert before[RUN]["run"].notes == "mine" and before[RUN]["run"].tags == ("a", "b")
    for file in (tmp_path / ".mlws").glob("index.db*"):
        file.unlink()
    async with ingested(tmp_path) as store:
        assert await dump(store) == before


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"not a database, but a text that is long enough to look at\n" * 100,
        b"SQLite format 3\0" + b"\xff" * 5000,
    ],
)
async def test_a_damaged_index_is_set_aside_and_made_again(tmp_path: Path, damage: bytes) -> None:
    _fill(tmp_path)
    async with ingested(tmp_path) as store:
        before = await dump(store)
    path = tmp_path / ".mlws" / "index.db"
    path.write_bytes(damage)
    async with ingested(tmp_path) as store:
        assert await dump(store) == before
    aside = [file for file in path.parent.glob("index.db.damaged-*") if file.read_bytes() == damage]
    assert len(aside) == (1 if damage else 0)  # an empty file is an empty database


async def test_a_journal_without_its_index_is_set_aside(tmp_path: Path) -> None:
    _fill(tmp_path)
    (tmp_path / ".mlws" / "index.db-wal").write_bytes(b"left over" * 1000)
    async with ingested(tmp_path) as store:
        assert (await store.list_runs()).total == 1
    assert list((tmp_path / ".mlws").glob("index.db.damaged-*-wal"))


async def test_another_programs_database_is_not_touched_but_set_aside(tmp_path: Path) -> None:
    path = workspace(tmp_path).marker / "index.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (n)")
        connection.commit()
    async with ingested(tmp_path) as store:
        assert (await store.list_runs()).total == 0
    [aside] = path.parent.glob("index.db.damaged-*")
    assert _ask(aside, "SELECT name FROM sqlite_master") == [("theirs",)]


def test_migrations_run_in_order_after_a_backup(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    prepare(path, [ONE])
    assert not list(tmp_path.glob("*.backup-*"))
    prepare(path, [ONE, TWO])
    assert _ask(path, "SELECT n, m FROM t") == [(1, 2)]
    backup = tmp_path / "index.db.backup-v1"
    assert _ask(backup, "SELECT * FROM t") == [(1,)]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_failed_migration_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    prepare(path, [ONE])
    with pytest.raises(StoreError):
        prepare(path, [ONE, BROKEN])
    assert _ask(path, "SELECT * FROM t") == [(1,)]
    assert _ask(path, "PRAGMA user_version") == [(1,)]
    prepare(path, [ONE, TWO])
    assert _ask(path, "SELECT n, m FROM t") == [(1, 2)]


async def test_a_newer_index_is_read_only_and_says_so(tmp_path: Path) -> None:
    _fill(tmp_path)
    async with ingested(tmp_path):
        pass
    path = tmp_path / ".mlws" / "index.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    store = await Store.open(path)
    try:
        assert store.read_only and "newer" in store.notice
        assert (await store.list_runs()).total == 1
        with pytest.raises(StoreError, match="reading only"):
            await store.ingest([])
    finally:
        await store.close()


async def test_no_index_to_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no index"):
        await Store.open(tmp_path / "index.db", read_only=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="Permission denied"):
            await Store.open(path)
    finally:
        tmp_path.chmod(0o700)


async def test_changes_elsewhere_are_noticed(tmp_path: Path) -> None:
    _fill(tmp_path)
    async with ingested(tmp_path) as store:
        other = await Store.open(store.path)
        try:
            assert not await other.changed_elsewhere()
            assert not await other.changed_elsewhere()
            await store.register([StreamFolder("20240101-000000-x", 1, ())])
            assert await other.changed_elsewhere()
            assert not await other.changed_elsewhere()
        finally:
            await other.close()
