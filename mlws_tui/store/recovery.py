"""Index files that are set aside: an index is disposable, but nothing is deleted before it was replaced."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

from mlws_tui.store.presence import beside

Identity = tuple[int, int]  # device and inode
JOURNALS = ("-wal", "-shm", "-journal")
#: How many files set aside are kept; older ones would only fill the disk.
_KEPT = 2
_ASIDE = re.compile(r"\.(?:damaged|replaced)-\d{8}-\d{6}(?:-\d+)?\Z")


def identity(path: Path) -> Identity | None:
    """Which file is at the path; None if there is none."""
    try:
        found = path.stat(follow_symlinks=False)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def set_aside(path: Path, why: str = "damaged") -> Path:
    """Rename the index and its journals together to ``index.db.damaged-<time>`` and return that name.

    Args:
        path: The index.
        why: ``damaged``, or ``replaced`` for a sound one that is made again.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    base = beside(path, f".{why}-{stamp}")
    number = 1
    while any(beside(base, suffix).exists() for suffix in ("", *JOURNALS)):
        number += 1
        base = beside(path, f".{why}-{stamp}-{number}")
    for suffix in ("", *JOURNALS):
        part = beside(path, suffix)
        if part.exists():
            part.rename(beside(base, suffix))
    _drop_old(path)
    return base


def aside(path: Path) -> list[Path]:
    """The files that were set aside, the one that was set aside first in front, without their journals."""
    when: dict[Path, int] = {}
    for file in path.parent.glob(f"{path.name}.*-*"):
        base = _base(file, path)
        if base is not None:
            with contextlib.suppress(OSError):  # removed meanwhile
                when[base] = max(when.get(base, 0), file.stat(follow_symlinks=False).st_ctime_ns)
    return sorted(when, key=lambda base: (when[base], base.name))


def drop(file: Path) -> None:
    """Remove a file that was set aside, and its journals."""
    for suffix in ("", *JOURNALS):
        beside(file, suffix).unlink(missing_ok=True)


def condemn(path: Path, condemned: Identity) -> None:
    """Leave word that this file is damaged, for whoever opens it next. A failure leaves it to be found again."""
    with contextlib.suppress(OSError):
        descriptor = os.open(
            beside(path, ".condemned"),
            os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW,
            0o600,
        )
        try:
            os.write(descriptor, f"{condemned[0]} {condemned[1]}\n".encode())
        finally:
            os.close(descriptor)


def take_condemned(path: Path) -> Identity | None:
    """Which file was left word of, if any; the word is taken away."""
    marker = beside(path, ".condemned")
    try:
        device, inode = marker.read_text().split()
        return int(device), int(inode)
    except (OSError, ValueError):
        return None
    finally:
        with contextlib.suppress(OSError):
            marker.unlink()


def _base(file: Path, path: Path) -> Path | None:
    """The set-aside index that the file is, or is a journal of."""
    name = file.name
    for suffix in JOURNALS:
        name = name.removesuffix(suffix)
    return file.with_name(name) if _ASIDE.fullmatch(name.removeprefix(path.name)) else None


def _drop_old(path: Path) -> None:
    for file in aside(path)[:-_KEPT]:
        with contextlib.suppress(OSError):
            drop(file)
