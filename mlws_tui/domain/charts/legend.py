"""The lines above a chart: what each curve is called and what it says, and what is out of the ordinary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlws_tui.domain.charts.cursor import Moment, chosen, last_of, readings, where
from mlws_tui.domain.charts.frame import Frame
from mlws_tui.domain.charts.letters import ALONE, sign
from mlws_tui.domain.charts.model import Plot
from mlws_tui.domain.charts.spans import Line, Span, cut
from mlws_tui.domain.figures import figure
from mlws_tui.domain.text import cell_width, safe_text

#: Signs of the kinds of markers.
MARKS = {"alert": "!", "note": "✎", "checkpoint": "◆"}
#: Colours of curves.
HUES = 8

_INDENT = 6  # of the further rows at most
_NARROW = 66  # columns below which the cursor's moment is told by what x counts alone


class _Told(NamedTuple):
    """What the legend tells of a curve."""

    plot: Plot
    number: int
    sign: str
    value: str
    style: str  # ``chosen`` or ``strong``


def hue(plot: Plot, index: int) -> int:
    """Number of a curve's colour, by its place among the curves."""
    return (index if plot.hue is None else plot.hue) % HUES


def legend(
    plots: Sequence[Plot], notes: Sequence[tuple[str, str]], margin: int, width: int, rows: int
) -> list[Line]:
    """Each curve's sign, name and last value in so many rows; then notes, each with its style, as far as they fit."""
    several = len(plots) > 1
    told = [_Told(plot, i, sign(i, several), figure(_last(plot)), "strong") for i, plot in enumerate(plots)]
    return _rows((Span(" " * margin),), told, notes, margin, width, rows)


def told_at(frame: Frame, cursor: Moment, width: int) -> list[Line]:
    """The legend at the cursor: which moment it is, what happened there, and the value of each curve.

    A ``~`` stands before a value that is of a point beside the moment. Where several curves have a point there, the
    one that the cursor is on is told by a ``▸``.
    """
    words = where(frame, cursor)
    if width < _NARROW:
        words = words.partition("  ")[0]
    words = cut(words, width)
    found = readings(frame, cursor)
    on = chosen(found, cursor)
    several = sum(one.here for one in found) > 1
    numbers = {(plot.run, plot.name): i for i, plot in enumerate(frame.plots)}
    told = [
        _Told(
            one.plot,
            numbers[one.plot.run, one.plot.name],
            sign(numbers[one.plot.run, one.plot.name], len(frame.plots) > 1),
            f"{'' if one.exact else '~'}{figure(one.value, 4)}",
            "chosen" if several and one is on else "strong",
        )
        for one in found
    ]
    return _rows((Span(words, "cursor"), Span("  ")), told, (), cell_width(words) + 2, width, frame.head)


def happened(frame: Frame, column: int | None) -> str:
    """What the markers in a column tell, in one line; empty where there is none."""
    marks = frame.marks.get(column, ()) if column is not None else ()
    return "  ".join(f"{MARKS[mark.kind]} {safe_text(mark.words)}" for mark in marks)


def notes_of(frame: Frame) -> list[tuple[str, str]]:
    """What is shown at an edge of the chart only, in words: what is not finite, and what is clipped."""
    nan = up = down = above = below = 0
    partly = False
    peak, low = -float("inf"), float("inf")
    for plot, places in zip(frame.plots, frame.places, strict=True):
        for bucket, place in zip(plot.buckets, places, strict=True):
            if place != place or not bucket.count:
                continue
            nan += bucket.nan - bucket.up - bucket.down
            up, down = up + bucket.up, down + bucket.down
            over, under = frame.scale.beyond(bucket.low, bucket.high)
            above, below = above + over, below + under
            partly = partly or ((over or under) and bucket.count > 1)
            peak = max(peak, peak if bucket.high is None else bucket.high)
            low = min(low, low if bucket.low is None else bucket.low)
    notes = [(f"× {nan} not finite", "trouble")] if nan else []
    if up or down:
        notes.append(
            (" ".join(f"{count} {sign}" for count, sign in ((up, "↑∞"), (down, "↓∞")) if count), "trouble")
        )
    if above:
        notes.append((f"▲ {_points(above, partly)} above, to {figure(peak)}", "muted"))
    if below and frame.scale.log and low <= 0:
        notes.append((f"▼ {_points(below, partly)} at 0 or below", "muted"))
    elif below:
        notes.append((f"▼ {_points(below, partly)} below, to {figure(low)}", "muted"))
    return notes


def _points(count: int, least: bool) -> str:
    return f"{count} or more points" if least else f"{count} point{'' if count == 1 else 's'}"


def _last(plot: Plot) -> float | None:
    """The last value; an infinity or NaN where it was not finite."""
    final = plot.buckets[-1]
    return last_of(final) if final.count else None


def _rows(
    start: Line, told: Sequence[_Told], notes: Sequence[tuple[str, str]], used: int, width: int, rows: int
) -> list[Line]:
    """Entries one after another in so many rows, the names cut where need be; what does not fit is counted."""
    page = _Page(start, used, width, rows)
    longest = max(20, (width - used) // max(1, len(told)) - 14) if rows == 1 else max(8, width // 3)
    for at, one in enumerate(told):
        rest = len(told) - at - 1
        wanted = _beside(one) + min(longest, cell_width(safe_text(one.plot.title)))
        if wanted > page.left:
            page.turn()
        room = page.left - (len(f"+{rest} more") + 2 if rest and page.is_last else 0)
        name = min(wanted, room) - _beside(one)
        if name < min(4, wanted - _beside(one)):
            page.put([Span(f"+{rest + 1} more", "muted")])
            break
        page.put(_entry(one, name))
    for words, style in notes:
        page.put([Span(words, style)])
    return page.lines


class _Page:
    """Rows that are filled from left to right."""

    def __init__(self, start: Line, used: int, width: int, rows: int) -> None:
        self._rows: list[list[Span]] = [list(start)]
        self._width, self._most = width, rows
        self._indent = min(used, _INDENT)
        self.left = width - used

    @property
    def is_last(self) -> bool:
        return len(self._rows) == self._most

    @property
    def lines(self) -> list[Line]:
        return [tuple(row) for row in self._rows] + [()] * (self._most - len(self._rows))

    def turn(self) -> None:
        """Go on in the next row, if there is one."""
        if not self.is_last:
            self._rows.append([Span(" " * self._indent)])
            self.left = self._width - self._indent

    def put(self, spans: Sequence[Span]) -> None:
        """Add spans and two blanks, if there is room for them."""
        cells = sum(cell_width(span.text) for span in spans)
        if cells <= self.left:
            blanks = min(2, self.left - cells)
            self._rows[-1] += [*spans, Span(" " * blanks)]
            self.left -= cells + blanks


def _beside(told: _Told) -> int:
    """Columns that an entry takes beside its name."""
    return 3 + len(told.value)


def _entry(told: _Told, room: int) -> list[Span]:
    """A curve's sign, its name in so many columns, and its value."""
    colour = hue(told.plot, told.number)
    end = "▸" if told.style == "chosen" else " "
    return [
        Span(told.sign, f"{'line' if told.sign == ALONE else 'sign'}-{colour}"),
        Span(f" {cut(safe_text(told.plot.title), room)}{end}", f"line-{colour}"),
        Span(told.value, "strong"),
    ]
