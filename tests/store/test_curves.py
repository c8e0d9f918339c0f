"""Curves against the points they are made of."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.chunks import StreamChunk, StreamPosition
from mlws_tui.domain.runs import Bucket, Curve
from mlws_tui.store import Store
from mlws_tui.store.tiers import SIZES, summarize, tier_rows
from tests.store.kit import RUN, header, metrics

FILE = f"{RUN}/h-1-aa.jsonl"
NUMBER = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf]))


async def _store(path: Path, values: Sequence[float], pieces: int) -> Store:
    store = await Store.open(path / "index.db")
    records = [(0, header()), *((i, metrics(i, 1000.0 + i, loss=value)) for i, value in enumerate(values))]
    size = max(1, -(-len(records) // pieces))
    for i in range(0, len(records), size):
        part = records[i : i + size]
        before = StreamPosition(FILE, RUN, i)
        await store.ingest([StreamChunk(before, StreamPosition(FILE, RUN, i + len(part)), part)])
    return store


def _check(curve: Curve, values: Sequence[float], first: int = 0) -> None:
    at = first
    for bucket in curve.buckets:
        part = list(values[at : at + bucket.count])
        finite = [value for value in part if math.isfinite(value)]
        assert (bucket.step_first, bucket.step_last) == (at, at + len(part) - 1)
        assert (bucket.ts_first, bucket.ts_last) == (1000.0 + at, 1000.0 + at + len(part) - 1)
        assert bucket.nan == len(part) - len(finite)
        if finite:
            assert (bucket.low, bucket.high, bucket.last) == (min(finite), max(finite), finite[-1])
            assert bucket.mean == pytest.approx(sum(finite) / len(finite), abs=1e-6)
        else:
            assert (bucket.low, bucket.high, bucket.mean, bucket.last) == (None, None, None, None)
        at += bucket.count


@pytest.mark.parametrize("count", [1, 16, 17, 257, 5000, 70_000])
async def test_a_curve_covers_every_point_once(tmp_path: Path, count: int) -> None:
    chance = random.Random(count)
    values = [chance.choice([chance.uniform(-5, 5), math.nan]) for _ in range(count)]
    store = await _store(tmp_path, values, 7)
    try:
        for width in (1, 10, 300, 100_000):
            curve = await store.curve(RUN, "loss", width=width)
            assert curve.total == count == sum(bucket.count for bucket in curve.buckets)
            assert len(curve.buckets) <= 2 * width
            assert len(curve.buckets) >= min(count, width // 2)
            _check(curve, values)
        low, high = count // 3, count // 2
        part = await store.curve(RUN, "loss", width=100, first_step=low, last_step=high)
        steps = [(bucket.step_first, bucket.step_last) for bucket in part.buckets]
        assert steps[0][0] <= low and steps[-1][1] >= high and len(steps) <= 200
        _check(part, values, int(steps[0][0]))
        assert (await store.curve(RUN, "loss", first_step=count + 1)).buckets == ()
    finally:
        await store.close()


async def test_unknown_series_are_empty(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "index.db")
    try:
        assert await store.curve(RUN, "loss") == Curve(RUN, "loss", 0, (), 0)
        assert (await store.points(RUN, "loss")).step == []
        assert await store.series(RUN) == [] and await store.happenings(RUN) == []
        assert await store.get_run(RUN) is None
    finally:
        await store.close()


async def test_a_single_point_is_its_own_bucket(tmp_path: Path) -> None:
    store = await _store(tmp_path, [2.5], 1)
    try:
        assert (await store.curve(RUN, "loss")).buckets == (
            Bucket(0, 0, 1000.0, 1000.0, 2.5, 2.5, 2.5, 2.5, 1, 0),
        )
    finally:
        await store.close()


@given(st.lists(NUMBER, min_size=1, max_size=60), st.integers(0, 40))
@settings(max_examples=33, deadline=None)
def test_tier_rows_take_all_points_together(values: list[float], start: int) -> None:
    steps = list(range(start, start + len(values)))
    rows = list(tier_rows(1, start, steps, [float(step) for step in steps], values))
    for size in SIZES:
        mine = [row for row in rows if row[1] == size]
        assert sum(int(str(row[14])) for row in mine) == len(values)
        for row in mine:
            part = [value for step, value in zip(steps, values, strict=True) if step // size == row[2]]
            assert (row[9], row[10], row[12], row[13]) == (lambda s: (s[0], s[1], s[3], s[4]))(
                summarize(part)
            )
