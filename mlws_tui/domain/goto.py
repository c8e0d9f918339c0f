"""Where a person wants to go in a log: a line, a share of it, or a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from mlws_tui.domain.timeforms import FIRST, LAST, whole_stamp

_LINE = re.compile(r"(?:line |#)?\s*([+-]?)(\d{1,3}(?:[,_ ']\d{3})+|\d{1,15})", re.IGNORECASE)
_SHARE = re.compile(r"(\d{1,3}(?:[.,]\d{1,6})?) ?%")
_EPOCH = re.compile(r"@(\d{1,10}(?:\.\d{1,9})?)|(\d{10}\.\d{1,9})")
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d+))?)? ?(?P<half>[ap]m)?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r" ?(an?|\d{1,6}(?:\.\d{1,3})?) ?(d|h|m|s|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?)(?![a-z])",
    re.IGNORECASE,
)
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = (
    re.compile(r"(?P<m>\d{1,2})[/-](?P<d>\d{1,2})"),  # 10/19, 10-19
    re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.?"),  # 19.10.
    re.compile(rf"(?P<name>{'|'.join(_MONTHS)})[a-z]* (?P<d>\d{{1,2}})", re.IGNORECASE),
    re.compile(rf"(?P<d>\d{{1,2}})\.? (?P<name>{'|'.join(_MONTHS)})[a-z]*", re.IGNORECASE),
)
_WORDS = {"noon": "12:00", "midnight": "00:00"}
_ENDS = {"$": -1.0, "end": -1.0, "bottom": -1.0, "^": 1.0, "start": 1.0, "top": 1.0}


@dataclass(frozen=True, slots=True)
class GoTo:
    """A place that a person named.

    Attributes:
        kind: What `value` counts.
        value: Number of a line, from 1, and from -1 at the end; a share of the bytes (0–1); or Unix seconds.
    """

    kind: Literal["line", "share", "time"]
    value: float


def parse_goto(text: str, *, now: float, near: float | None) -> GoTo | None:
    """What a person means; None where it is neither a line, nor a share, nor a time.

    Understood are ``1200``, ``1,200``, ``-100`` (from the end), ``$``, ``50%``, ``14:30``, ``2:30 pm``, ``noon``,
    ``yesterday 14:30``, ``10-19 14:30``, ``Oct 19``, ``2024-10-19 14:30:05``, ``@1729348200``, ``-5m`` and ``+1h30m``
    (from here), ``10 minutes ago`` and ``now``. Times without an offset are local.

    Args:
        text: What was typed.
        now: Unix seconds.
        near: Time of the line that the person looks at, where it has one: a clock without a date is of its day.
    """
    text = " ".join(text.split())
    if text.lower() in _ENDS:
        return GoTo("line", _ENDS[text.lower()])
    line = _LINE.fullmatch(text)
    if line is not None:
        number = float(re.sub(r"\D", "", line[2]))
        return GoTo("line", -max(number, 1.0) if line[1] == "-" else max(number, 1.0))
    share = _SHARE.fullmatch(text)
    if share is not None:
        return GoTo("share", min(float(share[1].replace(",", ".")) / 100, 1.0))
    ts = _time(text, now, now if near is None else near)
    return None if ts is None or not FIRST / 2 <= ts <= LAST else GoTo("time", ts)


def _time(text: str, now: float, near: float) -> float | None:
    lower = text.lower()
    if lower == "now":
        return now
    epoch = _EPOCH.fullmatch(text)
    if epoch is not None:
        return float(epoch[1] or epoch[2])
    if lower.endswith(" ago"):
        amount = _amount(text[:-4])
        return None if amount is None else now - amount
    if text[:1] in ("+", "-"):
        amount = _amount(text[1:])
        return None if amount is None else near + (amount if text[0] == "+" else -amount)
    whole = whole_stamp(text)
    return whole if whole is not None else _on_a_day(lower, now, near)


def _amount(text: str) -> float | None:
    """Seconds of ``1h30m``, ``90 minutes``, ``an hour``."""
    at, total = 0, 0.0
    while found := _AMOUNT.match(text, at):
        count = 1.0 if found[1][0] in "aA" else float(found[1])
        total += count * _UNITS[found[2][0].lower()]
        at = found.end()
    return total if at and at == len(text) else None


def _on_a_day(text: str, now: float, near: float) -> float | None:
    """A clock, a day, or a day with a clock; neither says the year."""
    today, here = datetime.fromtimestamp(now).date(), datetime.fromtimestamp(near).date()
    for word, day in (("today", today), ("yesterday", today - timedelta(days=1))):
        if text == word or text.startswith(word + " "):
            return _at(day, text[len(word) :] or "00:00")
    for form in _DAYS:
        found = form.match(text)
        if found is not None and (found.end() == len(text) or text[found.end()] in " ,"):
            fallen = _nearest(found, here)
            return None if fallen is None else _at(fallen, text[found.end() :].lstrip(",") or "00:00")
    return _at(here, text)


def _at(day: date, clock: str) -> float | None:
    clock = clock.strip()
    found = _CLOCK.fullmatch(_WORDS.get(clock, clock))
    if found is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    try:
        moment = datetime(day.year, day.month, day.day, hour, int(found["minute"]), int(found["second"] or 0))
        return moment.timestamp() + (float(f"0.{found['part']}") if found["part"] else 0.0)
    except (ValueError, OverflowError, OSError):  # 25:00, or a year that the system's clock does not know
        return None


def _nearest(found: re.Match[str], here: date) -> date | None:
    """The named day in the year in which it is nearest."""
    names = found.groupdict()
    month = _MONTHS.index(names["name"].lower()) + 1 if names.get("name") else int(names["m"])
    days: list[date] = []
    for year in (here.year - 1, here.year, here.year + 1):
        try:
            days.append(date(year, month, int(names["d"])))
        except ValueError:  # the 31st of November, or a 29th of February
            continue
    return min(days, key=lambda day: abs(day - here), default=None)
