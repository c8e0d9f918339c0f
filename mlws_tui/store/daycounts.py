"""When runs began and how they stand, by days: all that a calendar wants to know of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence


def begun_within(connection: sqlite3.Connection, first: float, end: float) -> Sequence[tuple[float, str]]:
    """When each run began in ``[first, end)`` (Unix seconds), and its state as its records tell it; oldest first.

    Those that are deleted or archived are left out.
    """
    return connection.execute(
        "SELECT started, state FROM runs WHERE deleted = 0 AND archived = 0 AND started >= ? AND started < ? "
        "ORDER BY started",
        (first, end),
    ).fetchall()
