"""Makes a workspace: the folders and the few files that everything else expects."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.config.schema import commented_defaults
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.domain.events import KINDS

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
    """What `init` found and did. The names are relative to the workspace; folders end with ``/``."""

    workspace: Workspace
    made: tuple[str, ...]
    kept: tuple[str, ...]


def init(path: Path) -> Made:
    """Make a workspace of the folder, which is made if it is not there. What exists stays as it is.

    Raises:
        WorkspaceError: if something stands in the way or cannot be written.
    """
    workspace = Workspace(path.expanduser().resolve())
    made: list[str] = []
    kept: list[str] = []
    try:
        for folder in _folders(workspace):
            there = folder.is_dir()
            folder.mkdir(parents=True, exist_ok=True)
            (kept if there else made).append(workspace.relative(folder) + "/")
        for file, text in _files(workspace):
            (made if _write_new(file, text) else kept).append(workspace.relative(file))
    except FileExistsError as error:
        raise WorkspaceError(
            f"{error.filename} is a file, where a workspace needs a folder",
            hint="move it away, or choose another folder",
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"Could not make the workspace {workspace.root}: {error.strerror or error} ({error.filename})"
        ) from error
    return Made(workspace, tuple(made), tuple(kept))


def _folders(workspace: Workspace) -> list[Path]:
    logs = [workspace.logs / kind for kind in (*KINDS, "archive")]
    return [workspace.marker, workspace.streams, *logs, workspace.sessions]


def _files(workspace: Workspace) -> list[tuple[Path, str]]:
    return [
        (workspace.journal, _JOURNAL),
        (workspace.config, commented_defaults()),
        (workspace.marker / ".gitignore", _IGNORED),
    ]


def _write_new(path: Path, text: str) -> bool:
    """Write a file that is not there yet; whether it was written. A dangling link counts as there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return True
