"""Metric records of one stream on their way into ``series``, ``points`` and ``tiers``."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from mlws_tui.domain.events import decode_number
from mlws_tui.store.tiers import UPSERT, Step, summarize, tier_rows

_MAX_SQLITE_INT = 2**63 - 1


@dataclass(slots=True)
class Column:
    """Points of one series that wait to be written; the lists have one length. A step of None: its number."""

    steps: list[Step | None] = field(default_factory=list)
    ts: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


class Columns:
    """Collects the points of one stream by name, then writes them series by series."""

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}

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
                column = columns[name] = Column()
            column.steps.append(step)
            column.ts.append(ts)
            column.values.append(value)

    def write(self, connection: sqlite3.Connection, stream: int) -> None:
        """Append all points to the stream's series."""
        for name, column in self._columns.items():
            _write_series(connection, stream, name, column)


def as_step(value: object) -> Step | None:
    """The step as a number that SQLite can hold, None where it is none."""
    if type(value) is int:
        return value if -_MAX_SQLITE_INT <= value <= _MAX_SQLITE_INT else None
    if type(value) is float and math.isfinite(value):
        return value
    return None


def _write_series(connection: sqlite3.Connection, stream: int, name: str, column: Column) -> None:
    series, start = _series(connection, stream, name)
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


def _series(connection: sqlite3.Connection, stream: int, name: str) -> tuple[int, int]:
    """Id and number of points of the stream's series of that name; it is made if it is new."""
    row = connection.execute(
        "SELECT id, n FROM series WHERE stream = ? AND name = ? AND source = 'sdk'", (stream, name)
    ).fetchone()
    if row is not None:
        return int(row[0]), int(row[1])
    cursor = connection.execute("INSERT INTO series (stream, name) VALUES (?, ?)", (stream, name))
    if cursor.lastrowid is None:
        raise sqlite3.ProgrammingError("no id for a new series")
    return cursor.lastrowid, 0
