"""The disks: what kind they are, and how much room there is."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from mlws_tui.domain.checkup import Check, advice, fine, problem
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.words import counted, size
from mlws_tui.sources.mounts import file_system, is_network

_GIB = 1 << 30
#: Bytes below which the disk counts as full, and below which it is said.
_FULL, _LOW = 64 << 20, _GIB
#: The share below which it is said, too, unless there is much room all the same (bytes).
_SHARE, _MUCH = 0.05, 100 * _GIB
_FEW_INODES = 10_000


def filesystem(case: Case) -> list[Check]:
    """What the workspace lies on; the index must be on a disk of this machine."""
    root = Path(os.path.realpath(case.workspace.root))
    kind = file_system(root) or "an unknown file system"
    if not is_network(case.workspace.marker):
        return [fine("file system", f"{kind}, of this machine")]
    if is_network(case.index.parent):
        what = f"{kind}, shared with other machines, and the index in {case.index.parent} is on a shared disk as well"
        return [problem("file system", what, "set XDG_CACHE_HOME to a folder on a disk of this machine")]
    return [fine("file system", f"{kind}, shared with other machines; the index is in {case.index.parent}")]


def space(case: Case) -> list[Check]:
    """Room on each disk that is written to."""
    places = {
        "workspace": case.workspace.root,
        "index": case.index.parent,
        "cache": Path(platformdirs.user_cache_dir("mlws-tui")),
    }
    seen: dict[int, str] = {}
    found: list[Check] = []
    for name, path in places.items():
        here = _existing(path)
        device = here.stat().st_dev
        if device not in seen:
            seen[device] = name
            found += _room(name, here)
    return found


def _room(name: str, path: Path) -> list[Check]:
    disk = os.statvfs(path)
    free, whole = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    share = free / whole if whole else 1.0
    what = f"{name}: {size(free)} of {size(whole)} are free"
    hint = f"make room on the disk of {path}; runs that log need it"
    found = [fine("space", what)]
    if free < _FULL:
        found = [problem("space", what, hint)]
    elif free < _LOW or (share < _SHARE and free < _MUCH):
        found = [advice("space", what, hint)]
    if disk.f_files and disk.f_favail < _FEW_INODES:  # some file systems have no fixed number
        left = f"{name}: only {counted(disk.f_favail, 'more file')} can be made"
        found.append(advice("space", left, "remove files that nobody needs: each run takes a few"))
    return found


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
