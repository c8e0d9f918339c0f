"""What charts are made of: places on the axis, windows, smoothing, names, tables and pictures."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.charts.frame import frame_of
from mlws_tui.domain.charts.model import Marker, Plot, View, Window
from mlws_tui.domain.charts.naming import groups_of, short_names
from mlws_tui.domain.charts.places import Axis, Timeline, course
from mlws_tui.domain.charts.svg import svg_of
from mlws_tui.domain.charts.table import drawn_csv, points_csv
from mlws_tui.domain.charts.zoom import panned, shows, zoomed
from mlws_tui.domain.runs import Points, Run, RunState
from mlws_tui.domain.series import SMOOTHINGS, columns, window_mean
from tests.charts.kit import point
from tests.runs.kit import HOSTILE

few = settings(max_examples=33)
values = st.one_of(st.floats(), st.floats(-10, 10))
STEPS = tuple(point(i, math.sin(i / 10)) for i in range(1, 401))


@few
@given(st.lists(values, min_size=1, max_size=60), st.integers(1, 20))
def test_columns_count_infinities_apart_from_nan(given_values: list[float], width: int) -> None:
    buckets = [point(i, value) for i, value in enumerate(given_values)]
    found = [c for part in columns(buckets, range(len(buckets)), 0, len(buckets), width) for c in part]
    assert sum(c.up for c in found) == given_values.count(math.inf)
    assert sum(c.down for c in found) == given_values.count(-math.inf)
    assert sum(c.nan - c.up - c.down for c in found) == sum(math.isnan(value) for value in given_values)


@few
@given(st.lists(st.one_of(st.none(), values), max_size=40), st.integers(0, 12))
def test_a_mean_of_a_window_keeps_gaps_and_stays_within_its_values(
    given_values: list[float | None], width: int
) -> None:
    smooth = window_mean(given_values, width)
    for i, (value, mean) in enumerate(zip(given_values, smooth, strict=True)):
        if value is None or not math.isfinite(value):
            assert mean is None
            continue
        around = given_values[max(0, i - width // 2) : i + width // 2 + 1]
        seen = [one for one in around if one is not None and math.isfinite(one)]
        slack = 1e-9 * max(map(abs, seen)) + 1e-300
        assert mean is not None and min(seen) - slack <= mean <= max(seen) + slack


def test_a_metric_without_a_name_can_be_seen() -> None:
    [group] = groups_of([""])
    assert (group.names, group.title) == (("",), '""')


def test_each_smoothing_leaves_a_sparse_curve_as_it_is() -> None:
    sparse = [3.0, 1.0, 2.0, 1.0, 2.0]
    for smoothing in (SMOOTHINGS[0], SMOOTHINGS[1], SMOOTHINGS[2], SMOOTHINGS[3]):
        assert smoothing.of(sparse) == sparse
    dense = [float(i % 2) for i in range(400)]
    assert all(
        0.2 < value < 0.8 for s in SMOOTHINGS[:3] for value in s.of(dense)[20:380] if value is not None
    )
    assert [s.word for s in SMOOTHINGS] == ["EMA light", "EMA strong", "window mean", ""]


@few
@given(st.lists(st.tuples(values, values), max_size=20), values)
def test_a_course_is_between_its_points_and_nothing_beyond_them(
    points: list[tuple[float, float]], x: float
) -> None:
    known = course(points)
    y = known.at(x)
    if not known or not math.isfinite(x) or not known.xs[0] <= x <= known.xs[-1]:
        assert math.isnan(y)
    elif max(map(abs, known.ys)) < 1e300 and known.xs[-1] - known.xs[0] < 1e300:
        slack = 1e-9 * max(1.0, *map(abs, known.ys))
        assert min(known.ys) - slack <= y <= max(known.ys) + slack
    if known and math.isfinite(x):
        assert known.at(x, beyond=True) == known.at(min(max(x, known.xs[0]), known.xs[-1]))


def test_where_a_moment_lies_on_each_axis() -> None:
    timeline = Timeline(100.0, course([(0, 0), (40, 2)]), course([(100, 0), (180, 40)]))
    assert [timeline.place(axis, 20, 140.0) for axis in Axis] == [20, 1.0, 40.0, 140.0]
    assert (
        timeline.place(Axis.STEP, math.nan, 140.0) == 20
        and timeline.place(Axis.EPOCH, math.nan, 140.0) == 1.0
    )
    assert math.isnan(timeline.place(Axis.STEP, math.nan, 500.0))
    assert timeline.place(Axis.STEP, math.nan, 500.0, beyond=True) == 40
    assert math.isnan(Timeline().place(Axis.EPOCH, 20, 140.0))


@few
@given(
    st.lists(st.sampled_from(["closer", "further", "left", "right", "cursor"]), max_size=12), st.booleans()
)
def test_a_window_stays_within_the_curves_and_holds_its_points(doings: list[str], log: bool) -> None:
    plots, view = [Plot("a", STEPS)], View(log_x=log)
    for doing in doings:
        frame = frame_of(plots, view, 100, 20)
        assert frame is not None
        if doing in ("left", "right"):
            window = panned(frame, -0.25 if doing == "left" else 0.25)
        else:
            place = frame.place_of(130) if doing == "cursor" else None
            window = zoomed(frame, 2.0 if doing == "further" else 0.5, place)
        view = replace(view, window=window)
        if window is None:
            continue
        assert 1 - 1e-6 <= window.low < window.high <= 400 + 1e-6
        shown = frame_of(plots, view, 100, 20)
        assert shown is not None
        inside = {b.step_last for b, x in zip(STEPS, shown.places[0], strict=True) if not math.isnan(x)}
        low, high = shown.value(shown.x_low), shown.value(shown.x_high)
        slack = 1e-6
        assert {s for s in range(1, 401) if low + slack <= s <= high - slack} <= inside
        if doing == "cursor" and window is not None and low <= 130 <= high:
            assert 130 in inside


def test_zoomed_at_the_right_edge_it_follows_the_end() -> None:
    frame = frame_of([Plot("a", STEPS)], View(), 100, 20)
    assert frame is not None
    window = zoomed(frame, 0.5)
    assert window is not None and window.follows and window.high == 400
    grown = frame_of([Plot("a", (*STEPS, point(500, 1.0)))], View(window=window), 100, 20)
    assert grown is not None and shows(grown) == Window(500 - (400 - window.low), 500, follows=True)
    left = panned(grown, -0.25)
    assert left is not None and not left.follows
    fixed = frame_of([Plot("a", (*STEPS, point(500, 1.0)))], View(window=left), 100, 20)
    assert fixed is not None and fixed.x_high == left.high
    assert zoomed(fixed, 8.0) is None, "all there is"


def test_names_of_runs_are_what_differs() -> None:
    def run(i: int, name: str, **config: object) -> Run:
        return Run(f"2024101{i}-090000-x", name, "training", RunState.RUNNING, config=config)

    assert short_names([run(1, "llama")]) == ["llama"]
    assert short_names([run(1, "llama-lr1e-4-v2"), run(2, "llama-lr3e-4-v2")]) == ["lr1e-4", "lr3e-4"]
    assert short_names([run(1, "llama"), run(2, "llama-big")]) == ["llama", "llama-big"]
    assert short_names([run(1, "a", lr=1, seed=1), run(2, "a", lr=2e-4, seed=2)]) == ["lr=1", "lr=2e-4"]
    seeds = [run(1, "a", lr=1, seed=1), run(2, "a", lr=1, seed=2), run(3, "a", lr=2, seed=1), run(4, "b")]
    assert short_names(seeds) == ["a lr=1 seed=1", "a lr=1 seed=2", "a lr=2 seed=1", "b"]
    assert short_names([run(1, "s-1", lr=0.1), run(2, "s-2", lr=0.2)]) == ["1 lr=0.1", "2 lr=0.2"]
    assert short_names([run(1, "s-lr1e-4", lr=1e-4), run(2, "s-lr1e-5", lr=1e-5)]) == ["lr1e-4", "lr1e-5"]
    assert short_names([run(1, "a"), run(2, "a")]) == ["a 10-11 09:00:00", "a 10-12 09:00:00"]
    groups = groups_of(["loss", "val/loss", "lr"], ["system/cpu", "system/gpu0/util", "system/gpu1/util"])
    assert [group.title for group in groups] == ["loss, val/loss", "lr", "system/cpu", "system/gpu*/util"]


@few
@given(st.text(max_size=40), st.lists(values, max_size=20), st.booleans())
def test_a_picture_is_well_formed_whatever_it_says(name: str, given_values: list[float], log: bool) -> None:
    buckets = tuple(point(i, value) for i, value in enumerate(given_values))
    plots = [Plot(f"{name}{HOSTILE}<&\"'>", buckets), Plot("<script>", buckets[:2])]
    marks = [Marker("note", 1, 1.0, f"]]></title><script>{name}")]
    root = ElementTree.fromstring(svg_of(plots, View(SMOOTHINGS[0], log_y=log), f"a < b & {name}", marks))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "script" not in tags and tags <= {"svg", "title", "rect", "text", "line", "path", "g"}


def test_a_picture_has_its_curves_axes_and_signs() -> None:
    broken = (*STEPS[:200], point(201, math.nan), *STEPS[201:])
    picture = svg_of(
        [Plot("loss", broken), Plot("acc", STEPS, dashed=True)],
        View(),
        "two",
        [Marker("checkpoint", 100, 1.0, "c")],
    )
    for part in ("loss", "acc", "stroke-dasharray", "◆", "×", ">step<", ">100<", ">0.5<"):
        assert part in picture


@few
@given(st.lists(st.tuples(st.floats(-1e9, 1e9), values), max_size=20), st.text(max_size=20))
def test_a_table_gives_back_every_number(points: list[tuple[float, float]], name: str) -> None:
    name = name.replace("\0", "")
    buckets = tuple(point(step, value, step) for step, value in points)
    rows = list(csv.DictReader(io.StringIO(drawn_csv([Plot(name, buckets, "r")], Axis.STEP, {"r": name}))))
    assert [float(row["step"]) for row in rows] == pytest.approx([step for step, _ in points])
    told = [float(row["value"]) for row in rows if row["value"]]
    assert told == [value for _, value in points if math.isfinite(value)]
    assert sum(int(row["not_finite"]) for row in rows) == sum(not math.isfinite(value) for _, value in points)
    whole = Points([step for step, _ in points], [0.0] * len(points), [value for _, value in points])
    lines = list(csv.reader(io.StringIO("".join(points_csv([("r", name, "m", whole)])))))[1:]
    for line, (_, value) in zip(lines, points, strict=True):
        assert float(line[5]) == value or (math.isnan(value) and math.isnan(float(line[5])))
