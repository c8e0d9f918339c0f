"""Which processes have a file open or locked, as far as ``/proc`` lets this user see (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")


def lock_holder(path: Path) -> int | None:
    """Pid of the process that holds an ``flock`` on the file; None where nobody does, or it cannot be seen."""
    try:
        found = path.stat()
        text = (_PROC / "locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 6 or fields[1] != "FLOCK":
            continue
        pid, (where, _, inode) = int(fields[4]), fields[5].rpartition(":")
        # Btrfs and overlays tell another device here than a stat does.
        if inode == str(found.st_ino) and (where == device or _has_open(pid, {os.path.realpath(path)})):
            return pid
    return None


def openers(paths: set[Path]) -> list[int]:
    """Pids of the other processes that have one of the files open; those of other users are not seen."""
    names = {os.path.realpath(path) for path in paths}
    return [pid for pid in _pids() if pid != os.getpid() and _has_open(pid, names)]


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    return (_PROC / str(pid)).exists()


def _pids() -> Iterator[int]:
    with os.scandir(_PROC) as entries:
        yield from (int(entry.name) for entry in entries if entry.name.isdecimal())


def _has_open(pid: int, names: set[str]) -> bool:
    folder = _PROC / str(pid) / "fd"
    try:
        with os.scandir(folder) as entries:
            return any(_target(entry.path) in names for entry in entries)
    except OSError:  # gone, or another user's
        return False


def _target(link: str) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115 - thousands of them
    except OSError:
        return ""
