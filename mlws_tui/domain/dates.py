"""Dates as people write them into the headings of a journal, and writing another date in the same form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGIT = re.compile(r"\d")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT_MONTH = {name[:3].lower(): number for number, name in enumerate(_MONTHS, 1)}

_MONTH = r"(?P<month>" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS) + r"|Sept)\.?"
_WEEKDAY = "|".join((*_DAYS, *(name[:3] for name in _DAYS), "Tues", "Thurs", "Thur", "Weds"))
_ORDINAL = r"(?P<suffix>st|nd|rd|th)?"
_EDGE = r"(?<![A-Za-z0-9/.\-])"
_END = r"(?![A-Za-z0-9/\-]|\.\d)"
_BEFORE = rf"(?:(?P<before>{_WEEKDAY})(?P<gap>[,.]?\s+))?"
_AFTER = rf"(?P<after>,?\s+\(?(?:{_WEEKDAY})\)?(?![A-Za-z]))?"

_YEAR_FIRST = r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})"
_YEAR_LAST = r"(?P<d>\d{1,2})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4})"
_DAY_MONTH = rf"(?P<d>\d{{1,2}}){_ORDINAL}\s+{_MONTH},?\s+(?P<y>\d{{4}})"
_MONTH_DAY = rf"{_MONTH}\s+(?P<d>\d{{1,2}}){_ORDINAL},?\s+(?P<y>\d{{4}})"


@cache
def _forms() -> tuple[re.Pattern[str], ...]:
    """The forms of a date; a journal with the usual one alone, and a command that adds a line to it, need none."""
    return tuple(
        re.compile(_EDGE + _BEFORE + r"(?P<core>" + form + ")" + _END + _AFTER, re.IGNORECASE)
        for form in (_YEAR_FIRST, _YEAR_LAST, _DAY_MONTH, _MONTH_DAY)
    )


#: No heading that dates an entry is longer (characters).
_LONGEST = 1_000
#: Marks close around a date that belong to a journal's style: ``## [2024-10-19]``, ``## **2024-10-19**``.
_MARKS_BEFORE = re.compile(r"[\[*_(]+$")
_MARKS_AFTER = re.compile(r"[\])*_]+")


@dataclass(frozen=True, slots=True)
class DatedTitle:
    """The date that a title holds.

    Attributes:
        day: The date.
        bare: Whether the title holds nothing else, but for the weekday and marks around it.
        write: Writes any date in the same form, with its weekday where this one has it.
    """

    day: date
    bare: bool
    write: Callable[[date], str]


def iso(day: date) -> str:
    """``2024-10-19``."""
    return day.isoformat()


@lru_cache(maxsize=8192)  # the days of twenty years; a journal is read again after each save
def read_title(title: str) -> DatedTitle | None:
    """The one date in a title; None where there is none, or several, or none that the calendar knows.

    Understood are ``2024-10-19``, ``2024/10/19``, ``2024.10.19``, ``19.10.2024``, ``19-10-2024``,
    ``10/19/2024``, ``Sat 19 Oct 2024``, ``19th October 2024`` and ``October 19, 2024``, with or without a
    weekday. Where day and month cannot be told apart (``03/04/2024``) it is no date.
    """
    if len(title) > _LONGEST or not _DIGIT.search(title):
        return None
    if _ISO.fullmatch(title):  # the usual one
        try:
            return DatedTitle(date.fromisoformat(title), True, iso)
        except ValueError:
            return None
    found: DatedTitle | None = None
    for form in _forms():
        for match in form.finditer(title):
            day = _date(match)
            if day is None:
                return None
            if found is not None and found.day != day:
                return None
            if found is None:
                before = _MARKS_BEFORE.search(title[: match.start()])
                after = _MARKS_AFTER.match(title[match.end() :])
                opening, closing = before.group() if before else "", after.group() if after else ""
                rest = title[: match.start() - len(opening)] + title[match.end() + len(closing) :]
                found = DatedTitle(day, not rest.strip(" :"), _writer(match, opening, closing))
    return found


def why_unread(title: str) -> str:
    """What keeps a title with a date of ours in it from being one: a few words; empty where nothing does."""
    if len(title) > _LONGEST or not _DIGIT.search(title):
        return ""
    for form in _forms():
        for match in form.finditer(title):
            if _date(match) is None:
                both = (
                    form is _forms()[1]
                    and match["sep"] == "/"
                    and 1 <= int(match["d"]) <= 12 >= int(match["m"])
                )
                return f"{match['core']} " + (
                    "can be two days" if both and int(match["m"]) else "does not exist"
                )
    return ""


def _date(match: re.Match[str]) -> date | None:
    groups = match.groupdict()
    year, day = int(groups["y"]), int(groups["d"])
    if groups.get("month"):
        month = _SHORT_MONTH[groups["month"][:3].lower()]
    else:
        month = int(groups["m"])
        if match.re is _forms()[1] and groups["sep"] == "/":
            if day <= 12 and month <= 12 and day != month:
                return None
            if month > 12:
                day, month = month, day
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _writer(match: re.Match[str], opening: str, closing: str) -> Callable[[date], str]:
    groups = match.groupdict()

    def write(day: date) -> str:
        before = _weekday(day, groups["before"]) + groups["gap"] if groups["before"] else ""
        after = re.sub("[A-Za-z]+", lambda word: _weekday(day, word.group()), groups["after"] or "")
        return opening + before + _core(match, day) + after + closing

    return write


def _weekday(day: date, like: str) -> str:
    name = _DAYS[day.weekday()]
    return _case(name if like.lower() in (full.lower() for full in _DAYS) else name[:3], like)


def _case(name: str, like: str) -> str:
    return name.upper() if like.isupper() else name.lower() if like.islower() else name


def _core(match: re.Match[str], day: date) -> str:
    """The date without its weekday, each part in the place and width of the one that was read."""
    named = bool(match.groupdict().get("month"))
    values = {"y": f"{day.year:04d}", "d": _number(day.day, match["d"], named=named)}
    if named:
        like = match["month"]
        full = _MONTHS[day.month - 1]
        values["month"] = _case(
            full[:3] if len(like) <= 4 and like.lower() not in ("june", "july") else full, like
        )
        if match["suffix"]:
            values["suffix"] = _ordinal(day.day)
    else:
        values["m"] = _number(day.month, match["m"], named=False)
        if match.re is _forms()[1] and match["sep"] == "/" and int(match["m"]) > 12:
            values["m"], values["d"] = values["d"], values["m"]
    start, text = match.start("core"), match["core"]
    for name in sorted(values, key=match.start, reverse=True):
        text = text[: match.start(name) - start] + values[name] + text[match.end(name) - start :]
    return text


def _number(value: int, like: str, *, named: bool) -> str:
    """Two digits where `like` shows that numbers are padded; ``19`` beside a month's name does not."""
    padded = like[0] == "0" if named else len(like) == 2
    return f"{value:02d}" if padded else str(value)


def _ordinal(day: int) -> str:
    if 10 <= day % 100 <= 20:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
