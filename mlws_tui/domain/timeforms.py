"""The forms in which logs write a moment: which one stands at the beginning of a line, and what it says."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

NEAR = 64  # characters within which a line's own time begins
_REACH = NEAR + 48  # and within which it ends
#: Unix seconds that a log may name: from September 2001 to the year 2100.
FIRST, LAST = 1e9, 4102444800.0
_YEARS = range(1971, 2100)

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_NAMED = "|".join(_NAMES)
_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? "
_DATE = (
    r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)"  # 2024-10-19
    r"|(?P<y8>20\d\d)(?P<m8>\d\d)(?P<d8>\d\d)"  # 20241019
    r"|(?P<a>\d\d?)(?P<t>[-/.])(?P<b>\d\d?)(?P=t)(?P<ya>\d{4}|\d\d)"  # 19.10.2024, 10/19/24
    r"|(?P<m2>\d\d)[-/](?P<d2>\d\d)"  # 10/19
    rf"|(?:{_WEEKDAY})?(?P<dn>\d\d?)[ /-](?P<mn>{_NAMED})[ /-](?P<yn>\d{{4}}|\d\d)"  # 19/Oct/2024
    rf"|(?:{_WEEKDAY})?(?P<mw>{_NAMED})  ?(?P<dw>\d\d?)(?:,? (?P<yw>\d{{4}}))?"  # Oct 19
    r"|[DIWEFC](?P<yg>20\d\d)?(?P<mg>\d\d)(?P<dg>\d\d)"  # I1019
)
_ZONE = r" ?(?:Z|UTC|GMT)\b| ?[+-]\d\d:?\d\d(?![\d.])|[+-]\d\d(?![\d.:])"
_STAMP = re.compile(
    rf"(?<![\w/.+])(?<!\d:)(?:(?:{_DATE})(?:[T_:-]|,? {{1,2}}|,| - ))?"
    r"(?P<hour>\d\d?):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d|60)(?P<fraction>[.,]\d{1,9})?)?"
    rf"(?P<half> ?[AaPp]\.?[Mm]\b)?(?P<zone>{_ZONE})?"
    rf"(?: (?P<yc>20\d\d)(?![\d:.,%]))?"  # Sat Oct 19 14:30:00 2024
    r"(?![\d<]|[./]\w|:\d|:[0-9a-f]{2}\b)"
)
#: What most lines of most logs begin with: found several times faster.
_PLAIN = re.compile(
    r"\[?(\d{4})-(\d\d)-(\d\d)[ T]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:[.,](\d{1,9}))?(?= (?:- |\[|\|)|\])"
)
_CLOCK = re.compile(r"\d:\d\d")
_EPOCH = re.compile(r"[\[(]?(?:(\d{10})([.,]\d{1,9})|(?<=[\[(])(\d{10})(?=[\])]))(?![\w.])")

_LEVEL = r"TRACE|DEBUG|NOTICE|INFO|WARN(?:ING)?|ERR(?:OR)?|FATAL|CRITICAL|SUCCESS"
#: What stands before a clock that alone would be weak evidence: who speaks, and how grave it is.
_SPEAKER = re.compile(
    r"(?:\s*(?:\[(?:rank ?|default)?\d+(?:,\d+)?\](?:<\w+>)?|\([^()]{0,40}\b(?:pid|rank|ip)=[^()]{1,40}\)"
    rf"|[\[(<|*]*(?:(?:{_LEVEL})\b|[DIWEFC](?= ))[\])>]?|\[[A-Za-z][\w.-]{{0,24}}\]|\d{{1,4}}:|\|)"
    r"[\s:|>*-]*){0,3}\s*[\[(<]?",
    re.IGNORECASE,
)
#: And before a full date: the like, or a word or two, such as a host or a logger.
_WORDS = re.compile(
    r"\s*[\[(<]?(?:(?:\[[^\[\]]{0,40}\]|\([^()]{0,40}\)|<[^<>]{0,40}>|[^\s\[\](){}]{1,40}+)\s*){0,4}[\[(<]?"
)
#: Words after which a date is told about, and is not the line's own; and such as make a clock a duration.
_ABOUT = re.compile(
    r"\b(?:from|until|till|since|expires?|eta|due|deadline|next|checkpoint|ckpt|resum\w+|load\w+"
    r"|version|built|build|compiled|modified|expected|estimated|elapsed|took|duration|remaining|runtime)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"[\])]? ?(?:/|elapsed|remaining|left\b|total\b|so far|per |eta\b|h\b|hours)", re.IGNORECASE
)


class Stamp(NamedTuple):
    """A moment as it is written.

    Attributes:
        year, month, day: None where they are not written.
        minute: Minutes since midnight.
        second: Seconds and their fraction.
        zone: Seconds east of Greenwich; None for local time.
    """

    year: int | None
    month: int | None
    day: int | None
    minute: int
    second: float
    zone: int | None

    @property
    def clock(self) -> float:
        """Seconds since midnight."""
        return 60 * self.minute + self.second


def stamp_in(text: str) -> Stamp | float | None:
    """The line's own time, as far as it is written; Unix seconds where those are.

    It begins within the first `NEAR` characters, behind nothing or such as ``[rank0]: ``, ``INFO`` or a host's name.
    None for what is no time: a duration, a version, a time that the line tells about.
    """
    plain = _PLAIN.match(text)
    if plain is not None:
        return _read_plain(plain)
    if _CLOCK.search(text, 0, _REACH) is not None:
        for found in _STAMP.finditer(text, 0, _REACH):
            if found.start() > NEAR:
                break
            stamp = _read(found)
            if stamp is not None and _is_own(text, found, stamp):
                return stamp
    epoch = _EPOCH.match(text)
    if epoch is None:
        return None
    ts = float(epoch[1] + epoch[2].replace(",", ".")) if epoch[1] else float(epoch[3])
    return ts if FIRST <= ts <= LAST else None


def whole_stamp(text: str) -> float | None:
    """Unix seconds of a text that is nothing but a date, with or without a time, and its year."""
    text = text.strip()
    if len(text) > _REACH:
        return None
    found = _STAMP.fullmatch(text) or _STAMP.fullmatch(text + " 00:00:00")
    stamp = _read(found) if found is not None else None
    if stamp is None or stamp.year is None or stamp.month is None or stamp.day is None:
        return None
    return seconds_of(stamp.year, stamp.month, stamp.day, stamp)


def seconds_of(year: int, month: int, day: int, stamp: Stamp) -> float | None:
    """Unix seconds of the clock of a stamp on a day; None where the calendar has no such day."""
    start = _minute(year, month, day, stamp.minute, stamp.zone, time.tzname)
    return None if start is None else start + stamp.second


@lru_cache(maxsize=1024)
def _minute(
    year: int, month: int, day: int, minute: int, zone: int | None, _local: tuple[str, str]
) -> float | None:
    """Unix seconds of a minute. Neighbouring lines share theirs; local time may change while the program runs."""
    try:
        if zone is None:
            return datetime(year, month, day, minute // 60, minute % 60).timestamp()
        return datetime(year, month, day, minute // 60, minute % 60, tzinfo=UTC).timestamp() - zone
    except (ValueError, OverflowError, OSError):  # the 31st of February
        return None


def _read_plain(found: re.Match[str]) -> Stamp | None:
    year, month, day, hour, minute, second, fraction = found.groups()
    if int(year) not in _YEARS:
        return None
    seconds = float(f"{second}.{fraction}") if fraction else float(second)
    return Stamp(int(year), int(month), int(day), 60 * int(hour) + int(minute), seconds, None)


def _read(found: re.Match[str]) -> Stamp | None:
    """What a match says; None where no calendar or clock has it."""
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].strip()[0] in "Pp" else 0)
    if hour > 23:
        return None
    date = _date(found)
    if date is None:
        return None
    year, month, day = date
    if year is not None and year not in _YEARS:
        return None
    if month is not None and day is not None and not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    second = float(found["second"] or 0)
    if found["fraction"]:
        second += float("0." + found["fraction"][1:])
    return Stamp(year, month, day, 60 * hour + int(found["minute"]), second, _zone(found["zone"]))


def _date(found: re.Match[str]) -> tuple[int | None, int | None, int | None] | None:
    year = int(found["yc"]) if found["yc"] else None
    if found["y"]:
        return int(found["y"]), int(found["m"]), int(found["d"])
    if found["y8"]:
        return int(found["y8"]), int(found["m8"]), int(found["d8"])
    if found["ya"]:
        return _numbered(found)
    if found["mn"]:
        return _century(found["yn"]), _MONTHS[found["mn"]], int(found["dn"])
    if found["mw"]:
        return int(found["yw"]) if found["yw"] else year, _MONTHS[found["mw"]], int(found["dw"])
    if found["mg"]:
        return int(found["yg"]) if found["yg"] else None, int(found["mg"]), int(found["dg"])
    if found["m2"]:
        return None, int(found["m2"]), int(found["d2"])
    return None, None, None


def _numbered(found: re.Match[str]) -> tuple[int, int, int]:
    """Day and month in numbers: with points the day comes first, else the month.

    Where there is no such month, the day does, or the year where it has two digits as well (``24/10/19``).
    """
    first, second, last = int(found["a"]), int(found["b"]), int(found["ya"])
    if found["t"] == "." or (first > 12 and len(found["ya"]) == 4):
        return _century(found["ya"]), second, first
    if first > 12:
        return 2000 + first, second, last
    return _century(found["ya"]), first, second


def _century(year: str) -> int:
    return int(year) + (2000 if len(year) == 2 else 0)


def _zone(written: str | None) -> int | None:
    if written is None:
        return None
    text = written.strip()
    if text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    seconds = 3600 * int(digits[:2]) + 60 * int(digits[2:] or 0)
    return -seconds if text[0] == "-" else seconds


def _is_own(text: str, found: re.Match[str], stamp: Stamp) -> bool:
    """Whether it is when the line was written, and not a duration or something that the line tells about."""
    before = text[: found.start()]
    if stamp.year is not None or found["mw"] or found["mg"]:
        exact = found["second"] is not None or stamp.year is not None
        return exact and _WORDS.fullmatch(before) is not None and _ABOUT.search(before) is None
    if found["second"] is None or len(found["hour"]) < 2:
        return False
    if _SPEAKER.fullmatch(before) is None or _ABOUT.search(before) is not None:
        return False
    return _DURATION.match(text, found.end()) is None
