"""Text that a log reader needs as a file for as long as it reads: a temporary file that has no name."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from pathlib import Path

from mlws_tui.sources.mounts import file_system

_GIB = 1 << 30
_LOOK_EVERY = 4 << 20  # bytes written between two looks at the room on the disk
_IN_MEMORY = ("tmpfs", "ramfs")
_ROOMY = Path("/var/tmp")  # noqa: S108 - a file without a name there is nobody's to find


class Spool:
    """An unlinked temporary file: one thread writes it, any number of readers open it by its path.

    Nothing is left behind by a process that is killed. Its methods block.

    Args:
        folder: Where it lies; by default ``TMPDIR``, else the roomier of the system's folders for such files.
        keep: Bytes that must stay free on that disk; by default 1 GB, or a tenth of a small disk.

    Raises:
        OSError: if no file can be made there.
    """

    def __init__(self, folder: Path | None = None, *, keep: int | None = None) -> None:
        self._folder = folder or _default_folder()
        self._keep = keep
        self._lock = threading.Lock()
        self._descriptor: int | None = _unnamed(self._folder)
        self._looked_at = -_LOOK_EVERY
        self.path = Path(f"/proc/self/fd/{self._descriptor}")
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes. After `close` they go nowhere.

        Raises:
            OSError: if the disk is full or would soon be (``ENOSPC``), or fails. What was written before stays.
        """
        with self._lock:
            if self._descriptor is None:
                return
            if self.size + len(data) - self._looked_at >= _LOOK_EVERY:
                self._ensure_room(self._descriptor, len(data))
                self._looked_at = self.size
            view = memoryview(data)
            while view:
                written = os.write(self._descriptor, view)
                self.size += written
                view = view[written:]

    def close(self) -> None:
        """Give the space back. The path leads nowhere from then on: readers that use it close before."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _ensure_room(self, descriptor: int, wanted: int) -> None:
        disk = os.fstatvfs(descriptor)
        keep = min(_GIB, disk.f_blocks * disk.f_frsize // 10) if self._keep is None else self._keep
        if disk.f_bavail * disk.f_frsize - wanted - _LOOK_EVERY < keep:
            raise OSError(errno.ENOSPC, "the disk would soon be full", str(self._folder))


def _default_folder() -> Path:
    """Not in memory, where a large log would crowd out the training, unless the person asked for it."""
    folder = Path(tempfile.gettempdir())
    if os.environ.get("TMPDIR") or file_system(folder.resolve()) not in _IN_MEMORY:
        return folder
    usable = os.access(_ROOMY, os.W_OK | os.X_OK) and file_system(_ROOMY.resolve()) not in _IN_MEMORY
    return _ROOMY if usable else folder


def _unnamed(folder: Path) -> int:
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC | os.O_EXCL, 0o600)
    except OSError as error:  # a file system that knows no files without a name
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            raise
    descriptor, name = tempfile.mkstemp(prefix="mlws-", dir=folder)
    Path(name).unlink()
    return descriptor
