"""The heading of an entry: what it says, and changing its words while its date stays."""

from __future__ import annotations

import re
from datetime import date

from mlws_tui.domain.dates import read_title
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.journal import Day, Journal, parse
from mlws_tui.domain.journal_edits import Splice
from mlws_tui.domain.markdown import BOM, encode
from mlws_tui.domain.text import safe_text

_ATX = re.compile(rb"( {0,3}#{1,6}[ \t]+)(.*?)(?:[ \t]+#+)?[ \t]*(?:\r\n|\n|\r)?\Z", re.DOTALL)
_BLANK = re.compile(r"\s+")
_BETWEEN = " \t-–—:·|,;"  # between a date and the words beside it
#: Characters of a heading that are shown where there is little room.
_SHOWN = 60


def called(day: date, title: str = "") -> str:
    """What an entry is called: its heading's own words, with the weekday where these are numbers alone."""
    iso, weekday = day.isoformat(), f"{day:%a}"
    words = safe_text(title).strip()
    if len(words) > _SHOWN:
        words = f"{words[:_SHOWN].rstrip()}…"
    if not words:
        words = iso
    return f"{weekday} {words}" if words.startswith(iso) and weekday.lower() not in words.lower() else words


def words_beside(day: Day) -> str:
    """What an entry's heading says beside its date."""
    return "" if day.dated.bare else day.heading.title.replace(day.dated.write(day.date), "").strip(_BETWEEN)


def retitled(journal: Journal, day: Day, text: str) -> Splice:
    """Give an entry's heading other words. Without a date in them they go behind the one that is there.

    Raises:
        UsageError: if the words date another day, or make no heading.
        MlwsError: if the heading cannot be told from the text around it.
    """
    words = _BLANK.sub(" ", text).strip()
    plain = day.dated.write(day.date)
    dated = read_title(words)
    if not words:
        words = plain
    elif dated is None:
        words = f"{plain} - {words}"
        dated = read_title(words)
    if dated is not None and dated.day != day.date:
        raise UsageError(
            f"{words} is the heading of another day",
            hint=f"leave the date as it is, {plain}, or leave it out",
        )
    start, end = _span(journal, day)
    splice = Splice(start, end, encode(words))
    after = parse(splice.apply(journal.data))
    ends = [(one.date, one.ordinal, one.line_start, one.line_end) for one in journal.days]
    new = after.day(day.date, day.ordinal)
    if new is None or [(one.date, one.ordinal, one.line_start, one.line_end) for one in after.days] != ends:
        raise UsageError(f"{words} makes no heading of that day", hint="use plain words beside the date")
    return splice


def _span(journal: Journal, day: Day) -> tuple[int, int]:
    """The bytes of a heading's words."""
    heading = day.heading
    start = journal.outline.starts[heading.line]
    if heading.underline:
        end = journal.outline.starts[heading.end - 1]
        shown = journal.data[start:end]
        lead = len(BOM) if shown.startswith(BOM) else 0
        lead += len(shown[lead:]) - len(shown[lead:].lstrip(b" \t"))
        return start + lead, start + len(shown.rstrip())
    line = journal.outline.lines[heading.line]
    bom = len(BOM) if line.startswith(BOM) else 0
    found = _ATX.match(line[bom:])
    if found is None:
        raise MlwsError("The heading of this day cannot be changed here", hint="change it in your editor")
    return start + bom + found.start(2), start + bom + found.end(2)
