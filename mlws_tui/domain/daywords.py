"""Days as people type them: ``yesterday``, ``last friday``, ``3 days ago``, ``19.10.``, ``oct 19``, ``2024-10-19``."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from difflib import get_close_matches

from mlws_tui.domain.errors import UsageError

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
#: Names of days, counted from today.
_NAMED = {
    "today": 0, "now": 0, "t": 0, "yesterday": -1, "yest": -1, "y": -1, "tomorrow": 1, "tom": 1, "tmr": 1,
    "day before yesterday": -2, "the day before yesterday": -2,
    "day after tomorrow": 2, "the day after tomorrow": 2,
}  # fmt: skip
_VOCABULARY = (
    "today", "yesterday", "tomorrow", "last week", "next week", "last month", "next month",
    *_WEEKDAYS, *(f"last {day}" for day in _WEEKDAYS), *(f"next {day}" for day in _WEEKDAYS),
)  # fmt: skip
_EXAMPLES = "for example yesterday, last friday, 3 days ago, oct 19 or 2024-10-19"
_TO_COME = "for example tomorrow, next monday, in 3 days, +7, dec 24 or 2026-12-24"

_COUNT = r"(?P<n>\d{1,6}|an?|" + "|".join(_COUNTS) + ")"
_UNIT = r"(?P<unit>days?|d|weeks?|w|months?|years?|y)"
_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<y>\d{4}|\d{2})"

_OFFSET = re.compile(r"(?P<sign>[-+])\s*(?P<n>\d{1,6})\s*(?:" + _UNIT + ")?")
_AGO = re.compile(_COUNT + r"\s*" + _UNIT + r"\s+(?P<way>ago|before|from now|from today)")
_IN = re.compile(r"(?P<way>in)\s+" + _COUNT + r"\s*" + _UNIT)
_RELATIVE = re.compile(r"(?P<which>last|past|previous|this|next|coming)\s+(?P<what>[a-z]+)")
_OF_WEEK = re.compile(r"(?P<day>[a-z]+)\s+(?P<which>last|this|next)\s+week")
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})")
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})")
_DOTTED = re.compile(r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.?(?:\s?(?P<y>\d{4}|\d{2}))?")
_DASHED = re.compile(r"(?P<m>\d{1,2})-(?P<d>\d{1,2})")
_DAY_FIRST = re.compile(r"(?P<d>\d{1,2})-(?P<m>\d{1,2})-(?P<y>\d{4})")
_SLASHED = re.compile(r"(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<y>\d{4}|\d{2}))?")
_NAMED_MONTH = (
    re.compile(_MONTH + r"\s*" + _DAY + r"(?:\s+" + _YEAR + ")?"),
    re.compile(_DAY + r"\s*(?:of\s+)?" + _MONTH + r"(?:\s+" + _YEAR + ")?"),
)
_OF_MONTH = re.compile(r"(?:the\s+)?(?P<d>\d{1,2})(?:st|nd|rd|th)")


def read_day(text: str, today: date, *, ahead: bool = False) -> date:
    """The day that someone typed.

    Understood are ``today``, ``yesterday``, ``tomorrow``; ``-3``, ``+2``, ``3 days ago``, ``a week ago``,
    ``in 2 weeks``; ``last week``, ``next month`` (the same day of it); a weekday, alone, with ``last``, ``this``
    or ``next``, or as ``monday last week``; and dates: ``2024-10-19``, ``2024/10/19``, ``20241019``,
    ``19.10.2024``, ``19.10.``, ``10-19``, ``oct 19``, ``19 October 2024``, ``the 19th``.

    A weekday alone is the last one before today, so the name of today's weekday is a week ago. A date without
    its year is the latest that is not in the future.

    Args:
        text: What was typed; case does not matter.
        today: What the words count from.
        ahead: For a day to come, such as that of a task put off: a weekday alone is the next one after today,
            and a date without its year the first that is not past.

    Raises:
        UsageError: if it is no day; the hint says what would be, and names the nearest.
    """
    words, examples = " ".join(text.replace(",", " ").casefold().split()), _TO_COME if ahead else _EXAMPLES
    for reader in _READERS:
        try:
            found = reader(words, today, ahead)
        except OverflowError:
            raise UsageError(
                f"{_shown(text)} is further away than the calendar reaches", hint=examples
            ) from None
        if found is not None:
            return found
    near = get_close_matches(words, _VOCABULARY, n=1, cutoff=0.7)
    guess = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"{_shown(text)} names no day", hint=guess + examples)


def _shown(text: str) -> str:
    short = " ".join(text.split())
    return f'"{short[:40]}…"' if len(short) > 40 else f'"{short}"'


def _without_weekday(words: str) -> str:
    """A date without the weekday before it: ``sat 19 oct``. The date is what counts."""
    first, _, rest = words.partition(" ")
    return rest if rest and _weekday_number(first) is not None else words


def _named(words: str, today: date, _ahead: bool) -> date | None:
    days = _NAMED.get(words)
    return None if days is None else today + timedelta(days=days)


def _offset(words: str, today: date, _ahead: bool) -> date | None:
    match = _OFFSET.fullmatch(words)
    if match is None:
        return None
    return _moved(today, int(match["sign"] + match["n"]), match["unit"] or "day")


def _ago(words: str, today: date, _ahead: bool) -> date | None:
    match = _AGO.fullmatch(words) or _IN.fullmatch(words)
    if match is None:
        return None
    count = match["n"]
    number = int(count) if count.isdigit() else 1 if count in ("a", "an") else _COUNTS.index(count)
    return _moved(today, -number if match["way"] in ("ago", "before") else number, match["unit"])


def _moved(today: date, count: int, unit: str) -> date:
    kind = unit[0]
    if kind in "dw":
        return today + timedelta(days=count * (7 if kind == "w" else 1))
    months = today.year * 12 + today.month - 1 + count * (12 if kind == "y" else 1)
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def _relative(words: str, today: date, _ahead: bool) -> date | None:
    match = _RELATIVE.fullmatch(words)
    if match is None:
        return None
    which, what = match["which"], match["what"]
    back = which in ("last", "past", "previous")
    if what in ("week", "month", "year", "day"):
        return _moved(today, 0 if which == "this" else -1 if back else 1, what)
    day = _weekday_number(what)
    if day is None:
        return None
    if which == "this":
        return today + timedelta(days=day - today.weekday())
    return _beside(today, day, later=not back)


def _weekday(words: str, today: date, ahead: bool) -> date | None:
    day = _weekday_number(words.removeprefix("on "))
    return None if day is None else _beside(today, day, later=ahead)


def _beside(today: date, weekday: int, *, later: bool) -> date:
    """The nearest such weekday after or before today, never today."""
    if later:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)


def _weekday_number(word: str) -> int | None:
    """0 for Monday, of a name or its first three letters or more."""
    word = word.rstrip(".")
    if len(word) < 3:
        return None
    return next((number for number, name in enumerate(_WEEKDAYS) if name.startswith(word)), None)


def _week(words: str, today: date, _ahead: bool) -> date | None:
    """``monday last week``: that day of a week from Monday to Sunday."""
    match = _OF_WEEK.fullmatch(words)
    day = _weekday_number(match["day"]) if match else None
    if match is None or day is None:
        return None
    weeks = {"last": -1, "this": 0, "next": 1}[match["which"]]
    return today + timedelta(days=day - today.weekday() + 7 * weeks)


def _numeric(words: str, today: date, ahead: bool) -> date | None:
    words = _without_weekday(words)
    for form in (_YEAR_FIRST, _COMPACT, _DAY_FIRST, _DOTTED, _DASHED):
        if match := form.fullmatch(words):
            groups = match.groupdict()
            return _of_parts(words, groups.get("y"), int(groups["m"]), int(groups["d"]), today, ahead)
    match = _SLASHED.fullmatch(words)
    if match is None:
        return None
    first, second = int(match["a"]), int(match["b"])
    if first <= 12 and second <= 12 and first != second:
        year = _year(match["y"]) if match["y"] else today.year
        raise UsageError(
            f"{_shown(words)} can be two days: {_MONTHS[first - 1].title()} {second} or "
            f"{_MONTHS[second - 1].title()} {first}",
            hint=f"write {year:04d}-{first:02d}-{second:02d} or {_MONTHS[first - 1][:3]} {second}",
        )
    month, day = (second, first) if first > 12 else (first, second)
    return _of_parts(words, match["y"], month, day, today, ahead)


def _month_named(words: str, today: date, ahead: bool) -> date | None:
    words = _without_weekday(words)
    for form in _NAMED_MONTH:
        if (match := form.fullmatch(words)) and (month := _month_number(match["month"])):
            return _of_parts(words, match["y"], month, int(match["d"]), today, ahead)
    return None


def _month_number(word: str) -> int | None:
    word = "september" if word == "sept" else word
    return next((number for number, name in enumerate(_MONTHS, 1) if name.startswith(word)), None)


def _of_parts(words: str, year: str | None, month: int, day: int, today: date, ahead: bool) -> date:
    """The date; one without its year is the nearest on the side that is asked for."""
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise UsageError(f"{_shown(words)} is no date", hint=_EXAMPLES)
    if year is not None:
        return _exact(words, _year(year), month, day)
    step = 1 if ahead else -1
    # February 29 comes every four years, but for the turn of most centuries
    for candidate in range(today.year, today.year + 9 * step, step):
        if 1 <= candidate <= 9999 and day <= monthrange(candidate, month)[1]:
            found = date(candidate, month, day)
            if (found >= today) if ahead else (found <= today):
                return found
    return _exact(words, today.year, month, day)


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _exact(words: str, year: int, month: int, day: int) -> date:
    if not 1 <= year <= 9999:
        raise OverflowError
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise UsageError(
            f"{_shown(words)} is no date: {_MONTHS[month - 1].title()} {year} has {last} days",
            hint=f"the nearest is {date(year, month, last).isoformat()}",
        )
    return date(year, month, day)


def _of_month(words: str, today: date, ahead: bool) -> date | None:
    """``the 19th``: of this month, or of the nearest that has it and lies on the side that is asked for."""
    match = _OF_MONTH.fullmatch(words)
    if match is None or not 1 <= (day := int(match["d"])) <= 31:
        return None
    for step in range(13):
        month = _moved(today.replace(day=1), step if ahead else -step, "month")
        if day <= monthrange(month.year, month.month)[1]:
            found = month.replace(day=day)
            if (found >= today) if ahead else (found <= today):
                return found
    return None


_READERS: tuple[Callable[[str, date, bool], date | None], ...] = (
    _named, _offset, _ago, _relative, _weekday, _week, _numeric, _month_named, _of_month,
)  # fmt: skip
