"""The workspace's folders: there, whose they are, and whether they may be used."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mlws_tui.config.load import load_settings
from mlws_tui.domain.checkup import Check, advice, fine, problem
from mlws_tui.domain.events import KINDS
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.words import counted, listed, owner
from mlws_tui.services.drafts import state_folder
from mlws_tui.services.workspace import exposed, journal_alone


def layout(case: Case) -> list[Check]:
    """Each folder of the workspace is there, is a folder, and may be read and written."""
    workspace = case.workspace
    found: list[Check] = []
    missing: list[str] = []
    troubled: set[Path] = set()
    for folder in (workspace.root, *_folders(case)):
        if folder.parent in troubled:  # nothing can be said of what lies in such a folder
            troubled.add(folder)
            continue
        name = workspace.relative(folder) if folder != workspace.root else str(folder)
        if _is_missing(folder):
            missing.append(name)
        elif trouble := _trouble(folder, name):
            found.append(trouble)
            if not os.access(folder, os.X_OK):
                troubled.add(folder)
    if missing:
        hint = "mlws-tui doctor --fix makes what is missing"
        what = f"{counted(len(missing), 'folder')} missing: {listed(missing)}"
        streams_gone = workspace.relative(workspace.streams) in missing
        found.append((problem if streams_gone else advice)("folders", what, hint))
    if not found:
        found.append(fine("folders", f"all {len(_folders(case)) + 1} are there, to be read and written"))
    return found


def ownership(case: Case) -> list[Check]:
    """What is in ``.mlws`` belongs to one user: what root left there, its owner could not change."""
    workspace = case.workspace
    mine = workspace.marker.stat().st_uid
    owners = {name: uid for name, uid in _owners(workspace.marker) if uid != mine}
    owners |= {f"streams/{name}": uid for name, uid in case.survey.owners.items() if uid != mine}
    if not owners:
        return [fine("owner", owner(mine))]
    others = listed([owner(uid) for uid in sorted(set(owners.values()))])
    what = (
        f"the workspace belongs to {owner(mine)}, but {counted(len(owners), 'entry', 'entries')} of .mlws "
        f"to {others}: {listed(sorted(owners))}"
    )
    return [advice("owner", what, f"if that is not meant: sudo chown -R {mine} {workspace.marker}")]


def privacy(case: Case) -> list[Check]:
    """Nobody else may read what is private."""
    settings, _ = load_settings(case.workspace)  # what is wrong with them is said by their own check
    paths = sorted(case.workspace.relative(path) for path in exposed(case.workspace, settings.files.private))
    if not paths:
        return [fine("privacy", "as files.private asks")]
    what = f"other users can read {counted(len(paths), 'entry', 'entries')}: {listed(paths)}"
    return [advice("privacy", what, "mlws-tui doctor --fix closes them; files.private: false allows it")]


def state(_case: Case) -> list[Check]:
    """Text that is typed and not yet saved can be kept."""
    folder = state_folder()
    here = folder
    while not here.exists() and here != here.parent:
        here = here.parent
    if here.is_dir() and os.access(here, os.W_OK | os.X_OK):
        return [fine("state", str(folder))]
    what = f"{folder} cannot be written: text that is being typed would not survive a crash"
    return [problem("state", what, "set XDG_STATE_HOME to a folder that you may write in")]


def _folders(case: Case) -> list[Path]:
    workspace = case.workspace
    if journal_alone(workspace):  # the other folders come when they are needed
        return [workspace.marker, workspace.streams]
    logs = [workspace.logs / kind for kind in (*KINDS, "archive")]
    return [
        *(workspace.marker, workspace.streams),
        *(workspace.logs, *logs, workspace.sessions.parent, workspace.sessions),
    ]


def _is_missing(path: Path) -> bool:
    """Not there at all; one in a folder that may not be looked into may be there."""
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _trouble(folder: Path, name: str) -> Check | None:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return problem(
            "folders", f"{name} is a link that leads nowhere", f"remove it, or make {folder.readlink()}"
        )
    except OSError as error:
        return problem("folders", f"{name} cannot be looked at: {error.strerror or error}")
    if not stat.S_ISDIR(status.st_mode):
        return problem("folders", f"{name} is a file, where a folder is needed", "move it away")
    rights = (os.R_OK | os.X_OK, "read"), (os.W_OK, "written")
    lacking = [word for mode, word in rights if not os.access(folder, mode)]
    if not lacking:
        return None
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return problem(
            "folders",
            f"{name} is on a disk that is mounted read-only",
            "mlws-tui shows what is there, and writes nothing",
        )
    who = f"it belongs to {owner(status.st_uid)}, mode {stat.S_IMODE(status.st_mode):04o}"
    mine = status.st_uid == os.geteuid()
    hint = f"chmod u+rwx {folder}" if mine else "ask its owner, or use a workspace of your own"
    return problem("folders", f"{name} cannot be {' or '.join(lacking)}: {who}", hint)


def _owners(marker: Path) -> Iterator[tuple[str, int]]:
    """The entries of ``.mlws`` with their owners; the streams have their own survey."""
    try:
        with os.scandir(marker) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:  # said by `layout`
        return
    for entry in entries:
        try:
            yield entry.name, entry.stat(follow_symlinks=False).st_uid
        except OSError:  # gone since, or in a folder that may not be entered, which `layout` says
            continue
