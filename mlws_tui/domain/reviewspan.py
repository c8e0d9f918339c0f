"""The days that a review looks at: a week, a month, or any others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from mlws_tui.domain.errors import UsageError

#: Days of a week, which is what a review shows where nothing else is asked for.
WEEK = 7
#: The longest span, in days: a life's work.
LONGEST = 100 * 366
#: Days that are told one by one; more of them are told by months.
_ONE_BY_ONE = 62


@dataclass(frozen=True, slots=True)
class ReviewSpan:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def long(self) -> bool:
        """Whether it has too many days to tell of each."""
        return self.length > _ONE_BY_ONE

    def days(self) -> Iterator[date]:
        """Each day, the first one first."""
        return (self.first + timedelta(days=n) for n in range(self.length))

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day <= self.last

    @property
    def whole_month(self) -> bool:
        """Whether it is a month of the calendar."""
        return self.first.day == 1 and self.last == _month_end(self.first)

    @property
    def title(self) -> str:
        """What it is called: the same for the same days, so that a review is found again."""
        if self.whole_month:
            return f"{self.first:%B} {self.first.year}"
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first.isoformat()} to {self.last.isoformat()}"

    def bounds(self) -> tuple[float, float]:
        """When it begins and ends by local time, in Unix seconds; the end is not part of it."""
        return start_of(self.first), start_of(self.last, 1)

    def shifted(self, by: int) -> ReviewSpan:
        """The span so many weeks, months or lengths of its own later, or earlier; it stays within the calendar."""
        try:
            if self.whole_month:
                month = self.first.year * 12 + self.first.month - 1 + by
                return month_of(date(month // 12, month % 12 + 1, 1))
            step = timedelta(days=by * self.length)
            return ReviewSpan(self.first + step, self.last + step)
        except (OverflowError, ValueError):
            return self


def start_of(day: date, later: int = 0) -> float:
    """When a day begins by local time, or one so many days later: Unix seconds, 0 at the ends of the calendar."""
    try:
        return datetime.combine(day + timedelta(days=later), time.min).timestamp()
    except (OverflowError, ValueError, OSError):
        return 0.0


def last_days(today: date, length: int = WEEK) -> ReviewSpan:
    """So many days up to today, which is one of them."""
    return ReviewSpan(_moved(today, 1 - length), today)


def week_of(day: date) -> ReviewSpan:
    """The week from Monday to Sunday that the day is in."""
    return ReviewSpan(_moved(day, -day.weekday()), _moved(day, WEEK - 1 - day.weekday()))


def month_of(day: date) -> ReviewSpan:
    """The month that the day is in."""
    return ReviewSpan(day.replace(day=1), _month_end(day))


def between(first: date, last: date) -> ReviewSpan:
    """The days from one to another.

    Raises:
        UsageError: if the first comes after the last, or they are more than a hundred years apart.
    """
    if first > last:
        raise UsageError(
            f"A review cannot begin on {first.isoformat()} and end on {last.isoformat()}",
            hint="--since is the first day, --until the last",
        )
    if (last - first).days >= LONGEST:
        raise UsageError("A review of more than a hundred years is too long", hint="begin it later")
    return ReviewSpan(first, last)


def _moved(day: date, by: int) -> date:
    """The day so many days later; at the ends of the calendar its last or first one."""
    return date.fromordinal(max(1, min(date.max.toordinal(), day.toordinal() + by)))


def _month_end(day: date) -> date:
    first = day.replace(day=1)
    try:
        return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    except OverflowError:  # the last month of the calendar
        return date.max
