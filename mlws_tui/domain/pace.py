"""How fast a run goes, from its records of progress, and how long it will take.

The pace is that of the last part of what was heard, so that a slow start (compiling, filling caches) does not tell for
ever; pauses that come again, such as evaluations, are in it, and a jump is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from statistics import median
from typing import Any

#: Parts of the time since the first mark: how far apart marks are at least, and how far back they are kept.
_APART, _KEPT = 1 / 24, 1 / 2
#: How many times faster than what is usual counts as a jump: a resume, or steps that were passed over.
_JUMP = 10.0
_FIELDS = ("step", "total", "epoch", "epochs")


def advance(known: Mapping[str, Any] | None, record: Mapping[str, Any], ts: float) -> dict[str, Any]:
    """What is kept of a process's progress, after one more ``progress`` record.

    Args:
        known: What was kept before.
        record: The record.
        ts: Its time (Unix seconds).

    Returns:
        The last value of each field, ``ts``, and ``since`` and ``marks``: places in time from which the pace is told.
    """
    told = {name: record[name] for name in _FIELDS if record.get(name) is not None}
    kept = {**(known or {}), **told, "ts": ts}
    place = place_of(kept)
    if place is None:
        return kept
    unit, marks = ("step" if _by_step(kept) else "epoch"), list(kept.get("marks", ()))
    if not marks or kept.get("unit") != unit or place[0] < marks[-1][1]:
        return {**kept, "unit": unit, "since": ts, "marks": [[ts, place[0]]]}
    elapsed = ts - kept["since"]
    if ts > marks[-1][0] and ts - marks[-1][0] >= elapsed * _APART:
        marks = [mark for mark in marks if mark[0] >= ts - elapsed * _KEPT] or marks[-1:]
        kept["marks"] = [*marks, [ts, place[0]]]
    return kept


def place_of(progress: Mapping[str, Any]) -> tuple[float, float] | None:
    """How far and how far in all, in steps, or in epochs where only these are known; None where neither is."""
    for done, total in (("step", "total"), ("epoch", "epochs")):
        if (
            (end := _number(progress.get(total)))
            and end > 0
            and (at := _number(progress.get(done))) is not None
        ):
            return at, end
    return None


def seconds_left(progress: Mapping[str, Any]) -> float | None:
    """Seconds that are left at the last record, by the pace since the marks; None while that is not known."""
    place, ts = place_of(progress), progress.get("ts")
    marks = [*progress.get("marks", ())]
    if place is None or ts is None or not marks:
        return None
    if ts > marks[-1][0]:
        marks.append([ts, place[0]])
    elif ts < marks[-1][0]:  # the clock was set back
        return None
    pace = _pace(marks)
    return None if pace is None else max(0.0, (place[1] - place[0]) / pace)


def _pace(marks: list[list[float]]) -> float | None:
    """Steps (or epochs) a second, without the stretches in which they jumped."""
    stretches = [(later[0] - earlier[0], later[1] - earlier[1]) for earlier, later in pairwise(marks)]
    speeds = [steps / seconds for seconds, steps in stretches if steps > 0]
    if not speeds:
        return None
    usual = median(speeds) * _JUMP
    going = [(seconds, steps) for seconds, steps in stretches if steps <= usual * seconds]
    seconds, steps = sum(one[0] for one in going), sum(one[1] for one in going)
    return steps / seconds if seconds > 0 and steps > 0 else None


def _by_step(progress: Mapping[str, Any]) -> bool:
    total = _number(progress.get("total"))
    return total is not None and total > 0 and _number(progress.get("step")) is not None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 2**63 else None  # neither NaN nor an infinity is
