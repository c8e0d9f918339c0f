"""Numbers, durations and times as people write them into a filter."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_NUMBER = re.compile(r"([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|[kKMGT])?\Z", re.IGNORECASE)
_FACTORS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "%": 0.01}
_NAMED = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf}
_AMOUNTS = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+\Z", re.IGNORECASE)
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?\Z")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})\Z")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in Unix seconds, the end not in it; of no length for a moment."""

    first: float
    end: float


def number(text: str) -> float | None:
    """``3``, ``1e-4``, ``10k``, ``1.5M``, ``3%`` (0.03), ``inf``, ``nan``; None where it is no number."""
    if (named := _NAMED.get(text.lower())) is not None:
        return named
    match = _NUMBER.match(text)
    if match is None:
        return None
    digits, unit = match[1].replace("_", ""), (match[2] or "").lower()
    return float(digits) / 100 if unit == "%" else float(digits) * _FACTORS[unit]


def seconds(text: str) -> float | None:
    """``90s``, ``5m``, ``1h30m``, ``2d``, ``1w``, or a number of seconds; None where it is no duration."""
    if _AMOUNTS.match(text):
        return sum(float(count) * _SECONDS[unit.lower()] for count, unit in _AMOUNT.findall(text))
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def span(text: str, now: float) -> Span | None:
    """``2026-11-20``, ``2026-11``, ``2026-11-20T14:00``, ``14:30`` (today), ``today``, ``yesterday``, ``7d`` (ago).

    Times without an offset are local.

    Args:
        text: What was written.
        now: Unix seconds.

    Returns:
        A day, a month or a minute with its end, or a moment; None where it is no time.
    """
    word = text.lower()
    if _AMOUNTS.match(word):
        moment = now - (seconds(word) or 0.0)
        return Span(moment, moment)
    try:
        return _span(word, datetime.fromtimestamp(now))
    except (ValueError, OverflowError, OSError):  # 2026-02-31, or a year that no calendar has
        return None


def _span(word: str, now: datetime) -> Span | None:
    today = now.date()
    if word == "now":
        return Span(now.timestamp(), now.timestamp())
    if word in ("today", "yesterday"):
        return _days(today - timedelta(days=word == "yesterday"))
    if _CLOCK.match(word):
        parts = word.split(":")
        hour, minute, second = (int(part) for part in (*parts, "0")[:3])
        clock = time(hour, minute, second)
        return _clock(datetime.combine(today, clock), len(parts))
    if (month := _MONTH.match(word)) is not None:
        first = date(int(month[1]), int(month[2]), 1)
        return _days(first, (first + timedelta(days=31)).replace(day=1))
    if "t" not in word and ":" not in word:
        return _days(date.fromisoformat(word))
    stamp = datetime.fromisoformat(word.replace("z", "+00:00"))
    return _clock(stamp, 3 if stamp.second or re.search(r":\d\d:\d\d", word) else 2)


def _days(first: date, after: date | None = None) -> Span:
    after = after or first + timedelta(days=1)
    return Span(datetime.combine(first, time()).timestamp(), datetime.combine(after, time()).timestamp())


def _clock(moment: datetime, parts: int) -> Span:
    """The minute or second that begins then."""
    ts = moment.timestamp()
    return Span(ts, ts + (1.0 if parts > 2 else 60.0))
