"""How a program ended, by the last lines of its log: only for runs of which nothing else is known."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mlws_tui.domain.ansi import styled
from mlws_tui.domain.levels import TRACEBACK, Level, in_traceback, level_of, read_error, without_rank

_TAIL = 64 * 1024  # bytes at the end in which the reason is looked for
_AFTER = 40  # lines that a launcher may add after what went wrong
_HARDLY_MORE = 3  # lines that may follow on an exception without a traceback: the rest of its message
_LAST = 3  # lines in one of which a program says that it is done
_DONE = re.compile(
    r"\b(?:training|run|job|experiment|evaluation|fine-?tuning)\b.{0,40}\b(?:completed?|finished|done|ended)\b",
    re.IGNORECASE,
)
#: Words of a line that what went wrong did not end the program.
_GOOD = re.compile(
    r"\b(?:done|finished|completed?|success(?:ful(?:ly)?)?|saved|retry(?:ing)?|skip(?:ped|ping)?|resum(?:ed|ing)|bye)\b",
    re.IGNORECASE,
)
#: Words of a line that only a program that goes on prints.
_WORK = re.compile(r"\b(?:epoch|step|iter(?:ation)?|loss|acc(?:uracy)?|it/s|s/it)\b", re.IGNORECASE)


def ending_of(log: Path) -> tuple[dict[str, Any], bool]:
    """Fields of the ``end`` record of a log that grows no more, and whether the text tells the end itself.

    ``failed`` where nothing but complaints follow on an exception that nobody caught, or on a critical error, and where
    an exception is the last that is told; else ``completed``.

    Raises:
        OSError: if it cannot be read.
    """
    with log.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - _TAIL))
        data = file.read(_TAIL)
    lines = [styled(line.rpartition(b"\r")[2] or line).text for line in data.split(b"\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    first = _reason(lines)
    if first is None:
        return {"status": "completed"}, any(map(_DONE.search, lines[-_LAST:]))
    if TRACEBACK not in lines[first]:
        lines[first] = without_rank(lines[first])
    told = read_error(0, lines[first:], None)
    error = {"type": told.type, "message": told.message, "traceback": told.traceback}
    return {"status": "failed", "error": error}, True


def _reason(lines: list[str]) -> int | None:
    """Where what ended the program begins in these lines; None where nothing did."""
    traced = in_traceback(lines)
    grave = [
        number
        for number, line in enumerate(lines)
        if traced[number] or (level_of(line) or Level.DEBUG) >= Level.CRITICAL
    ]
    if not grave:
        return _named(lines)
    last = grave[-1]
    after = [line for line in lines[last + 1 :] if line.strip()]
    if len(after) > _AFTER or any(map(_goes_on, after)):
        return _named(lines)
    first = last
    while first > 0 and traced[last] and (traced[first - 1] or not lines[first - 1].strip()):
        first -= 1
    return next((number for number in range(first, last + 1) if TRACEBACK in lines[number]), last)


def _named(lines: list[str]) -> int | None:
    """Where an exception without a traceback is the last that is told, as by who prints it and ends."""
    told = [number for number, line in enumerate(lines) if line.strip()][-_HARDLY_MORE - 1 :]
    for number in reversed(told):
        line = lines[number]
        if (level_of(line) or Level.DEBUG) >= Level.ERROR and read_error(0, [without_rank(line)], None).type:
            return number
        if _goes_on(line) or _GOOD.search(line):
            return None
    return None


def _goes_on(line: str) -> bool:
    level = level_of(line)
    return level < Level.WARNING if level is not None else _WORK.search(line) is not None
