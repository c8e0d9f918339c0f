"""What was written below a folder since a moment: scripts, and files of data. Bounded, and blocking: for a thread."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Folders of others, of machines, or of results: nobody writes a script there.
_PASSED = frozenset(
    {
        *("node_modules", "site-packages", "__pycache__", "venv", "env", "worktrees", "build", "dist"),
        *("wandb", "mlruns", "lightning_logs", "logs", "runs", "outputs", "checkpoints", "data", "datasets"),
    }
)
_SCRIPTS = (".py", ".sh", ".ipynb", ".yaml", ".yml")
#: Files that are on their way, or serve another file.
_UNDONE = (".part", ".partial", ".incomplete", ".crdownload", ".tmp", ".lock", ".swp", "~")
_DEPTH, _DATA_DEPTH = 4, 8
_MOST, _MOST_DATA = 200, 50  # files and data sets that are told


@dataclass(slots=True)
class Budget:
    """How much of disks may be looked at: entries of folders, until a moment of the monotonic clock."""

    deadline: float
    entries: int = 20_000
    spent: bool = field(default=False, init=False)

    def take(self) -> bool:
        """One entry more; False where there is no more to be had."""
        self.entries -= 1
        if self.entries < 0 or (self.entries % 64 == 0 and time.monotonic() > self.deadline):
            self.spent = True
        return not self.spent


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or a folder of data, with what of it came in the time.

    Attributes:
        path: Absolute.
        ts: Of its newest file, Unix seconds.
        bytes: Of the files that came.
        files: How many, of a folder; 0 for a file.
        grew: Whether the folder holds older ones, too.
        more: Whether there is more than was looked at.
    """

    path: Path
    ts: float
    bytes: int
    files: int = 0
    grew: bool = False
    more: bool = False


def scripts(root: Path, first: float, end: float, budget: Budget) -> list[Found]:
    """Scripts and files of settings below a folder that were written in ``[first, end)`` (Unix seconds).

    Links are not followed, and other repositories, environments and folders of results are passed over.
    """
    found: list[Found] = []
    for entry in _walk(root, _DEPTH, budget, _is_passed):
        if not entry.name.endswith(_SCRIPTS) or entry.name.startswith((".", "~")):
            continue
        known = _file(entry)
        if known is not None and first <= known.st_mtime < end:
            found.append(Found(Path(entry.path), known.st_mtime, known.st_size))
            if len(found) == _MOST:
                break
    return found


def data(root: Path, first: float, end: float, budget: Budget) -> list[Found]:
    """The files and folders right below a folder of data that came, or grew, in ``[first, end)`` (Unix seconds).

    What counts is when a file came to its place: what is unpacked or copied often keeps the time of its making.
    """
    found: list[Found] = []
    for entry in _entries(root, budget):
        if entry.name.startswith((".", "__")) or entry.name.endswith(_UNDONE):
            continue
        one = _folder(entry, first, end, budget) if _is_folder(entry) else _single(entry, first, end)
        if one is not None:
            found.append(one)
            if len(found) == _MOST_DATA:
                break
    return found


def _single(entry: os.DirEntry[str], first: float, end: float) -> Found | None:
    known = _file(entry)
    if known is None or not first <= known.st_ctime < end:
        return None
    return Found(Path(entry.path), known.st_ctime, known.st_size)


def _folder(entry: os.DirEntry[str], first: float, end: float, budget: Budget) -> Found | None:
    """What came into a folder of data; one whose own entries are old still may have a new file deep inside."""
    newest, size, files, older = 0.0, 0, 0, False
    for inner in _walk(Path(entry.path), _DATA_DEPTH, budget, _is_hidden):
        known = _file(inner)
        if known is None or inner.name.startswith(".") or inner.name.endswith(_UNDONE):
            continue
        if first <= known.st_ctime < end:
            newest, size, files = max(newest, known.st_ctime), size + known.st_size, files + 1
        elif known.st_ctime < first:
            older = True
    return Found(Path(entry.path), newest, size, files, older, budget.spent) if files else None


def _walk(
    root: Path, depth: int, budget: Budget, passed: Callable[[os.DirEntry[str]], bool]
) -> Iterator[os.DirEntry[str]]:
    """The files below a folder, those near the top first."""
    level = [str(root)]
    for _ in range(depth):
        below: list[str] = []
        for folder in level:
            for entry in _entries(folder, budget):
                if not _is_folder(entry):
                    yield entry
                elif not passed(entry):
                    below.append(entry.path)
        level = below


def _entries(folder: str | Path, budget: Budget) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not budget.take():
                    return
                yield entry
    except (OSError, ValueError):  # it is gone, may not be read, or was never one
        return


def _is_passed(entry: os.DirEntry[str]) -> bool:
    if _is_hidden(entry) or entry.name in _PASSED:
        return True
    return any(os.path.lexists(os.path.join(entry.path, name)) for name in (".git", "pyvenv.cfg"))  # noqa: PTH118


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    return entry.name.startswith(".") or entry.name == "__pycache__"


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _file(entry: os.DirEntry[str]) -> os.stat_result | None:
    """What is known of a regular file; None for anything else."""
    try:
        known = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return known if stat.S_ISREG(known.st_mode) else None
