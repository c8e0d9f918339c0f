"""Curves as lines of styled text: legend, axes, the raw values dim behind, the smoothed line bright before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from mlws_tui.domain.charts.axes import x_ticks
from mlws_tui.domain.charts.canvas import Canvas
from mlws_tui.domain.charts.cursor import Moment, line_of
from mlws_tui.domain.charts.frame import Frame, frame_of, with_points
from mlws_tui.domain.charts.legend import MARKS, happened, hue, legend, notes_of, told_at
from mlws_tui.domain.charts.letters import LETTERS, Dot, along, at_ends
from mlws_tui.domain.charts.model import Marker, Plot, View
from mlws_tui.domain.charts.spans import Line, Span, cut
from mlws_tui.domain.runs import Bucket
from mlws_tui.domain.series import Column, Smoothing, columns, share
from mlws_tui.domain.text import cell_width

#: Columns of dots on and off, of a curve and of one in dashes: so long that they read as a line.
_WHOLE, _DASHED = (1, 0), (8, 4)
_FAR = 50.0  # heights of the chart beyond which nothing is told apart
_LINE = 100  # layers from here on are lines, those below bands
_CURSOR, _FOOT = "│", "▲"
#: What stands at the edges for what is not drawn; the later ones before the earlier ones.
_ABOVE, _BELOW, _NAN, _UP, _DOWN = "▲", "▼", "×", "↑", "↓"

_Signs = dict[tuple[int, int], tuple[str, str]]  # (row, column): sign and style


@dataclass(frozen=True, slots=True)
class Picture:
    """Curves that are drawn; a cursor is put in by `lines` without drawing them again.

    Attributes:
        frame: Their axes; None where there is nothing to draw or no room for it.
        rows: The cells of the curves, row by row: character and style.
        instead: What is shown where there is no frame.
        width: Columns of the whole chart.
    """

    frame: Frame | None
    rows: tuple[tuple[tuple[str, str], ...], ...]
    instead: tuple[Line, ...]
    width: int

    def lines(self, cursor: Moment | None = None) -> list[Line]:
        """The chart; with a cursor a vertical line stands at its moment, whose values the legend tells."""
        frame = self.frame
        if frame is None:
            return list(self.instead)
        at = None if cursor is None else line_of(frame, cursor)
        if cursor is None:
            head = legend(frame.plots, notes_of(frame), frame.margin + 1, self.width, frame.head)
        else:
            head = told_at(frame, cursor, self.width)
        rows = [_row(frame, y, cells, at) for y, cells in enumerate(self.rows)]
        feet = [_signs(frame, at)] if frame.marks else []
        return [*head, *rows, *feet, _x_axis(frame, at)]


def picture_of(
    plots: Sequence[Plot], view: View, width: int, height: int, markers: Sequence[Marker] = ()
) -> Picture:
    """The chart for a place of this size; every line is at most `width` cells.

    Args:
        plots: The curves, the first few of which are drawn.
        view: How they are drawn.
        width: Columns of cells.
        height: Rows of cells.
        markers: What is marked on the x axis.
    """
    shown = with_points(plots)
    if not shown:
        return Picture(None, (), tuple(_centred(view.empty, width, height)), width)
    frame = frame_of(shown, view, width, height, markers)
    if frame is None:
        return Picture(None, (), tuple(legend(shown, (), 0, width, 1)[:height]), width)
    parts = [
        columns(plot.buckets, row, frame.x_low, frame.x_high, 2 * frame.cells)
        for plot, row in zip(frame.plots, frame.places, strict=True)
    ]
    canvas, lines = _draw(parts, view, frame)
    signs = _edges(parts, frame) | _letters(lines, frame, view.plain)
    return Picture(frame, tuple(_cells(canvas, y, frame, signs) for y in range(frame.rows)), (), width)


def _centred(text: str, width: int, height: int) -> list[Line]:
    words = cut(text, width)
    pad = " " * ((width - cell_width(words)) // 2)
    above: list[Line] = [()] * ((height - 1) // 2)
    return [*above, (Span(pad), Span(words, "muted"))][:height]


def _draw(
    parts: Sequence[Sequence[Sequence[Column]]], view: View, frame: Frame
) -> tuple[Canvas, list[list[Dot]]]:
    """Bands first, then lines, the first curve's last: of two that cross it is the one in front.

    The bands of several runs would look like scattered dots: then only the first run has them, and without colours
    none, as nothing would tell them from the lines.

    Returns:
        What is drawn, and the dots through which each line goes.
    """
    canvas = Canvas(frame.cells, frame.rows)
    order = range(len(parts) - 1, -1, -1)
    for i in order:
        if view.plain or frame.plots[i].run != frame.plots[0].run:
            continue
        for stretch in parts[i]:
            _draw_band(canvas, stretch, frame, 1 + i)
    lines: list[list[Dot]] = [[] for _ in parts]
    for i in order:
        beyond = _draw_ends(canvas, frame, i)
        for stretch in parts[i]:
            lines[i] += _draw_line(canvas, stretch, view.smoothing, frame, i)
        lines[i] += beyond
    return canvas, lines


def _draw_band(canvas: Canvas, stretch: Sequence[Column], frame: Frame, layer: int) -> None:
    """Low to high of every column; where columns are apart the means are joined, so that it stays one curve."""
    scale = frame.scale
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
    canvas: Canvas, stretch: Sequence[Column], smoothing: Smoothing, frame: Frame, index: int
) -> list[Dot]:
    on, off = _DASHED if frame.plots[index].dashed else _WHOLE
    layer, scale = _LINE + index, frame.scale
    before: Dot | None = None
    dots: list[Dot] = []
    alone = len(stretch) == 1
    for column, value in zip(stretch, smoothing.of([column.mean for column in stretch]), strict=True):
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
        dots.append(here)
    return dots


def _draw_ends(canvas: Canvas, frame: Frame, index: int) -> list[Dot]:
    """What joins the points at the ends of what is shown with those beside it; the dots where it leaves it."""
    on, off = _DASHED if frame.plots[index].dashed else _WHOLE
    places, buckets = frame.outside[index], frame.plots[index].buckets
    low, high = frame.x_low, frame.x_high
    left: list[Dot] = []
    for (a, one), (b, two) in pairwise(zip(places, buckets, strict=True)):
        if (low <= a and b <= high) or not a < b or b < low or a > high:
            continue
        ends = _clipped(frame, (a, one), (b, two))
        if ends is not None:
            canvas.line(*ends, _LINE + index, on=on, off=off)
            if b > high:
                left.append(ends[1])
    return left


def _clipped(frame: Frame, start: tuple[float, Bucket], end: tuple[float, Bucket]) -> tuple[Dot, Dot] | None:
    """The dots between which the line of two points is seen."""
    (a, one), (b, two) = start, end
    if one.mean is None or two.mean is None:
        return None
    first, last = frame.scale.height(one.mean), frame.scale.height(two.mean)
    dots = 2 * frame.cells - 1
    found = []
    for x in (max(a, frame.x_low), min(b, frame.x_high)):
        height = first + (last - first) * (x - a) / (b - a)
        row = frame.scale.row(min(_FAR, max(-_FAR, height)))
        found.append((round(share(x, frame.x_low, frame.x_high) * dots), row))
    return found[0], found[1]


def _edges(parts: Sequence[Sequence[Sequence[Column]]], frame: Frame) -> _Signs:
    """Signs at the top and the bottom: of what is clipped in the curve's colour, of what is not finite in red."""
    clipped: _Signs = {}
    broken: _Signs = {}
    for i, curve in enumerate(parts):
        style = f"line-{hue(frame.plots[i], i)}"
        for column in (column for stretch in curve for column in stretch):
            x = column.x // 2
            above, below = frame.scale.beyond(column.low, column.high)
            if above:
                clipped[0, x] = (_ABOVE, style)
            if below:
                clipped[frame.rows - 1, x] = (_BELOW, style)
            if column.up:
                broken[0, x] = (_UP, "trouble")
            if column.down:
                broken[frame.rows - 1, x] = (_DOWN, "trouble")
            if column.nan > column.up + column.down:
                broken[frame.rows - 1, x] = (_NAN, "trouble")
    return clipped | broken


def _letters(lines: Sequence[Sequence[Dot]], frame: Frame, plain: bool) -> _Signs:
    """Which of several curves it is: at the end of each, and all along it where there are no colours."""
    if len(lines) < 2:
        return {}
    found = along(lines, frame.cells) if plain else {}
    found |= at_ends([dots[-1] if dots else None for dots in lines], frame.cells, frame.rows)
    return {
        spot: (LETTERS[number], f"sign-{hue(frame.plots[number], number)}") for spot, number in found.items()
    }


def _cells(canvas: Canvas, y: int, frame: Frame, signs: _Signs) -> tuple[tuple[str, str], ...]:
    """A row of cells: signs before the curves, and these before the guides of the y axis."""
    guide = " " if y not in frame.labels else "┈"
    styles = {layer: _style(frame, layer) for layer in canvas.layers(y) if layer}
    drawn = [*canvas.cells(y), *[(" ", 0)] * frame.gutter]
    return tuple(
        signs.get((y, x)) or ((character, styles[layer]) if layer else (guide, "guide"))
        for x, (character, layer) in enumerate(drawn)
    )


def _row(frame: Frame, y: int, drawn: Sequence[tuple[str, str]], cursor: int | None) -> Line:
    spans = [Span(f"{frame.labels.get(y, ''):>{frame.margin}} ", "axis")]
    cells = list(drawn)
    if cursor is not None:
        character, style = cells[cursor]
        cells[cursor] = (_CURSOR, "cursor") if style == "guide" else (character, f"{style}-cursor")
    for style, run in groupby(cells, key=lambda cell: cell[1]):
        spans.append(Span("".join(character for character, _ in run), style))
    return tuple(spans)


def _style(frame: Frame, layer: int) -> str:
    part, index = ("line", layer - _LINE) if layer >= _LINE else ("band", layer - 1)
    return f"{part}-{hue(frame.plots[index], index)}"


def _signs(frame: Frame, cursor: int | None) -> Line:
    """The row of markers; where the cursor stands on one, what it is."""
    cells: list[tuple[str, str]] = [(" ", "axis")] * frame.cells
    for column, marks in frame.marks.items():
        kind = next(kind for kind in MARKS if any(mark.kind == kind for mark in marks))
        cells[column] = (MARKS[kind], f"mark-{kind}")
    spans = [Span(" " * (frame.margin + 1), "axis")]
    if words := happened(frame, cursor):
        words = cut(words, frame.cells)
        start = min(max(0, cursor or 0), frame.cells - cell_width(words))
        before = "".join(character for character, _ in cells[:start])
        return (*spans, Span(before, "axis"), Span(words, "strong"))
    for style, run in groupby(cells, key=lambda cell: cell[1]):
        spans.append(Span("".join(character for character, _ in run), style))
    return tuple(spans)


def _x_axis(frame: Frame, cursor: int | None) -> Line:
    cells = frame.cells
    text = ""
    for tick, label in x_ticks(frame, max(2, cells // 12)):
        centre = round(share(tick, frame.x_low, frame.x_high) * (cells - 1))
        start = max(0, min(cells - len(label), centre - len(label) // 2))
        if start >= len(text) + (1 if text else 0):
            text = text.ljust(start) + label
    name = Span(f"{frame.axis.value:>{frame.margin}} ", "axis")
    if cursor is None:
        return (name, Span(text, "axis"))
    text = text.ljust(cells)
    return (
        name,
        Span(text[:cursor], "axis"),
        Span(_FOOT, "cursor"),
        Span(text[cursor + 1 :].rstrip(), "axis"),
    )
