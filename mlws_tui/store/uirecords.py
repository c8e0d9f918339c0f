"""Reading what the app remembers from one session to the next."""

from __future__ import annotations

import sqlite3
from typing import Any

from mlws_tui.store.codec import loads

#: Of a key that several hosts wrote, what was written last holds.
_LATEST = """
SELECT ui_records.ts, ui_records.data FROM ui_records JOIN streams ON streams.id = ui_records.stream
WHERE streams.run IS NULL AND json_extract(ui_records.data, '$.key') = ?
ORDER BY ui_records.ts DESC, streams.file DESC, ui_records.pos DESC LIMIT 1
"""


def ui_value(connection: sqlite3.Connection, key: str) -> tuple[float, Any] | None:
    """When a key was written last (Unix seconds) and its value; None if it never was."""
    row = connection.execute(_LATEST, (key,)).fetchone()
    return None if row is None else (row[0], loads(row[1]).get("value"))
