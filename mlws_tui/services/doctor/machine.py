"""The machine: Python, SQLite, the limits of the system, the clock, the GPU driver."""

from __future__ import annotations

import asyncio
import platform
from pathlib import Path

from mlws_tui import __version__
from mlws_tui.domain.checkup import Check, advice, fine
from mlws_tui.domain.figures import duration
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.gpus import GpuService
from mlws_tui.services.hub import Hub
from mlws_tui.sources.gpu.nvml import LIBRARY_NOT_FOUND, problem_of
from mlws_tui.store.checks import library

#: SQLite releases with the WAL-reset bug: from the first to below the second, but for those repaired
#: (https://sqlite.org/wal.html).
_WAL_RESET = (3, 7, 0), (3, 51, 3)
_REPAIRED = (3, 50, 7), (3, 44, 6)
#: Watches and instances of inotify that an editor, a few apps and their runs get by with.
_INOTIFY = {"max_user_watches": 8192, "max_user_instances": 128}
_INOTIFY_FOLDER = Path("/proc/sys/fs/inotify")
#: What is said where there is no driver at all: on many machines that is as it should be.
_NO_DRIVER = frozenset(problem_of(LIBRARY_NOT_FOUND, container) for container in (True, False))
#: Seconds that a driver may take.
_GPU_PATIENCE = 2.0
#: Seconds by which clocks may differ.
_SKEW = 60.0


def programs(_case: Case) -> list[Check]:
    """Which mlws-tui and Python this is."""
    return [fine("mlws-tui", f"{__version__}, on Python {platform.python_version()}")]


def sqlite(_case: Case) -> list[Check]:
    """The SQLite library that Python brings."""
    version, fts = library()
    name = ".".join(map(str, version))
    found: list[Check] = []
    if not fts:
        found.append(
            advice(
                "sqlite",
                f"SQLite {name} has no full-text search (FTS5)",
                "search is slower, and works all the same",
            )
        )
    if in_wal_reset(version):
        found.append(
            advice(
                "sqlite",
                f"SQLite {name} has the WAL-reset bug, which mlws-tui with its one writer does not meet",
                "let no other program write the index; SQLite 3.51.3 is without the bug",
            )
        )
    return found or [fine("sqlite", f"SQLite {name} with full-text search")]


def in_wal_reset(version: tuple[int, ...]) -> bool:
    """Whether commits and checkpoints of several connections can damage a file with this SQLite."""
    first, mended = _WAL_RESET
    repaired = any(version[:2] == good[:2] and version >= good for good in _REPAIRED)
    return first <= version < mended and not repaired


def inotify(_case: Case) -> list[Check]:
    """Enough watches to hear of changes; without them the app looks by itself."""
    limits = {name: _limit(name) for name in _INOTIFY}
    low = [name for name, least in _INOTIFY.items() if (limit := limits[name]) is not None and limit < least]
    if low:
        name = low[0]
        what = f"the system allows {limits[name]} for fs.inotify.{name}: changes may be seen a little later"
        return [advice("inotify", what, f"sudo sysctl fs.inotify.{name}={4 * _INOTIFY[name]}")]
    if None in limits.values():
        return [fine("inotify", "the system tells no limits")]
    watches, instances = limits.values()
    return [fine("inotify", f"{watches:,} watches, {instances:,} instances")]


def clock(case: Case) -> list[Check]:
    """The clock is not before this boot, nor before the newest record of a run."""
    booted = _booted()
    if booted is not None and booted > case.now + _SKEW:
        what = f"the clock says a time {duration(booted - case.now)} before this machine was started: it was set back"
        return [advice("clock", what, "see timedatectl; runs are ordered by the time that they record")]
    ahead = {
        file: one.last_ts - case.now
        for file, one in case.report.files.items()
        if one.last_ts is not None and one.last_ts > case.now + _SKEW
    }
    if ahead:
        file = max(ahead, key=lambda name: ahead[name])
        what = f"{file} holds a record {duration(ahead[file])} in the future: its clock or ours is wrong"
        return [advice("clock", what, "see timedatectl here and on the machine that wrote it")]
    return [fine("clock", "no record is in the future")]


def gpu(_case: Case) -> list[Check]:
    """Whether a driver answers; none is no fault."""
    frame = asyncio.run(GpuService(Hub()).once(_GPU_PATIENCE))
    if frame.problem is None:
        return [
            fine("gpu", f"driver {frame.driver}, {len(frame.gpus)} GPU{'s' if len(frame.gpus) != 1 else ''}")
        ]
    if frame.problem in _NO_DRIVER:
        return [fine("gpu", f"{frame.problem.sentence}: everything but GPU figures works")]
    return [advice("gpu", frame.problem.sentence, frame.problem.hint)]


def _limit(name: str) -> int | None:
    try:
        return int((_INOTIFY_FOLDER / name).read_text(encoding="ascii"))
    except (OSError, ValueError):  # another kernel, or a container that hides it
        return None


def _booted() -> float | None:
    """When this machine was started (Unix seconds), as the kernel's clock has it now."""
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
        return next((float(line.split()[1]) for line in lines if line.startswith("btime ")), None)
    except (OSError, ValueError, IndexError):
        return None
