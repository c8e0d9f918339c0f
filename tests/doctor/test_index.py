"""What the doctor says of the index: reported as it is, never healed by looking."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.lease import Lease
from mlws_tui.store.schema import shipped_migrations
from tests.doctor.kit import Doctor, ingest, lines, needs_rights, record, without_rights
from tests.store.kit import OTHER, RUN, metrics

_NEWEST = shipped_migrations()[-1].version


@pytest.fixture
def index(workspace: Workspace) -> Path:
    """The index of a workspace with one run."""
    record(workspace)
    ingest(workspace)
    return workspace.marker / "index.db"


def execute(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_no_index_yet_is_no_fault(doctor: Doctor, workspace: Workspace) -> None:
    record(workspace)
    answer = doctor("--deep")
    assert answer.code == 0
    assert "not made yet" in answer.one("index")["message"]
    assert not (workspace.marker / "index.db").exists()


def test_a_sound_index(doctor: Doctor, index: Path) -> None:
    answer = doctor()
    assert answer.code == 0
    assert answer.one("index")["message"].endswith(f"schema {_NEWEST}, sound")
    assert answer.of("counts") == []
    deep = doctor("--deep")
    assert deep.code == 0
    assert "every page" in deep.one("index")["message"]
    assert deep.one("counts")["ok"]


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(5000)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"x" * 20_000)


def replace_by_text(path: Path) -> None:
    path.write_text("this is no database\n" * 200)


def replace_by_another(path: Path) -> None:
    path.unlink()
    execute(path, "CREATE TABLE notes (text)")


@pytest.mark.parametrize("spoil", [cut, overwrite, replace_by_text, replace_by_another])
def test_a_damaged_index_is_told_and_left_as_it_is(
    doctor: Doctor, index: Path, spoil: Callable[[Path], None]
) -> None:
    """F25"""
    spoil(index)
    spoiled = index.read_bytes()
    answer = doctor()
    assert answer.code == 1
    assert answer.problems == ["index"]
    assert "doctor --rebuild" in answer.one("index")["hint"]
    assert index.read_bytes() == spoiled
    assert not list(index.parent.glob("*.damaged-*"))
    assert doctor("--rebuild").code == 0
    assert doctor().code == 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM points WHERE seq = 2",
        "UPDATE series SET n = n + 1",
        "UPDATE series SET last = 7",
        "UPDATE series SET low = -1",
        "UPDATE tiers SET n = n - 1 WHERE size = 256",
        "UPDATE points SET series = 99 WHERE seq = 4",
        "DELETE FROM streams",
    ],
)
def test_counts_that_do_not_agree_are_found_by_a_deep_look(
    doctor: Doctor, index: Path, statement: str
) -> None:
    """F26"""
    execute(index, statement)
    assert doctor().of("counts") == []
    answer = doctor("--deep")
    assert answer.code == 1
    assert not answer.one("counts")["ok"]


def test_nan_and_infinities_are_no_miscount(doctor: Doctor, workspace: Workspace) -> None:
    odd = [
        metrics(step, 1002.0, loss=value)
        for step, value in enumerate(["NaN", "Infinity", "-Infinity", "NaN"])
    ]
    record(workspace, RUN, *odd, metrics(9, 1009.0, only="NaN", huge=1.7976931348623157e308))
    ingest(workspace)
    assert doctor("--deep").one("counts")["ok"]


def test_schemas_of_other_versions(doctor: Doctor, index: Path) -> None:
    """F31"""
    execute(index, f"PRAGMA user_version={_NEWEST + 1}")
    check = doctor().one("index")
    assert not check["ok"] and "of a newer mlws-tui" in check["message"]
    execute(index, f"PRAGMA user_version={_NEWEST - 1}")
    assert doctor().one("index")["ok"]


def test_a_foreign_journal_mode(doctor: Doctor, index: Path) -> None:
    """F29"""
    execute(index, "PRAGMA journal_mode=DELETE")
    check = doctor().one("journal mode")
    assert check["level"] == "advice" and "delete" in check["message"]


def test_a_long_write_ahead_log_names_who_has_it_open(doctor: Doctor, index: Path) -> None:
    """F27"""
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN');"
            "c.execute('SELECT count(*) FROM runs').fetchone(); print('reads', flush=True); sys.stdin.read()",
            str(index),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"reads\n"
        assert f"pid {reader.pid}" in doctor().one("open in")["message"]
        with Path(f"{index}-wal").open("r+b") as log:
            log.truncate(100 << 20)  # a hole: SQLite reads no further than the last whole record
        check = doctor().one("write-ahead log")
        assert check["level"] == "advice"
        assert "100 MiB" in check["message"] and f"pid {reader.pid}" in check["message"]
    finally:
        reader.communicate()


def test_an_index_that_a_foreign_program_keeps_locked(doctor: Doctor, index: Path) -> None:
    """F28"""
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "c.execute('PRAGMA locking_mode=EXCLUSIVE'); c.execute('BEGIN EXCLUSIVE');"
            "print('holds', flush=True); sys.stdin.read()",
            str(index),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"holds\n"
        answer = doctor()
        assert answer.problems == ["index"]
        check = answer.one("index")
        assert "is locked by another program" in check["message"] and f"pid {holder.pid}" in check["message"]
    finally:
        holder.communicate()
    assert doctor().code == 0


def test_who_ingests(doctor: Doctor, index: Path) -> None:
    """F30"""
    assert "no app is open" in doctor().one("ingest")["message"]
    lease = Lease(index.with_name("ingest.lock"))
    assert lease.acquire()
    try:
        assert "keeps the index up" in doctor().one("ingest")["message"]
    finally:
        lease.release()


def test_bytes_that_wait(doctor: Doctor, workspace: Workspace, index: Path) -> None:
    assert doctor().one("streams read")["message"] == "all of them"
    waiting = record(workspace, OTHER, end=False)
    assert f"{waiting.stat().st_size} bytes wait" in doctor().one("streams read")["message"]
    with waiting.open("ab") as file:
        file.write(b'{"type":"metr')
    ingest(workspace)
    assert doctor().one("streams read")["message"] == "all of them"


def test_runs_of_the_index_without_streams(doctor: Doctor, workspace: Workspace, index: Path) -> None:
    record(workspace, OTHER)
    ingest(workspace)
    shutil.rmtree(workspace.streams / RUN)
    answer = doctor()
    assert answer.code == 1
    assert RUN in answer.one("lost streams")["message"]
    (workspace.streams / OTHER / "host-1-a.jsonl").unlink()
    first, second = doctor().of("lost streams")
    assert RUN in first["message"]
    assert f"{OTHER}/host-1-a.jsonl" in second["message"]
    assert doctor("--rebuild").of("lost streams") == []


def test_a_run_that_only_edits_speak_of_is_not_lost(
    doctor: Doctor, workspace: Workspace, index: Path
) -> None:
    edits = workspace.streams / "_edits" / "host.jsonl"
    edits.parent.mkdir(mode=0o700, exist_ok=True)
    edits.write_bytes(lines({"type": "set", "ts": 1.0, "by": "ada", "run": OTHER, "name": "early"}))
    ingest(workspace)
    assert doctor().of("lost streams") == []


def test_copies_and_what_is_left_of_them(doctor: Doctor, index: Path) -> None:
    assert "no index was set aside" in doctor().one("copies")["message"]
    for day in range(1, 5):
        shutil.copy(index, f"{index}.damaged-2026010{day}-000000")
        Path(f"{index}.damaged-2026010{day}-000000-wal").touch()
    Path(f"{index}.backup-v1").touch()
    Path(f"{index}.backup-partial").touch()
    check = doctor().one("copies")
    assert check["level"] == "advice" and "3 old copies" in check["message"]
    answer = doctor("--fix")
    assert "removed 3 old copies of the index" in answer.done
    assert answer.one("copies")["level"] == "ok"
    assert sorted(path.name for path in index.parent.glob("index.db.*-*")) == [
        "index.db.backup-v1",
        "index.db.damaged-20260103-000000",
        "index.db.damaged-20260103-000000-wal",
        "index.db.damaged-20260104-000000",
        "index.db.damaged-20260104-000000-wal",
    ]


def test_a_rebuild_says_what_it_did(doctor: Doctor, workspace: Workspace, index: Path) -> None:
    execute(index, "DELETE FROM points")
    answer = doctor("--rebuild", "--deep")
    assert answer.code == 0
    assert "made the index again: 1 run in" in answer.done
    assert answer.one("counts")["ok"]


def test_fix_and_rebuild_are_two_steps(workspace: Workspace) -> None:
    assert main(["--workspace", str(workspace.root), "doctor", "--fix", "--rebuild"]) == 2


def test_a_folder_in_the_place_of_the_index(doctor: Doctor, workspace: Workspace) -> None:
    (workspace.marker / "index.db").mkdir()
    check = doctor().one("index")
    assert not check["ok"] and "is no file" in check["message"]


@needs_rights
def test_an_index_that_may_not_be_read(workspace: Workspace, index: Path) -> None:
    index.chmod(0)
    answer = without_rights(workspace)
    assert any(
        check["level"] == "advice" and "belongs to somebody else" in check["message"]
        for check in answer.of("index")
    )
    index.chmod(0o600)
