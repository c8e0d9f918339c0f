"""Where logs lie once they are archived: ``logs/training/x.log`` is ``logs/archive/training/x.log.zst`` then."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import KINDS
from mlws_tui.domain.logs import LogEntry
from mlws_tui.sources.aside import hidden_of
from mlws_tui.sources.packed import SUFFIXES

ARCHIVE = "archive"
_PACKED = tuple(SUFFIXES.values())


def find_log(workspace: Workspace, path: Path) -> Path:
    """Where a log lies now: at its path, else packed beside it or in ``logs/archive``, else unpacked again.

    A link among the logs leads to where its log lies now. What lies in ``logs/archive`` itself, as people move logs by
    hand, may be the archive of any log of that name that lies in no folder of its own below ``logs/KIND``.

    Args:
        workspace: Whose log it is.
        path: Where a link, a run or a person says that it is; it may name the archive, too.

    Returns:
        The file; the path itself where there is none, and for what lies outside of the workspace's logs.
    """
    if _is_there(path):
        return path
    meant = led_to(workspace, path)
    return next((place for place in _places(workspace, meant) if is_file(place)), path)


def led_to(workspace: Workspace, path: Path) -> Path:
    """Where links lead, the path itself among them, if that is below ``logs``; else the path. It need not be there."""
    logs = workspace.logs
    try:
        real = Path(os.path.realpath(path))
        # Each of them may be a link to a larger disk.
        for top in (logs, *(logs / name for name in (*KINDS, ARCHIVE))):
            whole = os.path.realpath(top)
            if real.is_relative_to(whole):
                return top / real.relative_to(whole)
    except (OSError, ValueError):  # a name that no file can have
        pass
    return path


def archived(workspace: Workspace) -> Sequence[LogEntry]:
    """The logs in ``logs/archive``, the one written last first. It blocks.

    `kind` is the folder that each came from; empty for what a person laid there.
    """
    told = entries(workspace.logs / ARCHIVE)
    return tuple(entry if entry.kind in KINDS else replace(entry, kind="") for entry in told)


def entries(top: Path) -> tuple[LogEntry, ...]:
    """The files below a folder but for hidden ones, the one written last first. It blocks.

    `kind` is the folder directly below it that a file lies in; empty for what lies in none.
    """
    found: list[LogEntry] = []
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in names if not name.startswith(".")):
            try:
                status = path.stat()
            except OSError:  # removed since, or a link that leads nowhere
                continue
            within = path.relative_to(top).parts
            kind = within[0] if len(within) > 1 else ""
            if stat.S_ISREG(status.st_mode):
                found.append(LogEntry(path, kind, status.st_size, status.st_mtime))
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


def archives_of(workspace: Workspace, log: Path) -> Iterator[Path]:
    """All places where an archive lies that is of this log and of no other, whether there is one or not."""
    yield from (log.with_name(log.name + suffix) for suffix in _PACKED)
    place = log.relative_to(workspace.logs)
    if place.parts[0] != ARCHIVE:
        yield from _with_suffixes(workspace.logs / ARCHIVE / place, _PACKED)


def flat_archives_of(workspace: Workspace, log: Path) -> Iterator[Path]:
    """The places where an archive may lie that is of this log or of another one of that name."""
    place = log.relative_to(workspace.logs)
    if len(place.parts) == 2 and place.parts[0] in KINDS:
        yield from _with_suffixes(workspace.logs / ARCHIVE / place.name, _PACKED)


def unpacked_name(name: str) -> str:
    """The name without the suffix of a packing."""
    return next((name.removesuffix(suffix) for suffix in _PACKED if name.endswith(suffix)), name)


def is_file(path: Path) -> bool:
    """Whether there is a file, or a link to one."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _places(workspace: Workspace, path: Path) -> Iterator[Path]:
    """Where a log of that path may be, the likeliest first."""
    logs = workspace.logs
    if not path.is_relative_to(logs):
        return
    plain = log_of(workspace, path)
    suffixes = _suffixes_like(path)
    yield plain
    yield from _with_suffixes(plain, suffixes)
    place = plain.relative_to(logs)
    if place.parts[:1] != (ARCHIVE,):
        yield from _with_suffixes(logs / ARCHIVE / place, (*suffixes, ""))
        if len(place.parts) == 2 and place.parts[0] in KINDS:
            yield from _with_suffixes(logs / ARCHIVE / place.name, (*suffixes, ""))
    yield hidden_of(plain)  # a kill came while it was removed, and its archive is gone since


def _with_suffixes(path: Path, suffixes: Iterable[str]) -> Iterator[Path]:
    return (path.with_name(path.name + suffix) for suffix in suffixes)


def _suffixes_like(path: Path) -> Sequence[str]:
    """The suffixes of all packings, that of the path first."""
    return sorted(_PACKED, key=lambda suffix: not path.name.endswith(suffix))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False
