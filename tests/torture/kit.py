"""What the torture tests share: writers that say what was logged, and how to check that it is all there."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlws_tui.domain.runs import Run, RunState
from mlws_tui.store import Store

REPOSITORY = Path(__file__).parents[2]
MLWS = [sys.executable, "-m", "mlws_tui"]
#: Read when the tests are collected: each test's environment has no variables of ours.
_GIVEN_SEED = os.environ.get("MLWS_TORTURE_SEED")
#: Nothing that is waited for takes longer than this on a slow machine (s).
PATIENCE = 60.0

_INTEGRITY = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("PRAGMA integrity_check").fetchone()[0])
"""


def seed_for(*, long: bool) -> int:
    """MLWS_TORTURE_SEED where it is set; else the same for each short form and another for each long one."""
    if _GIVEN_SEED is not None:
        return int(_GIVEN_SEED)
    return secrets.randbits(32) if long else 0


def python(module: str, *args: str) -> list[str]:
    return [sys.executable, "-m", module, *args]


def start(command: list[str], root: Path, **options: object) -> subprocess.Popen[bytes]:
    """Start a program that works on the workspace `root`, from the repository's folder."""
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command,
        cwd=REPOSITORY,
        env={**os.environ, "MLWS_WORKSPACE": str(root)},
        stdin=subprocess.DEVNULL,
        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options},
    )


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.002)


class Writer:
    """A training process of the SDK, or a program of the experiment store. What returned is in its side file."""

    def __init__(
        self, root: Path, acks: Path, *, pause: float = 0.001, steps: int = 1_000_000, program: str = "writer"
    ) -> None:
        self._acks = acks
        self.process = start(python(f"tests.torture.{program}", str(acks), str(pause), str(steps)), root)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def acknowledged(self) -> Acknowledged:
        return Acknowledged.read(self._acks)


@dataclass(slots=True)
class Acknowledged:
    """What a writer said before it ended: its run's id (empty: not begun), its last step, its notes, and its end.

    A program of the experiment store also says its experiment's id and the best figure that it gave that.
    """

    experiment: str = ""
    best: int = 0
    run: str = ""
    step: int = 0
    notes: list[str] = field(default_factory=list)
    ended: bool = False

    @classmethod
    def read(cls, path: Path) -> Acknowledged:
        told = cls()
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        for line in lines:
            word, _, value = line.partition(" ")
            if word == "experiment":
                told.experiment = value
            elif word == "best":
                told.best = int(value)
            elif word == "run":
                told.run = value
            elif word == "step":
                told.step = int(value)
            elif word == "note":
                told.notes.append(value)
            else:
                told.ended = True
        return told


async def check_run(store: Store, told: Acknowledged) -> None:
    """Everything that was acknowledged is in the index once; at most one more record, whose return was not seen."""
    if told.experiment:
        experiment = await store.get_experiment(told.experiment)
        assert experiment is not None and experiment.tags == ["torture"], told.experiment
        assert experiment.metrics.get("best", 0) >= told.best, told.experiment
    if not told.run:
        return
    for name in ("loss", "accuracy"):
        points = await store.points(told.run, name)
        count = len(points.step)
        assert points.step == list(range(1, count + 1)), f"{told.run}: {name} has gaps or is there twice"
        assert told.step <= count <= told.step + 1, f"{told.run}: {count} of {told.step} {name}"
    notes = [str(one.data["text"]) for one in await store.happenings(told.run) if one.type == "note"]
    assert notes[: len(told.notes)] == told.notes and len(notes) <= len(told.notes) + 1, told.run
    if told.ended:
        run = await store.get_run(told.run)
        assert isinstance(run, Run) and run.state is RunState.COMPLETED, told.run


def check_integrity(index: Path) -> None:
    """SQLite finds the file sound as a crash left it. Looks at a copy: opening the file itself would mend it."""
    if not index.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "index.db"
        shutil.copy(index, copy)
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(index.with_name(f"{index.name}-wal"), f"{copy}-wal")
        command = [sys.executable, "-c", _INTEGRITY, str(copy)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert answer.stdout == "ok\n", answer.stdout


@contextlib.contextmanager
def ending(writers: list[Writer]) -> Iterator[None]:
    """Whatever happens, no writer is left behind."""
    try:
        yield
    finally:
        for writer in writers:
            writer.kill()
