"""New folders and files in the streams folder, and the marks by which processes tell each other something there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from mlws_tui.domain.events import STREAMS_DIR, WAKE_DIR, shared_modes

_LOOKED_AT = 16  # names in a folder of marks, in one go
#: Seconds.
DAY = 86_400.0


def make_folder(streams: str, name: str) -> str:
    """Make a folder in the streams folder that the same people may read, whatever this process's umask is.

    Raises:
        OSError: if it cannot be made; FileExistsError if it is there.
    """
    path = os.path.join(streams, name)
    os.mkdir(path, 0o700)
    mode, _ = shared_modes(os.stat(streams).st_mode)
    if mode != 0o700:
        try:
            os.chmod(path, os.stat(path).st_mode & 0o7000 | mode)  # setgid, which hands down the group, stays
        except OSError:  # a file system without modes keeps its own
            return path
    return path


def marks(root: str, name: str) -> str:
    """A folder of marks below the streams folder, made if missing.

    Raises:
        OSError: if it cannot be made.
    """
    streams = os.path.join(root, STREAMS_DIR)
    os.makedirs(streams, mode=0o700, exist_ok=True)
    try:
        return make_folder(streams, name)
    except FileExistsError:
        return os.path.join(streams, name)


def open_new(path: str, flags: int, mode: int) -> int:
    """Open a file for writing, made with that mode whatever this process's umask is; the descriptor.

    Raises:
        OSError: if it cannot be opened; with O_EXCL FileExistsError if it is there.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    if mode != 0o600:
        try:
            os.fchmod(descriptor, mode)
        except OSError:  # somebody else's mark, or a file system without modes
            return descriptor
    return descriptor


def plainly(path: str, flags: int) -> int:
    """An `opener` that follows no link and that no named pipe holds up."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)


def clear_marks(folder: str, life: Callable[[str], float]) -> None:
    """Take away marks that are too old to be of use: of a few names, others each time, so that it is always cheap.

    Args:
        folder: The folder of marks.
        life: For how many seconds a mark of that name is of use after it was touched.
    """
    try:
        names = os.listdir(folder)
        first = int.from_bytes(os.urandom(4), "big") % max(1, len(names))
        for name in (names[first:] + names[:first])[:_LOOKED_AT]:
            path = os.path.join(folder, name)
            if time.time() - os.lstat(path).st_mtime > life(name):
                os.unlink(path)
    except OSError:  # another process is at it too, or they are somebody else's
        return


def wake(root: str, run: str, mode: int = 0o600) -> None:
    """Touch the run's mark, so that an open app looks at its folder at once; without it, a little later."""
    try:
        folder = marks(root, WAKE_DIR)
        path = os.path.join(folder, run)
        os.close(open_new(path, os.O_NONBLOCK, mode))
        os.utime(path)
    except OSError:
        return
    clear_marks(folder, lambda _: DAY)
