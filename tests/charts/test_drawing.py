"""Curves as lines of text, at any size and of any values."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.charts.canvas import Canvas
from mlws_tui.domain.charts.cursor import Moment
from mlws_tui.domain.charts.drawing import picture_of
from mlws_tui.domain.charts.model import MOST_CURVES, Marker, Plot, View, Window
from mlws_tui.domain.charts.places import Axis, Course, Timeline
from mlws_tui.domain.runs import Bucket
from mlws_tui.domain.series import SMOOTHINGS
from mlws_tui.domain.text import cell_width
from tests.charts.kit import point
from tests.runs.kit import HOSTILE


def curve(
    n: int, of: Callable[[int], float] = lambda i: 2 * math.exp(-i / 80) + 0.3, noise: float = 0.0
) -> tuple[Bucket, ...]:
    shaken = random.Random(1)
    return tuple(point(i, of(i) + shaken.gauss(0, noise), 2.0 * i) for i in range(n))


def chart(
    plots: Sequence[Plot],
    width: int,
    height: int,
    view: View = View(),  # noqa: B008 - frozen
    cursor: Moment | None = None,
    markers: Sequence[Marker] = (),
) -> list[str]:
    lines = picture_of(plots, view, width, height, markers).lines(cursor)
    return ["".join(span.text for span in line) for line in lines]


def test_a_chart_has_a_legend_ticks_and_a_line() -> None:
    drawn = chart([Plot("loss", curve(400)), Plot("val/loss", curve(40))], 80, 14)
    assert len(drawn) == 14
    assert drawn[0].split() == ["a", "loss", "0.314", "b", "val/loss", "1.53"]
    assert [row.split()[0] for row in drawn[1:-1] if row[:4].strip()] == ["2.0", "1.5", "1.0", "0.5"]
    assert drawn[-1].split() == ["step", "0", "100", "200", "300", "400"]
    first = next(row for row in drawn[1:] if "⠁" <= row[5] <= "⣿")
    assert drawn.index(first) == 1, "the falling curve begins at the top"


def test_what_is_not_finite_is_marked_where_it_happened_and_counted() -> None:
    values = {50: math.nan, 20: math.inf, 80: -math.inf}
    drawn = chart([Plot("loss", curve(100, lambda i: values.get(i, 1.0)))], 80, 10)
    assert "× 1 not finite" in drawn[0] and "1 ↑∞ 1 ↓∞" in drawn[0]
    assert drawn[-2].index("×") == pytest.approx(5 + 75 // 2, abs=1)
    assert drawn[1].index("↑") == pytest.approx(5 + 75 // 5, abs=1)
    assert drawn[-2].index("↓") == pytest.approx(5 + 75 * 4 // 5, abs=1)


def test_where_nothing_is_finite_there_are_no_figures() -> None:
    drawn = chart([Plot("loss", curve(50, lambda _: math.nan))], 80, 10)
    assert "× 50 not finite" in drawn[0] and "××" in drawn[-2]
    assert not any(row[:5].strip() for row in drawn[1:-1])


def test_outliers_are_clipped_at_the_edge_and_counted() -> None:
    values = {20: 1e6, 21: 2e6, 150: -500.0}
    drawn = chart([Plot("loss", curve(200, lambda i: values.get(i, 1 + i / 200)))], 100, 12)
    assert "▲ 2 points above, to 2.00M" in drawn[0] and "▼ 1 point below, to -500" in drawn[0]
    assert "▲" in drawn[1] and "▼" in drawn[-2]
    assert max(float(row[:5]) for row in drawn[1:-1] if row[:5].strip()) < 10


def test_axes_of_time_of_the_clock_of_epochs_and_of_powers() -> None:
    timeline = Timeline(0.0, epochs=Course((0.0, 400.0), (0.0, 4.0)))
    plots = [Plot("loss", curve(400, lambda i: 10.0 ** (-i / 100)), timeline=timeline)]
    assert chart(plots, 80, 12, View(axis=Axis.RELATIVE))[-1].split() == ["time", "0", "5m", "10m"]
    assert chart(plots, 80, 12, View(axis=Axis.EPOCH))[-1].split() == ["epoch", "0", "1", "2", "3", "4"]
    assert chart(plots, 80, 12, View(axis=Axis.WALL))[-1].split() == ["clock", "00:00", "00:05", "00:10"]
    assert chart(plots, 80, 12, View(log_x=True))[-1].split() == ["step", "1", "10", "100"]
    labels = [row[:7].strip(" ┈") for row in chart(plots, 80, 16, View(log_y=True))]
    assert {"1", "0.1", "0.01", "0.001"} <= {label.split(" ")[0] for label in labels}


def test_of_a_window_the_range_fits_and_lines_go_on_to_the_edges() -> None:
    sparse = [Plot("val/loss", tuple(point(i, 5.0 - i / 1000) for i in range(0, 5000, 1000)))]
    drawn = chart(sparse, 80, 12, View(window=Window(1500, 2500)))
    for row in (row for row in drawn[1:-1] if row[:5].strip()):
        assert 2.0 <= float(row[:5]) <= 4.0
    columns = [any("⠁" <= row[x] <= "⣿" for row in drawn[1:-1]) for x in range(6, 80)]
    assert all(columns[30:45]), "the line of the two points beside the only one in the window"


def test_twelve_curves_share_the_legend_and_more_are_counted() -> None:
    plots = [Plot(f"m{i}", curve(50), run=f"r{i}", label=f"run number {i}") for i in range(15)]
    drawn = chart(plots, 100, 30)
    head = "\n".join(drawn[:4])
    assert all(f"run number {i} " in head for i in range(MOST_CURVES)) and "run number 12" not in head
    assert "+" in chart(plots, 60, 8)[0] and "more" in chart(plots, 60, 8)[0]
    styles = {span.style for line in picture_of(plots, View(), 100, 30).lines() for span in line}
    assert {f"line-{i}" for i in range(8)} <= styles


def test_each_of_several_curves_ends_in_its_letter() -> None:
    plots = [Plot(f"M{i}", curve(50, lambda _, i=i: 5 + i / 10), run=f"R{i}") for i in range(4)]  # type: ignore[misc]
    plots += [Plot("S", curve(10, lambda _: 9.0), run="S")]
    rows = chart(plots, 120, 20)[1:-1]
    letters = [
        (row.index(letter), y, letter) for y, row in enumerate(rows) for letter in "abcde" if letter in row
    ]
    short, *others = sorted(letters)
    assert short[0] < 40 and short[2] == "e"
    assert [letter for _, _, letter in others] == ["d", "c", "b", "a"], "the highest on top"
    assert len({column for column, _, _ in others}) == 1
    assert {y for _, y, _ in others} == set(range(others[0][1], others[0][1] + 4))
    plain = "".join(chart(plots, 120, 20, View(plain=True))[1:-1])
    assert plain.count("a") > 1 and plain.count("d") > 1
    assert "a" not in "".join(chart(plots[:1], 120, 20)[1:-1]), "none where there is but one"
    lots = "".join(chart([replace(plots[0], run=f"{i}") for i in range(12)], 120, 12)[2:-1])
    assert "a" in lots and all(cell_width(row) <= 120 for row in rows)


def test_markers_have_a_row_and_the_cursor_tells_them() -> None:
    marks = [
        Marker("checkpoint", 50, 500.0, f"checkpoint-50{HOSTILE}"),
        Marker("alert", math.nan, 1e9, "late", Timeline(steps=Course((0.0, 200.0), (0.0, 100.0)))),
    ]
    plots = [Plot("loss", curve(100))]
    drawn = chart(plots, 80, 14, markers=marks)
    assert drawn[-2].index("◆") == pytest.approx(5 + 75 // 2, abs=1)
    assert "!" in drawn[-2], "an alert after the last point stands at the end"
    told = chart(plots, 80, 14, cursor=Moment(50, 100.0), markers=marks)
    assert "◆ checkpoint-50evil␛]52" in told[-2] and "\x1b" not in told[-2]
    assert "◆" not in "".join(chart(plots, 80, 8, markers=marks)), "no room for a row of their own"


def test_nothing_to_draw_is_said_in_words() -> None:
    assert "no metrics logged yet" in "".join(chart([], 60, 9))
    assert "nothing here" in "".join(chart([Plot("loss", ())], 60, 9, View(empty="nothing here")))


extreme = st.sampled_from([0.0, -1.0, 1e308, -1e308, 5e-324, 1e-300, math.nan, math.inf, -math.inf])
places = st.one_of(extreme, st.floats(0, 1e6))
names = st.text(max_size=30)


@settings(max_examples=33)
@given(
    st.lists(st.tuples(places, st.one_of(extreme, st.floats())), max_size=40), st.integers(1, 100),
    st.integers(1, 20), st.booleans(), st.booleans(), st.sampled_from(Axis), st.sampled_from(SMOOTHINGS), names,
    st.one_of(st.none(), st.builds(Window, places, places, st.booleans())), st.one_of(st.none(), places),
)  # fmt: skip
def test_any_series_fits_any_size(
    points: list[tuple[float, float]], width: int, height: int, log_x: bool, log_y: bool, axis: Axis,
    smoothing: object, name: str, window: Window | None, at: float | None,
) -> None:  # fmt: skip
    timeline = Timeline(5.0, Course((0.0, 10.0), (0.0, 1.0)))
    buckets = tuple(point(step, value, step) for step, value in points)
    plots = [Plot(name, buckets, "r", timeline=timeline), Plot("other", buckets[:3], "s", timeline=timeline)]
    view = View(smoothing, axis, log_x, log_y, window)  # type: ignore[arg-type]
    cursor = None if at is None else Moment(at, at, run="r")
    drawn = chart(plots, width, height, view, cursor, [Marker("note", math.nan, 3.0, name, timeline)])
    assert len(drawn) <= height
    assert all(cell_width(row) <= width for row in drawn)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for row in drawn for character in row)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(-3, 25), st.integers(-3, 25)), min_size=2, max_size=6))
def test_lines_have_no_holes(points: list[tuple[int, int]]) -> None:
    canvas = Canvas(10, 5)
    ends = sorted(points)
    for start, end in pairwise(ends):
        canvas.line(start, end, 1)
    drawn = ["".join(character for character, _ in canvas.cells(y)) for y in range(5)]
    for (x1, y1), (x2, y2) in pairwise(ends):
        for x, y in ((x1, y1), (x2, y2)):
            if 0 <= x < 20 and 0 <= y < 20:
                assert drawn[y // 4][x // 2] != " "
    for x in range(max(0, ends[0][0]), min(19, ends[-1][0]) + 1):
        rows = [y for y in range(5) if drawn[y][x // 2] != " "]
        assert rows == list(range(rows[0], rows[-1] + 1)) if rows else True


def test_the_layer_drawn_last_owns_its_cells() -> None:
    canvas = Canvas(2, 1)
    canvas.vertical(0, 0, 3, 1)
    canvas.vertical(3, 0, 3, 1)
    canvas.dot(1, 0, 2)
    canvas.dot(99, 99, 2)
    assert canvas.cells(0) == [("⠈", 2), ("⢸", 1)]
