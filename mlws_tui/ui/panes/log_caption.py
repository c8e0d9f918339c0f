"""What the border of the log pane says."""

from __future__ import annotations

from mlws_tui.ui.panes.log_viewport import Viewport

_AROUND = 18  # columns of the border that are taken by its corners, the pane's title and the signs between
_LONG_TO_COUNT = 32 * 1024 * 1024
_BETWEEN = " · "


def detail(port: Viewport, name: str, width: int, ended: str = "") -> str:
    """Which log it is, whether it is followed, whether lines are hidden; of a long name the end, which tells more.

    Args:
        port: The window on the log.
        name: What the log is called.
        width: Columns of the pane.
        ended: How whoever writes it has ended, in a word or two: then there is nothing to follow.
    """
    if port.feed.state.missing:
        state = ended or "waiting"
    elif ended and not port.new_lines and port.anchor is None:
        state = ended
    elif port.follow:
        state = "follow"
    elif port.anchor is not None:
        state = "selecting"
    else:
        state = f"paused ▼ {port.new_lines:,} new" if port.new_lines else "paused"
    if port.lacks:
        state += f"{_BETWEEN}filtered"
    room = max(8, width - _AROUND - len(state))
    if len(name) > room:
        name = f"…{name[1 - room :]}"
    return f"{name} ── {state}"


def corner(port: Viewport, number: int | None, found: str, note: str, width: int) -> str:
    """What is known of the log: what is hidden, its errors, its lines, and where the window is.

    Args:
        port: The window on the log.
        number: Number of the line at its place, where that is known.
        found: How many matches there are.
        note: What is to be told now; only what is hidden is said besides it.
        width: Columns of the pane; where it is narrow the less important is left out.
    """
    state = port.feed.state
    if state.missing:
        return note
    hidden = _hidden(port)
    if note:
        return _BETWEEN.join(filter(None, (note, hidden)))
    binary = "binary" if port.binary else ""
    words = [state.problem, binary, hidden, found, _count(state.errors, "error"), _lines(port, number)]
    words += [_share(port), _count(state.warnings, "warning"), _progress(port)]
    kept: list[str] = []
    room = width - 4
    for word in filter(None, words):  # the most important first
        if kept and room < len(word) + len(_BETWEEN):
            continue
        kept.append(word)
        room -= len(word) + len(_BETWEEN)
    order = [_progress(port), state.problem, binary, found, hidden, _count(state.errors, "error")]
    order += [_count(state.warnings, "warning"), _lines(port, number), _share(port)]
    return _BETWEEN.join(word for word in order if word and word in kept)


def found_of(port: Viewport, ordinal: int | None) -> str:
    """How many lines match what is looked for, and which of them has the cursor."""
    state = port.feed.state
    if not port.query or port.query != port.counted:
        return ""
    if state.sought < 1:
        return f"{state.matches:,}+ so far · looking {state.sought:.0%}"
    if ordinal is not None:
        return f"{ordinal:,} of {state.matches:,}"
    return _count(state.matches, "match", "matches") or "no match"


def _hidden(port: Viewport) -> str:
    """That lines are hidden, which must never be overlooked."""
    state = port.feed.state
    if not port.lacks:
        return "filters on" if port.hides else ""
    if state.visible is None:
        return f"filtering {state.sifted:.0%}"
    of = "" if state.lines is None else f" of {state.lines:,}"
    return f"filtered: {state.visible:,}{of} lines"


def _lines(port: Viewport, number: int | None) -> str:
    state, hidden = port.feed.state, port.lacks
    if state.lines is None:
        return ""
    if port.follow or number is None:
        return "" if hidden else _count(state.lines, "line") or "0 lines"
    return f"line {number:,}" if hidden else f"line {number:,} of {state.lines:,}"


def _share(port: Viewport) -> str:
    state, place = port.feed.state, port.place
    if port.follow or not state.size or place.part != state.end.part:
        return ""
    return f"{max(0, place.offset) / state.size:.0%}"


def _progress(port: Viewport) -> str:
    state = port.feed.state
    if state.filled is not None and state.filled < 1:
        return f"{'merging' if port.merged else 'unpacking'} {state.filled:.0%}"
    if state.lines is None and state.size > _LONG_TO_COUNT:
        return f"counting {state.counted:.0%}"
    return ""


def _count(count: int | None, one: str, more: str = "") -> str:
    if not count:
        return ""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
