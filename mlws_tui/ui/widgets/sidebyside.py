"""Two versions of a text side by side, as lines of spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.domain.worddiff import Pieces, beside, words_apart
from mlws_tui.ui.widgets.cells import Line, Span

_BAR = " │ "
#: Lines around a change that are shown with it.
CONTEXT = 2


def columns(width: int) -> int:
    """Cells of one of the two columns."""
    return max(8, (width - len(_BAR)) // 2)


def side_by_side(left: Sequence[str], right: Sequence[str], width: int) -> list[Line]:
    """Both versions of some lines; words that differ are set off."""
    lines: list[Line] = []
    for mine, theirs, same in beside(left, right):
        if mine is not None and theirs is not None and not same:
            pieces = words_apart(mine, theirs)
        else:
            pieces = (_whole(mine, not same), _whole(theirs, not same))
        lines += beside_each_other(
            _styled(pieces[0], "muted" if same else "text", "mine"),
            _styled(pieces[1], "muted" if same else "text", "theirs"),
            width,
        )
    return lines


def beside_each_other(left: Iterable[Span], right: Iterable[Span], width: int) -> list[Line]:
    """Two texts in two columns, each wrapped in its own."""
    room = columns(width)
    sides = wrapped(left, room), wrapped(right, room)
    height = max(map(len, sides))
    rows = []
    for row in range(height):
        first, second = (side[row] if row < len(side) else () for side in sides)
        gap = Span(" " * (room - sum(cell_width(span.text) for span in first)))
        rows.append((*first, gap, Span(_BAR, "muted"), *second))
    return rows


def wrapped(spans: Iterable[Span], width: int) -> list[Line]:
    """Spans in lines of at most so many cells, broken at blanks where there are some."""
    signs = [(sign, style) for text, style in spans for sign in text]
    lines: list[Line] = []
    while signs:
        used = count = 0
        while count < len(signs) and used + cell_width(signs[count][0]) <= width:
            used += cell_width(signs[count][0])
            count += 1
        count = max(1, count)
        if count < len(signs):
            blank = next((at for at in range(count, 0, -1) if signs[at - 1][0] == " "), 0)
            if any(sign != " " for sign, _ in signs[:blank]):
                count = blank
        lines.append(_joined(signs[:count]))
        signs = signs[count:]
    return lines or [()]


def _joined(signs: Sequence[tuple[str, str]]) -> Line:
    spans: list[Span] = []
    for sign, style in signs:
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + sign, style)
        else:
            spans.append(Span(sign, style))
    return tuple(spans)


def _whole(line: str | None, differs: bool) -> Pieces:
    return () if line is None else ((line, differs),)


def _styled(pieces: Pieces, plain: str, set_off: str) -> list[Span]:
    return [Span(safe_text(piece), set_off if differs else plain) for piece, differs in pieces]


def context(lines: Sequence[str], *, first: bool, last: bool) -> list[Line]:
    """Lines that both versions have, without those that are far from any change.

    Args:
        lines: The lines.
        first: Whether no change is before them.
        last: Whether none is behind them.
    """
    before, behind = (0 if first else CONTEXT), (0 if last else CONTEXT)
    if len(lines) <= before + behind + 1:
        shown: list[Line] = [(Span(safe_text(line), "muted"),) for line in lines]
        return shown
    left = len(lines) - before - behind
    return [
        *((Span(safe_text(line), "muted"),) for line in lines[:before]),
        (Span(f"⋯ {left} lines that are the same", "muted"),),
        *((Span(safe_text(line), "muted"),) for line in lines[len(lines) - behind :]),
    ]
