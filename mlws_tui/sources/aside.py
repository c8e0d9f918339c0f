"""Files that are set aside under a hidden name before they are removed, and names that are given to nobody twice.

All functions block.
"""

from __future__ import annotations

import errno
import os
from itertools import count
from pathlib import Path

#: How the name of a file ends that is about to be removed: ``.NAME.mlws-removing``.
REMOVING = ".mlws-removing"

#: What file systems without hard links say.
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def hidden_of(path: Path) -> Path:
    """What a file is called between the decision to remove it and its removal."""
    return path.with_name(f".{path.name}{REMOVING}")


def set_aside(path: Path) -> Path:
    """Give a file its hidden name, so that nobody opens it any more, and return that.

    Raises:
        FileExistsError: if another one was set aside under that name and not taken up yet.
        OSError: if it cannot be renamed.
    """
    hidden = hidden_of(path)
    if os.path.lexists(hidden):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(hidden))
    return path.rename(hidden)


def put_back(hidden: Path) -> Path:
    """Give a file that was set aside its name again, and return it.

    Where a new file has the name by now, it gets the next free one as a rotated log has it: ``NAME.1``.

    Raises:
        OSError: if it cannot be renamed; then it stays as it is.
    """
    name = hidden.name[1:].removesuffix(REMOVING)
    for number in count():
        path = hidden.with_name(f"{name}.{number}" if number else name)
        try:
            rename_new(hidden, path)
        except FileExistsError:
            continue
        return path
    raise AssertionError("there is always another number")


def rename_new(source: Path, target: Path) -> None:
    """Rename a file, but never over another one, not even one that is made at this moment.

    Only where a file system knows no hard links is there a moment in which a new file of that name is replaced.

    Raises:
        FileExistsError: if there is another file of that name.
        OSError: if it cannot be renamed.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        if not _same(source, target):  # else it was killed between these two steps
            raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        source.replace(target)
        return
    source.unlink()


def _same(one: Path, other: Path) -> bool:
    return os.path.samestat(one.lstat(), other.lstat())
