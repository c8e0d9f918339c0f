"""Who may read what: modes under any umask, and a workspace that is closed or opened to the group (F43)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.journal import JournalService
from mlws_tui.services.launch.recorder import LogWriter
from mlws_tui.services.sessions import SessionsService
from mlws_tui.services.workspace import apply_privacy, exposed, init
from mlws_tui.sources import files
from mlws_tui.store.schema import back_up, prepare
from tests.store.kit import header, opened, write

NOW = datetime(2024, 10, 20, 9, 30)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask-000", "umask-022", "umask-077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o7777


def modes(root: Path) -> dict[str, int]:
    return {path.relative_to(root).as_posix(): mode(path) for path in sorted(root.rglob("*"))}


def told(workspace: Workspace, private: bool) -> Workspace:
    workspace.marker.mkdir(0o755, parents=True)
    workspace.config.write_text(f"files: {{private: {str(private).lower()}}}\n")
    workspace.config.chmod(0o644)
    return init(workspace.root).workspace


def test_all_that_init_makes_is_the_owners_alone(tmp_path: Path, umask: int) -> None:
    found = modes(init(tmp_path / "ws").workspace.root)
    assert found.pop("ACTIVITY.md") == 0o600
    assert {name: bits for name, bits in found.items() if bits not in (0o600, 0o700)} == {}
    assert exposed(Workspace(tmp_path / "ws")) == []


def test_a_workspace_of_a_group_can_be_read_by_it_and_nobody_else(tmp_path: Path, umask: int) -> None:
    workspace = told(Workspace(tmp_path / "ws"), private=False)
    found = modes(workspace.root)
    assert found["ACTIVITY.md"] == found[".mlws/config.yaml"] == 0o640
    assert {name: bits for name, bits in found.items() if bits not in (0o640, 0o750)} == {}
    assert exposed(workspace, private=False) == []


@pytest.mark.parametrize(("private", "file", "folder"), [(True, 0o600, 0o700), (False, 0o640, 0o750)])
def test_what_is_written_later_follows_the_folder_of_the_streams(
    tmp_path: Path, umask: int, private: bool, file: int, folder: int
) -> None:
    workspace = told(Workspace(tmp_path / "ws"), private)
    workspace.journal.unlink()
    workspace.sessions.rmdir()
    JournalService(workspace, clock=lambda: NOW).append("Experiments", "x", date(2024, 10, 20))
    session = SessionsService(workspace, clock=lambda: NOW).new("Tuning")
    LogWriter(workspace.logs / "own" / "x.log", workspace.streams).close()
    assert mode(workspace.journal) == mode(session.path) == mode(workspace.logs / "own" / "x.log") == file
    assert mode(workspace.sessions) == mode(workspace.logs / "own") == folder
    assert mode(workspace.journal_lock) == 0o600  # who can open a lock can hold it against its owner


def test_a_log_of_a_recorded_command_is_private(workspace: Workspace, umask: int) -> None:
    command = [sys.executable, "-m", "mlws_tui", "run", "--name", "quiet", "--", "true"]
    subprocess.run(command, cwd=workspace.root, check=True, capture_output=True, timeout=60)
    (log,) = workspace.logs_of("training").glob("*-quiet.log")
    assert mode(log) == 0o600
    (stream,) = workspace.streams.glob("*-quiet/*.jsonl")
    assert (mode(stream.parent), mode(stream)) == (0o700, 0o600)


async def test_the_index_and_what_lies_beside_it_is_private_even_in_an_open_workspace(
    tmp_path: Path, umask: int
) -> None:
    workspace = told(Workspace(tmp_path / "ws"), private=False)
    write(workspace.streams, "20241019-143000-a/host-1-a.jsonl", [header("20241019-143000-a")])
    index = workspace.marker / "index.db"
    index.write_text("this is no index")
    index.chmod(0o644)
    async with opened(workspace.root) as (_, service):
        await service.catch_up()
        found = {path.name: mode(path) for path in workspace.marker.glob("index.db*")}
    (damaged,) = [name for name in found if "damaged" in name]
    assert found.pop(damaged) == 0o644  # as it was given; it is no file of ours yet
    assert {"index.db", "index.db-wal", "index.db-shm"} <= found.keys()
    assert set(found.values()) == {0o600}
    apply_privacy(workspace, private=False)
    assert mode(workspace.marker / damaged) == 0o600


def test_a_backup_before_a_migration_is_private(tmp_path: Path, umask: int) -> None:
    index = tmp_path / "index.db"
    prepare(index)
    connection = sqlite3.connect(index)
    assert mode(back_up(connection, index, 1)) == 0o600
    connection.close()


def test_recovery_files_are_private(tmp_path: Path, umask: int) -> None:
    drafts = Drafts(tmp_path / "state" / "mlws-tui" / "recovery")
    kept = drafts.keep("page", "", "half a sentence", (0, 0))
    assert mode(kept) == 0o600
    assert [mode(folder) for folder in kept.parents[:3]] == [0o700] * 3


def test_a_group_that_may_write_shares_the_lock(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2770)
    with files.locked(folder / "journal.lock"):
        assert mode(folder / "journal.lock") & 0o007 == 0
    assert umask == 0o077 or mode(folder / "journal.lock") == 0o660 & ~umask


def test_an_old_workspace_is_closed_and_each_change_is_told(tmp_path: Path) -> None:
    workspace = init(tmp_path / "ws").workspace
    stream = write(workspace.streams, "20241019-143000-a/host-1-a.jsonl", [header("20241019-143000-a")])
    run = stream.parent
    for path, bits in ((workspace.streams, 0o755), (run, 0o775), (stream, 0o644), (workspace.config, 0o666)):
        path.chmod(bits)
    assert sorted(exposed(workspace)) == sorted([workspace.streams, run, stream, workspace.config])
    assert sorted(apply_privacy(workspace, private=True)) == sorted(
        [
            ".mlws/config.yaml (0666 → 0600)",
            ".mlws/streams (0755 → 0700)",
            ".mlws/streams/20241019-143000-a (0775 → 0700)",
            ".mlws/streams/20241019-143000-a/host-1-a.jsonl (0644 → 0600)",
        ]
    )
    assert exposed(workspace) == []
    assert apply_privacy(workspace, private=True) == []


def test_opening_it_to_the_group_leaves_the_persons_own_files(tmp_path: Path) -> None:
    workspace = init(tmp_path / "ws").workspace
    apply_privacy(workspace, private=False)
    assert (mode(workspace.marker), mode(workspace.streams), mode(workspace.config)) == (0o750, 0o750, 0o640)
    assert (mode(workspace.journal), mode(workspace.logs)) == (0o600, 0o700)
    assert exposed(workspace, private=False) == []
    assert workspace.config in exposed(workspace, private=True)


def test_a_group_that_was_let_in_by_hand_may_go_on_writing(tmp_path: Path) -> None:
    workspace = init(tmp_path / "ws").workspace
    workspace.streams.chmod(0o2777)
    assert exposed(workspace, private=False) == [workspace.streams]
    apply_privacy(workspace, private=False)
    assert mode(workspace.streams) == 0o2770


def test_no_link_is_followed(tmp_path: Path) -> None:
    workspace = init(tmp_path / "ws").workspace
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    outside.chmod(0o755)
    (outside / "file").chmod(0o644)
    (workspace.streams / "folder").symlink_to(outside)
    (workspace.streams / "file").symlink_to(outside / "file")
    (workspace.streams / "nowhere").symlink_to(tmp_path / "nowhere")
    assert exposed(workspace) == []
    assert apply_privacy(workspace, private=True) == []
    assert (mode(outside), mode(outside / "file")) == (0o755, 0o644)


def test_init_again_applies_the_setting_and_says_so(tmp_path: Path) -> None:
    workspace = init(tmp_path / "ws").workspace
    assert init(workspace.root).changed == ()
    workspace.config.write_text("files:\n  private: false\n")
    again = init(workspace.root)
    assert again.made == ()
    assert ".mlws (0700 → 0750)" in again.changed


def test_an_index_that_is_open_keeps_its_locks(tmp_path: Path) -> None:
    """Opening and closing the file would drop them, and another process could then write between ours."""
    workspace = init(tmp_path / "ws").workspace
    index = workspace.marker / "index.db"
    with contextlib.closing(sqlite3.connect(index)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("BEGIN IMMEDIATE")
        index.chmod(0o644)
        assert apply_privacy(workspace, private=True) == [".mlws/index.db (0644 → 0600)"]
        other = subprocess.run(
            [sys.executable, "-c", _WRITE, str(index)], capture_output=True, text=True, timeout=30
        )
    assert "locked" in other.stderr


_WRITE = """
import sqlite3, sys
sqlite3.connect(sys.argv[1], timeout=0).execute("BEGIN IMMEDIATE")
"""
