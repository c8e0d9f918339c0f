"""Curves as a table for other programs: comma-separated values, as numbers in full."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from mlws_tui.domain.charts.model import Plot
from mlws_tui.domain.charts.places import Axis
from mlws_tui.domain.runs import Points

_HEAD = ("run", "metric", "step", "time", "value", "low", "high", "points", "not_finite")


def drawn_csv(plots: Sequence[Plot], axis: Axis, names: dict[str, str] | None = None) -> str:
    """What is drawn, a row for each bucket: its last value, and low and high of all its points.

    Args:
        plots: The curves.
        axis: What x counts: a further column for an epoch or the time since the run began.
        names: The runs' names by their ids, to stand beside those.
    """
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    extra = [] if axis in (Axis.STEP, Axis.WALL) else ["epoch" if axis is Axis.EPOCH else "seconds"]
    table.writerow([_HEAD[0], *(["name"] if names else []), *_HEAD[1:4], *extra, *_HEAD[4:]])
    for plot in plots:
        for b in plot.buckets:
            placed = [number(plot.timeline.place(axis, b.step_last, b.ts_last))] if extra else []
            named = [names.get(plot.run, "")] if names else []
            table.writerow(
                [plot.run, *named, plot.name, number(b.step_last), number(b.ts_last), *placed]
                + [number(value) for value in (b.last, b.low, b.high)]
                + [b.count, b.nan]
            )
    return out.getvalue()


def points_csv(series: Iterable[tuple[str, str, str, Points]]) -> Iterator[str]:
    """All points, line by line, the head first.

    Args:
        series: A run's id, its name, the metric's name and its points, one after another.
    """
    yield "run,name,metric,step,time,value\n"
    for run, called, metric, points in series:
        for step, ts, value in zip(points.step, points.ts, points.value, strict=True):
            out = io.StringIO()
            csv.writer(out, lineterminator="\n").writerow(
                [run, called, metric, number(step), number(ts), number(value) or "nan"]
            )
            yield out.getvalue()


def number(value: float | None) -> str:
    """A number in full; whole ones without a point, nothing for none."""
    if value is None or value != value:
        return ""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(float(value))
