"""What runs saved within a stretch of time, and which data sets runs used before it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from mlws_tui.domain.dayfacts import Checkpoint
from mlws_tui.store.codec import loads
from mlws_tui.store.queries import TOLD_ONCE
from mlws_tui.store.resolve import mapping

#: Checkpoints that are read, the newest.
_MOST = 2000
_CHECKPOINTS = f"""
SELECT happenings.run, happenings.ts, happenings.name, happenings.data
FROM json_each(?) AS wanted
CROSS JOIN happenings ON happenings.run = wanted.value AND happenings.ts >= ? AND happenings.ts < ?
JOIN streams ON streams.id = happenings.stream
WHERE happenings.type = 'artifact' AND happenings.data LIKE '%"checkpoint"%' AND {TOLD_ONCE}
ORDER BY happenings.ts DESC, streams.file DESC, happenings.pos DESC LIMIT ?
"""  # noqa: S608 - a constant of ours
_USED = """
SELECT EXISTS (
    SELECT 1 FROM finder CROSS JOIN runs ON runs.id = finder.run
    WHERE finder.dataset = ? AND runs.started < ? AND runs.deleted = 0)
"""


def checkpoints_within(
    connection: sqlite3.Connection, runs: Collection[str], first: float, end: float
) -> dict[str, list[Checkpoint]]:
    """The checkpoints that each of these runs recorded in ``[first, end)`` (Unix seconds), in order of time."""
    found: dict[str, list[Checkpoint]] = {}
    rows = connection.execute(_CHECKPOINTS, (json.dumps(list(runs)), first, end, _MOST)).fetchall()
    for run, ts, name, data in reversed(rows):
        told = mapping(loads(data))
        if told.get("kind") != "checkpoint":
            continue
        size = told.get("bytes")
        known = size if isinstance(size, int) and not isinstance(size, bool) else None
        found.setdefault(run, []).append(Checkpoint(name, ts, known))
    return found


def used_before(connection: sqlite3.Connection, dataset: str, moment: float) -> bool:
    """Whether a run that began before a moment (Unix seconds) used that data set."""
    return bool(connection.execute(_USED, (dataset, moment)).fetchone()[0])
