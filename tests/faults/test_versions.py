"""Indexes of other versions of the program, and copies that are made before one is changed."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.store.connection import Connection, Role
from mlws_tui.store.recovery import identity
from mlws_tui.store.schema import prepare, shipped_migrations
from tests.faults.kit import OTHER, RUN, Start, large_database, listed, recorded, says, sound
from tests.torture.kit import python, start, wait_until

STEPS = shipped_migrations()
NEWEST = STEPS[-1].version


def test_a_newer_index_is_shown_and_left_as_it_is(workspace: Workspace, app: Start) -> None:
    """F31: whoever made it knows more about it than we do."""
    recorded(workspace)
    listed(workspace)
    index = workspace.marker / "index.db"
    with contextlib.closing(sqlite3.connect(index)) as connection:
        connection.execute(f"PRAGMA user_version={NEWEST + 1}")
        connection.execute("ALTER TABLE runs ADD COLUMN of_tomorrow TEXT")
    recorded(workspace, OTHER)
    before = index.read_bytes()
    terminal = app(workspace)
    terminal.wait_for(says(f"of a newer mlws-tui (schema {NEWEST + 1}, this one has {NEWEST})"))
    terminal.wait_for("sentiment")
    terminal.type("q")
    assert terminal.wait_exit() == 0
    runs, said = listed(workspace)
    assert set(runs) == {RUN} and "of a newer mlws-tui" in said
    assert index.read_bytes() == before


@pytest.mark.parametrize("version", [step.version for step in STEPS[:-1]])
def test_an_older_index_is_brought_up_to_date_and_a_copy_is_kept(workspace: Workspace, version: int) -> None:
    index = workspace.marker / "index.db"
    prepare(index, [step for step in STEPS if step.version <= version]).presence.leave()
    recorded(workspace)
    runs, said = listed(workspace)
    assert RUN in runs and said == ""
    with contextlib.closing(sqlite3.connect(index)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (NEWEST,)
    backup = workspace.marker / f"index.db.backup-v{version}"
    assert sound(backup) and backup.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("rounds", [6, pytest.param(30, marks=pytest.mark.torture)])
def test_killed_while_it_copies_the_old_copy_stays(tmp_path: Path, rounds: int) -> None:
    """F44: a copy takes its name when it is whole, also while another program writes to the index."""
    index = tmp_path / "index.db"
    large_database(index, 4_000)
    backup, partial = tmp_path / "index.db.backup-v1", tmp_path / "index.db.backup-partial"
    process = start(python("tests.faults.copier", str(index)), tmp_path)
    wait_until(backup.exists, "there is a first copy")
    for number in range(rounds):
        before = identity(partial)
        wait_until(lambda: identity(partial) not in (None, before), "another copy is begun")  # noqa: B023
        time.sleep(0.003 * number / rounds)  # so that it is killed at another moment of its work each time
        process.kill()
        process.wait()
        assert sound(backup)
        process = start(python("tests.faults.copier", str(index)), tmp_path)
    process.kill()
    process.wait()
    assert sound(backup) and sound(index)


async def test_only_the_writer_can_write_or_checkpoint(tmp_path: Path) -> None:
    """F32: SQLite before 3.51.3 may lose commits where several connections write or checkpoint. Ours never do."""
    prepare(tmp_path / "index.db").presence.leave()
    for role in Role:
        connection = await Connection.open(tmp_path / "index.db", role)
        try:
            may = await connection.call(lambda raw: _pragma(raw, "query_only") == 0)
            checkpoints = await connection.call(lambda raw: _pragma(raw, "wal_autocheckpoint") > 0)
        finally:
            await connection.close()
        assert may == (role is Role.WRITER), role
        assert checkpoints == may or role is Role.FROZEN, (
            role
        )  # that one is opened as a file that nobody writes


def _pragma(raw: sqlite3.Connection, name: str) -> int:
    return int(raw.execute(f"PRAGMA {name}").fetchone()[0])
