"""Runs of logs that no stream knows: what each is called, and an id that is the same whenever it is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from mlws_tui.domain.ansi import styled
from mlws_tui.domain.events import KINDS, begun, is_run_id, is_time, slug
from mlws_tui.domain.levels import time_of
from mlws_tui.services.harvest.finding import base_of, stem_of

#: Bytes at the beginning of a log in which its time is looked for.
BEGINNING = 4096
_NO_TIME = "19700101-000000"
_STAMP = re.compile(
    r"(?<!\d)((?:19|20)\d{2})[-_.]?(\d\d)[-_.]?(\d\d)[-_T ]?(\d\d)[-_.:]?(\d\d)[-_.:]?(\d\d)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class LogName:
    """What a log of its own is called.

    Attributes:
        id: The run's id.
        name: What a list shows.
        kind: One of KINDS.
        begun: Unix seconds by its text, else by its name; None where neither tells.
    """

    id: str
    name: str
    kind: str
    begun: float | None


def name_log(path: str, beginning: bytes, taken: Callable[[str], bool]) -> LogName:
    """How the run of a log is called that no stream knows.

    Args:
        path: Of the log, relative to the workspace.
        beginning: The first bytes of its text.
        taken: Whether another run has an id.
    """
    place = PurePosixPath(base_of(path))
    parts = place.parts
    kind = parts[1] if len(parts) > 2 and parts[0] == "logs" and parts[1] in KINDS else "training"
    stem = stem_of(path)
    if is_run_id(stem):
        return LogName(stem, stem[16:], kind, first_time(beginning) or begun(stem) or None)
    inner = parts[2:-1] if parts[:2] == ("logs", kind) else parts[1:-1]
    named = [_by_name(part) for part in (*inner, stem)]
    told = "/".join(part for part, _ in named if part) or stem
    when = next((ts for _, ts in reversed(named) if ts is not None), None)
    when = first_time(beginning) or when
    stamp = _NO_TIME if when is None else datetime.fromtimestamp(when).strftime("%Y%m%d-%H%M%S")
    base = f"{stamp}-{slug(told)}"
    nth, chosen = 1, base
    while taken(chosen):
        nth += 1
        chosen = f"{base}-{nth}"
    return LogName(chosen, told, kind, when)


def first_time(beginning: bytes) -> float | None:
    """The first date and time that a line of it begins with; Unix seconds."""
    return _time_in(beginning[:BEGINNING].splitlines())


def last_time(end: bytes) -> float | None:
    """The last date and time that a line of it begins with; Unix seconds."""
    return _time_in(reversed(end[-BEGINNING:].splitlines()[1:] if len(end) > BEGINNING else end.splitlines()))


def _time_in(lines: Iterable[bytes]) -> float | None:
    for line in lines:
        ts = time_of(styled(line).text)
        if ts is not None and ts > 0 and is_time(ts):
            return ts
    return None


def tells_time(text: bytes) -> bool:
    """Whether any line of it begins with a date and a time."""
    return any(time_of(styled(line).text) is not None for line in text.splitlines())


def _by_name(stem: str) -> tuple[str, float | None]:
    """The name without the date that it holds, and that date; what is no date stays in the name."""
    found = _STAMP.search(stem)
    if found is None:
        return stem, None
    try:
        when = datetime(*map(int, found.groups())).timestamp()  # type: ignore[arg-type]
    except (ValueError, OverflowError, OSError):
        return stem, None
    rest = f"{stem[: found.start()]} {stem[found.end() :]}".strip(" -_.")
    return re.sub(r"\s+", "-", rest), when
