"""When the lines of a log were written."""

from __future__ import annotations

import time
from datetime import date, timedelta

from mlws_tui.domain.ansi import styled
from mlws_tui.domain.jsonlines import json_line
from mlws_tui.domain.timeforms import LAST, Stamp, seconds_of, stamp_in

_DAY = 86_400.0
_BACK = 7_200.0  # a clock that falls by more than this (s) has passed midnight
_HEAD = 512  # bytes of a line in which its time may stand, colours and all


class Times:
    """Reads the times of lines in their order. Only what a line leaves out is taken from the lines before.

    A bare clock (``09:15:23``) falls on the day of the line before it, or on the next where it passed midnight; a date
    without a year in the year that brings it nearest. Without `day`, and before a full date was read, both are no time.
    Times without an offset are local.

    Args:
        day: Unix seconds of a moment on the day on which the lines begin, where it is known.
    """

    def __init__(self, day: float | None = None) -> None:
        self._day = _day_and_clock(day)[0] if day is not None and 0 <= day <= LAST else None
        self._clock: float | None = None
        self._last: float | None = (
            None  # of a line with a full date; its day is only worked out where it is needed
        )

    def read(self, text: str) -> float | None:
        """Unix seconds at which the line says that it was written; None where it says nothing."""
        if text[:1] == "{":
            line = json_line(text.encode("utf-8", "replace"))
            ts = line.ts if line is not None else None
        else:
            found = stamp_in(text)
            ts = self._seconds(found) if isinstance(found, Stamp) else found
            if isinstance(found, Stamp) and found.year is None:
                return ts
        if ts is not None and ts <= LAST:
            self._last = ts
        return ts

    def read_line(self, data: bytes) -> float | None:
        """The same for a line as its bytes; colours and what a progress bar drew over are passed over."""
        if data[:1] == b"{":
            return self.read(data.decode("utf-8", "replace"))
        head = data if b"\r" in data else data[:_HEAD]
        if b"\x1b" in head or b"\r" in head or b"\b" in head:
            return self.read(styled(head).text)
        return self.read(head.decode("utf-8", "replace"))

    def _seconds(self, stamp: Stamp) -> float | None:
        if stamp.year is not None and stamp.month is not None and stamp.day is not None:
            return seconds_of(stamp.year, stamp.month, stamp.day, stamp)
        if self._last is not None:
            self._day, self._clock = _day_and_clock(self._last)
            self._last = None
        if self._day is None:
            return None
        if stamp.month is not None and stamp.day is not None:
            return self._dated(self._day, stamp, stamp.month, stamp.day)
        self._day = self._day + timedelta(days=self._passed(stamp.clock))
        self._clock = stamp.clock
        return seconds_of(self._day.year, self._day.month, self._day.day, stamp)

    def _dated(self, near: date, stamp: Stamp, month: int, day: int) -> float | None:
        """A date without its year, in the year in which it is nearest to the day of the line before."""
        years = [year for year in (near.year, near.year - 1, near.year + 1) if _exists(year, month, day)]
        if not years:
            return None
        year = min(years, key=lambda one: abs(date(one, month, day) - near))
        self._day, self._clock = date(year, month, day), stamp.clock
        return seconds_of(year, month, day, stamp)

    def _passed(self, clock: float) -> int:
        """Days from the line before to this one: one over midnight, one back for a line that comes a little late."""
        if self._clock is None:
            return 0
        if clock < self._clock - _BACK:
            return 1
        return -1 if clock > self._clock + _DAY - _BACK else 0


def _day_and_clock(ts: float) -> tuple[date, float]:
    local = time.localtime(ts)
    clock = 3600 * local.tm_hour + 60 * local.tm_min + local.tm_sec
    return date(local.tm_year, local.tm_mon, local.tm_mday), clock + ts % 1


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
