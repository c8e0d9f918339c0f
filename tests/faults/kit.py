"""What the tests of faults share: the program as a person calls it, and disks and rights as a server has them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from tests.e2e.terminal import Terminal
from tests.runs.kit import begun, ended, metrics, record
from tests.torture.kit import MLWS

RUN = "20241019-143000-sentiment"
OTHER = "20241020-090000-llama"
Start = Callable[..., Terminal]


def recorded(workspace: Workspace, run: str = RUN, steps: int = 5) -> None:
    """A finished run with a loss."""
    points = [metrics(step, 2.0 + step, loss=1.0 / (step + 1)) for step in range(steps)]
    record(workspace, run, begun(run, 1.0), *points, ended(10.0 + steps))


def call(workspace: Workspace, *args: str, under: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """A command of ours on that workspace; `under` is what its own command line is given to."""
    return subprocess.run(
        [*under, *MLWS, "--workspace", str(workspace.root), *args],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def listed(workspace: Workspace, under: Sequence[str] = ()) -> tuple[dict[str, dict[str, Any]], str]:
    """The runs by id as ``runs list`` gives them, and what it said beside."""
    done = call(workspace, "runs", "list", "--json", under=under)
    assert done.returncode == 0, done.stderr
    return {run["id"]: run for run in json.loads(done.stdout)["runs"]}, done.stderr


def tree(root: Path) -> dict[str, bytes | None]:
    """Every file below the folder with its bytes, every folder with none."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def sound(index: Path) -> bool:
    """Whether SQLite finds the index sound, asked by another process: its locks are the process's."""
    code = (
        "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('PRAGMA quick_check').fetchone()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(index)], capture_output=True, text=True, check=True
    )
    return done.stdout == "ok\n"


def says(words: str) -> Callable[[str], bool]:
    """Whether the screen says so: in its last line, or in a notice, where it is folded at the right of other panes."""
    sought = "".join(words.split())

    def holds(text: str) -> bool:
        notices = (line.rpartition("▌")[2].strip("│─╮╯ ") for line in text.splitlines() if "▌" in line)
        return sought in "".join("".join(notices).split()) or words in text

    return holds


def somebody_elses(root: Path) -> None:
    """Have everything below belong to another user, who lets everybody read it."""
    for path in (root, *root.rglob("*")):
        if path.is_symlink():
            continue
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
            path.chmod(0o755 if path.is_dir() else 0o644)
        else:
            path.chmod(0o555 if path.is_dir() else 0o444)


def ours_again(root: Path) -> None:
    """Take it back, so that it can be removed."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)


@contextlib.contextmanager
def mounted(place: Path, size: str) -> Iterator[bool]:
    """A small file system of its own at the place; False where none may be mounted."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """A foreign file takes all that is left."""
    filler = disk / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(descriptor, b"x" * size)
        yield
    finally:
        os.close(descriptor)
        filler.unlink()


def large_database(path: Path, kilobytes: int) -> None:
    """A database in WAL mode that takes a while to copy."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (randomblob(1000))", [() for _ in range(kilobytes)])
