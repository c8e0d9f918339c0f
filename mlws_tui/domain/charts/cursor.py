"""The chart's cursor: a moment of a run, the column in which it stands, and what the curves say there."""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlws_tui.domain.charts.frame import Frame
from mlws_tui.domain.charts.model import Plot
from mlws_tui.domain.charts.places import Axis
from mlws_tui.domain.figures import figure, time_labels
from mlws_tui.domain.runs import Bucket

#: How far before the first point and after the last one a moment may lie to belong to it: the greater of a share of
#: the curve and so many seconds.
_BEYOND_SHARE, _BEYOND_SECONDS = 0.05, 60.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of a curve, by step and Unix seconds: it keeps its meaning when axes change and points come.

    Where many points are drawn as one it may be any of them; `about` says that its step is reckoned by its time.

    Attributes:
        run: Whose point it is; empty where any run's will do.
        name: Of which curve it is; empty where any will do.
    """

    step: float
    ts: float
    about: bool = False
    run: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a curve says at the cursor.

    Attributes:
        plot: The curve.
        bucket: Its points that are nearest to the cursor.
        here: Whether they stand in the cursor's column.
        exact: Whether the last of them, whose value is known, is the moment's own.
    """

    plot: Plot
    bucket: Bucket
    here: bool
    exact: bool

    @property
    def value(self) -> float:
        """The value of the last of them; an infinity or NaN where none was finite."""
        return last_of(self.bucket)

    @property
    def moment(self) -> Moment:
        """The last of them."""
        return Moment(self.bucket.step_last, self.bucket.ts_last, run=self.plot.run, name=self.plot.name)


def last_of(bucket: Bucket) -> float:
    """The last value of a bucket that is known; an infinity or NaN where none was finite."""
    if bucket.last is not None:
        return bucket.last
    if bucket.count and bucket.up + bucket.down == bucket.count:
        return math.inf if bucket.up >= bucket.down else -math.inf
    return math.nan


def column_of(frame: Frame, moment: Moment) -> int:
    """The column of cells in which the moment is drawn: that of the nearest point."""
    curve, point = _nearest(frame, moment)
    return frame.column(frame.outside[curve][point])


def line_of(frame: Frame, moment: Moment) -> int | None:
    """The column in which the cursor's line is drawn; None where the moment lies beside what is shown."""
    curve, point = _nearest(frame, moment)
    place = frame.outside[curve][point]
    return frame.column(place) if frame.x_low <= place <= frame.x_high else None


def readings(frame: Frame, moment: Moment) -> list[Reading]:
    """What each curve says at the moment, in their order."""
    column = column_of(frame, moment)
    told = []
    for plot, places in zip(frame.plots, frame.places, strict=True):
        own = not moment.run or plot.run == moment.run
        # Of several points in a column the one of the moment, else the one that was written last.
        apart = [
            (
                abs(frame.column(places[i]) - column),
                _apart(plot.buckets[i], moment) if own else (0.0, 0.0),
                -i,
            )
            for i in _drawn(places)
        ]
        if apart:
            columns, _, last = min(apart)
            bucket = plot.buckets[-last]
            exact = columns == 0 and (not own or bucket.count == 1 or bucket.step_last == moment.step)
            told.append(Reading(plot, bucket, columns == 0, exact))
    return told


def chosen(told: Sequence[Reading], moment: Moment) -> Reading | None:
    """The reading on which the cursor stands: the moment's own, else the first in its column."""
    here = [one for one in told if one.here]
    own = [one for one in here if one.plot.run == moment.run]
    named = [one for one in own if one.plot.name == moment.name]
    return next(iter((*named, *own, *here)), None)


def turned(frame: Frame, moment: Moment, by: int) -> Moment:
    """The moment on the curve so many further on, of those that have a point in the cursor's column."""
    here = [one for one in readings(frame, moment) if one.here]
    at = chosen(here, moment)
    return here[(here.index(at) + by) % len(here)].moment if at is not None else moment


def moved(frame: Frame, moment: Moment, by: int) -> Moment:
    """The moment so many columns further right, or left: of the first column from there on that has a point."""
    columns = _columns(frame)
    if not columns:
        return moment
    aim = column_of(frame, moment) + by
    if by > 0:
        place = min(bisect.bisect_left(columns, aim), len(columns) - 1)
    else:
        place = max(bisect.bisect_right(columns, aim) - 1, 0)
    return at_column(frame, columns[place], moment) or moment


def at_column(frame: Frame, column: int, before: Moment | None = None) -> Moment | None:
    """The last point of the column, or of the nearest one that has any; None where there is no point.

    Args:
        frame: The chart.
        column: The column of cells, from 0.
        before: Where the cursor stood: it stays on its curve, or with its run, if that has a point there.
    """
    columns = _columns(frame)
    if not columns:
        return None
    nearest = min(columns, key=lambda one: abs(one - column))
    found: list[Moment] = []
    for plot, places in zip(frame.plots, frame.places, strict=True):
        last = next((i for i in reversed(list(_drawn(places))) if frame.column(places[i]) == nearest), None)
        if last is not None:
            bucket = plot.buckets[last]
            found.append(Moment(bucket.step_last, bucket.ts_last, run=plot.run, name=plot.name))
    if before is None:
        return found[0]
    return min(found, key=lambda one: (one.run != before.run, one.name != before.name))


def moment_near(plots: Sequence[Plot], ts: float | None, step: float | None) -> Moment | None:
    """The point to which a line of the log belongs: by its step where a curve has it, else by its time.

    Args:
        plots: The curves of one run.
        ts: Unix seconds of the line, if it tells a time.
        step: Its step, if it tells one. A resumed run has steps twice: the time tells which one is meant.
    """
    run = plots[0].run if plots else ""
    buckets = [bucket for plot in plots for bucket in plot.buckets if bucket.count]
    if step is not None and math.isfinite(step):
        having = [b for b in buckets if b.step_first <= step <= b.step_last]
        if having:
            best = min(having, key=lambda b: (b.step_last - step, 0.0 if ts is None else _distance(b, ts)))
            when = best.ts_last if ts is None else min(max(ts, best.ts_first), best.ts_last)
            return Moment(step, when, run=run)
        if ts is not None and _is_between(plots, step, ts):
            return Moment(step, ts, run=run)
    if ts is not None and math.isfinite(ts) and buckets:
        best = min(buckets, key=lambda b: _distance(b, ts))
        reach = max(b.ts_last for b in buckets) - min(b.ts_first for b in buckets)
        first, last = min(b.ts_first for b in buckets), max(b.ts_last for b in buckets)
        slack = max(_BEYOND_SECONDS, _BEYOND_SHARE * reach)
        if first - slack <= ts <= last + slack:
            return _within(best, ts, run)
    return None


def _is_between(plots: Sequence[Plot], step: float, ts: float) -> bool:
    """Whether a step without a point of its own, by its time, too, lies between two points of a curve."""
    return any(
        one.step_last < step < two.step_first and one.ts_last <= ts <= two.ts_first
        for plot in plots
        for one, two in pairwise(plot.buckets)
    )


def _within(bucket: Bucket, ts: float, run: str) -> Moment:
    """The moment of a time in a bucket, whose points are taken to come evenly."""
    span = bucket.ts_last - bucket.ts_first
    if bucket.count < 2 or span <= 0 or ts >= bucket.ts_last:
        return Moment(bucket.step_last, bucket.ts_last, run=run)
    ts = max(ts, bucket.ts_first)
    steps = (bucket.step_last - bucket.step_first) * (ts - bucket.ts_first) / span
    return Moment(bucket.step_first + round(steps), ts, about=True, run=run)


def where(frame: Frame, moment: Moment) -> str:
    """The moment in words: ``step 1200  14:32:05``, its epoch or time since the beginning first where x counts them."""
    buckets = [bucket for plot in frame.plots for bucket in plot.buckets]
    ends = min(b.ts_first for b in buckets), max(b.ts_last for b in buckets)
    one_day = len({_clock(ts, "%Y-%m-%d") for ts in ends}) == 1
    clock = _clock(moment.ts, "%H:%M:%S" if one_day else "%m-%d %H:%M:%S")
    step = "" if math.isnan(moment.step) else f"step {'~' if moment.about else ''}{_step(moment.step)}"
    curve, _ = _nearest(frame, moment)
    place = frame.plots[curve].timeline.place(frame.axis, moment.step, moment.ts, beyond=True)
    told = ""
    if frame.axis is Axis.EPOCH and math.isfinite(place):
        told = f"epoch {figure(place, 4)}"
    elif frame.axis is Axis.RELATIVE and math.isfinite(place):
        told = time_labels([place])[0]
    return "  ".join(part for part in (told, step, clock) if part)


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
    """Curve and bucket of the point that is nearest to the moment, its own curve's if that has any."""
    candidates = [
        (plot.run != moment.run, bool(moment.name) and plot.name != moment.name, _apart(bucket, moment), n, i)
        for n, (plot, places) in enumerate(zip(frame.plots, frame.outside, strict=True))
        for i, bucket in enumerate(plot.buckets)
        if math.isfinite(places[i])
    ]
    *_, n, i = min(candidates, default=(False, False, (0.0, 0.0), 0, 0))
    return n, i


def _apart(bucket: Bucket, moment: Moment) -> tuple[float, float]:
    """How far a bucket is from the moment: in steps, and in seconds where a step comes twice or there is none."""
    steps = 0.0
    if not bucket.step_first <= moment.step <= bucket.step_last:
        steps = min(abs(bucket.step_first - moment.step), abs(bucket.step_last - moment.step))
    return (0.0 if math.isnan(steps) else steps), _distance(bucket, moment.ts)


def _distance(bucket: Bucket, ts: float) -> float:
    """Seconds between a time and the bucket; 0 within it."""
    if bucket.ts_first <= ts <= bucket.ts_last:
        return 0.0
    return min(abs(bucket.ts_first - ts), abs(bucket.ts_last - ts))
