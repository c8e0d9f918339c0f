"""Whether what is in an index was put there: SQLite takes up any sound journal that lies beside a file.

The token in the index also stands in ``index.db.users``. Where the two differ, pages of another index are shown.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from pathlib import Path

from mlws_tui.store.errors import DamagedError
from mlws_tui.store.presence import beside

_HAS_TABLE = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'origin'"


def check_origin(connection: sqlite3.Connection, path: Path) -> None:
    """Compare the token of the index with the one beside it; a new index gets one.

    Raises:
        DamagedError: if they differ.
        sqlite3.Error: if it cannot be read or written.
    """
    if not connection.execute(_HAS_TABLE).fetchone()[0]:
        return
    sidecar = beside(path, ".users")
    row = connection.execute("SELECT token FROM origin").fetchone()
    if row is None:
        token = secrets.token_hex(8)
        connection.execute("INSERT INTO origin (token) VALUES (?)", (token,))
        _note(sidecar, token)
        return
    told = _told(sidecar)
    if not told:
        _note(sidecar, row[0])
    elif told != row[0]:
        raise DamagedError(f"{path} holds pages of another index, as from a journal that was copied to it")


def mark_commit(connection: sqlite3.Connection) -> None:
    """Have the page of the token be part of this transaction, and so of the journal."""
    connection.execute("UPDATE origin SET commits = commits + 1")


def _told(sidecar: Path) -> str:
    try:
        return sidecar.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _note(sidecar: Path, token: str) -> None:
    with contextlib.suppress(OSError):  # without room it is noted at the next opening
        sidecar.write_text(f"{token}\n", encoding="ascii")
        sidecar.chmod(0o600)
