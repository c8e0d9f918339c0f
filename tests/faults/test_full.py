"""A full disk as a person meets it: the app says so, keeps what was typed, and catches up when there is room."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workspace import init
from mlws_tui.store.schema import back_up, prepare, shipped_migrations
from tests.faults.kit import (
    OTHER,
    RUN,
    Start,
    call,
    full,
    large_database,
    listed,
    mounted,
    recorded,
    says,
    sound,
)
from tests.runs.kit import begun, metrics
from tests.store.kit import write

#: Records that make the index grow by more than a full disk takes (about 2 MB).
MANY = 10_000
JOURNAL = "## 2024-10-19\n\n- before\n"


def _points() -> list[dict[str, object]]:
    return [metrics(i, 20.0 + i, loss=i) for i in range(MANY)]


@pytest.fixture
def crowded(small_disk: Path) -> Workspace:
    """A workspace on a small disk, with one run that is in the index."""
    workspace = init(small_disk / "workspace").workspace
    workspace.journal.write_text(JOURNAL)
    recorded(workspace)
    listed(workspace)
    return workspace


def test_the_app_lives_through_a_full_disk(
    crowded: Workspace, small_disk: Path, app: Start, own_environment: Path
) -> None:
    """F16 and F19: what was logged comes when there is room, what was typed is kept until it can be saved."""
    state = own_environment / ".local" / "state" / "mlws-tui"
    terminal = app(crowded)
    terminal.wait_for("sentiment")
    # What it has to take in has its room already, what the index grows by has none.
    write(small_disk, f"{OTHER}/gpu1-2-bb.jsonl", [begun(OTHER, 20.0), *_points()])
    with full(small_disk):
        (small_disk / OTHER).rename(crowded.streams / OTHER)
        terminal.wait_for(says("There is no room left to write the index"))
        assert "(0.0 MB free on the disk)" in terminal.text
        assert "sentiment" in terminal.text
        terminal.type("4\r")
        terminal.type("words of mine")
        terminal.wait_for("words of mine")
        terminal.type("\x13")
        terminal.wait_for("not saved")
        assert crowded.journal.read_text() == JOURNAL
        terminal.wait_for(
            lambda _: any("words of mine" in file.read_text() for file in state.rglob("*.json"))
        )
        refused = call(crowded, "log", "experiments", "mine")
        assert refused.returncode == 1 and "no space left on device" in refused.stderr
    terminal.wait_for(lambda text: "no room left" not in text.splitlines()[-1])
    terminal.type("\x13")
    terminal.wait_for(lambda _: "words of mine" in crowded.journal.read_text())
    terminal.type("\x11")
    assert terminal.wait_exit() == 0
    assert {path.name for path in crowded.root.iterdir()} == {"ACTIVITY.md", ".mlws", "logs", "docs"}
    runs, said = listed(crowded)
    assert runs[OTHER]["latest"]["loss"]["count"] == MANY and said == ""
    assert sound(crowded.marker / "index.db")


def test_begun_on_a_full_disk_the_runs_are_shown_as_they_were(crowded: Workspace, small_disk: Path) -> None:
    """F17: SQLite can open an index on a full disk only as a file that nobody writes."""
    recorded(crowded, OTHER)
    with full(small_disk):
        runs, said = listed(crowded)
        assert set(runs) == {RUN} and "There is no room left" in said and "Traceback" not in said
        refused = call(crowded, "runs", "tag", RUN, "mine")
        assert refused.returncode == 1 and "could not be saved" in refused.stderr, refused.stderr
    runs, said = listed(crowded)
    assert set(runs) == {RUN, OTHER} and runs[RUN]["tags"] == [] and said == ""


@pytest.mark.torture
def test_an_app_that_began_on_a_full_disk_goes_on_when_there_is_room(
    crowded: Workspace, small_disk: Path, app: Start
) -> None:
    """F17: it tries to open the index again every ten seconds."""
    recorded(crowded, OTHER)
    with full(small_disk):
        terminal = app(crowded)
        terminal.wait_for(says("There is no room left on the disk"))
        terminal.wait_for("sentiment")
    terminal.wait_for("llama", seconds=40)
    terminal.wait_for(lambda text: "no room left" not in text.splitlines()[-1])
    terminal.type("q")
    assert terminal.wait_exit() == 0


def test_begun_on_a_full_disk_the_reserve_makes_room(tmp_path: Path) -> None:
    """F17 where there was plenty of room before: all is taken in, as the reserve is given back for it."""
    with mounted(tmp_path / "disk", "180m") as there:
        if not there:
            pytest.skip("no small file system may be mounted here")
        workspace = init(tmp_path / "disk" / "workspace").workspace
        recorded(workspace)
        listed(workspace)
        reserve = workspace.marker / "index.db.ballast"
        assert reserve.exists()
        recorded(workspace, OTHER)
        with full(tmp_path / "disk"):
            runs, said = listed(workspace)
            assert set(runs) == {RUN, OTHER} and said == ""
            assert not reserve.exists()
        listed(workspace)
        assert reserve.exists()


def test_a_quota_is_told_as_a_lack_of_room(workspace: Workspace) -> None:
    """F18: as a limit on the size of files shows it, SQLite reports a failed write and not a full disk."""
    if (prlimit := shutil.which("prlimit")) is None:
        pytest.skip("no prlimit here")
    recorded(workspace)
    listed(workspace)
    write(workspace.streams, f"{OTHER}/gpu1-2-bb.jsonl", [begun(OTHER, 20.0), *_points()])
    most = max(os.stat(file).st_size for file in workspace.marker.glob("index.db")) + 50_000
    runs, said = listed(workspace, under=(prlimit, f"--fsize={most}"))
    assert OTHER not in runs or not runs[OTHER]["latest"]
    assert RUN in runs and "There is no room left to write the index" in said and "damaged" not in said
    runs, said = listed(workspace)
    assert runs[OTHER]["latest"]["loss"]["count"] == MANY and said == ""
    assert sound(workspace.marker / "index.db")


def test_an_older_index_on_a_full_disk_says_so(small_disk: Path) -> None:
    """F17 and F31: it cannot be brought up, and what it holds cannot be asked as it is."""
    workspace = init(small_disk / "workspace").workspace
    recorded(workspace)
    prepare(workspace.marker / "index.db", shipped_migrations()[:1]).presence.leave()
    with full(small_disk):
        refused = call(workspace, "runs", "list")
        assert refused.returncode == 1 and "There is no room left" in refused.stderr, refused.stderr
    assert set(listed(workspace)[0]) == {RUN}


def test_a_copy_that_finds_no_room_leaves_none_taken(small_disk: Path) -> None:
    """F16: the copy before a change of the schema must not be what fills the disk."""
    index = small_disk / "index.db"
    large_database(index, 8_000)
    with contextlib.closing(sqlite3.connect(index)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        others = shutil.disk_usage(small_disk).free - 2_000_000
        (small_disk / "others").write_bytes(bytes(others))
        before = shutil.disk_usage(small_disk).free
        with pytest.raises(sqlite3.OperationalError, match="full"):
            back_up(connection, index, 1)
        assert shutil.disk_usage(small_disk).free == before
    assert [path.name for path in small_disk.glob("*backup*")] == []
