"""Where the curves of a chart lie: its axes, and which column of cells each point of a curve falls into."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlws_tui.domain.charts.model import MOST_CURVES, Marker, Plot, View
from mlws_tui.domain.charts.places import Axis
from mlws_tui.domain.figures import axis_labels, log_labels
from mlws_tui.domain.series import log_ticks, nice_ticks, rounded_out, share, visible_range

#: What an axis may be longer than its data: one of so many parts.
_X_PARTS, _Y_PARTS = 25, 12
_LEAST_WIDTH, _LEAST_HEIGHT = 24, 5
#: Rows from which the signs of markers have one of their own; rows for each one of the legend.
_MARKER_ROWS, _PER_LEGEND_ROW = 9, 6
#: Columns that a curve has in the legend beside its name: its sign, its value and blanks.
_BESIDE_NAME = 13


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie on the canvas; `low` and `high` are logarithms on a logarithmic axis."""

    low: float
    high: float
    log: bool
    rows: int

    def height(self, value: float) -> float:
        """How far up a value lies, 0 for the bottom and 1 for the top; beyond them where it is clipped."""
        if self.log:
            value = math.log10(value) if value > 0 else -math.inf
        if math.isinf(value):
            return 0.0 if value < 0 else 1.0
        return share(value, self.low, self.high)

    def y(self, value: float) -> int:
        """The row of dots of a value, from the top; that of the edge where it is clipped."""
        return self.row(min(1.0, max(0.0, self.height(value))))

    def row(self, height: float) -> int:
        """The row of dots of a height, from the top."""
        return round((1 - height) * (self.rows - 1))

    def beyond(self, low: float | None, high: float | None) -> tuple[bool, bool]:
        """Whether anything from low to high is clipped above, and below."""
        above = high is not None and self.height(high) > 1
        below = low is not None and ((self.log and low <= 0) or self.height(low) < 0)
        return above, below

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        """At most so many round values of the axis and how they are written."""
        if self.log:
            low, high = (10.0 ** min(308.0, max(-307.0, end)) for end in (self.low, self.high))
            ticks = log_ticks(low, high, most)
            return ticks, log_labels(ticks)
        ticks = nice_ticks(self.low, self.high, most)
        return ticks, axis_labels(ticks)


@dataclass(frozen=True, slots=True)
class Frame:
    """The axes of a chart of a certain size.

    Attributes:
        plots: The curves that have points.
        places: Where each of their buckets lies on the x axis, NaN where it is not shown; logarithms on a
            logarithmic one.
        outside: The same with those that lie left or right of what is shown.
        x_low: The left end of the x axis.
        x_high: Its right end.
        log_x: Whether it is logarithmic.
        axis: What it counts.
        scale: The y axis.
        labels: What stands beside the y axis, by row of cells.
        margin: Columns that the labels take.
        cells: Columns in which curves are drawn, right of the margin and one blank.
        gutter: Columns right of them, for the letters of curves; 0 where there is but one.
        rows: Rows in which curves are drawn.
        head: Rows of the legend above them.
        marks: The markers that are shown, by column.
    """

    plots: tuple[Plot, ...]
    places: tuple[tuple[float, ...], ...]
    outside: tuple[tuple[float, ...], ...]
    x_low: float
    x_high: float
    log_x: bool
    axis: Axis
    scale: Scale
    labels: dict[int, str]
    margin: int
    cells: int
    gutter: int
    rows: int
    head: int
    marks: dict[int, tuple[Marker, ...]]

    def column(self, place: float) -> int:
        """The column of cells, from 0, in which a place on the x axis is drawn."""
        dots = 2 * self.cells - 1
        return round(min(1.0, max(0.0, share(place, self.x_low, self.x_high))) * dots) // 2

    def value(self, place: float) -> float:
        """What the axis counts at a place on it."""
        return 10.0 ** min(300.0, max(-300.0, place)) if self.log_x else place

    def place_of(self, value: float) -> float | None:
        """Where on the axis a value is that it counts; None where it has no place there."""
        if self.log_x:
            value = math.log10(value) if value > 0 else math.nan
        return value if math.isfinite(value) else None


def with_points(plots: Sequence[Plot]) -> tuple[Plot, ...]:
    """The first few curves, without those that have no points."""
    return tuple(plot for plot in plots[:MOST_CURVES] if any(bucket.count for bucket in plot.buckets))


def frame_of(
    plots: Sequence[Plot], view: View, width: int, height: int, markers: Sequence[Marker] = ()
) -> Frame | None:
    """The axes for a place of this size; None where there is nothing to draw or no room for it."""
    shown = with_points(plots)
    if not shown or width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return None
    everywhere = tuple(_places(plot, view) for plot in shown)
    low, high = _reach(everywhere, view)
    inside = tuple(tuple(x if low <= x <= high else math.nan for x in row) for row in everywhere)
    head = legend_rows(shown, width, height)
    marks = [] if height < _MARKER_ROWS else _marks(markers, view, low, high)
    rows = height - head - 1 - bool(marks)
    scale = _scale(shown, inside, view, 4 * rows)
    ticks, labels = scale.ticks(max(2, min(6, rows // 3 + 1))) if _finite(shown, inside) else ([], [])
    margin = max(4, len(view.axis.value), *map(len, labels)) if labels else 5
    beside = {scale.y(tick) // 4: label for tick, label in zip(ticks, labels, strict=True)}
    gutter = int(len(shown) > 1)
    frame = Frame(
        shown, inside, everywhere, low, high, view.log_x, view.axis, scale, beside, margin,
        width - margin - 1 - gutter, gutter, rows, head, {},
    )  # fmt: skip
    for place, marker in marks:
        column = frame.column(place)
        frame.marks[column] = (*frame.marks.get(column, ()), marker)
    return frame


def legend_rows(plots: Sequence[Plot], width: int, height: int) -> int:
    """How many rows the legend takes: one where all curves fit into it, else as many as there is room for."""
    needed, left = 1, width - 6
    for plot in plots:
        wanted = min(len(plot.title), max(8, width // 3)) + _BESIDE_NAME
        if wanted > left and left < width - 6:
            needed, left = needed + 1, width - 6
        left -= wanted
    return min(needed, max(1, height // _PER_LEGEND_ROW))


def _places(plot: Plot, view: View) -> tuple[float, ...]:
    """Where each bucket lies on the x axis: by its last point."""
    timeline, axis = plot.timeline, view.axis
    if axis is Axis.STEP and not timeline.steps:
        found = [bucket.step_last for bucket in plot.buckets]
    else:
        found = [timeline.place(axis, bucket.step_last, bucket.ts_last) for bucket in plot.buckets]
    if not view.log_x:
        return tuple(found)
    return tuple(math.log10(place) if place > 0 else math.nan for place in found)


def _marks(markers: Sequence[Marker], view: View, low: float, high: float) -> list[tuple[float, Marker]]:
    found = []
    for marker in markers:
        place = marker.timeline.place(view.axis, marker.step, marker.ts, beyond=True)
        if view.log_x:
            place = math.log10(place) if place > 0 else math.nan
        if low <= place <= high:
            found.append((place, marker))
    return found


def _reach(places: Sequence[Sequence[float]], view: View) -> tuple[float, float]:
    """The ends of the x axis, as it is drawn."""
    finite = [float(place) for row in places for place in row if math.isfinite(place)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    window = view.window
    if window is not None:
        ends = window.low, window.high
        if view.log_x:
            ends = math.log10(max(ends[0], 1e-300)), math.log10(max(ends[1], 1e-300))
        if window.follows:  # the curves' end, and as much before it as the window is wide
            ends = max(high, ends[1]) - (ends[1] - ends[0]), max(high, ends[1])
        if all(map(math.isfinite, ends)) and ends[0] < ends[1]:
            return ends
    return (low, rounded_out(low, high, _X_PARTS)[1]) if low < high else (low - 1, high + 1)


def _finite(plots: Sequence[Plot], places: Sequence[Sequence[float]]) -> bool:
    """Whether a value is shown that is a number: without one there is nothing that the y axis could tell."""
    return any(
        place == place and bucket.low is not None
        for plot, row in zip(plots, places, strict=True)
        for bucket, place in zip(plot.buckets, row, strict=True)
    )


def _scale(plots: Sequence[Plot], places: Sequence[Sequence[float]], view: View, rows: int) -> Scale:
    """The y axis for what is shown of the curves."""
    curves = [
        [
            (b.low, b.high)
            for b, place in zip(plot.buckets, row, strict=True)
            if place == place and b.low is not None and b.high is not None
        ]
        for plot, row in zip(plots, places, strict=True)
    ]
    log = view.log_y and any(high > 0 for curve in curves for _, high in curve)
    if log:
        curves = [
            [(_log(low, high), math.log10(high)) for low, high in curve if high > 0] for curve in curves
        ]
    return Scale(*rounded_out(*visible_range(curves), _Y_PARTS), log, rows)


def _log(low: float, high: float) -> float:
    """The logarithm of the low end of a bucket; of the high one where only that has any."""
    return math.log10(low if low > 0 else high)
