"""Log lines as rows of styled cells: pure, so that what stands on the screen can be tested without one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size
from rich.color import Color
from rich.style import Style

from mlws_tui.domain.ansi import Colour, Sgr, StyleSpan, styled
from mlws_tui.domain.levels import TRACEBACK, Level, level_of, prefix_of, without_rank
from mlws_tui.domain.logquery import Query
from mlws_tui.domain.logs import LogLine, Trace
from mlws_tui.domain.showing import shown
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import Line, Span, fit

UNFINISHED = "⋯"
NO_LIMIT = 1 << 30
#: Signs in the column left of the text, so that neither the cursor nor a mark is told by colour alone.
CURSOR, MARK, MARK_AT_CURSOR, STRETCH = "▌", "◆", "◈", "│"
#: How many colours there are for the tags of ranks.
TAGS = 4
#: Characters beyond the wanted columns in which a match may end that begins within them.
_MATCH_REACH = 200
_LEVEL_STYLES = {
    Level.DEBUG: ("muted", "muted"),
    Level.INFO: ("muted", "text"),
    Level.WARNING: ("warn", "warn"),
    Level.ERROR: ("bad", "error"),
    Level.CRITICAL: ("bad", "bad"),
}
_SEPARATORS = " -–|:,;"
_SGR = "sgr:"


def text_of(line: LogLine) -> str:
    """The line as text, as it is shown."""
    return shown(line.data).text


def spans_of(line: LogLine, *, traced: bool, query: Query, here: bool, limit: int = NO_LIMIT) -> Line:
    """A line as spans.

    Args:
        line: The line; no divider.
        traced: Whether it belongs to a traceback.
        query: What to mark in it.
        here: Whether it is the line with the cursor: its matches are marked more strongly.
        limit: Columns that are wanted; of a longer line what is further right may be left out.
    """
    text, coloured = shown(line.data)
    edges, styles = _roles(text, traced)
    spans, all_of_it = _spans(text, coloured, edges, styles, _marks(text, query, limit), here, limit)
    if not all_of_it:
        return tuple(spans)
    if line.cut:
        spans.append(Span(f" … {line.cut:,} bytes more", "muted"))
    if not line.whole:
        spans.append(Span(UNFINISHED, "muted"))
    return tuple(spans)


def header_of(
    line: LogLine,
    trace: Trace,
    *,
    folded: bool,
    query: Query,
    here: bool,
    limit: int = NO_LIMIT,
    width: int = 0,
) -> Line:
    """The first line of a traceback as spans: with its exception, and how many lines it has.

    Args:
        line: The line.
        trace: The traceback that it begins.
        folded: Whether the lines below it are hidden.
        query: What to mark in it.
        here: Whether it is the line with the cursor.
        limit: Columns that are wanted.
        width: Columns that it is made to fit by shortening the exception; 0 to leave it whole.
    """
    text = text_of(line)
    tail = f"  {'▸' if folded else '▾'} {trace.lines:,} lines"
    before, found, _ = text.partition(TRACEBACK)
    head = f"{before}Traceback … {safe_text(without_rank(trace.exception))}" if found else text
    room = width - cell_len(tail)
    if width and cell_len(head) > room:
        head = fit(head, room)
    edges, styles = _roles(head, traced=not without_rank(before).strip())
    styles[-1] = "bad"
    spans, all_of_it = _spans(head, (), edges, styles, _marks(head, query, limit), here, limit)
    if all_of_it:
        spans.append(Span(tail, "muted"))
    return tuple(spans)


def dressed(line: Line, sign: str, tint: str, width: int) -> Line:
    """A row with its sign at the left, and in the colour of a cursor or of a stretch if it has one.

    Args:
        line: The row, of fewer columns than `width`.
        sign: One character.
        tint: ``cursor``, ``stretch``, or nothing.
        width: Columns that a tinted row fills.
    """
    style = "mark" if sign in (MARK, MARK_AT_CURSOR) else "sign"
    row = (Span(sign, style), *line)
    if not tint:
        return row
    rest = width - _cells(row)
    filled = (*row, Span(" " * rest)) if rest > 0 else row
    return tuple(Span(text, f"{name}+{tint}") for text, name in filled)


def _marks(text: str, query: Query, limit: int) -> list[tuple[int, int]]:
    return query.spans(text[: 2 * limit + max(len(query.text), _MATCH_REACH)]) if query else []


def _spans(
    text: str,
    coloured: Sequence[StyleSpan],
    edges: Sequence[int],
    styles: Sequence[str],
    marks: Sequence[tuple[int, int]],
    here: bool,
    limit: int,
) -> tuple[list[Span], bool]:
    """The text with its roles, its own colours and its matches laid one over the other; whether that is all of it."""
    spans: list[Span] = []
    colour = mark = at = taken = 0
    while at < len(text) and taken < limit:
        role = bisect_right(edges, at) - 1
        end, style = (edges[role + 1] if role + 1 < len(edges) else len(text)), styles[role]
        while colour < len(coloured) and coloured[colour].end <= at:
            colour += 1
        while mark < len(marks) and marks[mark][1] <= at:
            mark += 1
        if colour < len(coloured):
            span = coloured[colour]
            end, style = _inner(at, end, style, span.start, span.end, sgr_name(span.sgr))
        if mark < len(marks):
            end, style = _inner(at, end, style, *marks[mark], "here" if here else "find")
        end = min(end, at + limit)
        spans.append(Span(text[at:end], style))
        taken += cell_len(text[at:end])
        at = end
    return spans, at >= len(text)


def divider(line: LogLine, width: int) -> Line:
    """A divider across the view."""
    text = f"── {styled(line.data).text} "
    return (Span(text + "─" * max(0, width - cell_len(text)), "muted"),)


def crop(line: Line, start: int, width: int) -> Line:
    """Columns ``[start, start + width)`` of a line, with a sign at the edge where it goes on."""
    total = _cells(line)
    if start == 0 and total <= width:
        return line
    cells = _columns(line, start, start + width)
    if start and total:
        cells = (Span("‹", "muted"), *_columns(cells, 1, width))
    if total > start + width:
        cells = (*_columns(cells, 0, width - 1), Span("›", "muted"))
    return cells


def wrap(line: Line, width: int) -> list[Line]:
    """The line as rows of at most this many columns; at least one row."""
    if width < 2 or _cells(line) <= width:
        return [line]
    rows: list[Line] = []
    row: list[Span] = []
    left = width
    for text, style in line:
        rest = text
        while rest:
            count = _fitting(rest, left)
            if count:
                row.append(Span(rest[:count], style))
                left -= cell_len(rest[:count])
                rest = rest[count:]
            if rest:
                rows.append(tuple(row))
                row, left = [], width
    rows.append(tuple(row))
    return rows


@lru_cache(maxsize=1024)
def sgr_name(sgr: Sgr) -> str:
    """The name of a log's own colours among the styles of the view; `sgr_style` is its inverse."""
    flags = (sgr.bold, sgr.dim, sgr.italic, sgr.underline, sgr.reverse, sgr.strike)
    return f"{_SGR}{_name(sgr.foreground)}:{_name(sgr.background)}:{''.join('01'[flag] for flag in flags)}"


@lru_cache(maxsize=1024)
def sgr_style(name: str) -> Style | None:
    """The style of that name; None if it is none of a log's own colours."""
    if not name.startswith(_SGR):
        return None
    foreground, background, flags = name.removeprefix(_SGR).split(":")
    bold, dim, italic, underline, reverse, strike = (flag == "1" or None for flag in flags)
    return Style(
        color=_color(foreground),
        bgcolor=_color(background),
        bold=bold,
        dim=dim,
        italic=italic,
        underline=underline,
        reverse=reverse,
        strike=strike,
    )


def _roles(text: str, traced: bool) -> tuple[list[int], list[str]]:
    """Where each stretch of a line begins, and its style: whose line it is, time, level, message."""
    message = without_rank(text)
    tag = len(text) - len(message)
    edges, styles = _message_roles(message, traced)
    if not tag:
        return edges, styles
    # The colour is the tag's own: of eight ranks, each is the same on every line.
    style = f"tag{sum(text[:tag].encode('utf-8', 'replace')) % TAGS}" if text.startswith("[") else "muted"
    return [0, *(tag + edge for edge in edges)], [style, *styles]


def _message_roles(text: str, traced: bool) -> tuple[list[int], list[str]]:
    if traced:
        return [0], ["error" if text[:1] in " \t" else "bad"]
    prefix = prefix_of(text)
    word, message = _LEVEL_STYLES.get(prefix.level or level_of(text) or Level.INFO, ("muted", "text"))
    if not prefix.message:
        return [0], [message]
    between = text[prefix.time : prefix.message]
    start = prefix.time + len(between) - len(between.lstrip(_SEPARATORS))
    end = max(start, prefix.time + len(between.rstrip(_SEPARATORS)))
    return [0, start, end, prefix.message], ["muted", word, "muted", message]


def _inner(at: int, end: int, style: str, start: int, stop: int, inner: str) -> tuple[int, str]:
    """How far the style at a place reaches, where another one holds within ``[start, stop)``."""
    if at < start:
        return min(end, start), style
    return min(end, stop), inner


def _columns(line: Line, start: int, end: int) -> Line:
    """Columns of a line; a wide character that lies across an edge becomes a blank."""
    spans: list[Span] = []
    at = 0
    for text, style in line:
        if at >= end:
            break
        if text.isascii():
            piece = text[max(0, start - at) : end - at]
            at += len(text)
        else:
            piece = ""
            for character in text:
                size = get_character_cell_size(character)
                inside = min(at + size, end) - max(at, start)
                piece += character if inside == size and at >= start else " " * max(0, inside)
                at += size
        if piece:
            spans.append(Span(piece, style))
    return tuple(spans)


def _fitting(text: str, width: int) -> int:
    """How many characters of the text fit."""
    if text.isascii():
        return min(len(text), width)
    for count, character in enumerate(text):
        width -= get_character_cell_size(character)
        if width < 0:
            return count
    return len(text)


def _cells(line: Line) -> int:
    return sum(cell_len(span.text) for span in line)


def _name(colour: Colour | None) -> str:
    if colour is None:
        return ""
    return str(colour) if isinstance(colour, int) else ",".join(map(str, colour))


def _color(name: str) -> Color | None:
    if not name:
        return None
    if "," in name:
        red, green, blue = map(int, name.split(","))
        return Color.from_rgb(red, green, blue)
    return Color.from_ansi(int(name))
