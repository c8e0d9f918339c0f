"""Reading points, and a series as the buckets that a chart of some width needs."""

from __future__ import annotations

import math
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mlws_tui.domain.runs import Bucket, Curve, Points
from mlws_tui.store.tiers import SIZES

_REACH_BY_STEP = (
    "SELECT min(bucket), max(bucket) FROM tiers "
    "WHERE series = ? AND size = ? AND step_high >= ? AND step_low <= ?"
)
_REACH_BY_TIME = (
    "SELECT min(bucket), max(bucket) FROM tiers "
    "WHERE series = ? AND size = ? AND ts_last >= ? AND ts_first <= ?"
)
_FETCH = 2000  # rows at a time: a fetchall of a million rows would hold up every other thread
#: Points that are looked at to tell infinities from NaN: of a run that has diverged all may be one or the other.
_LOOKED_AT = 16384


# A row: step first, last, low, high; ts first, last; low, high, total, last; finite, n, infinities up and down.
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a series is asked for: from one step to another, or from one moment to another.

    Attributes:
        low: The first step, or Unix seconds.
        high: The last.
        by_time: Whether it is told in Unix seconds.
    """

    low: float = -math.inf
    high: float = math.inf
    by_time: bool = False

    def __bool__(self) -> bool:
        return self.low > -math.inf or self.high < math.inf

    def has(self, row: Row) -> bool:
        """Whether any point of a row is in it."""
        first, last = (row[4], row[5]) if self.by_time else (row[2], row[3])
        return bool(last >= self.low and first <= self.high)


@dataclass(frozen=True, slots=True)
class _Segment:
    """The series of one stream file, and which of its points (by number) are asked for."""

    id: int
    first: int
    end: int

    @property
    def count(self) -> int:
        return self.end - self.first


def points(connection: sqlite3.Connection, run_id: str, name: str, rank: int) -> Points:
    """All points of a series in the order written."""
    found = Points([], [], [])
    for segment in _segments(connection, run_id, name, rank):
        cursor = connection.execute(
            "SELECT step, ts, value FROM points WHERE series = ? ORDER BY seq", (segment.id,)
        )
        while rows := cursor.fetchmany(_FETCH):
            steps, times, values = zip(*rows, strict=True)
            found.step.extend(steps)
            found.ts.extend(times)
            found.value.extend([math.nan if value is None else value for value in values])
    return found


def curve(
    connection: sqlite3.Connection,
    run_id: str,
    name: str,
    rank: int,
    width: int,
    part: Part = Part(),
) -> Curve:
    """A series as at most about ``2 * width`` buckets; single points where there are that few."""
    segments = list(_segments(connection, run_id, name, rank))
    total = sum(segment.count for segment in segments)
    if part:
        segments = [
            narrowed for segment in segments if (narrowed := _narrow(connection, segment, part)) is not None
        ]
    asked = sum(segment.count for segment in segments)
    size = _tier(asked, max(1, width))
    rows: list[Row] = []
    for segment in segments:
        rows.extend(_raw(connection, segment) if size == 1 else _tiered(connection, segment, size))
    if part:
        rows = [row for row in rows if part.has(row)]
    together = _power_of_two(len(rows), 2 * max(1, width))
    buckets = tuple(_bucket(rows[i : i + together]) for i in range(0, len(rows), together))
    return Curve(run_id, name, rank, buckets, total)


def _segments(connection: sqlite3.Connection, run_id: str, name: str, rank: int) -> Iterator[_Segment]:
    """In the order in which the files were written; points of the SDK rather than ones read from a log."""
    rows = connection.execute(
        "SELECT series.id, series.n, series.source "
        "FROM streams CROSS JOIN series ON series.stream = streams.id "
        "WHERE streams.run = ? AND streams.rank = ? AND series.name = ? AND series.n > 0 "
        "ORDER BY streams.attempt, streams.first_ts, streams.file",
        (run_id, rank, name),
    ).fetchall()
    logged = [row for row in rows if row[2] == "sdk"] or rows
    return (_Segment(row[0], 0, row[1]) for row in logged)


def _narrow(connection: sqlite3.Connection, segment: _Segment, part: Part) -> _Segment | None:
    """What of the segment is asked for, rounded out to buckets; None if it has nothing of it."""
    size = SIZES[0] if segment.count <= SIZES[0] * SIZES[1] else SIZES[1]
    row = connection.execute(
        _REACH_BY_TIME if part.by_time else _REACH_BY_STEP, (segment.id, size, part.low, part.high)
    ).fetchone()
    if row[0] is None:
        return None
    return _Segment(segment.id, row[0] * size, min(segment.end, (row[1] + 1) * size))


def _tier(count: int, width: int) -> int:
    """The coarsest tier that still gives `width` buckets; 1 for the points themselves."""
    fitting = [size for size in SIZES if count >= size * width]
    return fitting[-1] if fitting else 1


def _power_of_two(count: int, most: int) -> int:
    """How many rows go into a bucket. Powers of two, so that a growing series keeps its buckets for long."""
    together = 1
    while count > most * together:
        together *= 2
    return together


def _raw(connection: sqlite3.Connection, segment: _Segment) -> Iterator[Row]:
    rows = connection.execute(
        "SELECT step, ts, value FROM points WHERE series = ? AND seq >= ? AND seq < ? ORDER BY seq",
        (segment.id, segment.first, segment.end),
    )
    for step, ts, value in rows:
        if value is None or math.isinf(value):
            up, down = value == math.inf, value == -math.inf
            yield step, step, step, step, ts, ts, None, None, 0.0, None, 0, 1, int(up), int(down)
        else:
            yield step, step, step, step, ts, ts, value, value, value, value, 1, 1, 0, 0


def _tiered(connection: sqlite3.Connection, segment: _Segment, size: int) -> Iterator[Row]:
    cursor = connection.execute(
        "SELECT step_first, step_last, step_low, step_high, ts_first, ts_last, low, high, total, last, "
        "finite, n, bucket FROM tiers WHERE series = ? AND size = ? AND bucket >= ? AND bucket < ? "
        "ORDER BY bucket",
        (segment.id, size, segment.first // size, -(-segment.end // size)),
    )
    looked = 0
    while rows := cursor.fetchmany(_FETCH):
        for *row, bucket in rows:
            up = down = 0
            if row[10] < row[11] and looked < _LOOKED_AT:
                looked += size
                up, down = _infinities(connection, segment.id, bucket * size, (bucket + 1) * size)
            yield (*row, up, down)


def _infinities(connection: sqlite3.Connection, series: int, first: int, end: int) -> tuple[int, int]:
    """How many of these points are infinite, above and below 0: a tier counts them with NaN."""
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE value > ?), count(*) FILTER (WHERE value < ?) FROM points "
        "WHERE series = ? AND seq >= ? AND seq < ?",
        (sys.float_info.max, -sys.float_info.max, series, first, end),
    ).fetchone()
    return row[0], row[1]


def _bucket(rows: Sequence[Row]) -> Bucket:
    first, final = rows[0], rows[-1]
    if len(rows) == 1:
        low, high, total, last, finite, count, up, down = first[6:14]
    else:
        lows, highs, totals, lasts, finites, counts, ups, downs = zip(
            *(row[6:14] for row in rows), strict=True
        )
        low = min((value for value in lows if value is not None), default=None)
        high = max((value for value in highs if value is not None), default=None)
        last = next((value for value in reversed(lasts) if value is not None), None)
        total, finite, count, up, down = sum(totals), sum(finites), sum(counts), sum(ups), sum(downs)
    mean = total / finite if finite else None
    return Bucket(
        first[0], final[1], first[4], final[5], low, high, mean, last, count, count - finite, up, down
    )
