"""Curves as lines of styled text: legend, axes, the raw values dim behind, the smoothed line bright before them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len

from mlws_tui.domain.figures import axis_labels, figure, log_labels, time_labels
from mlws_tui.domain.runs import Bucket
from mlws_tui.domain.series import (
    Column,
    columns,
    ema,
    log_ticks,
    nice_ticks,
    rounded_out,
    share,
    time_ticks,
    visible_range,
)
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.braille import Canvas
from mlws_tui.ui.widgets.cells import Line, Span, fit

#: Curves that are drawn at most.
MOST_CURVES = 4
#: Dashes (columns of dots on, off) of each curve, so that they can be told apart without colour.
_DASHES = ((1, 0), (4, 2), (2, 2), (1, 2))
_MARKS = "━╍┅┈"
_LINE = 100  # layers from here on are lines, those below bands
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
class _Scale:
    """Where values lie on the canvas; `low` and `high` are logarithms on a logarithmic axis."""

    low: float
    high: float
    log: bool
    rows: int

    def y(self, value: float) -> int:
        if self.log:
            value = math.log10(value) if value > 0 else -math.inf
        place = min(1.0, max(0.0, share(value, self.low, self.high))) if value > -math.inf else 0.0
        return round((1 - place) * (self.rows - 1))

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        if self.log:
            low, high = (10.0 ** min(308.0, max(-307.0, end)) for end in (self.low, self.high))
            ticks = log_ticks(low, high, most)
            return ticks, log_labels(ticks)
        ticks = nice_ticks(self.low, self.high, most)
        return ticks, axis_labels(ticks)


def plot_lines(plots: Sequence[Plot], view: View, width: int, height: int) -> list[Line]:
    """The chart for a place of this size; every line is at most `width` cells."""
    shown = [plot for plot in plots[:MOST_CURVES] if plot.buckets]
    if not shown or not any(bucket.count for plot in shown for bucket in plot.buckets):
        return _centred(view.empty, width, height)
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return [_legend(shown, "", 0, width)][:height]
    rows = height - 2
    scale = _scale(shown, view, 4 * rows)
    ticks, labels = scale.ticks(max(2, min(6, rows // 3 + 1)))
    margin = max(4, *map(len, labels)) if labels else 4
    cells = width - margin - 1
    places = _places(shown, view)
    x_low, x_high = _reach([place for row in places for place in row])
    parts = [
        columns(plot.buckets, row, x_low, x_high, 2 * cells) for plot, row in zip(shown, places, strict=True)
    ]
    canvas = _draw(parts, view, scale, cells, rows)
    broken = {column.x // 2 for curve in parts for stretch in curve for column in stretch if column.nan}
    at = {scale.y(tick) // 4: label for tick, label in zip(ticks, labels, strict=True)}
    lines = [_legend(shown, _beyond(shown, scale), margin + 1, width)]
    lines += [_row(canvas, y, at.get(y), margin, broken if y == rows - 1 else set()) for y in range(rows)]
    lines.append(_x_axis(x_low, x_high, view, margin, cells))
    return lines


def _centred(text: str, width: int, height: int) -> list[Line]:
    words = fit(text, min(width, cell_len(text)))
    pad = " " * ((width - cell_len(words)) // 2)
    above: list[Line] = [()] * ((height - 1) // 2)
    return [*above, (Span(pad), Span(words, "muted"))][:height]


def _places(plots: Sequence[Plot], view: View) -> list[list[float]]:
    """Where each bucket lies on the x axis: its last step, or seconds since the first point of all."""
    if not view.by_time:
        return [[bucket.step_last for bucket in plot.buckets] for plot in plots]
    start = min(bucket.ts_first for plot in plots for bucket in plot.buckets)
    return [[bucket.ts_last - start for bucket in plot.buckets] for plot in plots]


def _reach(places: Sequence[float]) -> tuple[float, float]:
    finite = [float(place) for place in places if math.isfinite(place)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    return (low, rounded_out(low, high, _X_PARTS)[1]) if low < high else (low - 1, high + 1)


def _scale(plots: Sequence[Plot], view: View, rows: int) -> _Scale:
    ends = [end for plot in plots for b in plot.buckets for end in (b.low, b.high) if end is not None]
    positive = [end for end in ends if end > 0] if view.log else []
    if positive:
        low, high = visible_range([math.log10(end) for end in positive])
    else:
        low, high = visible_range(ends)
    return _Scale(*rounded_out(low, high, _Y_PARTS), bool(positive), rows)


def _draw(
    parts: Sequence[Sequence[Sequence[Column]]], view: View, scale: _Scale, cells: int, rows: int
) -> Canvas:
    canvas = Canvas(cells, rows)
    for i, curve in enumerate(parts):
        for stretch in curve:
            _draw_band(canvas, stretch, scale, 1 + i)
    for i, curve in enumerate(parts):
        for stretch in curve:
            _draw_line(canvas, stretch, view.smoothing, scale, i)
    return canvas


def _draw_band(canvas: Canvas, stretch: Sequence[Column], scale: _Scale, layer: int) -> None:
    """Low to high of every column; where columns are apart the means are joined, so that it stays one curve."""
    before: tuple[int, int] | None = None
    for column in stretch:
        if column.low is None or column.high is None or column.mean is None:
            before = None
            continue
        canvas.vertical(column.x, scale.y(column.high), scale.y(column.low), layer)
        here = (column.x, scale.y(column.mean))
        if before is not None:
            canvas.line(before, here, layer)
        before = here


def _draw_line(
    canvas: Canvas, stretch: Sequence[Column], smoothing: float, scale: _Scale, index: int
) -> None:
    on, off = _DASHES[index]
    layer = _LINE + index
    # By a power of two, so that a curve that grows does not change its shape all along each time.
    weight = 1 - 1 / max(1.0, (1 << len(stretch).bit_length() - 1) * smoothing)
    before: tuple[int, int] | None = None
    alone = len(stretch) == 1
    for column, value in zip(stretch, ema([column.mean for column in stretch], weight), strict=True):
        if value is None:
            before = None
            continue
        here = (column.x, scale.y(value))
        if before is not None:
            canvas.line(before, here, layer, on=on, off=off)
        elif alone:  # a single point is made large enough to be seen
            canvas.vertical(here[0] & ~1, here[1], here[1] ^ 1, layer)
            canvas.vertical(here[0] | 1, here[1], here[1] ^ 1, layer)
        before = here


def _row(canvas: Canvas, y: int, label: str | None, margin: int, broken: set[int]) -> Line:
    spans = [Span(f"{label or '':>{margin}} ", "axis")]
    guide = " " if label is None else "┈"
    cells = [
        ("×", "trouble") if x in broken else (guide, "guide") if not layer else (character, _style(layer))
        for x, (character, layer) in enumerate(canvas.cells(y))
    ]
    for style, run in groupby(cells, key=lambda cell: cell[1]):
        spans.append(Span("".join(character for character, _ in run), style))
    return tuple(spans)


def _style(layer: int) -> str:
    return f"line-{layer - _LINE}" if layer >= _LINE else f"band-{layer - 1}"


def _x_axis(low: float, high: float, view: View, margin: int, cells: int) -> Line:
    most = max(2, cells // 12)
    if view.by_time:
        ticks = time_ticks(low, high, most)
        labels = time_labels(ticks)
    else:
        ticks = nice_ticks(low, high, most)
        if low.is_integer() and high.is_integer():  # there is no half a step
            ticks = [tick for tick in ticks if tick.is_integer()]
        labels = axis_labels(ticks)
    text = ""
    for tick, label in zip(ticks, labels, strict=True):
        centre = round(share(tick, low, high) * (cells - 1))
        start = max(0, min(cells - len(label), centre - len(label) // 2))
        if start >= len(text) + (1 if text else 0):
            text = text.ljust(start) + label
    return (Span(f"{'time' if view.by_time else 'step':>{margin}} ", "axis"), Span(text, "axis"))


def _legend(plots: Sequence[Plot], note: str, margin: int, width: int) -> Line:
    """Each curve's mark, name and last value, as many as fit; then what is out of the ordinary."""
    spans, left = [Span(" " * margin)], width - margin
    most = left // len(plots) - 14
    for i, plot in enumerate(plots):
        name, value = safe_text(plot.name), figure(_last(plot))
        room = left - len(value) - 5
        if room < 4:
            break
        name = fit(name, min(cell_len(name), room, max(20, most)))
        spans += [Span(f"{_MARKS[i]} {name} ", f"line-{i}"), Span(value, "strong"), Span("  ")]
        left -= cell_len(name) + len(value) + 5
    nan = sum(bucket.nan for plot in plots for bucket in plot.buckets)
    for words, style in ((f"× {nan} not finite" if nan else "", "trouble"), (note, "muted")):
        if words and len(words) + 2 <= left:
            spans += [Span(words, style), Span("  ")]
            left -= len(words) + 2
    return tuple(spans)


def _last(plot: Plot) -> float | None:
    """The last value; NaN where it was not finite."""
    final = plot.buckets[-1]
    return final.last if final.last is not None or not final.count else math.nan


def _beyond(plots: Sequence[Plot], scale: _Scale) -> str:
    """How y is drawn and what its range leaves out, in words: an outlier is clipped, never hidden."""
    if scale.log:
        below = sum(1 for plot in plots for b in plot.buckets if b.low is not None and b.low <= 0)
        return "log y, 0 and below at the bottom" if below else "log y"
    high = max((b.high for plot in plots for b in plot.buckets if b.high is not None), default=scale.high)
    low = min((b.low for plot in plots for b in plot.buckets if b.low is not None), default=scale.low)
    parts = [f"↑ max {figure(high)}"] if high > scale.high else []
    parts += [f"↓ min {figure(low)}"] if low < scale.low else []
    return "  ".join(parts)
