"""The runs that something happened to within a stretch of time, without a look at all others."""

from __future__ import annotations

import sqlite3

from mlws_tui.domain.runs import Run
from mlws_tui.store.queries import listed

#: Days that a run may have run for before the stretch to be found by its end.
_LONGEST = 90 * 86_400.0


def runs_within(connection: sqlite3.Connection, first: float, end: float, limit: int) -> tuple[Run, ...]:
    """Runs that began, ended or were last heard of in ``[first, end)`` (Unix seconds), newest first, so many at most.

    Those that are deleted or archived are left out.
    """
    rows = connection.execute(
        "SELECT id, facts, metrics FROM runs WHERE deleted = 0 AND archived = 0 AND started >= ? AND started < ? "
        "AND (started >= ? OR coalesce(ended, last_seen) >= ?) ORDER BY started DESC, id DESC LIMIT ?",
        (first - _LONGEST, end, first, first, limit),
    ).fetchall()
    return listed(connection, rows)
