"""Meters of fixed range made of block characters: bars for the present, courses for what was."""

from __future__ import annotations

from collections.abc import Iterable

from mlws_tui.domain.gpus import History

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"


def bar(share: float, width: int) -> str:
    """A horizontal bar to an eighth of a cell; what is above nothing shows, and only what is full fills it.

    Args:
        share: 0–1; what lies outside is clipped.
        width: Cells.
    """
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    if share < 1:
        eighths = min(width * 8 - 1, eighths)
    full, part = divmod(max(0, eighths), 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(width)[:width]


def level(share: float | None) -> str:
    """One cell as high as the share; nothing known is a blank."""
    if share is None:
        return " "
    return _LEVELS[min(7, max(0, int(share * 8)))]


def levels(shares: Iterable[float | None]) -> str:
    """One such cell for each share."""
    return "".join(level(share) for share in shares)


def course(history: History, at: float, width: int) -> str:
    """The last stretch of a history, written in place: left of the running blank is now, right is the oldest.

    Each moment changes two cells at most. A line that moved to the left would change all of them, each a few
    bytes on the way to a distant terminal.
    """
    return "".join(level(share) for share in _stretch(history, at, width))


def tall_course(history: History, at: float, width: int, rows: int) -> list[str]:
    """The same over several rows, the top one first: finer, and for longer glances."""
    lines = []
    shares = _stretch(history, at, width)
    for row in range(rows - 1, -1, -1):
        parts = [None if share is None else min(1.0, max(0.0, share)) * rows - row for share in shares]
        lines.append("".join(" " if part is None or (part <= 0 and row) else level(part) for part in parts))
    return lines


def _stretch(history: History, at: float, width: int) -> list[float | None]:
    now, first = history.slot(at), history.first
    shares: list[float | None] = [None] * width
    if first is None or width <= 0:
        return shares
    for slot in range(max(first, now - width + 2), now + 1):
        shares[(slot - first) % width] = history.mean(slot)
    return shares
