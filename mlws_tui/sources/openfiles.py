"""Whether a process has a file open: asked of the kernel by a lease, and of ``/proc`` where that cannot tell."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR  # the bits of a descriptor's flags that say how it was opened


def is_written(descriptor: int) -> bool | None:
    """Whether any process of this host has the file open for writing, seen or not; None where that is not known.

    The kernel gives a read lease (fcntl(2)) only where nobody has. It is given back at once, as an opener would wait
    for it. A file of another user and a network file system know no leases.

    Args:
        descriptor: The file, open for reading only.
    """
    try:
        # Who opens the file meanwhile would have this process told by SIGIO, which ends a process that ignores it.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has files open.

    Attributes:
        pids: A process for each file by device and inode: another one that has it open, or this one if it writes.
        complete: Whether all processes of this host let themselves be looked at.
    """

    pids: dict[tuple[int, int], int] = field(default_factory=dict)
    complete: bool = True

    def of(self, status: os.stat_result) -> int | None:
        """The process that has the file open; None where none is seen."""
        return self.pids.get((status.st_dev, status.st_ino))


def holders(names: Collection[str]) -> Holders:
    """Look through all processes for files that are called so. It blocks, for a few milliseconds.

    Args:
        names: Last parts of the files' paths: what else is open is not touched, as it may lie on a dead server.
    """
    pids: dict[tuple[int, int], int] = {}
    running = _pids()
    complete = bool(running)
    for pid in running:
        try:
            with os.scandir(_PROC / str(pid) / "fd") as entries:
                for entry in entries:
                    found = _named(entry.path, names)
                    if found is not None and (pid != os.getpid() or _writes(pid, entry.name)):
                        pids[found] = pid
        except PermissionError:  # its files may not be listed, or only their numbers
            complete = False
        except OSError:  # it has ended
            continue
    return Holders(pids, complete)


def process_name(pid: int) -> str:
    """A process in words: ``python train.py (pid 123)``; the pid alone where it is gone or hidden."""
    if pid <= 0:  # the kernel's word for one outside this container
        return "a process outside this container"
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return f"pid {pid}"
    text = " ".join(word.decode("utf-8", "replace").rpartition("/")[2] for word in words[:4] if word)
    return f"{text[:50]} (pid {pid})" if text else f"pid {pid}"


def _pids() -> list[int]:
    """All processes; none where ``/proc`` is not there."""
    try:
        with os.scandir(_PROC) as entries:
            return [int(entry.name) for entry in entries if entry.name.isdecimal()]
    except OSError:
        return []


def _named(link: str, names: Collection[str]) -> tuple[int, int] | None:
    """Device and inode of an open file that is called so: paths differ between containers, the last part does not.

    Raises:
        PermissionError: if it may not be known.
    """
    try:
        target = os.readlink(link)  # noqa: PTH115 - thousands of them
        if not target.startswith("/") or target.rpartition("/")[2] not in names:
            return None
        status = os.stat(link)  # noqa: PTH116 - as above
    except PermissionError:
        raise
    except OSError:  # closed since
        return None
    return status.st_dev, status.st_ino


def _writes(pid: int, number: str) -> bool:
    try:
        lines = (_PROC / str(pid) / "fdinfo" / number).read_text("ascii").splitlines()
    except OSError:  # closed since
        return False
    flags = next((line.split()[1] for line in lines if line.startswith("flags:")), "0")
    return int(flags, 8) & _ACCESS != os.O_RDONLY
