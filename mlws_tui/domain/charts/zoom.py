"""Which part of the x axis is shown after a person went closer, further away, or along it."""

from __future__ import annotations

import math

from mlws_tui.domain.charts.frame import Frame
from mlws_tui.domain.charts.model import Window

#: The narrowest window, as a share of what its ends count: no double tells points apart that are nearer.
_LEAST = 1e-9


def zoomed(frame: Frame, factor: float, place: float | None = None) -> Window | None:
    """The window made narrower (below 1) or wider around a place, which stays where it is; None for all there is.

    Args:
        frame: The chart as it is.
        factor: How much wider.
        place: Where on its axis; the right end if None. A window that ends there goes along with it as it grows.
    """
    first, last = _ends(frame)
    low, high = max(frame.x_low, first), min(frame.x_high, last)
    centre = high if place is None else min(high, max(low, place))
    low, high = centre - (centre - low) * factor, centre + (high - centre) * factor
    if factor > 1:  # at an end of the curves the window grows to the other side only
        low, high = low - max(0.0, high - last), high + max(0.0, first - low)
    low, high = max(low, first), min(high, last)
    if low <= first and high >= last:
        return None
    return _window(frame, low, high, last)


def panned(frame: Frame, share: float) -> Window | None:
    """The window moved by a share of its width as far as there are curves (to the left below 0); None for all of it."""
    first, last = _ends(frame)
    low, high = max(frame.x_low, first), min(frame.x_high, last)
    if low <= first and high >= last:
        return None
    by = min(max((high - low) * share, first - low), last - high)
    return _window(frame, low + by, high + by, last)


def shows(frame: Frame) -> Window:
    """What the frame shows, as a window that goes along with the end of the curves."""
    return Window(frame.value(frame.x_low), frame.value(frame.x_high), follows=True)


def _window(frame: Frame, low: float, high: float, last: float) -> Window:
    if not high - low > _LEAST * max(abs(low), abs(high), 1e-300):
        low, high = frame.x_low, frame.x_high
    return Window(frame.value(low), frame.value(high), follows=high >= last)


def _ends(frame: Frame) -> tuple[float, float]:
    """Where the first and the last point of all lie."""
    known = [place for row in frame.outside for place in row if math.isfinite(place)]
    return (min(known), max(known)) if known else (frame.x_low, frame.x_high)
