"""Of all processes with one index open, the holder of the lease ingests; the others read."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from mlws_tui.domain.errors import StoreError


def lease_path(index: Path) -> Path:
    """The lock file of an index: ``ingest.lock`` beside a workspace's own; several others may lie in one folder."""
    return index.with_name("ingest.lock" if index.name == "index.db" else f"{index.name}.ingest.lock")


class Lease:
    """An ``flock`` on a file beside the index; the kernel frees it when its holder goes, however it goes.

    The methods block for no longer than a file system call takes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process holds it."""
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Take it if it is free; whether this process now holds it.

        Raises:
            StoreError: if the lock file cannot be made or locked.
        """
        if self.held:
            return True
        descriptor = None
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(self._path, flags, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(OSError):  # on a full disk the others do not learn who holds it
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            if descriptor is not None:
                os.close(descriptor)
            return False
        except OSError as error:
            if descriptor is not None:
                os.close(descriptor)
            raise StoreError(
                f"The lock {self._path} cannot be taken: {error.strerror or error}", hint="check its folder"
            ) from error
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give it up; safe to call when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """The pid that the last holder wrote, None where there is none."""
        try:
            return int(self._path.read_bytes()[:20])
        except (OSError, ValueError):
            return None
