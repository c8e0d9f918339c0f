"""What the border of the log pane says."""

from __future__ import annotations

from mlws_tui.ui.panes.log_viewport import Viewport

_AROUND = 18  # columns of the border that are taken by its corners, the pane's title and the signs between
_LONG_TO_COUNT = 32 * 1024 * 1024


def detail(port: Viewport, name: str, width: int) -> str:
    """Which log it is and whether it is followed; of a long name the end, which tells more."""
    if port.feed.state.missing:
        state = "waiting"
    elif port.follow:
        state = "follow"
    else:
        state = f"paused ▼ {port.new_lines:,} new" if port.new_lines else "paused"
    room = max(8, width - _AROUND - len(state))
    if len(name) > room:
        name = f"…{name[1 - room :]}"
    return f"{name} ── {state}"


def corner(port: Viewport, number: int | None) -> str:
    """What is known of the log: its errors, its lines, and where the window is.

    Args:
        port: The window on the log.
        number: Number of the line at its mark, where that is known.
    """
    state = port.feed.state
    if state.missing:
        return ""
    words: list[str] = []
    if state.errors:
        words.append(f"{state.errors} error{'' if state.errors == 1 else 's'}")
    if state.lines is None:
        if state.size > _LONG_TO_COUNT:
            words.append(f"counting {state.counted:.0%}")
    elif port.follow or number is None:
        words.append(f"{state.lines:,} line{'' if state.lines == 1 else 's'}")
    else:
        words.append(f"line {number:,} of {state.lines:,}")
    if not port.follow and state.size and port.mark.part == state.end.part:
        words.append(f"{max(0, port.mark.offset) / state.size:.0%}")
    return " · ".join(words)
