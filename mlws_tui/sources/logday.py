"""On which day a log begins whose lines tell a clock only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mlws_tui.domain.logtimes import Times
from mlws_tui.sources.lines import Readable

_HEAD = 64 * 1024  # bytes in which the first line with a time must come
_SLACK = 60.0  # by so much (s) a line may be later than the last change of its file, as other clocks have it
_DAY = 86_400.0
#: `20241019-143000-name.log`, `2024-10-19_14-30-00/train.log`
_NAMED = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)[-_T ]?(?:(\d\d)[-_.:]?(\d\d)(?:[-_.:]?(\d\d))?)?(?!\d)"
)


def times_of(source: Readable, path: Path, modified: float) -> Callable[[], Times]:
    """What makes readers of a log's times that may begin at any of its lines.

    Where lines tell bare clocks, each reader takes them to be within 22 hours of the first one. The day of that is the
    one that the log's name or its folder's tells, else that of its last change or the day before. It blocks.

    Args:
        source: The log.
        path: Its name.
        modified: Unix seconds of its last change.
    """
    named = _named(path)
    day = modified if named is None else named
    first = _first_stamped(source, day)
    if named is None and first is not None and first[1] > modified + _SLACK:
        day -= _DAY

    def times() -> Times:
        fresh = Times(day)
        if first is not None:
            fresh.read_line(first[0])
        return fresh

    return times


def _named(path: Path) -> float | None:
    for name in (path.name, path.parent.name):
        for found in _NAMED.finditer(name):
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
            try:
                return datetime(year, month, day, hour, minute, second).timestamp()
            except (ValueError, OverflowError, OSError):  # other digits
                continue
    return None


def _first_stamped(source: Readable, day: float) -> tuple[bytes, float] | None:
    times = Times(day)
    for line in source.read(source.start, _HEAD).split(b"\n"):
        ts = times.read_line(line)
        if ts is not None:
            return line, ts
    return None
