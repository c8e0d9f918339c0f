"""What was deleted for ever: its rows go, and what is still found of it in files is passed over."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

#: Before an experiment's id wherever a subject may also be a run: no run id holds a slash.
EXPERIMENT = "experiment/"

_SERIES = "SELECT series.id FROM series JOIN streams ON streams.id = series.stream WHERE streams.run = :run"
_STREAMS = "SELECT id FROM streams WHERE run = :run"
_BURY = (
    f"DELETE FROM points WHERE series IN ({_SERIES})",  # noqa: S608 - our own constants, here and below
    f"DELETE FROM tiers WHERE series IN ({_SERIES})",  # noqa: S608
    f"DELETE FROM series WHERE stream IN ({_STREAMS})",  # noqa: S608
    "DELETE FROM happenings WHERE run = :run",
    "DELETE FROM gpu_samples WHERE run = :run",
    "DELETE FROM assignments WHERE subject = :run",
    "DELETE FROM runs WHERE id = :run",
    "DELETE FROM finder WHERE run = :run",
    "DELETE FROM params WHERE run = :run",
    # How far the files are read stays: whoever reads them goes on from there, until they are gone.
    "UPDATE streams SET settled = 1, bad = 0, problem = '', first_ts = NULL, last_ts = NULL, facts = '{}', "
    "ending = NULL, progress = NULL WHERE run = :run",
)
_READ_AGAIN = """
UPDATE streams SET offset = 0, skipping = 0, settled = 0, inode = NULL, head = NULL, tail = NULL, names = 0,
    left_out = 0
WHERE run IN (SELECT subject FROM tombstones)
"""
#: Logs have no place to be read from that is theirs alone: they are found anew.
_READ_LOGS_AGAIN = (
    "DELETE FROM logs WHERE run IN (SELECT subject FROM tombstones)",
    "DELETE FROM streams WHERE file >= 'log' AND file < 'loh' AND run IN (SELECT subject FROM tombstones)",
)


class Burial:
    """The tombstones, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[str, float | None] = {}
        self._fresh: set[str] = set()

    def died(self, subject: str) -> float | None:
        """When a run or experiment was deleted for ever (Unix seconds); None where it was not."""
        if subject not in self._known:
            row = self._connection.execute(
                "SELECT ts FROM tombstones WHERE subject = ?", (subject,)
            ).fetchone()
            self._known[subject] = None if row is None else row[0]
        return self._known[subject]

    def bury(self, subject: str, ts: float) -> None:
        """Put up a tombstone; the rows of a run go with `finish`."""
        before = self.died(subject)
        self._known[subject] = ts if before is None else max(ts, before)
        self._connection.execute(
            "INSERT INTO tombstones (subject, ts) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET ts = excluded.ts",
            (subject, self._known[subject]),
        )
        if before is None and not subject.startswith(EXPERIMENT):
            self._fresh.add(subject)

    def finish(self, leave: Callable[[str], None]) -> frozenset[str]:
        """Remove the rows of the runs that were buried, each after `leave` was told; returns those runs."""
        for run in self._fresh:
            leave(run)
            for statement in _BURY:
                self._connection.execute(statement, {"run": run})
        return frozenset(self._fresh)

    def undo(self) -> None:
        """Take away all tombstones, as the files that they were read from are read again from their beginnings."""
        for statement in _READ_LOGS_AGAIN:
            self._connection.execute(statement)
        self._connection.execute(_READ_AGAIN)
        self._connection.execute("DELETE FROM tombstones")
        self._known.clear()
        self._fresh.clear()


def buried_runs(connection: sqlite3.Connection) -> list[str]:
    """Ids of all runs that were deleted for ever."""
    rows = connection.execute(
        "SELECT subject FROM tombstones WHERE substr(subject, 1, ?) != ?", (len(EXPERIMENT), EXPERIMENT)
    )
    return [row[0] for row in rows]
