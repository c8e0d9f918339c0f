"""Small bars beside figures, drawn with characters."""

from __future__ import annotations

from collections.abc import Iterable

from mlws_tui.domain.reviewruns import DayLoad, Spent

#: Thin, so that bars below one another do not run together.
_WHOLE, _HALF = "━", "╸"


def bar(value: float, most: float, width: int) -> str:
    """A bar of at most so many cells, and that long for `most`; what is more than nothing has at least a sliver."""
    if value <= 0 or most <= 0:
        return ""
    halves = max(1, round(min(1.0, value / most) * width * 2))
    return _WHOLE * (halves // 2) + _HALF * (halves % 2)


def lengths(rows: Iterable[Spent | DayLoad]) -> list[float]:
    """What the bars of rows are as long as: GPU-hours where any are known, else the time that runs took."""
    rows = list(rows)
    if any(row.gpu_hours for row in rows):
        return [row.gpu_hours or 0.0 for row in rows]
    return [row.seconds for row in rows]
