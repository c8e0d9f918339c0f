"""Curves as lines of styled text: legend, axes, the raw values dim behind, the smoothed line bright before them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from rich.cells import cell_len

from mlws_tui.domain.figures import axis_labels, figure, time_labels
from mlws_tui.domain.series import Column, columns, ema, nice_ticks, share, time_ticks
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.braille import Canvas
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.chartcursor import Moment, column_of, readings, where
from mlws_tui.ui.widgets.plotframe import MOST_CURVES, Frame, Plot, Scale, View, frame_of, with_points

__all__ = ["MOST_CURVES", "Plot", "View", "plot_lines"]

#: Dashes (columns of dots on, off) of each curve, so that they can be told apart without colour.
_DASHES = ((1, 0), (4, 2), (2, 2), (1, 2))
_MARKS = "━╍┅┈"
_LINE = 100  # layers from here on are lines, those below bands
_CURSOR, _FOOT = "│", "▲"


def plot_lines(
    plots: Sequence[Plot], view: View, width: int, height: int, cursor: Moment | None = None
) -> list[Line]:
    """The chart for a place of this size; every line is at most `width` cells.

    Args:
        plots: The curves, the first few of which are drawn.
        view: How they are drawn.
        width: Columns of cells.
        height: Rows of cells.
        cursor: The moment at which a vertical line stands, whose values the legend tells; None for none.
    """
    shown = with_points(plots)
    if not shown:
        return _centred(view.empty, width, height)
    frame = frame_of(shown, view, width, height)
    if frame is None:
        return [_legend(shown, "", 0, width)][:height]
    parts = [
        columns(plot.buckets, row, frame.x_low, frame.x_high, 2 * frame.cells)
        for plot, row in zip(frame.plots, frame.places, strict=True)
    ]
    canvas = _draw(parts, view, frame)
    broken = {column.x // 2 for curve in parts for stretch in curve for column in stretch if column.nan}
    at = None if cursor is None else column_of(frame, cursor)
    if cursor is None:
        head = _legend(shown, _beyond(shown, frame.scale), frame.margin + 1, width)
    else:
        head = _told(frame, cursor, width)
    rows = [_row(canvas, y, frame, broken if y == frame.rows - 1 else set(), at) for y in range(frame.rows)]
    return [head, *rows, _x_axis(frame, view, at)]


def _centred(text: str, width: int, height: int) -> list[Line]:
    words = fit(text, min(width, cell_len(text)))
    pad = " " * ((width - cell_len(words)) // 2)
    above: list[Line] = [()] * ((height - 1) // 2)
    return [*above, (Span(pad), Span(words, "muted"))][:height]


def _draw(parts: Sequence[Sequence[Sequence[Column]]], view: View, frame: Frame) -> Canvas:
    canvas, scale = Canvas(frame.cells, frame.rows), frame.scale
    for i, curve in enumerate(parts):
        for stretch in curve:
            _draw_band(canvas, stretch, scale, 1 + i)
    for i, curve in enumerate(parts):
        for stretch in curve:
            _draw_line(canvas, stretch, view.smoothing, scale, i)
    return canvas


def _draw_band(canvas: Canvas, stretch: Sequence[Column], scale: Scale, layer: int) -> None:
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


def _draw_line(canvas: Canvas, stretch: Sequence[Column], smoothing: float, scale: Scale, index: int) -> None:
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


def _row(canvas: Canvas, y: int, frame: Frame, broken: set[int], cursor: int | None) -> Line:
    label = frame.labels.get(y)
    spans = [Span(f"{label or '':>{frame.margin}} ", "axis")]
    guide = " " if label is None else "┈"
    cells = [
        ("×", "trouble") if x in broken else (guide, "guide") if not layer else (character, _style(layer))
        for x, (character, layer) in enumerate(canvas.cells(y))
    ]
    if cursor is not None:
        character, style = cells[cursor]
        cells[cursor] = (_CURSOR, "cursor") if style == "guide" else (character, f"{style}-cursor")
    for style, run in groupby(cells, key=lambda cell: cell[1]):
        spans.append(Span("".join(character for character, _ in run), style))
    return tuple(spans)


def _style(layer: int) -> str:
    return f"line-{layer - _LINE}" if layer >= _LINE else f"band-{layer - 1}"


def _x_axis(frame: Frame, view: View, cursor: int | None) -> Line:
    low, high, cells = frame.x_low, frame.x_high, frame.cells
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
    name = Span(f"{'time' if view.by_time else 'step':>{frame.margin}} ", "axis")
    if cursor is None:
        return (name, Span(text, "axis"))
    text = text.ljust(cells)
    return (
        name,
        Span(text[:cursor], "axis"),
        Span(_FOOT, "cursor"),
        Span(text[cursor + 1 :].rstrip(), "axis"),
    )


def _told(frame: Frame, cursor: Moment, width: int) -> Line:
    """The legend at the cursor: which moment it is, and the value of each curve there, as many as fit.

    A ``~`` stands before a value that is of a point beside the moment.
    """
    words = where(frame, cursor)
    words = fit(words, min(width, cell_len(words)))
    told = [
        (one.name, f"{'' if one.exact else '~'}{figure(one.value, 4)}") for one in readings(frame, cursor)
    ]
    spans, _ = _named(told, width - cell_len(words) - 2)
    return (Span(words, "cursor"), Span("  "), *spans)


def _legend(plots: Sequence[Plot], note: str, margin: int, width: int) -> Line:
    """Each curve's mark, name and last value, as many as fit; then what is out of the ordinary."""
    named, left = _named([(plot.name, figure(_last(plot))) for plot in plots], width - margin)
    spans = [Span(" " * margin), *named]
    nan = sum(bucket.nan for plot in plots for bucket in plot.buckets)
    for words, style in ((f"× {nan} not finite" if nan else "", "trouble"), (note, "muted")):
        if words and len(words) + 2 <= left:
            spans += [Span(words, style), Span("  ")]
            left -= len(words) + 2
    return tuple(spans)


def _named(told: Sequence[tuple[str, str]], left: int) -> tuple[list[Span], int]:
    """The curves' marks, names and values as far as there is room, and how many columns are left."""
    spans: list[Span] = []
    most = left // max(1, len(told)) - 14
    for i, (name, value) in enumerate(told):
        name, room = safe_text(name), left - len(value) - 5
        if room < 4:
            break
        name = fit(name, min(cell_len(name), room, max(20, most)))
        spans += [Span(f"{_MARKS[i]} {name} ", f"line-{i}"), Span(value, "strong"), Span("  ")]
        left -= cell_len(name) + len(value) + 5
    return spans, left


def _last(plot: Plot) -> float | None:
    """The last value; NaN where it was not finite."""
    final = plot.buckets[-1]
    return final.last if final.last is not None or not final.count else math.nan


def _beyond(plots: Sequence[Plot], scale: Scale) -> str:
    """How y is drawn and what its range leaves out, in words: an outlier is clipped, never hidden."""
    if scale.log:
        below = sum(1 for plot in plots for b in plot.buckets if b.low is not None and b.low <= 0)
        return "log y, 0 and below at the bottom" if below else "log y"
    high = max((b.high for plot in plots for b in plot.buckets if b.high is not None), default=scale.high)
    low = min((b.low for plot in plots for b in plot.buckets if b.low is not None), default=scale.low)
    parts = [f"↑ max {figure(high)}"] if high > scale.high else []
    parts += [f"↓ min {figure(low)}"] if low < scale.low else []
    return "  ".join(parts)
