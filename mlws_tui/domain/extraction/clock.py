"""When lines were written, read in their order."""

from __future__ import annotations

from datetime import datetime

from mlws_tui.domain.levels import time_of
from mlws_tui.domain.logtimes import Times
from mlws_tui.domain.timeforms import LAST


class Clock:
    """Reads the times of those lines that tell something.

    Args:
        last: What another clock, that stopped at the line before, had as its `last`.
    """

    def __init__(self, last: float | None) -> None:
        self.last = last
        self._times: Times | None = None

    def read(self, text: str, *, full: bool) -> float | None:
        """Unix seconds of a line that begins with a date and a time, or with a part of both.

        Args:
            text: The line.
            full: It begins with a year, a month, a day and a time: the quick way.
        """
        ts = time_of(text) if full else None
        if ts is not None:
            self._times = None
        else:
            ts = self._partly().read(text)
        if ts is not None:
            self.last = ts
        return ts

    def _partly(self) -> Times:
        if self._times is None:
            self._times = Times()
            if (
                self.last is not None and 0 <= self.last <= LAST
            ):  # what a line leaves out is that of the last one
                self._times.read(datetime.fromtimestamp(self.last).isoformat(" ", "microseconds"))
        return self._times
