"""Which processes have an index open, and how one of them gets it for itself.

All of this blocks and runs in a thread. The kernel frees the locks when their holder goes, however it goes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mlws_tui.store.errors import BusyError

_SETUP_WAIT = 15.0
_LEAVE_WAIT = 5.0
_POLL = 0.02


def beside(path: Path, suffix: str) -> Path:
    """The file of that suffix that belongs to the index."""
    return path.with_name(path.name + suffix)


class Presence:
    """Tells the other processes that this one has the index open, until `leave`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def enter(self) -> None:
        """Take part; to be called under `setup_lock`. Where the folder may not be written nobody can be told.

        Raises:
            OSError: if the lock file cannot be made for another reason.
        """
        descriptor = _open(beside(self._path, ".users"))
        if descriptor is None:
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (
            BlockingIOError
        ):  # somebody took it for himself although we hold the setup lock: he was given up
            os.close(descriptor)
            return
        self._descriptor = descriptor

    def leave(self) -> None:
        """Take part no more. Safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def in_use(path: Path) -> bool:
    """Whether any process has the index open, as far as can be told."""
    descriptor = _open(beside(path, ".users"))
    if descriptor is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def alone(path: Path, wait: float = _LEAVE_WAIT) -> Iterator[bool]:
    """Ask all others to close the index, and wait for them; to be used under `setup_lock`.

    Yields:
        Whether they all did in time. One that is stopped, or hangs, notices when it goes on that the file it has open
        is no longer the index.
    """
    marker = beside(path, ".leave")
    descriptor = _open(beside(path, ".users"))
    if descriptor is None:
        yield False
        return
    try:
        os.close(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        yield _locked(descriptor, time.monotonic() + wait)
    finally:
        marker.unlink(missing_ok=True)
        os.close(descriptor)


def asked_to_leave(path: Path) -> bool:
    """Whether another process waits for this one to close the index."""
    return beside(path, ".leave").exists()


@contextlib.contextmanager
def setup_lock(path: Path) -> Iterator[None]:
    """Of all processes only one at a time creates, migrates, opens or sets aside an index.

    Raises:
        BusyError: if another one takes too long.
    """
    lock = os.open(beside(path, ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if not _locked(lock, time.monotonic() + _SETUP_WAIT):
            raise BusyError(
                f"Another process is still preparing the index {path}", hint="try again in a moment"
            )
        beside(path, ".leave").unlink(missing_ok=True)  # of one that was killed while it waited
        yield
    finally:
        os.close(lock)


def _locked(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL)


def _open(file: Path) -> int | None:
    """The lock file, made if it is not there; None where that is not permitted."""
    try:
        return os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except PermissionError:
        return None
