"""What an index of an older version lacks, made from what it has: nothing is read from the streams again."""

from __future__ import annotations

import sqlite3

from mlws_tui.store import finder
from mlws_tui.store.projection import Projection

#: Runs of which more is told than before: how long they paused, and when one without an end was last heard of.
_TOLD_ANEW = """
SELECT run FROM streams WHERE attempt > 1 AND run IS NOT NULL UNION SELECT id FROM runs WHERE unfinished = 1
"""


def renew(connection: sqlite3.Connection) -> None:
    """Make the rows that runs are found by, of which there are none yet, and the runs of which more is told now.

    Args:
        connection: Of the writer, within its transaction.
    """
    finder.fill(connection)
    projection = Projection(connection)
    projection.renew(run for (run,) in connection.execute(_TOLD_ANEW).fetchall())
    projection.finish()
