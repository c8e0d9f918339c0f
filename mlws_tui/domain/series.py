"""A series made ready to be drawn: decimation to columns, smoothing, the range to show and round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mlws_tui.domain.runs import Bucket

#: Steps of an axis of time, in seconds; beyond them whole days by 1, 2 or 5 times a power of ten.
_TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_DAY = 86_400.0
#: Values below which none is left out of the range; points that a spike has at most; how many ranges above all others
#: a first point may lie to be a beginning.
_FEW, _SPIKE, _BEGINS = 20, 3, 20


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How a curve is smoothed.

    Attributes:
        word: What it is called; empty for none.
        share: Over what share of a curve: so a sparse validation loss stays as it is where a dense training loss is
            smoothed.
        window: Whether it is the mean of a window rather than an exponential moving average.
    """

    word: str = ""
    share: float = 0.0
    window: bool = False

    def of(self, values: Sequence[float | None]) -> list[float | None]:
        """The values smoothed; gaps (None, NaN) stay gaps."""
        # By a power of two, so that a curve that grows does not change its shape all along each time.
        reach = (1 << max(len(values), 1).bit_length() - 1) * self.share
        if reach <= 1:
            return [value if value is not None and math.isfinite(value) else None for value in values]
        return window_mean(values, round(reach)) if self.window else ema(values, 1 - 1 / reach)


NO_SMOOTHING = Smoothing()
#: What a person goes round.
SMOOTHINGS = (
    Smoothing("EMA light", 0.03),
    Smoothing("EMA strong", 0.15),
    Smoothing("window mean", 0.05, window=True),
    NO_SMOOTHING,
)


@dataclass(frozen=True, slots=True)
class Column:
    """All that fell into one column of a drawing; the figures are of finite values, None where there is none."""

    x: int
    low: float | None
    high: float | None
    mean: float | None
    last: float | None
    count: int
    nan: int
    up: int = 0
    down: int = 0


def columns(
    buckets: Sequence[Bucket], places: Sequence[float], low: float, high: float, width: int
) -> list[list[Column]]:
    """Buckets taken together by the column that they fall into.

    Args:
        buckets: In the order written.
        places: Where each lies on the axis; one that is not finite is left out.
        low: The place of column 0.
        high: The place of column ``width - 1``.
        width: How many columns there are.

    Returns:
        Stretches in which x rises; where it goes back (a resumed run) a new one begins. No value is lost: each
        is in the low and high of its column.
    """
    stretches: list[list[list[tuple[int, Bucket]]]] = []
    before = -math.inf
    for bucket, place in zip(buckets, places, strict=True):
        if not math.isfinite(place):
            continue
        x = min(width - 1, max(0, round(share(place, low, high) * (width - 1))))
        if place < before or not stretches:
            stretches.append([])
        stretch = stretches[-1]
        if stretch and stretch[-1][0][0] == x:
            stretch[-1].append((x, bucket))
        else:
            stretch.append([(x, bucket)])
        before = place
    return [[_column(group) for group in stretch] for stretch in stretches]


def share(value: float, low: float, high: float) -> float:
    """How far a value lies from low (0) to high (1). Halved first, so that no two doubles are too far apart."""
    reach = high / 2 - low / 2
    return (value / 2 - low / 2) / reach if reach > 0 else 0.5


def ema(values: Sequence[float | None], weight: float) -> list[float | None]:
    """Exponential moving average, corrected for its cold start; gaps (None, NaN) stay gaps and are not averaged in.

    Args:
        values: Figures in order.
        weight: Share of the past, 0 (none) to below 1.
    """
    mean, unseen = 0.0, 1.0
    smoothed: list[float | None] = []
    for value in values:
        if value is None or not math.isfinite(value):
            smoothed.append(None)
            continue
        mean = weight * mean + (1 - weight) * value
        unseen *= weight
        smoothed.append(mean / (1 - unseen))
    return smoothed


def window_mean(values: Sequence[float | None], width: int) -> list[float | None]:
    """The mean of the values around each, so many in all; gaps (None, NaN) stay gaps and are not averaged in."""
    half = max(0, width // 2)
    known = [value if value is not None and math.isfinite(value) else None for value in values]
    smoothed: list[float | None] = []
    for i, value in enumerate(known):
        around = [one for one in known[max(0, i - half) : i + half + 1] if one is not None]
        # Divided first: the sum of two doubles may be beyond them.
        smoothed.append(None if value is None else math.fsum(one / len(around) for one in around))
    return smoothed


def visible_range(curves: Iterable[Sequence[tuple[float, float]]]) -> tuple[float, float]:
    """The range to draw, low < high: that of the curves without the lone spikes that would flatten all else.

    A value is far off where it lies further from the middle 96 % of all values than their range. Up to three points
    that are far off are a spike; a longer stretch of them, as a jump that stays, is not, nor is how a curve begins.

    Args:
        curves: Low and high of each one's points in the order written; what is not finite is passed over.
    """
    known = [[ends for ends in curve if all(map(math.isfinite, ends))] for curve in curves]
    finite = sorted(value for curve in known for ends in curve for value in ends)
    if not finite:
        return 0.0, 1.0
    low, high = finite[0], finite[-1]
    if len(finite) >= _FEW:
        cut = max(1, len(finite) // 50)
        inner_low, inner_high = finite[cut], finite[-1 - cut]
        reach = inner_high - inner_low
        if reach > 0:
            highs = [[end for _, end in curve] for curve in known]
            lows = [[-end for end, _ in curve] for curve in known]
            high = max((_top(curve, inner_high, reach) for curve in highs if curve), default=high)
            low = -max((_top(curve, -inner_low, reach) for curve in lows if curve), default=-low)
    margin = max(abs(low) * 0.05, 1e-12) if low else 0.5
    return (low, high) if high - low > margin * 1e-6 else (low - margin, high + margin)


def _top(values: Sequence[float], inner: float, reach: float) -> float:
    """The highest of the values that are no spikes above the inner ones."""
    if max(values) <= inner + reach:
        return max(values)
    highest = -math.inf
    for place, (off, group) in enumerate(groupby(values, key=lambda value: value > inner + reach)):
        stretch = list(group)
        begins = place == 0 and (len(stretch) > 1 or stretch[0] <= inner + _BEGINS * reach)
        if not off or begins or len(stretch) > _SPIKE:
            highest = max(highest, *stretch)
    return highest if highest > -math.inf else inner


def rounded_out(low: float, high: float, parts: int) -> tuple[float, float]:
    """The range widened to round ends, by less than one of so many parts of it at each end.

    A range that grows with every new point would move all that is drawn in it each time.
    """
    unit = (high / parts - low / parts) * 0.999
    if not unit > 1e-300:
        return low, high
    power = 10.0 ** math.floor(math.log10(unit))
    step = next(factor * power for factor in (5, 2, 1) if factor * power <= unit or factor == 1)
    ends = math.floor(low / step) * step, math.ceil(high / step) * step
    return ends if all(map(math.isfinite, ends)) and ends[0] <= low and ends[1] >= high else (low, high)


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many round numbers from low to high, 1, 2 or 5 times a power of ten apart."""
    if not _drawable(low, high, most):
        return []
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    for step in (power, 2 * power, 5 * power, 10 * power, 20 * power):
        ticks = _multiples(low, high, step) if math.isfinite(step) else []
        if len(ticks) <= most:
            return ticks
    return []


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many powers of ten from low to high (both above 0), or round numbers where there are too few."""
    if not _drawable(low, high, most) or low <= 0:
        return []
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < 1:
        return [tick for tick in nice_ticks(low, high, most) if tick > 0]
    every = -(-(last - first + 1) // most)
    return [10.0**exponent for exponent in range(first, last + 1, every)]


def time_ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many round moments from low to high, in seconds."""
    if not _drawable(low, high, most):
        return []
    raw = (high - low) / most
    if raw < 1:
        return nice_ticks(low, high, most)
    for step in _TIME_STEPS:
        if step >= raw and len(ticks := _multiples(low, high, float(step))) <= most:
            return ticks
    return [tick * _DAY for tick in nice_ticks(low / _DAY, high / _DAY, most)]


def _column(group: Sequence[tuple[int, Bucket]]) -> Column:
    parts = [bucket for _, bucket in group]
    x, first = group[0]
    finite = sum(part.count - part.nan for part in parts if part.mean is not None)
    if len(parts) == 1:
        return Column(
            x, first.low, first.high, first.mean, first.last, first.count, first.nan, first.up, first.down
        )
    mean = None
    if finite:
        mean = sum(part.mean * ((part.count - part.nan) / finite) for part in parts if part.mean is not None)
    return Column(
        x,
        min((part.low for part in parts if part.low is not None), default=None),
        max((part.high for part in parts if part.high is not None), default=None),
        mean,
        next((part.last for part in reversed(parts) if part.last is not None), None),
        sum(part.count for part in parts),
        sum(part.nan for part in parts),
        sum(part.up for part in parts),
        sum(part.down for part in parts),
    )


def _drawable(low: float, high: float, most: int) -> bool:
    return most >= 1 and math.isfinite(high - low) and high - low > 1e-300


def _multiples(low: float, high: float, step: float) -> list[float]:
    """The multiples of the step from low to high, with a little leeway for what doubles cannot say."""
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)] if last - first < 1000 else []
