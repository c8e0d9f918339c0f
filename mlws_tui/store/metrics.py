"""Metric records of one stream on their way into ``series``, ``points`` and ``tiers``."""

from __future__ import annotations

import math
import sqlite3
import zlib
from collections.abc import Mapping
from itertools import repeat
from typing import Any

from mlws_tui.domain.chunks import PointColumn
from mlws_tui.domain.events import decode_number
from mlws_tui.domain.metricnames import importance, is_looked_at
from mlws_tui.store.tiers import UPSERT, Step, summarize, tier_rows

#: Names that the index keeps of one stream file: the first ones, and beyond them so many of those that people look
#: at. What comes under others is counted.
MOST_NAMES = 10_000
MORE_NAMES = 1000
#: Characters of a name; a longer one is cut, and told from its like by a checksum at its end.
LONGEST_NAME = 500
_MAX_SQLITE_INT = 2**63 - 1


class Columns:
    """Collects the points of one stream by name, then writes them series by series."""

    def __init__(self) -> None:
        self._columns: dict[str, PointColumn] = {}

    def __bool__(self) -> bool:
        return bool(self._columns)

    def add(self, record: Mapping[str, Any], ts: float) -> None:
        """Take the points of one ``metrics`` record; what is no number in it is passed over."""
        values = record.get("values")
        if not isinstance(values, dict):
            return
        step = as_step(record.get("step"))
        columns = self._columns
        for name, value in values.items():
            if type(value) is not float:
                try:
                    value = decode_number(value)
                except (ValueError, OverflowError):
                    continue
            column = columns.get(name)
            if column is None:
                column = columns.setdefault(shortened(name), PointColumn())
            column.steps.append(step)
            column.ts.append(ts)
            column.values.append(value)

    def extend(self, points: PointColumn) -> None:
        """Take points of one name."""
        column = self._columns.setdefault(shortened(points.name), PointColumn())
        column.steps.extend(points.steps)
        column.ts.extend(points.ts)
        column.values.extend(points.values)

    def write(self, connection: sqlite3.Connection, stream: int, source: str = "sdk") -> bool:
        """Append all points to the stream's series, but for names beyond those that are kept of a stream.

        Returns:
            Whether there are new names among them.
        """
        names, left_out = connection.execute(
            "SELECT names, left_out FROM streams WHERE id = ?", (stream,)
        ).fetchone()
        before = names, left_out
        for name, column in self._columns.items():
            series, start = _series(connection, stream, name, source)
            if series is None:
                if names >= MOST_NAMES + (MORE_NAMES if is_looked_at(name) else 0):
                    left_out += len(column.values)
                    continue
                series = _new_series(connection, stream, name, source)
                names += 1
            _append(connection, series, start, column)
        if (names, left_out) != before:
            connection.execute(
                "UPDATE streams SET names = ?, left_out = ? WHERE id = ?", (names, left_out, stream)
            )
        return bool(names != before[0])


def shortened(name: str) -> str:
    """The name as the index has it."""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME]}…{zlib.crc32(name.encode()):08x}"


def as_step(value: object) -> Step | None:
    """The step as a number that SQLite can hold, None where it is none."""
    if type(value) is int:
        return value if -_MAX_SQLITE_INT <= value <= _MAX_SQLITE_INT else None
    if type(value) is float and math.isfinite(value):
        return value
    return None


def _append(connection: sqlite3.Connection, series: int, start: int, column: PointColumn) -> None:
    """Append points to a series that has `start` of them."""
    count = len(column.values)
    steps = [seq if step is None else step for seq, step in enumerate(column.steps, start)]
    connection.executemany(
        "INSERT INTO points (series, seq, step, ts, value) VALUES (?, ?, ?, ?, ?)",
        zip(repeat(series, count), range(start, start + count), steps, column.ts, column.values, strict=True),
    )
    connection.executemany(UPSERT, tier_rows(series, start, steps, column.ts, column.values))
    low, high, total, _, finite = summarize(column.values)
    connection.execute(
        """
        UPDATE series SET
            n = n + :n, finite = finite + :finite, last = :last, last_step = :step, last_ts = :ts,
            low = coalesce(min(low, :low), low, :low), high = coalesce(max(high, :high), high, :high),
            total = total + :total
        WHERE id = :id
        """,
        {
            "n": count,
            "finite": finite,
            "last": column.values[-1],
            "step": steps[-1],
            "ts": column.ts[-1],
            "low": low,
            "high": high,
            "total": total,
            "id": series,
        },
    )


def _series(connection: sqlite3.Connection, stream: int, name: str, source: str) -> tuple[int | None, int]:
    """Id and number of points of the stream's series of that name; the id is None where there is none."""
    row = connection.execute(
        "SELECT id, n FROM series WHERE stream = ? AND name = ? AND source = ?", (stream, name, source)
    ).fetchone()
    return (None, 0) if row is None else (row[0], row[1])


def _new_series(connection: sqlite3.Connection, stream: int, name: str, source: str) -> int:
    cursor = connection.execute(
        "INSERT INTO series (stream, name, source, weight) VALUES (?, ?, ?, ?)",
        (stream, name, source, importance(name)),
    )
    if cursor.lastrowid is None:
        raise sqlite3.ProgrammingError("no id for a new series")
    return cursor.lastrowid
