"""Who may read what is written: new files take over the privacy of a folder, old ones are closed or opened.

The folder's bits decide, not the umask: a person sets the folder once, and every program follows it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from mlws_tui.domain.events import shared_modes


def file_mode(like: Path) -> int:
    """The mode of a new file: ours to read and write, and for others what the folder lets them do."""
    return shared_modes(_bits(like))[1]


def folder_mode(like: Path) -> int:
    """The mode of a new folder, after that of the folder `like`."""
    return shared_modes(_bits(like))[0]


def lock_mode(folder: Path) -> int:
    """The mode of a lock file in the folder: for those who may write there, as who can read a lock can hold it."""
    writes = _bits(folder) & 0o022
    return 0o600 | writes | writes << 1


def _bits(folder: Path) -> int:
    try:
        return stat.S_IMODE(folder.stat().st_mode)
    except OSError:  # nothing to follow: then it is ours alone
        return 0


def set_mode(descriptor: int, mode: int) -> None:
    """Give a new file the mode that the umask may have cut; a file system without modes keeps its own."""
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
        with suppress(PermissionError):
            os.fchmod(descriptor, mode)


def make_folder(folder: Path, mode: int) -> None:
    """Make a folder, and those above it that are missing, each with this mode whatever the umask is.

    Raises:
        OSError: if one cannot be made; `FileExistsError` where a file stands in the way.
    """
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        try:
            each.mkdir(mode)
        except FileExistsError:
            if not each.is_dir():
                raise
            continue  # another process made it, with a mode of its own
        given = stat.S_IMODE(each.stat().st_mode)
        if given & 0o777 != mode:
            with suppress(PermissionError):  # a file system without modes keeps its own
                each.chmod(mode | given & 0o7000)  # the set-group-id bit is handed down by the folder above


def change_mode(path: Path, mode: int) -> bool:
    """Change the mode of what is there; a link is left alone, and so is what it leads to.

    The file is not opened: closing it would take away the locks that SQLite holds on an index of this process.

    Returns:
        Whether it could be changed: only its owner may.
    """
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # gone meanwhile, or in a folder that we may not enter
        return False
    try:
        if stat.S_ISLNK(os.fstat(descriptor).st_mode):
            return False
        Path(f"/proc/self/fd/{descriptor}").chmod(mode)
        return True
    except OSError:  # not ours, or a file system without modes
        return False
    finally:
        os.close(descriptor)
