"""The journal and the session logs: there, text, writable, and nothing of them left lying about."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mlws_tui.domain.checkup import Check, advice, fine, problem
from mlws_tui.domain.errors import MlwsError
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.proc import lock_holder
from mlws_tui.services.doctor.words import counted, listed, owner, size
from mlws_tui.services.drafts import Drafts, state_folder
from mlws_tui.sources import files
from mlws_tui.sources.openfiles import process_name

#: Seconds after which a temporary file belongs to no save that still goes on.
_ABANDONED = 3600.0
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp\Z")
_COPY = re.compile(r"\..+\.[0-9a-f]{8}\.bak\Z")


def activity(case: Case) -> list[Check]:
    """``ACTIVITY.md`` can be read and saved."""
    path = case.workspace.journal
    if not os.path.lexists(path):
        return [fine("ACTIVITY.md", "not there yet: the first entry makes it")]
    trouble = _readable("ACTIVITY.md", path)
    if trouble:
        return trouble
    if not os.access(path, os.W_OK):
        what = f"ACTIVITY.md may not be written: it belongs to {owner(path.stat().st_uid)}"
        return [problem("ACTIVITY.md", what, "ask its owner, or change its mode")]
    found = [fine("ACTIVITY.md", f"{size(path.stat().st_size)} of text")]
    holder = lock_holder(case.workspace.journal_lock)
    if holder is not None:
        found.append(fine("journal lock", f"held by {process_name(holder)}, which saves just now"))
    return found


def sessions(case: Case) -> list[Check]:
    """Each session log is text that can be read."""
    found: list[Check] = []
    paths = documents(case)[1:]
    for path in paths:
        found += _readable("session logs", path)
    return found or [fine("session logs", counted(len(paths), "session log"))]


def leftovers(case: Case) -> list[Check]:
    """Nothing that a crash left while it saved, and no typed text that waits to be taken back."""
    found: list[Check] = []
    copies = [case.workspace.relative(path) for path in _matching(case, _COPY)]
    if copies:
        what = f"a save was cut off; the text before it is in {listed(copies)}"
        found.append(problem("leftovers", what, "compare it with the file it is named for, then remove it"))
    temporary = abandoned(case)
    if temporary:
        names = [case.workspace.relative(path) for path in temporary]
        what = f"{counted(len(names), 'file')} of saves that were cut off: {listed(names)}"
        found.append(
            advice("leftovers", what, "mlws-tui doctor --fix removes them; the files they were for are whole")
        )
    drafts = Drafts(state_folder() / "recovery").pages(f"{case.workspace.root}/")
    if drafts:
        what = f"{counted(len(drafts), 'text')} typed and not saved before the app ended"
        found.append(advice("leftovers", what, "open the app: it offers them where they were typed"))
    return found or [fine("leftovers", "nothing lies about")]


def documents(case: Case) -> list[Path]:
    """The journal and the session logs, whether they can be read or not."""
    try:
        found = sorted(case.workspace.sessions.glob("*.md"))
    except OSError:  # said by the checks of the folders
        found = []
    return [case.workspace.journal, *found]


def abandoned(case: Case) -> list[Path]:
    """Temporary files of saves that no longer go on. The file that they were to replace is still whole."""
    return [
        path
        for path in _matching(case, _TEMPORARY)
        if case.now - path.stat(follow_symlinks=False).st_mtime > _ABANDONED
    ]


def _matching(case: Case, name: re.Pattern[str]) -> list[Path]:
    folders = (case.workspace.root, case.workspace.sessions, state_folder() / "recovery")
    return [Path(entry.path) for folder in folders for entry in _entries(folder) if name.match(entry.name)]


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError:  # not there, or said by the checks of the folders
        return


def _readable(name: str, path: Path) -> list[Check]:
    """What keeps the file from being read as text; a byte that is not UTF-8 is kept as it is."""
    try:
        data = files.read(path).data
    except MlwsError as error:
        return [problem(name, error.title, error.hint or "check whose file it is")]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"{path.name}, line {line}: not UTF-8 text; its bytes are kept, and shown as they can be"
        return [advice(name, what, "convert the file, for example with iconv")]
    return []
