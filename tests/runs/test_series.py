"""Series made ready to be drawn, and figures written in few characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.figures import age, axis_labels, duration, figure, log_labels, time_labels
from mlws_tui.domain.metricnames import by_importance, result, together
from mlws_tui.domain.runs import Bucket
from mlws_tui.domain.series import (
    columns,
    ema,
    log_ticks,
    nice_ticks,
    rounded_out,
    share,
    time_ticks,
    visible_range,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.one_of(st.none(), st.floats(), st.floats(-10, 10))
few = settings(max_examples=30)


def single(step: float, value: float) -> Bucket:
    if math.isfinite(value):
        return Bucket(step, step, step, step, value, value, value, value, 1)
    return Bucket(step, step, step, step, None, None, None, None, 1, 1)


@few
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats()), max_size=80), st.integers(1, 30))
def test_columns_lose_no_value_and_stay_in_order(points: list[tuple[float, float]], width: int) -> None:
    buckets = [single(step, value) for step, value in points]
    found = columns(buckets, [step for step, _ in points], -1e6, 1e6, width)
    flat = [column for stretch in found for column in stretch]
    finite = [value for _, value in points if math.isfinite(value)]
    assert sum(column.count for column in flat) == len(points)
    assert sum(column.nan for column in flat) == len(points) - len(finite)
    assert min((c.low for c in flat if c.low is not None), default=None) == min(finite, default=None)
    assert max((c.high for c in flat if c.high is not None), default=None) == max(finite, default=None)
    assert next((c.last for c in reversed(flat) if c.last is not None), None) == (
        finite[-1] if finite else None
    )
    for stretch in found:
        places = [column.x for column in stretch]
        assert places == sorted(set(places)) and all(0 <= x < width for x in places)
    for column in flat:
        if column.low is not None and column.high is not None and column.mean is not None:
            slack = (
                1e-9 * max(abs(column.low), abs(column.high)) + 1e-300
            )  # sums of the very smallest are rounded
            assert column.low - slack <= column.mean <= column.high + slack


def test_a_step_that_goes_back_begins_a_new_stretch_and_odd_ones_are_left_out() -> None:
    steps = [1.0, 2.0, 3.0, 2.0, 3.0, math.nan, math.inf]
    found = columns([single(step, step) for step in steps], steps, 1.0, 3.0, 3)
    assert [[column.x for column in stretch] for stretch in found] == [[0, 1, 2], [1, 2]]


@few
@given(st.lists(values, max_size=60), st.floats(0, 0.99))
def test_smoothing_keeps_gaps_and_stays_within_what_was_seen(
    given_values: list[float | None], weight: float
) -> None:
    smoothed = ema(given_values, weight)
    seen: list[float] = []
    for value, smooth in zip(given_values, smoothed, strict=True):
        if value is None or not math.isfinite(value):
            assert smooth is None
            continue
        seen.append(value)
        assert smooth is not None
        if max(map(abs, seen)) < 1e300:
            slack = 1e-9 * max(1.0, *map(abs, seen))
            assert min(seen) - slack <= smooth <= max(seen) + slack


def test_smoothing_begins_at_the_first_value() -> None:
    assert ema([4.0, 4.0, None, 4.0], 0.9) == pytest.approx([4.0, 4.0, None, 4.0])
    assert ema([1.0, 3.0], 0.0) == [1.0, 3.0]


@few
@given(st.lists(st.floats(), max_size=60))
def test_the_range_is_never_empty(given_values: list[float]) -> None:
    low, high = visible_range([[(value, value) for value in given_values]])
    assert low < high
    finite = sorted(value for value in given_values if math.isfinite(value))
    if finite:
        assert low <= finite[len(finite) // 2] <= high


def visible(*curves: Sequence[float]) -> tuple[float, float]:
    return visible_range([[(value, value) for value in curve] for curve in curves])


def test_a_spike_does_not_flatten_the_rest_but_a_steep_beginning_and_a_jump_that_stays_are_shown() -> None:
    flat = [1 + i / 100 for i in range(100)]
    assert visible([*flat, 1e9]) == (1.0, 1.99)
    assert visible([*flat, 1e9, -1e9, 1e9, *flat]) == (1.0, 1.99)
    assert visible([10 / (1 + i / 3) for i in range(100)])[1] == 10
    assert visible([300.0, 90.0, *flat, *flat])[1] == 300, "a steep beginning"
    assert visible([20.0, *flat])[1] == 20 and visible([1e9, *flat])[1] == 1.99, "and a first point of all"
    assert visible([*flat, *flat, *[50.0] * 4, *flat])[1] == 50, "a jump that stays"
    assert visible([*flat, *flat, *flat], [70.0, 60.0])[1] == 70, "a curve of its own"
    assert visible([0.5]) == pytest.approx((0.475, 0.525))
    assert visible([0.0, 0.0]) == (-0.5, 0.5)


@few
@given(numbers, numbers, numbers)
def test_a_share_is_within_its_ends(a: float, b: float, c: float) -> None:
    low, middle, high = sorted((a, b, c))
    assert 0 <= share(middle, low, high) <= 1


@given(numbers, numbers, st.integers(2, 40))
def test_rounded_ranges_hold_the_whole_range_and_little_more(a: float, b: float, parts: int) -> None:
    low, high = min(a, b), max(a, b)
    wide = rounded_out(low, high, parts)
    assert wide[0] <= low and wide[1] >= high
    if 1e-290 < high / 2 - low / 2 < 1e290:
        slack = (high - low) / parts + 1e-9 * (abs(low) + abs(high))
        assert low - wide[0] <= slack and wide[1] - high <= slack


def test_a_growing_range_keeps_its_ends_for_a_while() -> None:
    assert len({rounded_out(1, step, 25) for step in range(2000, 2100)}) <= 3


@given(numbers, numbers, st.integers(0, 20))
def test_ticks_are_few_round_and_inside(a: float, b: float, most: int) -> None:
    low, high = min(a, b), max(a, b)
    for ticks in (
        nice_ticks(low, high, most),
        time_ticks(low, high, most),
        log_ticks(abs(low), abs(high), most),
    ):
        assert len(ticks) <= max(0, most) and ticks == sorted(ticks)
    slack = 1e-6 * (high - low)
    assert all(low - slack <= tick <= high + slack for tick in nice_ticks(low, high, most))


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 12))
def test_labels_tell_ticks_apart(low: float, reach: float, most: int) -> None:
    ticks = nice_ticks(low, low + reach, most)
    if reach > abs(low) * 1e-6:
        assert len(set(axis_labels(ticks))) == len(ticks)


def test_ticks_and_their_labels_as_people_would_choose_them() -> None:
    assert axis_labels(nice_ticks(0.31, 2.9, 6)) == ["0.5", "1.0", "1.5", "2.0", "2.5"]
    assert axis_labels(nice_ticks(0, 48_000, 5)) == ["0", "10k", "20k", "30k", "40k"]
    assert axis_labels(nice_ticks(0, 1.1e-5, 3)) == ["0", "5e-06", "1e-05"]
    assert log_labels(log_ticks(0.004, 30, 5)) == ["0.01", "0.1", "1", "10"]
    assert log_labels(log_ticks(2e-6, 2e4, 5)) == ["1e-05", "0.001", "0.1", "10", "1000"]
    assert log_labels(log_ticks(1.1, 1.9, 5)) == ["1.2", "1.4", "1.6", "1.8"]
    assert axis_labels(nice_ticks(-1, 1, 5)) == ["-1.0", "-0.5", "0", "0.5", "1.0"]
    assert time_labels(time_ticks(0, 1300, 5)) == ["0", "5m", "10m", "15m", "20m"]
    assert time_labels(time_ticks(0, 300_000, 4)) == ["0", "1d", "2d", "3d"]
    assert log_ticks(0.004, 30, 4) == pytest.approx([0.01, 0.1, 1, 10])
    assert log_ticks(0.2, 0.9, 4) == pytest.approx([0.2, 0.4, 0.6, 0.8])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.3123, "0.312"), (0.0312, "0.0312"), (1.2e-5, "1.2e-05"), (-1.2e-5, "-1e-05"), (12_400, "12.4k"),
        (0, "0"), (7, "7"), (9999, "9999"), (9999.7, "10.0k"), (999_960, "1.00M"), (4e9, "4.00G"), (1e300, "1.0e+300"),
        (math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "-∞"), (None, "–"), (-0.5, "-0.500"), (99.96, "100"),
        (-0.0078, "-0.0078"),
    ],
)  # fmt: skip
def test_figures(value: float | None, text: str) -> None:
    assert figure(value) == text


@given(st.floats())
def test_figures_are_short(value: float) -> None:
    assert len(figure(value)) <= (7 if not 0 < abs(value) < 1e-99 and abs(value) < 1e100 else 9)


def test_durations_and_ages() -> None:
    spoken = [duration(s) for s in (0, 8.9, 59.99, 1364, 11_520, 187_200, 9e7, None, math.nan, -5)]
    assert spoken == ["0s", "8s", "59s", "22m44s", "3h12m", "2d4h", "1041d", "–", "–", "0s"]
    assert [age(s) for s in (-5, 3, 60, 7200, 86_400 * 12)] == ["now", "now", "1m ago", "2h ago", "12d ago"]
    assert time_labels([0, 0.5, 30, 90, 3600, -60]) == ["0", "0.5s", "30s", "1m30s", "1h", "-1m"]


def test_the_names_of_metrics() -> None:
    names = ["lr", "val/loss", "grad_norm", "loss", "train_acc", "val_acc", "loss_scale", "classification"]
    assert by_importance(names)[:4] == ["loss", "val/loss", "train_acc", "val_acc"]
    assert by_importance(["b.10", "b.2", "b.02", "a", "2", "b", "10", "b.2/x"]) == [
        "2", "10", "a", "b", "b.02", "b.2", "b.10", "b.2/x"
    ]  # fmt: skip
    assert together(names)[:2] == [("loss", "val/loss"), ("train_acc", "val_acc")]
    assert sorted(name for group in together(names) for name in group) == sorted(names)
    assert result(names) == "val_acc"
    assert result(["lr", "loss", "eval/loss"]) == "eval/loss"
    assert result([]) is None
    assert together(["val", "", "/", "test"]) == [("",), ("/",), ("test",), ("val",)]
