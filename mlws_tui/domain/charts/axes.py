"""The x axis in words: its ticks, and what stands at them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from mlws_tui.domain.charts.frame import Frame
from mlws_tui.domain.charts.places import Axis
from mlws_tui.domain.figures import axis_labels, log_labels, time_labels
from mlws_tui.domain.series import log_ticks, nice_ticks, time_ticks


def x_ticks(frame: Frame, most: int) -> list[tuple[float, str]]:
    """At most so many places on the x axis and what is written there."""
    low, high = frame.x_low, frame.x_high
    if frame.log_x:
        values = log_ticks(frame.value(low), frame.value(high), most)
        return [(math.log10(v), label) for v, label in zip(values, _log_labels(frame, values), strict=True)]
    if frame.axis is Axis.WALL:
        return _clock_ticks(low, high, most)
    if frame.axis is Axis.RELATIVE:
        ticks = time_ticks(low, high, most)
        return list(zip(ticks, time_labels(ticks), strict=True))
    ticks = nice_ticks(low, high, most)
    if (
        frame.axis is Axis.STEP and float(low).is_integer() and float(high).is_integer()
    ):  # there is no half a step
        ticks = [tick for tick in ticks if float(tick).is_integer()]
    return list(zip(ticks, axis_labels(ticks), strict=True))


def _log_labels(frame: Frame, values: Sequence[float]) -> list[str]:
    if frame.axis is Axis.RELATIVE:
        return time_labels(values)
    return log_labels(values)


def _clock_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round times of the local clock; the day instead of midnight, and with each time where no tick is one."""
    try:
        offset = float(time.localtime(low).tm_gmtoff)
        ticks = time_ticks(low + offset, high + offset, most)
        told = [time.localtime(tick - offset) for tick in ticks]
        several = time.localtime(low)[:3] != time.localtime(high)[:3]
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return []
    short = len(ticks) > 1 and ticks[1] - ticks[0] < 60
    labels = []
    for i, moment in enumerate(told):
        midnight = moment.tm_hour == moment.tm_min == moment.tm_sec == 0
        clock = time.strftime("%H:%M:%S" if short else "%H:%M", moment)
        if several and midnight:
            clock = time.strftime("%b %d", moment)
        elif several and i == 0:
            clock = time.strftime("%b %d %H:%M", moment)
        labels.append(clock)
    return [(tick - offset, label) for tick, label in zip(ticks, labels, strict=True)]
