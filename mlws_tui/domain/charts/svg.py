"""A chart as SVG: vectors, dark on white, with legend and axes; every text in it is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from mlws_tui.domain.charts.axes import x_ticks
from mlws_tui.domain.charts.cursor import last_of
from mlws_tui.domain.charts.frame import Frame, frame_of
from mlws_tui.domain.charts.legend import hue, notes_of
from mlws_tui.domain.charts.letters import Dot, at_ends, sign
from mlws_tui.domain.charts.model import Marker, Plot, View
from mlws_tui.domain.figures import figure
from mlws_tui.domain.series import Column, columns, share
from mlws_tui.domain.text import cell_width, safe_text

_COLOURS = ("#1864ab", "#d9480f", "#2b8a3e", "#c2255c", "#6741d9", "#0b7285", "#8a5a00", "#495057")
_DASH = "14 5"
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 44, 46
_MARKS = {"checkpoint": ("◆", "#1864ab"), "alert": ("!", "#c92a2a"), "note": ("✎", "#8a5a00")}
#: Pixels that a letter of the legend takes at most, and the height of its rows.
_LETTER, _ROW = 7.2, 18
_LINE = 13.0  # pixels of a letter at a curve's end
_INK, _PALE = "#212529", "#dee2e6"


def svg_of(
    plots: Sequence[Plot],
    view: View,
    title: str,
    markers: Sequence[Marker] = (),
    *,
    width: int = 960,
    height: int = 540,
) -> str:
    """The chart as one SVG document.

    Args:
        plots: The curves.
        view: How they are looked at.
        title: What stands above it.
        markers: What is marked on the x axis.
        width: Pixels.
        height: Pixels.
    """
    # As finely as the picture has pixels: columns of a terminal have two dots each.
    frame = frame_of(plots, view, (width - _LEFT - _RIGHT) // 2 + 8, 40, markers)
    legend, rows = _legend(frame.plots if frame is not None else (), width)
    page = _Page(width, height, _TOP + rows * _ROW)
    body = [*legend]
    if frame is None:
        body.append(_text(width / 2, height / 2, view.empty, anchor="middle"))
    else:
        body += [*_axes(frame, page), *_curves(frame, view, page), *_signs(frame, page), *_notes(frame, page)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12">',
            f"<title>{_plain(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            _text(_LEFT, 24, title, size=16),
            *body,
            "</svg>\n",
        ]
    )


class _Page:
    """Where things lie in the picture."""

    def __init__(self, width: int, height: int, top: int) -> None:
        self.left, self.right, self.top, self.bottom = _LEFT, width - _RIGHT, top, height - _BOTTOM

    def x(self, frame: Frame, place: float) -> float:
        return self.left + share(place, frame.x_low, frame.x_high) * (self.right - self.left)

    def column(self, x: int, most: int) -> float:
        return self.left + x / most * (self.right - self.left)

    def y(self, frame: Frame, value: float) -> float:
        height = min(1.0, max(0.0, frame.scale.height(value)))
        return self.bottom - height * (self.bottom - self.top)

    @property
    def rows(self) -> int:
        """Lines of text that there is room for."""
        return max(1, int((self.bottom - self.top) / _LINE))

    def dot(self, frame: Frame, value: float) -> int:
        """The quarter of such a line in which a value lies."""
        return int((self.y(frame, value) - self.top) / _LINE * 4)


def _legend(plots: Sequence[Plot], width: int) -> tuple[list[str], int]:
    """The curves' names and last values above the chart, and how many rows they take."""
    parts: list[str] = []
    x, row = float(_LEFT), 0
    for i, plot in enumerate(plots):
        letter = f"{sign(i, True)}  " if len(plots) > 1 else ""
        words = f"{letter}{safe_text(plot.title)}  {figure(last_of(plot.buckets[-1]), 4)}"
        wide = 34 + _LETTER * cell_width(words) + 16
        if x > _LEFT and x + wide > width - _RIGHT:
            x, row = float(_LEFT), row + 1
        y = _TOP + row * _ROW
        parts += [
            f'<line x1="{x:.1f}" y1="{y - 4}" x2="{x + 26:.1f}" y2="{y - 4}" {_stroke(plot, i, 2)}/>',
            _text(x + 32, y, words),
        ]
        x += wide
    return parts, row + 1


def _axes(frame: Frame, page: _Page) -> list[str]:
    parts = []
    ticks, labels = frame.scale.ticks(8)
    for tick, label in zip(ticks, labels, strict=True):
        y = page.y(frame, tick)
        parts += [
            f'<line x1="{page.left}" y1="{y:.1f}" x2="{page.right}" y2="{y:.1f}" stroke="{_PALE}"/>',
            _text(page.left - 8, y + 4, label, anchor="end"),
        ]
    for place, label in x_ticks(frame, 10):
        x = page.x(frame, place)
        parts += [
            f'<line x1="{x:.1f}" y1="{page.bottom}" x2="{x:.1f}" y2="{page.bottom + 5}" stroke="{_INK}"/>',
            _text(x, page.bottom + 20, label, anchor="middle"),
        ]
    words = f"{frame.axis.value}{', logarithmic' if frame.log_x else ''}"
    return [
        *parts,
        f'<path d="M{page.left} {page.top}V{page.bottom}H{page.right}" fill="none" stroke="{_INK}"/>',
        _text((page.left + page.right) / 2, page.bottom + 38, words, anchor="middle"),
    ]


def _curves(frame: Frame, view: View, page: _Page) -> list[str]:
    most = 2 * frame.cells - 1
    bands, lines, broken = [], [], []
    ends: list[Dot | None] = []
    for i, (plot, places) in enumerate(zip(frame.plots, frame.places, strict=True)):
        end: Dot | None = None
        for stretch in columns(plot.buckets, places, frame.x_low, frame.x_high, most + 1):
            raw = [(column.x, column.low, column.high) for column in stretch]
            bands += _band(frame, page, raw, most, _colour(plot, i))
            smooth = view.smoothing.of([column.mean for column in stretch])
            lines += _line(frame, page, list(zip(stretch, smooth, strict=True)), most, _stroke(plot, i, 1.8))
            last = [(c.x, value) for c, value in zip(stretch, smooth, strict=True) if value is not None][-1:]
            end = (last[0][0], page.dot(frame, last[0][1])) if last else end
            broken += [_broken(page, column, most) for column in stretch if column.nan]
        ends.append(end)
    return [*bands, *reversed(lines), *broken, *(_letters(frame, page, ends) if len(ends) > 1 else ())]


def _letters(frame: Frame, page: _Page, ends: Sequence[Dot | None]) -> list[str]:
    """The letter of each curve at its end."""
    found = at_ends(ends, frame.cells, page.rows)
    return [
        f'<g font-weight="bold">{_text(x, y, sign(number, True), colour=_colour(frame.plots[number], number))}</g>'
        for (row, column), number in found.items()
        for x, y in [(page.column(2 * column, 2 * frame.cells - 1) + 2, page.top + (row + 0.8) * _LINE)]
    ]


def _band(
    frame: Frame, page: _Page, raw: Sequence[tuple[int, float | None, float | None]], most: int, colour: str
) -> list[str]:
    """What lies between low and high of the columns, one path for each stretch without a gap."""
    found: list[str] = []
    stretch: list[tuple[int, float, float]] = []
    for x, low, high in [*raw, (0, None, None)]:
        if low is not None and high is not None:
            stretch.append((x, low, high))
            continue
        if len(stretch) > 1:
            over = [f"{page.column(x, most):.1f} {page.y(frame, high):.1f}" for x, _, high in stretch]
            under = [
                f"{page.column(x, most):.1f} {page.y(frame, low):.1f}" for x, low, _ in reversed(stretch)
            ]
            found.append(
                f'<path d="M{"L".join([*over, *under])}Z" fill="{colour}" fill-opacity="0.15" '
                f'stroke="{colour}" stroke-opacity="0.25" stroke-width="0.7"/>'
            )
        stretch = []
    return found


def _line(
    frame: Frame, page: _Page, points: Sequence[tuple[Column, float | None]], most: int, stroke: str
) -> list[str]:
    found: list[str] = []
    path: list[tuple[float, float]] = []
    for column, value in [*points, (None, None)]:
        if value is not None and column is not None:
            path.append((page.column(column.x, most), page.y(frame, value)))
            continue
        if len(path) == 1:
            found.append(f'<path d="M{path[0][0] - 2:.1f} {path[0][1]:.1f}h4" fill="none" {stroke}/>')
        elif path:
            d = "L".join(f"{x:.1f} {y:.1f}" for x, y in path)
            found.append(f'<path d="M{d}" fill="none" stroke-linejoin="round" {stroke}/>')
        path = []
    return found


def _broken(page: _Page, column: Column, most: int) -> str:
    sign = "↑" if column.up else "↓" if column.down else "×"
    y = page.top + 12 if column.up else page.bottom - 3
    return _text(page.column(column.x, most), y, sign, anchor="middle", colour="#c92a2a")


def _signs(frame: Frame, page: _Page) -> list[str]:
    parts = []
    for column, marks in sorted(frame.marks.items()):
        sign, colour = _MARKS[marks[0].kind]
        x = page.left + (column + 0.5) / frame.cells * (page.right - page.left)
        words = "; ".join(safe_text(mark.words) for mark in marks)
        parts.append(
            f"<g><title>{_plain(words)}</title>"
            f"{_text(x, page.bottom - 6, sign, anchor='middle', colour=colour)}</g>"
        )
    return parts


def _notes(frame: Frame, page: _Page) -> list[str]:
    words = "   ".join(words for words, _ in notes_of(frame))
    return [_text(page.right, 24, words, anchor="end", colour="#868e96")] if words else []


def _colour(plot: Plot, index: int) -> str:
    return _COLOURS[hue(plot, index)]


def _stroke(plot: Plot, index: int, width: float) -> str:
    dashed = f' stroke-dasharray="{_DASH}"' if plot.dashed else ""
    return f'stroke="{_colour(plot, index)}" stroke-width="{width}"{dashed}'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, colour: str = _INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">'
        f"{_plain(words)}</text>"
    )


def _plain(words: str) -> str:
    """Text that XML can hold: no control characters, no markup."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in safe_text(words)))
