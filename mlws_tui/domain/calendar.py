"""A month as a grid of weeks from Monday to Sunday, and days in words; in the same words whatever the locale."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEK = 7


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def last_of(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def weeks_of(month: date) -> list[list[date | None]]:
    """The weeks of the month that a day is in, Monday first; None for the days of the months around it."""
    days: list[date | None] = [None] * first_of(month).weekday()
    days += [month.replace(day=number) for number in range(1, last_of(month).day + 1)]
    days += [None] * (-len(days) % _WEEK)
    return [days[at : at + _WEEK] for at in range(0, len(days), _WEEK)]


def days_on(day: date, by: int) -> date:
    """The day so many days later, as far as the calendar reaches."""
    try:
        return day + timedelta(days=by)
    except OverflowError:
        return date.max if by > 0 else date.min


def months_on(day: date, by: int) -> date:
    """The same day so many months later; the last one of a month that is shorter."""
    month = day.year * 12 + day.month - 1 + by
    if not date.min.year * 12 <= month < (date.max.year + 1) * 12:
        return day
    first = date(month // 12, month % 12 + 1, 1)
    return first.replace(day=min(day.day, last_of(first).day))


def day_words(day: date, today: date) -> str:
    """``Thu 19 Nov``; with its year where that is another one than today's: ``Thu 19 Nov 2025``."""
    words = f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1][:3]}"
    return words if day.year == today.year else f"{words} {day.year}"


def month_words(day: date) -> str:
    """``November 2026``."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def distance_words(day: date, today: date) -> str:
    """How far a day is from today: ``today``, ``tomorrow``, ``3 days ago``, ``in 2 days``."""
    days = (day - today).days
    if abs(days) <= 1:
        return ("today", "tomorrow", "yesterday")[days]
    return f"in {days:,} days" if days > 0 else f"{-days:,} days ago"
