"""How figures are written in few characters: numbers, durations, and the labels of an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_PREFIXES = ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"))
_SMALL, _LARGE = 1e-3, 999.5e12


def figure(value: float | None, digits: int = 3) -> str:
    """A figure in at most 7 characters (for 3 digits): ``0.312``, ``1.2e-05``, ``12.4k``, ``NaN``, ``–`` for none.

    Whole numbers below 10,000 are written out.
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if value != value else "∞" if value > 0 else "-∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size < _SMALL or size >= _LARGE:
        return _scientific(value, digits - (2 if value > 0 else 3))
    if size < 9999.5:
        if float(value).is_integer():
            return f"{value:.0f}"
        return _significant(value, digits - 1 if value < 0 and size < 10 * _SMALL else digits)
    for factor, prefix in _PREFIXES:
        if size < 999.5 * factor:
            return _significant(value / factor, digits) + prefix
    return _scientific(value, digits - 2)


def duration(seconds: float | None) -> str:
    """A duration in few characters: ``8s``, ``22m44s``, ``3h12m``, ``2d4h``; ``–`` for none."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    rest = max(0, int(seconds))
    days, rest = divmod(rest, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if days >= 100:
        return f"{days}d"
    if days:
        return f"{days}d{hours}h"
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def age(seconds: float) -> str:
    """How long ago something was, to the one unit that counts: ``now``, ``5m ago``, ``3h ago``; ``–`` for no time."""
    if not math.isfinite(seconds):
        return "–"
    for unit, letter in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= unit:
            return f"{int(seconds // unit)}{letter} ago"
    return "now"


def axis_labels(ticks: Sequence[float]) -> list[str]:
    """Labels of evenly spaced ticks, all with as many decimals as tell them apart: ``0.5 1.0 1.5``, ``10k 20k``."""
    largest = max(map(abs, ticks), default=0.0)
    if len(ticks) < 2 or largest == 0:
        return [figure(tick) for tick in ticks]
    step = min(abs(b - a) for a, b in pairwise(ticks))
    factor, prefix = 1.0, ""
    for known, letter in _PREFIXES:
        if largest >= known * (10 if letter == "k" else 1):
            factor, prefix = known, letter
    decimals = _decimals(step / factor)
    if largest < _SMALL or largest >= _LARGE or decimals > 4:
        for decimals in range(9):
            labels = ["0" if abs(tick) < step / 2 else _scientific(tick, decimals) for tick in ticks]
            if all(abs(float(label) - tick) < step / 100 for label, tick in zip(labels, ticks, strict=True)):
                break
        return labels
    return ["0" if abs(tick) < step / 2 else f"{tick / factor:.{decimals}f}{prefix}" for tick in ticks]


def log_labels(ticks: Sequence[float]) -> list[str]:
    """Labels of the ticks of a logarithmic axis: ``0.01 0.1 1 10``."""
    powers = all(math.isclose(tick, 10.0 ** round(math.log10(tick))) for tick in ticks)
    return [figure(tick, 1) for tick in ticks] if powers else axis_labels(ticks)


def time_labels(ticks: Sequence[float]) -> list[str]:
    """Labels of ticks in seconds, without the parts that are nought: ``0 30s 1m 1m30s``, ``1h 1h30m``, ``2d``."""
    return [_parts(tick) for tick in ticks]


def _parts(seconds: float) -> str:
    if 0 < abs(seconds) < 1:
        return f"{seconds:.2g}s"
    sign, rest = ("-" if seconds < 0 else ""), abs(round(seconds))
    text = ""
    for unit, letter in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, rest = divmod(rest, unit)
        if count:
            text += f"{count}{letter}"
    return sign + text if text else "0"


def _significant(value: float, digits: int) -> str:
    return f"{value:.{max(0, digits - 1 - _magnitude(value, digits))}f}"


def _magnitude(value: float, digits: int = 12) -> int:
    """The power of ten of the first digit, once the value is rounded to so many digits."""
    return int(f"{value:.{max(0, digits - 1)}e}".partition("e")[2])


def _decimals(step: float) -> int:
    """Decimals that a multiple of the step needs; steps are 1, 2 or 5 times a power of ten."""
    return max(0, -_magnitude(step))


def _scientific(value: float, decimals: int) -> str:
    return f"{value:.{max(0, decimals)}e}"
