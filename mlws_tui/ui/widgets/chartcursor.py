"""The chart's cursor: a moment of the run, the column in which it stands, and what the curves say there."""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlws_tui.domain.figures import figure
from mlws_tui.domain.runs import Bucket
from mlws_tui.ui.widgets.plotframe import Frame, Plot

#: How far before the first point and after the last one a moment may lie to belong to it: the greater of a share of
#: the curve and so many seconds.
_BEYOND_SHARE, _BEYOND_SECONDS = 0.05, 60.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of a curve, by step and Unix seconds: it keeps its meaning when axes change and points come.

    Where many points are drawn as one it may be any of them; `about` says that its step is reckoned by its time.
    """

    step: float
    ts: float
    about: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a curve says at the cursor.

    Attributes:
        name: The curve's.
        bucket: Its points that are nearest to the cursor.
        here: Whether they stand in the cursor's column.
        exact: Whether the last of them, whose value is known, is the moment's own.
    """

    name: str
    bucket: Bucket
    here: bool
    exact: bool

    @property
    def value(self) -> float:
        """The value of the last of them; NaN where it was not finite."""
        return math.nan if self.bucket.last is None else self.bucket.last


def column_of(frame: Frame, moment: Moment) -> int:
    """The column of cells in which the moment is drawn: that of the nearest point."""
    curve, point = _nearest(frame, moment)
    return frame.column(frame.places[curve][point])


def readings(frame: Frame, moment: Moment) -> list[Reading]:
    """What each curve says at the moment, in their order."""
    column = column_of(frame, moment)
    told = []
    for plot, places in zip(frame.plots, frame.places, strict=True):
        # Of several points in a column the one of the moment, else the one that was written last.
        apart = [
            (abs(frame.column(places[i]) - column), _apart(plot.buckets[i], moment), -i)
            for i in _drawn(places)
        ]
        if apart:
            columns, _, last = min(apart)
            bucket = plot.buckets[-last]
            exact = columns == 0 and (bucket.count == 1 or bucket.step_last == moment.step)
            told.append(Reading(plot.name, bucket, columns == 0, exact))
    return told


def moved(frame: Frame, moment: Moment, by: int) -> Moment:
    """The moment so many columns further right, or left: of the first column from there on that has a point."""
    columns = _columns(frame)
    aim = column_of(frame, moment) + by
    if by > 0:
        place = min(bisect.bisect_left(columns, aim), len(columns) - 1)
    else:
        place = max(bisect.bisect_right(columns, aim) - 1, 0)
    return at_column(frame, columns[place]) or moment


def at_column(frame: Frame, column: int) -> Moment | None:
    """The last point of the column, or of the nearest one that has any; None where there is no point."""
    columns = _columns(frame)
    if not columns:
        return None
    nearest = min(columns, key=lambda one: abs(one - column))
    for plot, places in zip(frame.plots, frame.places, strict=True):
        last = next((i for i in reversed(list(_drawn(places))) if frame.column(places[i]) == nearest), None)
        if last is not None:
            return Moment(plot.buckets[last].step_last, plot.buckets[last].ts_last)
    return None


def moment_near(plots: Sequence[Plot], ts: float | None, step: float | None) -> Moment | None:
    """The point to which a line of the log belongs: by its step where a curve has it, else by its time.

    Args:
        plots: The curves.
        ts: Unix seconds of the line, if it tells a time.
        step: Its step, if it tells one. A resumed run has steps twice: the time tells which one is meant.
    """
    buckets = [bucket for plot in plots for bucket in plot.buckets if bucket.count]
    if step is not None and math.isfinite(step):
        having = [b for b in buckets if b.step_first <= step <= b.step_last]
        if having:
            best = min(having, key=lambda b: (b.step_last - step, 0.0 if ts is None else _distance(b, ts)))
            when = best.ts_last if ts is None else min(max(ts, best.ts_first), best.ts_last)
            return Moment(step, when)
        if ts is not None and _is_between(plots, step, ts):
            return Moment(step, ts)
    if ts is not None and math.isfinite(ts) and buckets:
        best = min(buckets, key=lambda b: _distance(b, ts))
        reach = max(b.ts_last for b in buckets) - min(b.ts_first for b in buckets)
        first, last = min(b.ts_first for b in buckets), max(b.ts_last for b in buckets)
        slack = max(_BEYOND_SECONDS, _BEYOND_SHARE * reach)
        if first - slack <= ts <= last + slack:
            return _within(best, ts)
    return None


def _is_between(plots: Sequence[Plot], step: float, ts: float) -> bool:
    """Whether a step without a point of its own, by its time, too, lies between two points of a curve."""
    return any(
        one.step_last < step < two.step_first and one.ts_last <= ts <= two.ts_first
        for plot in plots
        for one, two in pairwise(plot.buckets)
    )


def _within(bucket: Bucket, ts: float) -> Moment:
    """The moment of a time in a bucket, whose points are taken to come evenly."""
    span = bucket.ts_last - bucket.ts_first
    if bucket.count < 2 or span <= 0 or ts >= bucket.ts_last:
        return Moment(bucket.step_last, bucket.ts_last)
    ts = max(ts, bucket.ts_first)
    steps = (bucket.step_last - bucket.step_first) * (ts - bucket.ts_first) / span
    return Moment(bucket.step_first + round(steps), ts, about=True)


def where(frame: Frame, moment: Moment) -> str:
    """The moment in words: ``step 1200  14:32:05``; with the day where the chart shows several."""
    buckets = [bucket for plot in frame.plots for bucket in plot.buckets]
    ends = min(b.ts_first for b in buckets), max(b.ts_last for b in buckets)
    one_day = len({_clock(ts, "%Y-%m-%d") for ts in ends}) == 1
    clock = _clock(moment.ts, "%H:%M:%S" if one_day else "%m-%d %H:%M:%S")
    return f"step {'~' if moment.about else ''}{_step(moment.step)}  {clock}".rstrip()


def _step(step: float) -> str:
    return (
        f"{step:.0f}" if math.isfinite(step) and abs(step) < 1e12 and step == int(step) else figure(step, 5)
    )


def _clock(ts: float, form: str) -> str:
    try:
        return time.strftime(form, time.localtime(ts))
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return ""


def _drawn(places: Sequence[float]) -> Iterator[int]:
    """The numbers of the buckets that have a place on the axis."""
    return (i for i, place in enumerate(places) if math.isfinite(place))


def _columns(frame: Frame) -> list[int]:
    """The columns that have a point of any curve, from left to right."""
    return sorted({frame.column(places[i]) for places in frame.places for i in _drawn(places)})


def _nearest(frame: Frame, moment: Moment) -> tuple[int, int]:
    """Curve and bucket of the point that is nearest to the moment; there is at least one, as a frame has points."""
    candidates = [
        (_apart(plot.buckets[i], moment), n, i)
        for n, (plot, places) in enumerate(zip(frame.plots, frame.places, strict=True))
        for i in _drawn(places)
    ]
    _, n, i = min(candidates, default=((0.0, 0.0), 0, 0))
    return n, i


def _apart(bucket: Bucket, moment: Moment) -> tuple[float, float]:
    """How far a bucket is from the moment: in steps, and in seconds where a step comes twice."""
    steps = 0.0
    if not bucket.step_first <= moment.step <= bucket.step_last:
        steps = min(abs(bucket.step_first - moment.step), abs(bucket.step_last - moment.step))
    return steps, _distance(bucket, moment.ts)


def _distance(bucket: Bucket, ts: float) -> float:
    """Seconds between a time and the bucket; 0 within it."""
    if bucket.ts_first <= ts <= bucket.ts_last:
        return 0.0
    return min(abs(bucket.ts_first - ts), abs(bucket.ts_last - ts))
