"""What a process and those that it started cost, from outside."""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def own_cpu(pid: int) -> float:
    """Seconds that one process has run, all its threads together."""
    return time.clock_gettime((~pid << 3) | 2)


def helpers_cpu(pid: int) -> float:
    """Seconds that the processes below it have run, those that have ended and were waited for included."""
    found = _parent_and_ended(pid)
    return (found[1] if found else 0.0) + sum(_live_cpu(child) for child in below(pid))


def below(pid: int) -> list[int]:
    """All processes that a process or one of its own started."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (stat := _parent_and_ended(int(entry.name))):
            children.setdefault(stat[0], []).append(int(entry.name))
    found: list[int] = []
    todo = [pid]
    while todo:
        more = children.get(todo.pop(), [])
        found += more
        todo += more
    return found


def memory(pid: int) -> tuple[float, float]:
    """Megabytes that one process holds: now, with a share of what it has in common with others, and at its peak."""
    now = _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    return now / 1000, _field(Path(f"/proc/{pid}/status"), "VmHWM:") / 1000


def _live_cpu(pid: int) -> float:
    try:
        return own_cpu(pid)
    except OSError:  # it has ended
        return 0.0


def _field(path: Path, name: str) -> float:
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return float(line.split()[1]) * 1.024
    return 0.0


def _parent_and_ended(pid: int) -> tuple[int, float] | None:
    """The process that started this one, and the seconds that its own ended ones ran; None once it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), (int(fields[13]) + int(fields[14])) / _TICK
