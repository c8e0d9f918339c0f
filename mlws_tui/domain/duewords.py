"""Tasks that say in words until when they are to be done: ``write the report, due friday``."""

from __future__ import annotations

import re
from datetime import date

from mlws_tui.domain.daywords import read_day
from mlws_tui.domain.errors import UsageError

_DUE = re.compile(
    r"(?P<task>.*\S[\s(]+)(?P<word>due|by)\b:?\s+(?P<day>[^()]{3,40}?)(?P<end>\)?\s*)", re.IGNORECASE
)
#: Short names of days that are other words as well: ``reviewed by Tom``.
_NO_DAYS = frozenset(("tom", "now", "sun"))


def with_due_date(text: str, today: date) -> str:
    """The text of a task; where its first line ends in ``due`` or ``by`` and a day in words, with the day's date.

    A weekday is the next one. What is no day stays as it was written.
    """
    first, newline, rest = text.partition("\n")
    match = _DUE.fullmatch(first)
    if match is None or match["day"].casefold() in _NO_DAYS:
        return text
    try:
        day = read_day(match["day"], today, ahead=True)
    except UsageError:  # by hand, due to the long warmup
        return text
    return f"{match['task']}{match['word']} {day.isoformat()}{match['end']}{newline}{rest}"
