"""Finds places in the parts of a log: lines that pass a test, moments, tracebacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlws_tui.domain.levels import in_traceback
from mlws_tui.domain.logs import Place, Trace
from mlws_tui.sources.lineindex import BLOCK
from mlws_tui.sources.lines import Found
from mlws_tui.sources.logparts import Part
from mlws_tui.sources.records import record_of
from mlws_tui.sources.sift import Condition, Filtered, Going
from mlws_tui.sources.stretch import text_of
from mlws_tui.sources.tally import Tally, backward, forward
from mlws_tui.sources.timesearch import first_at

_STAMP_WITHIN = 200  # lines before one in which its time is looked for


def find(
    parts: Sequence[Part],
    place: Place,
    test: Condition,
    shows: Filtered | None,
    *,
    ahead: bool,
    going: Going,
) -> Place | None:
    """The nearest line from the place on, or before it, that passes.

    Args:
        parts: Of the log.
        place: Where to begin; ahead the line at it is the first that counts, backwards the one before it.
        test: What is looked for.
        shows: What a line must pass to be shown at all; None for nothing.
        ahead: Which way.
        going: Asked now and then; once it says no, None is returned.

    Raises:
        TooSlowError: if a regular expression takes too long.
    """
    for part in parts if ahead else reversed(parts):
        if (part.number < place.part) if ahead else (part.number > place.part):
            continue
        here = part.number == place.part
        lines: Iterator[Found]
        if ahead:
            offset = max(place.offset, part.start) if here else part.start
            lines = forward(part, test, offset, going, _tally(part, test), BLOCK)
        else:
            offset = place.offset if here else part.size
            lines = backward(part, test, offset, going, _tally(part, test), BLOCK)
        for line in lines:
            if shows is None or shows.shows(part, line):
                return Place(part.number, line.start)
            if not going():
                return None
    return None


def trace_at(part: Part, offset: int) -> Trace | None:
    """The traceback that the line at the offset belongs to; None where it belongs to none."""
    record = record_of(part, offset)
    texts = [text_of(line.data) for line in record]
    traced = [i for i, inside in enumerate(in_traceback(texts)) if inside]
    if not traced:
        return None
    lines = record[traced[0] : traced[-1] + 1]
    if not lines[0].start <= offset < lines[-1].end:
        return None
    first, following = Place(part.number, lines[0].start), Place(part.number, lines[-1].end)
    return Trace(first, following, len(lines), texts[traced[-1]].strip())


def time_at(part: Part, offset: int) -> float | None:
    """When the line at the offset was written (Unix seconds), else the nearest one before it that tells."""
    lines = [*part.reader.before(offset, _STAMP_WITHIN), *part.reader.after(offset, 1)]
    times = part.opened.times()
    told = [times.read_line(line.data) for line in lines]
    return next((ts for ts in reversed(told) if ts is not None), None)


def offset_at_time(part: Part, ts: float, going: Going) -> int | None:
    """Where the first line begins that was written then or later; None where the lines tell no times."""
    return first_at(part.reader, part, ts, going, times=part.opened.times)


def _tally(part: Part, test: Condition) -> Tally | None:
    """What is known of the whole file, where this is what is counted of it."""
    opened = part.opened
    known = (opened.sought, opened.sifted, opened.errors, opened.warnings)
    return next((tally for tally in known if tally is not None and tally.test is test), None)
