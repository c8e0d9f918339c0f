"""How often the kernel has killed something of this process's cgroup for want of memory; versions 1 and 2."""

from __future__ import annotations

from pathlib import Path

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")


def oom_kills(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int | None:
    """The count of the own cgroup (a container's or a job's), else of the machine; None where none is told.

    Args:
        proc: Where proc is mounted.
        cgroups: Where cgroups are mounted.
    """
    for file in (*_own_files(proc, cgroups), proc / "vmstat"):
        count = _count(file)
        if count is not None:
            return count
    return None


def _own_files(proc: Path, cgroups: Path) -> list[Path]:
    """Where the count may stand: version 2, version 1, each as the host and as a container sees it."""
    try:
        lines = (proc / "self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    files: list[Path] = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            places = (cgroups, cgroups / "unified")
            files += [place / path.lstrip("/") / "memory.events" for place in places]
        elif "memory" in controllers.split(","):
            files += [cgroups / "memory" / part / "memory.oom_control" for part in (path.lstrip("/"), "")]
    return [*files, cgroups / "memory.events"]


def _count(file: Path) -> int | None:
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found = [line.split()[1:] for line in lines if line.startswith("oom_kill ")]
    return int(found[0][0]) if found and found[0] and found[0][0].isdecimal() else None
