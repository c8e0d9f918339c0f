"""Which runs say that they come from another one."""

from __future__ import annotations

import sqlite3

from mlws_tui.domain.lineage import Link
from mlws_tui.store.resolve import text

_LINKS = """
SELECT id, json_extract(facts, '$.parent'), json_extract(facts, '$.launched_by') FROM runs
WHERE deleted = 0 AND (instr(facts, '"parent":"') > 0 OR instr(facts, '"launched_by":"') > 0)
"""


def links(connection: sqlite3.Connection) -> list[Link]:
    """All runs that were forked from another one, or started by one."""
    rows = connection.execute(_LINKS).fetchall()
    found = (Link(id, text(parent), text(launcher)) for id, parent, launcher in rows)
    return [link for link in found if link.parent or link.launched_by]
