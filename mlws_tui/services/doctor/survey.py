"""What lies in the streams folder, by its names and sizes alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlws_tui.domain.events import EDITS_DIR, RENDEZVOUS_DIR, WAKE_DIR, is_run_id
from mlws_tui.sources.streams import SUFFIX

MARKS = (WAKE_DIR, RENDEZVOUS_DIR)


@dataclass(slots=True)
class Survey:
    """The entries of a streams folder; all names are relative to it.

    Attributes:
        error: Why the folder could not be read; empty if it could.
        runs: Ids of the runs that have a folder.
        files: Size in bytes of each stream file, those of edits included.
        owners: User id of each file and folder.
        foreign: Entries whose name is no run's and none of ours.
        links: Symbolic links: they are not followed.
        unreadable: Files and folders that may not be read.
        marks: Names in the folders of marks, with their time (Unix seconds).
    """

    error: str = ""
    runs: set[str] = field(default_factory=set)
    files: dict[str, int] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)


def survey(streams: Path) -> Survey:
    """Look through the streams folder; a missing one is empty."""
    found = Survey()
    try:
        entries = list(_entries(streams))
    except FileNotFoundError:
        return found
    except OSError as error:
        found.error = error.strerror or str(error)
        return found
    for entry in entries:
        _take(found, streams, entry)
    return found


def _take(found: Survey, streams: Path, entry: os.DirEntry[str]) -> None:
    name = entry.name
    if entry.is_symlink():
        found.links.append(name)
    elif not entry.is_dir(follow_symlinks=False):
        found.foreign.append(name)
    elif name in MARKS:
        _list_marks(found, streams, name)
    elif is_run_id(name) or name == EDITS_DIR:
        if name != EDITS_DIR:
            found.runs.add(name)
        _list_files(found, streams, name)
    elif not name.startswith("_"):  # such names are kept for later versions
        found.foreign.append(name)


def _list_files(found: Survey, streams: Path, folder: str) -> None:
    try:
        found.owners[folder] = (streams / folder).stat().st_uid
        entries = list(_entries(streams / folder))
    except FileNotFoundError:  # removed since
        return
    except OSError:
        found.unreadable.append(folder)
        return
    for entry in entries:
        name = f"{folder}/{entry.name}"
        if entry.is_symlink():
            found.links.append(name)
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError:  # a folder that may be listed and not entered
            found.unreadable.append(name)
            continue
        if not entry.name.endswith(SUFFIX) or not stat.S_ISREG(status.st_mode):
            found.foreign.append(name)
            continue
        found.files[name] = status.st_size
        found.owners[name] = status.st_uid
        if not os.access(entry.path, os.R_OK):
            found.unreadable.append(name)


def _list_marks(found: Survey, streams: Path, folder: str) -> None:
    try:
        for entry in _entries(streams / folder):
            found.marks[f"{folder}/{entry.name}"] = entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return
    except OSError:
        found.unreadable.append(folder)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from sorted(entries, key=lambda entry: entry.name)
