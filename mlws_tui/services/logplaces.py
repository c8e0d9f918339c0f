"""Where logs lie once they are archived: ``logs/training/x.log`` is ``logs/archive/training/x.log.zst`` then."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import KINDS
from mlws_tui.domain.logs import LogEntry
from mlws_tui.sources.packed import SUFFIXES

ARCHIVE = "archive"
_PACKED = tuple(SUFFIXES.values())


def find_log(workspace: Workspace, path: Path) -> Path:
    """Where a log lies now: at its path, else packed beside it or in ``logs/archive``, else unpacked again.

    Args:
        workspace: Whose log it is.
        path: Where a link, a run or a person says that it is; it may name the archive, too.

    Returns:
        The file; the path itself where there is none, and for what lies outside of the workspace's logs.
    """
    if _is_there(path):
        return path
    return next((place for place in _places(workspace, path) if _is_file(place)), path)


def archived(workspace: Workspace) -> Sequence[LogEntry]:
    """The logs in ``logs/archive``, the one written last first. It blocks.

    `kind` is the folder that each came from; empty for what a person laid there.
    """
    top = workspace.logs / ARCHIVE
    found: list[LogEntry] = []
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            try:
                status = path.stat()
            except OSError:  # removed since, or a link that leads nowhere
                continue
            if name.startswith(".") or not stat.S_ISREG(status.st_mode):
                continue
            first = path.relative_to(top).parts[0]
            found.append(LogEntry(path, first if first in KINDS else "", status.st_size, status.st_mtime))
    return tuple(sorted(found, key=lambda entry: (-entry.modified, str(entry.path))))


def archive_of(workspace: Workspace, log: Path, packing: str) -> Path:
    """The archive that a log below ``logs/{experiments,training,agents}`` is packed into."""
    place = workspace.logs / ARCHIVE / log.relative_to(workspace.logs)
    return place.with_name(place.name + SUFFIXES[packing])


def log_of(workspace: Workspace, archive: Path) -> Path:
    """The log that an archive was made of, or would be unpacked to; the path itself for what is no archive."""
    plain = archive.with_name(unpacked_name(archive.name))
    top = workspace.logs / ARCHIVE
    if plain.is_relative_to(top):
        place = plain.relative_to(top)
        if place.parts[0] in KINDS:
            return workspace.logs / place
    return plain


def archives_of(workspace: Workspace, log: Path) -> tuple[Path, ...]:
    """All places where an archive of the log may lie, whether one does or not; the usual one first."""
    return tuple(place for place in _places(workspace, log) if place.name.endswith(_PACKED) and place != log)


def unpacked_name(name: str) -> str:
    """The name without the suffix of a packing."""
    return next((name.removesuffix(suffix) for suffix in _PACKED if name.endswith(suffix)), name)


def _places(workspace: Workspace, path: Path) -> Iterator[Path]:
    """Where a log of that path may be, the likeliest first."""
    logs = workspace.logs
    if not path.is_relative_to(logs):
        return
    plain = log_of(workspace, path)
    suffixes = _suffixes_like(path)
    yield plain
    yield from (plain.with_name(plain.name + suffix) for suffix in suffixes)
    place = plain.relative_to(logs)
    if place.parts[:1] == (ARCHIVE,):
        return
    moved = logs / ARCHIVE / place
    yield from (moved.with_name(moved.name + suffix) for suffix in (*suffixes, ""))
    flat = logs / ARCHIVE / place.name  # as people move them by hand
    yield from (flat.with_name(flat.name + suffix) for suffix in (*suffixes, ""))


def _suffixes_like(path: Path) -> Sequence[str]:
    """The suffixes of all packings, that of the path first."""
    return sorted(_PACKED, key=lambda suffix: not path.name.endswith(suffix))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
