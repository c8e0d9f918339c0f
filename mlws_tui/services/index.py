"""Where the index of a workspace lies."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.domain.events import slug
from mlws_tui.sources.watch import is_network

INDEX_NAME = "index.db"


@dataclass(frozen=True, slots=True)
class IndexPlace:
    """Where an index lies, and one sentence where that is not the workspace because it may not be written."""

    path: Path
    notice: str = ""


def index_path(workspace: Workspace) -> Path:
    """The index of the workspace, as `index_place` finds it."""
    return index_place(workspace).path


def index_place(workspace: Workspace) -> IndexPlace:
    """``.mlws/index.db``, or a file in this person's cache folder on this host. It asks the disk.

    On a network filesystem, as SQLite's write-ahead log needs memory shared by its processes, which such a one cannot
    give; and where the workspace, or an index that somebody else made in it, may not be written: the streams can be
    read all the same.

    Raises:
        WorkspaceError: if the workspace may not even be read.
    """
    if not os.access(workspace.marker, os.R_OK | os.X_OK):
        if workspace.marker.exists() and workspace.marker.stat().st_uid == os.getuid():
            raise WorkspaceError(
                f"The folder {workspace.marker} may not be read", hint=f"chmod u+rwx {workspace.marker}"
            )
        raise WorkspaceError(
            f"The workspace {workspace.root} is private to its owner",
            hint="who owns it can open it to the group: files.private: false in its config.yaml",
        )
    usual = workspace.marker / INDEX_NAME
    if is_network(workspace.marker):
        path = _cached(workspace)
        notice = f"The workspace {workspace.root} lies on a network file system: its index is kept in {path.parent}"
        return IndexPlace(path, "" if path.exists() else notice)
    if not os.access(workspace.marker, os.W_OK | os.X_OK):
        notice = f"The workspace {workspace.root} may not be written: it is shown, and nothing can be changed"
        return IndexPlace(_cached(workspace), notice)
    if usual.exists() and not os.access(usual, os.R_OK | os.W_OK):
        notice = f"The index {usual} belongs to somebody else: another one is kept in the cache folder"
        return IndexPlace(_cached(workspace), notice)
    return IndexPlace(usual)


def _cached(workspace: Workspace) -> Path:
    digest = hashlib.blake2b(str(workspace.root).encode(), digest_size=6).hexdigest()
    folder = f"{slug(workspace.root.name)}-{digest}"
    return Path(platformdirs.user_cache_dir("mlws-tui")) / folder / INDEX_NAME
