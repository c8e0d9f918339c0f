"""Makes a workspace: the folders and the few files that everything else expects, and who may read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.config.load import load_settings
from mlws_tui.config.schema import commented_defaults
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.domain.events import KINDS
from mlws_tui.services.index import INDEX_NAME, index_path
from mlws_tui.sources.modes import change_mode, make_folder, set_mode

_PRIVATE = 0o700
_SHARED = 0o750
_JOURNAL = "# Activity Log\n"
_IGNORED = """\
# Made again from the streams, or of use to this machine alone.
index.db*
*.lock
streams/_wake/
streams/_rendezvous/
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What `init` found and did. The names are relative to the workspace; folders end with ``/``.

    `changed` tells of what `apply_privacy` did.
    """

    workspace: Workspace
    made: tuple[str, ...]
    kept: tuple[str, ...]
    changed: tuple[str, ...]


def journal_alone(workspace: Workspace) -> bool:
    """Whether the workspace is there for its journal: it has no logs, session logs or runs. It blocks."""
    if os.path.lexists(workspace.logs) or os.path.lexists(workspace.sessions):
        return False
    try:
        with os.scandir(workspace.streams) as found:
            return all(entry.name.startswith("_") for entry in found)  # the others are runs
    except OSError:  # there are none, or none that can be seen
        return True


def init(path: Path, *, journal: bool = False) -> Made:
    """Make a workspace of the folder, which is made if it is not there. What exists stays as it is.

    But for who may read ``.mlws``: that follows the setting ``files.private``. What is made outside of it follows
    the setting too, and keeps what the person makes of it later.

    Args:
        path: The folder.
        journal: Whether to begin with the journal alone: the folders for logs and session logs are then made when
            the first is written.

    Raises:
        WorkspaceError: if something stands in the way or cannot be written.
    """
    workspace = Workspace(path.expanduser().resolve())
    private = load_settings(workspace)[0].files.private
    mode = _PRIVATE if private else _SHARED
    made: list[str] = []
    kept: list[str] = []
    try:
        workspace.root.mkdir(parents=True, exist_ok=True)
        for folder in _own_folders(workspace) if journal else _folders(workspace):
            there = folder.is_dir()
            make_folder(folder, mode)
            (kept if there else made).append(workspace.relative(folder) + "/")
        for file, text in _files(workspace):
            (made if _write_new(file, text, mode & 0o666) else kept).append(workspace.relative(file))
    except FileExistsError as error:
        raise WorkspaceError(
            f"{error.filename} is a file, where a workspace needs a folder",
            hint="move it away, or choose another folder",
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"Could not make the workspace {workspace.root}: {error.strerror or error} ({error.filename})"
        ) from error
    return Made(workspace, tuple(made), tuple(kept), tuple(apply_privacy(workspace, private)))


def apply_privacy(workspace: Workspace, private: bool) -> list[str]:
    """Let only the owner, or also the group, read what lies in ``.mlws``. It blocks: there may be many files.

    Nobody else may read it either way, and the index is the owner's alone. Logs, ``ACTIVITY.md`` and session
    logs are the person's own and stay as they are; links stay as they are, and so does what they lead to.

    Returns:
        What was changed, each as ``.mlws/streams (0755 → 0700)``. What could not be changed, such as another
        person's file, is not among it; `exposed` still lists it.
    """
    changed: list[str] = []
    for path, mode, wanted in _modes(workspace, private):
        if wanted != mode and change_mode(path, wanted):
            changed.append(f"{workspace.relative(path)} ({mode:04o} → {wanted:04o})")
    return changed


def exposed(workspace: Workspace, private: bool = True) -> list[Path]:
    """What in ``.mlws`` more people may read or write than `apply_privacy` would let. It blocks."""
    return [path for path, mode, wanted in _modes(workspace, private) if mode & ~wanted & 0o077]


def _modes(workspace: Workspace, private: bool) -> Iterator[tuple[Path, int, int]]:
    """What lies in ``.mlws``, and the index where it lies elsewhere: the mode it has and the one it should have."""
    for path in _below(workspace.marker, closed=workspace.worktrees):
        mode = _mode_of(path)
        if mode is not None:
            yield path, stat.S_IMODE(mode), _wanted(path, mode, private or path == workspace.worktrees)
    index = index_path(workspace).parent
    for path in _below(index) if index != workspace.marker else ():
        mode = _mode_of(path)
        if mode is not None:
            yield path, stat.S_IMODE(mode), stat.S_IMODE(mode) & ~0o077


def _below(root: Path, closed: Path | None = None) -> Iterator[Path]:
    """All that lies there; of a folder that is closed to others by itself nothing but that folder."""
    yield root
    for folder, folders, files in os.walk(root):
        if closed is not None and Path(folder) == closed:
            folders.clear()
            continue
        for name in (*folders, *files):
            yield Path(folder, name)


def _mode_of(path: Path) -> int | None:
    """None for a link, whose mode says nothing, and for what is gone meanwhile."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return None
    return None if stat.S_ISLNK(mode) else mode


def _wanted(path: Path, mode: int, private: bool) -> int:
    """The permissions that it should have. A group that may write goes on: the person allowed it by hand."""
    permissions = stat.S_IMODE(mode)
    if private or path.name.startswith(INDEX_NAME):
        return permissions & ~0o077
    lock = path.suffix == ".lock"
    return permissions & ~0o007 | (0 if lock else 0o050 if stat.S_ISDIR(mode) else 0o040)


def _own_folders(workspace: Workspace) -> list[Path]:
    return [workspace.marker, workspace.streams]


def _folders(workspace: Workspace) -> list[Path]:
    logs = [workspace.logs / kind for kind in (*KINDS, "archive")]
    return [*_own_folders(workspace), *logs, workspace.sessions.parent, workspace.sessions]


def _files(workspace: Workspace) -> list[tuple[Path, str]]:
    return [
        (workspace.journal, _JOURNAL),
        (workspace.config, commented_defaults()),
        (workspace.marker / ".gitignore", _IGNORED),
    ]


def _write_new(path: Path, text: str, mode: int) -> bool:
    """Write a file that is not there yet; whether it was written. A dangling link counts as there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        set_mode(descriptor, mode)
        file.write(text)
    return True
