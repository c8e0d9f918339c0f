"""Whether what the index keeps ready (counts, last values, tiers) is what its points say."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator

from mlws_tui.store.tiers import SIZES

#: Sentences at most: one that is wrong is enough to make the index again.
_MOST = 10

_POINTS = """
SELECT series.name, streams.file, series.n, series.finite, series.low, series.high, series.last,
       count(points.seq), count(points.value) - count(CASE WHEN abs(points.value) > :huge THEN 1 END),
       min(CASE WHEN abs(points.value) <= :huge THEN points.value END),
       max(CASE WHEN abs(points.value) <= :huge THEN points.value END),
       coalesce(max(points.seq) + 1, 0), series.id
FROM series
LEFT JOIN streams ON streams.id = series.stream
LEFT JOIN points ON points.series = series.id
GROUP BY series.id
"""
_TIERS = """
SELECT series.name, streams.file, series.n, series.finite,
       (SELECT sum(n) FROM tiers WHERE series = series_id AND size = :size),
       (SELECT sum(finite) FROM tiers WHERE series = series_id AND size = :size)
FROM (SELECT *, id AS series_id FROM series WHERE n > 0) AS series
LEFT JOIN streams ON streams.id = series.stream
"""
_HUGE = 1.7976931348623157e308  # the largest finite double


def miscounts(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Sentences on what does not agree; none for a sound index. It reads every point."""
    found: list[str] = []
    for sentence in _sentences(connection):
        found.append(sentence)
        if len(found) == _MOST:
            break
    return tuple(found)


def _sentences(connection: sqlite3.Connection) -> Iterator[str]:
    for row in connection.execute(_POINTS, {"huge": _HUGE}):
        name, file, n, finite, low, high, last, count, finite_count, lowest, highest, end, series = row
        where = f"{name} of {file or 'no stream'}"
        if file is None:
            yield f"{where}: the series belongs to no stream file"
        elif not n == count == end:
            yield f"{where}: {n} points are counted, {count} are there"
        elif finite != finite_count:
            yield f"{where}: {finite} finite points are counted, {finite_count} are there"
        elif finite and (low, high) != (lowest, highest):
            yield f"{where}: it is kept as {low} to {high}, and the points go from {lowest} to {highest}"
        elif n and not _same(last, _last(connection, series)):
            yield f"{where}: the last value that is kept is not the last point"
    for size in SIZES:
        for name, file, n, finite, in_tier, finite_in_tier in connection.execute(_TIERS, {"size": size}):
            if (n, finite) != (in_tier, finite_in_tier):
                yield f"{name} of {file}: the chart tier of {size} holds {in_tier or 0} of {n} points"
    orphans = connection.execute(
        "SELECT count(*) FROM points WHERE series NOT IN (SELECT id FROM series)"
    ).fetchone()[0]
    if orphans:
        yield f"{orphans} points belong to no series"


def _last(connection: sqlite3.Connection, series: int) -> float | None:
    row = connection.execute(
        "SELECT value FROM points WHERE series = ? ORDER BY seq DESC LIMIT 1", (series,)
    ).fetchone()
    value: float | None = row[0]
    return value


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or (math.isnan(one) and math.isnan(other))


def points_by_run(connection: sqlite3.Connection) -> dict[str, int]:
    """How many points of its streams each run has, as counted at ingest; runs without any are left out."""
    rows = connection.execute(
        "SELECT streams.run, sum(series.n) FROM series JOIN streams ON streams.id = series.stream "
        "WHERE streams.run IS NOT NULL AND series.source = 'sdk' GROUP BY streams.run"
    )
    return dict(rows.fetchall())
