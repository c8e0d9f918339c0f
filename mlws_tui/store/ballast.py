"""Room kept in reserve beside the index.

On a full disk SQLite in WAL mode can neither delete, nor checkpoint, nor even open its file for reading. A few
megabytes that can be given back at once let it finish what it has begun.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from mlws_tui.store.presence import beside

BYTES = 8 * 1024 * 1024
_SUFFIX = ".ballast"
#: The reserve is made only where there is plenty: it must not be what fills the disk.
_PLENTY = 16 * BYTES


def provide(path: Path) -> bool:
    """Keep the reserve, where there is plenty of room; whether it is there then. Blocks: call it in a thread."""
    file = beside(path, _SUFFIX)
    try:
        if file.stat(follow_symlinks=False).st_size >= BYTES:
            return True
    except OSError:  # not there yet, or not ours to look at: then making it fails, too
        pass
    try:
        if shutil.disk_usage(path.parent).free < _PLENTY:
            return False
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, BYTES)
        finally:
            os.close(descriptor)
    except OSError:  # a quota, a file system without it: the reserve is a help, not a need
        release(path)
        return False
    return True


def release(path: Path) -> bool:
    """Give the reserve back; whether there was one."""
    with contextlib.suppress(OSError):
        beside(path, _SUFFIX).unlink()
        return True
    return False
