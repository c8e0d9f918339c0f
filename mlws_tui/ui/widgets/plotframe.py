"""Where the curves of a chart lie: its axes, and which column of cells each point of a curve falls into."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlws_tui.domain.figures import axis_labels, log_labels
from mlws_tui.domain.runs import Bucket
from mlws_tui.domain.series import log_ticks, nice_ticks, rounded_out, share, visible_range

#: Curves that are drawn at most.
MOST_CURVES = 4
#: What an axis may be longer than its data: one of so many parts.
_X_PARTS, _Y_PARTS = 25, 12
_LEAST_WIDTH, _LEAST_HEIGHT = 24, 5


@dataclass(frozen=True, slots=True)
class Plot:
    """One curve to draw: a name for the legend and its buckets in the order written."""

    name: str
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class View:
    """How curves are drawn.

    Attributes:
        smoothing: Over what share of a curve the bright line is smoothed; 0 draws the means themselves. Being a
            share, it leaves a sparse validation loss as it is where it smooths a dense training loss.
        by_time: Whether x is the time since the first point instead of the step.
        log: Whether y is logarithmic; without a value above 0 it stays linear.
        empty: What to say where there is nothing to draw.
    """

    smoothing: float = 0.0
    by_time: bool = False
    log: bool = False
    empty: str = "no metrics logged yet"


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie on the canvas; `low` and `high` are logarithms on a logarithmic axis."""

    low: float
    high: float
    log: bool
    rows: int

    def y(self, value: float) -> int:
        """The row of dots of a value, from the top."""
        if self.log:
            value = math.log10(value) if value > 0 else -math.inf
        place = min(1.0, max(0.0, share(value, self.low, self.high))) if value > -math.inf else 0.0
        return round((1 - place) * (self.rows - 1))

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
        places: Where each of their buckets lies on the x axis.
        x_low: The left end of the x axis.
        x_high: Its right end.
        scale: The y axis.
        labels: What stands beside the y axis, by row of cells.
        margin: Columns that the labels take.
        cells: Columns in which curves are drawn, right of the margin and one blank.
        rows: Rows in which curves are drawn, below the legend.
    """

    plots: tuple[Plot, ...]
    places: tuple[tuple[float, ...], ...]
    x_low: float
    x_high: float
    scale: Scale
    labels: dict[int, str]
    margin: int
    cells: int
    rows: int

    def column(self, place: float) -> int:
        """The column of cells, from 0, in which a place on the x axis is drawn."""
        dots = 2 * self.cells - 1
        return round(min(1.0, max(0.0, share(place, self.x_low, self.x_high))) * dots) // 2


def with_points(plots: Sequence[Plot]) -> tuple[Plot, ...]:
    """The first few curves, without those that have no points."""
    return tuple(plot for plot in plots[:MOST_CURVES] if any(bucket.count for bucket in plot.buckets))


def frame_of(plots: Sequence[Plot], view: View, width: int, height: int) -> Frame | None:
    """The axes for a place of this size; None where there is nothing to draw or no room for it."""
    shown = with_points(plots)
    if not shown or width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return None
    rows = height - 2
    scale = _scale(shown, view, 4 * rows)
    ticks, labels = scale.ticks(max(2, min(6, rows // 3 + 1)))
    margin = max(4, *map(len, labels)) if labels else 4
    places = _places(shown, view)
    return Frame(
        shown,
        places,
        *_reach([place for row in places for place in row]),
        scale,
        {scale.y(tick) // 4: label for tick, label in zip(ticks, labels, strict=True)},
        margin,
        width - margin - 1,
        rows,
    )


def _places(plots: Sequence[Plot], view: View) -> tuple[tuple[float, ...], ...]:
    """Where each bucket lies on the x axis: its last step, or seconds since the first point of all."""
    if not view.by_time:
        return tuple(tuple(bucket.step_last for bucket in plot.buckets) for plot in plots)
    start = min(bucket.ts_first for plot in plots for bucket in plot.buckets)
    return tuple(tuple(bucket.ts_last - start for bucket in plot.buckets) for plot in plots)


def _reach(places: Sequence[float]) -> tuple[float, float]:
    finite = [float(place) for place in places if math.isfinite(place)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    return (low, rounded_out(low, high, _X_PARTS)[1]) if low < high else (low - 1, high + 1)


def _scale(plots: Sequence[Plot], view: View, rows: int) -> Scale:
    ends = [end for plot in plots for b in plot.buckets for end in (b.low, b.high) if end is not None]
    positive = [end for end in ends if end > 0] if view.log else []
    if positive:
        low, high = visible_range([math.log10(end) for end in positive])
    else:
        low, high = visible_range(ends)
    return Scale(*rounded_out(low, high, _Y_PARTS), bool(positive), rows)
