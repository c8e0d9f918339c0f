"""Notices that another program wrote into the index file itself, as a copy over it does.

The file stays the same one, and SQLite believes the pages that it remembers: what is shown would be a mixture.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from mlws_tui.store.errors import TouchedError


class Witness:
    """Compares the file with how the last commit of this process left it, on the writing connection's thread.

    Args:
        path: The index.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def note(self, connection: sqlite3.Connection) -> None:
        """Remember the file as it is now; to be called after each commit, and after each that failed."""
        try:
            self._seen = self._look(connection)
        except (OSError, sqlite3.Error):  # what is wrong is told by the next request itself
            self._seen = None

    def check(self, connection: sqlite3.Connection) -> None:
        """Whether the file is as this process left it, where no other connection has committed anything since.

        Raises:
            TouchedError: if it is not.
        """
        now = self._look(connection)
        if self._seen is not None and now[0] == self._seen[0] and now != self._seen:
            self._seen = None
            raise TouchedError(
                f"Another program wrote into the file of the index {self._path}",
                hint="it is opened anew and looked through: try again",
            )

    def _look(self, connection: sqlite3.Connection) -> tuple[int, int, int]:
        file = self._path.stat()
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        return int(version), file.st_size, file.st_mtime_ns
