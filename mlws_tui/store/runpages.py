"""Reading what the page of a run shows beside the run: where its series have their extremes, and all that happened."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mlws_tui.domain.runpages import Happened, Place, Usage
from mlws_tui.domain.runs import RunEvent
from mlws_tui.domain.timeline import AGENT, Tally
from mlws_tui.store.codec import loads
from mlws_tui.store.queries import TOLD_ONCE
from mlws_tui.store.resolve import mapping, number
from mlws_tui.store.tiers import SIZES

#: Artifacts, alerts and notes that a page has room for: the newest.
_ARTIFACTS, _ALERTS, _REMARKS = 3000, 200, 200
_FETCH = 2000  # rows at a time: a fetchall of a million rows would hold up every other thread
_BATCH = 500  # names in one IN (…): far below SQLite's limit
_SEGMENTS = """
SELECT series.id, series.name, series.source, series.low, series.high
FROM streams CROSS JOIN series ON series.stream = streams.id
WHERE streams.run = ? AND streams.rank = 0 AND series.n > 0 AND series.hidden = 0
    AND series.name IN (SELECT value FROM json_each(?))
ORDER BY streams.attempt, streams.first_ts, streams.file
"""
#: The first bucket of a tier, between two of them, that has this lowest (highest) value; then the point itself.
_LOW = (
    "SELECT min(bucket) FROM tiers WHERE series = ? AND size = ? AND bucket >= ? AND bucket < ? AND low = ?"
)
_HIGH = (
    "SELECT min(bucket) FROM tiers WHERE series = ? AND size = ? AND bucket >= ? AND bucket < ? AND high = ?"
)
_POINT = (
    "SELECT step FROM points WHERE series = ? AND seq >= ? AND seq < ? AND value = ? ORDER BY seq LIMIT 1"
)
_EVENTS = f"""
SELECT happenings.type, happenings.ts, happenings.name, happenings.data, streams.rank, streams.role
FROM happenings JOIN streams ON streams.id = happenings.stream WHERE happenings.run = ? AND {TOLD_ONCE}
ORDER BY happenings.ts, streams.file, happenings.pos
"""  # noqa: S608 - a constant of ours


def places(
    connection: sqlite3.Connection, run_id: str, names: Collection[str]
) -> dict[str, tuple[str, Place]]:
    """Of each of these series (rank 0) where it came from, its first value, and where its extremes are."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    wanted = list(names)
    for i in range(0, len(wanted), _BATCH):
        for row in connection.execute(_SEGMENTS, (run_id, json.dumps(wanted[i : i + _BATCH]))).fetchall():
            found.setdefault(row[1], []).append(row)
    return {name: (rows[0][2], _place(connection, rows)) for name, rows in found.items()}


def happened(connection: sqlite3.Connection, run_id: str) -> Happened:
    """All that happened in a run, counted in one pass; its artifacts, and its newest alerts and notes."""
    tally = Tally()
    kept: dict[str, deque[RunEvent]] = {
        "artifact": deque(maxlen=_ARTIFACTS),
        "alert": deque(maxlen=_ALERTS),
        "note": deque(maxlen=_REMARKS),
    }
    for kind, ts, name, data, rank, role in _rows(connection, run_id):
        if kind == "event" and name in AGENT:
            tally.add(name, mapping(loads(data)))
            continue
        tally.count(kind, name)
        if kind in kept:
            told = mapping(loads(data))
            kept[kind].append(
                RunEvent(kind, ts, name, {**told, "told": "log"} if role == "log" else told, rank)
            )
    totals = tally.totals()
    return Happened(
        totals,
        tuple(kept["artifact"]),
        tuple(kept["alert"]),
        tuple(kept["note"]),
        totals.kinds.get("artifact", 0) - len(kept["artifact"]),
    )


def usage(connection: sqlite3.Connection, run_id: str) -> Usage:
    """What was sampled of the GPUs of a run. Energy is the power between two samples times the time between them."""
    peak: int | None = None
    shares: list[float] = []
    joules, measured = 0.0, False
    before: dict[object, tuple[float, float]] = {}
    cursor = connection.execute("SELECT ts, data FROM gpu_samples WHERE run = ? ORDER BY ts", (run_id,))
    while rows := cursor.fetchmany(_FETCH):
        for ts, data in rows:
            gpus = mapping(loads(data)).get("gpus")
            samples = [gpu for gpu in gpus if isinstance(gpu, Mapping)] if isinstance(gpus, list) else []
            used = [memory for gpu in samples if (memory := number(gpu.get("mem"))) is not None]
            peak = max(peak or 0, int(sum(used))) if used else peak
            shares += [share for gpu in samples if (share := number(gpu.get("util"))) is not None]
            for place, gpu in enumerate(samples):
                power, name = number(gpu.get("power")), gpu.get("uuid") or gpu.get("index") or place
                if power is None:
                    continue
                if (last := before.get(name)) is not None:
                    joules += (last[1] + power) / 2 * max(0.0, ts - last[0])
                    measured = True
                before[name] = (ts, power)
    return Usage(peak, sum(shares) / len(shares) if shares else None, joules if measured else None)


def _rows(connection: sqlite3.Connection, run_id: str) -> Iterator[tuple[Any, ...]]:
    cursor = connection.execute(_EVENTS, (run_id,))
    while rows := cursor.fetchmany(_FETCH):
        yield from rows


def _place(connection: sqlite3.Connection, segments: list[tuple[Any, ...]]) -> Place:
    first = connection.execute(
        "SELECT value, step FROM points WHERE series = ? AND seq = 0", (segments[0][0],)
    ).fetchone() or (None, None)
    lows = [(row[3], row[0]) for row in segments if row[3] is not None]
    highs = [(row[4], row[0]) for row in segments if row[4] is not None]
    low = min(lows, key=lambda pair: pair[0], default=None)
    high = max(highs, key=lambda pair: pair[0], default=None)
    return Place(
        float("nan") if first[0] is None and first[1] is not None else first[0],
        first[1],
        None if low is None else _step_of(connection, _LOW, low[1], low[0]),
        None if high is None else _step_of(connection, _HIGH, high[1], high[0]),
    )


def _step_of(connection: sqlite3.Connection, query: str, series: int, value: float) -> float | None:
    """The step of the first point with this value, found through the tiers: a few rows of each of them are read."""
    first, end = 0, 1 << 62
    for size in reversed(SIZES):
        parameters = (series, size, first // size, -(-end // size), value)
        bucket = connection.execute(query, parameters).fetchone()[0]
        if bucket is None:
            return None
        first, end = bucket * size, (bucket + 1) * size
    row = connection.execute(_POINT, (series, first, end, value)).fetchone()
    return None if row is None else row[0]
