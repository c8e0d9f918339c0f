"""What SQLite and the disk report, as one sentence a person can act on."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from mlws_tui.domain.errors import StoreError

#: Extended result codes that mean "no room" although their primary code is IOERR (10).
_NO_ROOM = frozenset(
    {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_TRUNCATE}
)
_NO_ROOM_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_AMPLE = 256 * 1024 * 1024
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class DamagedError(StoreError):
    """The index file is no sound database; the streams still hold everything."""


class TouchedError(StoreError):
    """Another program changed the index file: it may be sound all the same, as after a checkpoint."""


class FullError(StoreError):
    """There is no room (or quota) to write the index."""


class BusyError(StoreError):
    """Another process holds the index locked."""


class StaleError(StoreError):
    """A chunk does not begin where the index says that its file is read to: another process ingested it."""


class OvergrownError(StoreError):
    """The write-ahead log is too long, as another program does not let go of an old state of the index."""


class TimeOutError(StoreError):
    """A question to the index took too long and was given up."""


def explain(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """The error as a `StoreError` that names the file and what to do."""
    if isinstance(error, OSError):
        return _explain_os(error, path)
    code = getattr(error, "sqlite_errorcode", None)
    detail = f"{type(error).__name__}: {error}"
    if code is None:
        return StoreError(f"The index {path} could not be used", detail=detail)
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL or code in _NO_ROOM:
        return _full(path, detail)
    if primary in _DAMAGE or code == sqlite3.SQLITE_IOERR_SHORT_READ:
        return DamagedError(
            f"The index {path} is damaged",
            detail=detail,
            hint="it is set aside and made again from the streams: try again",
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError(
            f"The index {path} is locked by another program",
            detail=detail,
            hint="close what has it open; mlws-tui tries again",
        )
    if primary in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
    ):
        return StoreError(
            f"The index {path} cannot be opened or written",
            detail=detail,
            hint="check that the folder exists and that you may write in it",
        )
    if primary == sqlite3.SQLITE_IOERR:
        return StoreError(f"Reading or writing the index {path} failed", detail=detail, hint="check the disk")
    return StoreError(f"The index {path} refused a request", detail=detail)


def _explain_os(error: OSError, path: Path) -> StoreError:
    detail = str(error)
    if error.errno in _NO_ROOM_ERRNO:
        return _full(path, detail)
    reason = error.strerror or detail
    return StoreError(f"The index {path} cannot be used: {reason}", detail=detail, hint="check its folder")


def _full(path: Path, detail: str) -> FullError:
    return FullError(
        f"There is no room left to write the index {path}{_free(path)}",
        detail=detail,
        hint="free some space; nothing is lost, the streams keep what is logged",
    )


def _free(path: Path) -> str:
    """How much room there is all the same: it may be a quota that is used up."""
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return ""
    if free > _AMPLE:
        return f": a quota or a limit of file sizes, as the disk has {free / 1e9:.1f} GB free"
    return f" ({free / 1e6:.1f} MB free on the disk)"
