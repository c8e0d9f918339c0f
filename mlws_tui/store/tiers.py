"""Points taken together in buckets of fixed sizes, so that a chart of a million reads a few thousand rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

#: Points per bucket of each tier, finest first.
SIZES = (16, 256, 4096, 65536)

Step = int | float
Summary = tuple[float | None, float | None, float, float | None, int]


def summarize(values: Sequence[float]) -> Summary:
    """(low, high, total, last, count) of the finite values."""
    total = sum(values)
    if math.isfinite(total):
        return min(values), max(values), total, values[-1], len(values)
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None, None, 0.0, None, 0
    return min(finite), max(finite), sum(finite), finite[-1], len(finite)


def tier_rows(
    series: int, start: int, steps: Sequence[Step], ts: Sequence[float], values: Sequence[float]
) -> Iterator[tuple[object, ...]]:
    """Rows of table ``tiers`` for consecutive points of which the first has the number `start`.

    A bucket that was begun by earlier points comes out as the part that these points add to it.
    """
    count = len(values)
    for size in SIZES:
        for bucket in range(start // size, (start + count - 1) // size + 1):
            i = max(0, bucket * size - start)
            j = min(count, (bucket + 1) * size - start)
            part = steps[i:j]
            low, high, total, last, finite = summarize(values[i:j])
            yield (
                series,
                size,
                bucket,
                part[0],
                part[-1],
                min(part),
                max(part),
                ts[i],
                ts[j - 1],
                low,
                high,
                total,
                last,
                finite,
                j - i,
            )


#: Adds a row of `tier_rows` to the table.
UPSERT = """
INSERT INTO tiers (series, size, bucket, step_first, step_last, step_low, step_high, ts_first, ts_last,
                   low, high, total, last, finite, n)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (series, size, bucket) DO UPDATE SET
    step_last = excluded.step_last,
    step_low = min(step_low, excluded.step_low),
    step_high = max(step_high, excluded.step_high),
    ts_last = excluded.ts_last,
    low = coalesce(min(low, excluded.low), low, excluded.low),
    high = coalesce(max(high, excluded.high), high, excluded.high),
    total = total + excluded.total,
    last = coalesce(excluded.last, last),
    finite = finite + excluded.finite,
    n = n + excluded.n
"""
