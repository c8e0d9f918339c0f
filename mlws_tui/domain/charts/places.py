"""Where a moment of a run lies on the x axis: by step, by epoch, by the time since it began or by the clock."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Axis(StrEnum):
    """What the x axis counts; the value is the word beside it."""

    STEP = "step"
    EPOCH = "epoch"
    RELATIVE = "time"
    WALL = "clock"

    @property
    def following(self) -> Axis:
        """The next one when a person goes round them."""
        ordered = list(Axis)
        return ordered[(ordered.index(self) + 1) % len(ordered)]


@dataclass(frozen=True, slots=True)
class Course:
    """How one quantity goes with another, as points between which it is straight. Made by `course`."""

    xs: tuple[float, ...] = ()
    ys: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.xs)

    def at(self, x: float, *, beyond: bool = False) -> float:
        """The other quantity at x; NaN outside of the course, or its nearest end where `beyond` is set."""
        xs, ys = self.xs, self.ys
        if not xs or not math.isfinite(x):
            return math.nan
        if x < xs[0] or x > xs[-1]:
            return (ys[0] if x < xs[0] else ys[-1]) if beyond else math.nan
        right = bisect.bisect_left(xs, x)
        if xs[right] == x:
            return ys[right]
        share = (x - xs[right - 1]) / (xs[right] - xs[right - 1])
        return ys[right - 1] + (ys[right] - ys[right - 1]) * share

    def reversed(self) -> Course:
        """The first quantity by the second."""
        return course(zip(self.ys, self.xs, strict=True))


def course(points: Iterable[tuple[float, float]]) -> Course:
    """A course through these points in any order; of several with the same x the last one counts."""
    known = {x: y for x, y in points if math.isfinite(x) and math.isfinite(y)}
    xs = tuple(sorted(known))
    return Course(xs, tuple(known[x] for x in xs))


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is known of the time of one run.

    Attributes:
        start: When it began, Unix seconds; None where that is not known.
        epochs: Its epoch by its step.
        steps: Its step by Unix seconds: for what was sampled by time alone.
    """

    start: float | None = None
    epochs: Course = field(default_factory=Course)
    steps: Course = field(default_factory=Course)

    def place(self, axis: Axis, step: float, ts: float, *, beyond: bool = False) -> float:
        """Where a moment lies on the axis; NaN where it has no place there.

        Args:
            axis: What x counts.
            step: The moment's step; NaN where it has none of its own.
            ts: Its Unix seconds.
            beyond: Whether what lies outside of the known courses is put at their ends.
        """
        if axis is Axis.WALL:
            return ts
        if axis is Axis.RELATIVE:
            return ts - (self.start if self.start is not None else 0.0)
        if math.isnan(step):
            step = self.steps.at(ts, beyond=beyond)
        return step if axis is Axis.STEP else self.epochs.at(step, beyond=beyond)
