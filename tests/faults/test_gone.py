"""A workspace that goes away under the open app, as an unmounted disk does, and what stands where a file belongs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlws_tui.domain.changes import IndexState, Notice
from mlws_tui.domain.errors import StoreError
from mlws_tui.services.hub import Hub
from mlws_tui.store import Store
from tests.store.kit import OTHER, RUN, Heard, header, metrics, opened, until, workspace, write

#: Points whose pages the write-ahead log does not keep to itself.
MANY = 100_000


async def test_a_workspace_that_goes_away_is_not_made_anew_and_is_taken_up_when_it_is_back(
    tmp_path: Path,
) -> None:
    root, elsewhere = tmp_path / "workspace", tmp_path / "elsewhere"
    streams = workspace(root).streams
    write(streams, f"{RUN}/h-1-aa.jsonl", [header(), metrics(1, 1001.0, loss=1)])
    heard = Heard(hub := Hub())
    async with opened(root, hub) as (store, service):
        await service.start()
        await until(lambda: bool(heard.of(IndexState)))
        await service.catch_up(timeout=20)
        root.rename(elsewhere)
        await until(lambda: heard.of(IndexState)[-1].problem != "")
        assert not root.exists()
        elsewhere.rename(root)
        write(streams, f"{OTHER}/h-2-bb.jsonl", [header(OTHER)])

        async def whole() -> bool:
            with contextlib.suppress(StoreError):  # it is being opened again
                return (await store.list_runs()).total == 2
            return False

        await until(whole)
        await until(lambda: heard.of(IndexState)[-1] == IndexState("holder"))


async def test_an_older_copy_written_over_the_open_index_is_noticed(tmp_path: Path) -> None:
    """F22 by cp: the file stays the same one, and SQLite believes the pages that it remembers."""
    streams = workspace(tmp_path).streams
    write(streams, f"{RUN}/h-1-aa.jsonl", [header(), metrics(1, 1001.0, loss=1)])
    heard = Heard(hub := Hub())
    async with opened(tmp_path, hub) as (store, service):
        await service.start()
        await service.catch_up(timeout=20)
        older = tmp_path / "older.db"
        await asyncio.to_thread(_copy, store.path, older)
        # More than fits into the write-ahead log, so that the file itself has grown by a checkpoint.
        news = f"{OTHER}/h-2-bb.jsonl"
        write(streams, news, [header(OTHER), *[metrics(i, 2000.0 + i, loss=i) for i in range(MANY)]])
        await service.catch_up(timeout=20)  # what is seen of a commit is seen before its checkpoint has ended
        assert await _counts(store, MANY)
        assert os.spawnlp(os.P_WAIT, "cp", "cp", str(older), str(store.path)) == 0
        write(streams, news, [metrics(MANY, 2000.0 + MANY, loss=0)])
        await until(lambda: any("it is looked through" in told.text for told in heard.of(Notice)))
        await until(lambda: _counts(store, MANY + 1))
        assert (await store.list_runs()).total == 2 and await store.check() == ""


def _copy(index: Path, target: Path) -> None:
    """By another process, as opening the file in this one would give up its locks."""
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", code, str(index), str(target)], check=True)


async def _counts(store: Store, total: int) -> bool:
    with contextlib.suppress(StoreError):  # it is being opened again
        return (await store.curve(OTHER, "loss", width=8)).total == total
    return False


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("index.db", Path.mkdir),
        ("index.db", os.mkfifo),
        ("index.db", lambda path: path.symlink_to("/nowhere/at/all")),
        ("index.db-wal", Path.mkdir),
        ("index.db.lock", Path.mkdir),
        ("index.db.lock", lambda path: path.symlink_to("/nowhere/at/all")),
        ("index.db.users", Path.mkdir),
    ],
)
async def test_what_stands_where_a_file_belongs_is_one_sentence(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    if name == "index.db-wal":
        await (await Store.open(tmp_path / "index.db")).close()
    make(tmp_path / name)
    with pytest.raises(StoreError, match=str(tmp_path)):
        await Store.open(tmp_path / "index.db")
