"""Keeps the write-ahead log small: SQLite alone lets it grow for as long as somebody reads an old state."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from mlws_tui.store.errors import OvergrownError
from mlws_tui.store.presence import beside

#: From this size (bytes) on the log is emptied at the first moment when nobody reads.
SOFT = 32 * 1024 * 1024
#: At this size nothing more is written to it until it could be emptied.
HARD = 512 * 1024 * 1024
_WAIT_MS = 50  # how long readers are waited for: the writer does nothing else meanwhile
_PAUSE = 1.0  # seconds between two tries …
_SHARE = 20  # … or this many times as long as the last one took


class WalKeeper:
    """Looks at the size of the log after each commit, on the writing connection's thread.

    Args:
        path: The index.
        soft: From which size on (bytes) it is to be emptied.
        hard: At which size `check` refuses.
    """

    def __init__(self, path: Path, *, soft: int = SOFT, hard: int = HARD) -> None:
        self._path = path
        self._wal = beside(path, "-wal")
        self._soft = soft
        self._hard = hard
        self._try_at = 0.0
        self.size = 0

    def tend(self, connection: sqlite3.Connection) -> None:
        """Empty the log if it has grown too long and nobody reads an old state of the index just now."""
        self.size = self._measure()
        now = time.monotonic()
        if self.size <= self._soft or now < self._try_at:
            return
        patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
        connection.execute(f"PRAGMA busy_timeout={_WAIT_MS}")
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout={patience}")
        done = time.monotonic()
        self._try_at = done + max(_PAUSE, _SHARE * (done - now))
        self.size = self._measure()

    def check(self) -> None:
        """Whether more may be written.

        Raises:
            OvergrownError: if the log is too long and could not be emptied.
        """
        if self.size > self._hard:
            raise OvergrownError(
                f"Another program has been reading the index {self._path} for so long that its log is at "
                f"{self.size // 1_000_000} MB: nothing more is taken in until it ends",
                hint="mlws-tui doctor says who has it open; the streams keep everything meanwhile",
            )

    def _measure(self) -> int:
        try:
            return self._wal.stat().st_size
        except OSError:  # no log: the index is not in WAL mode
            return 0
