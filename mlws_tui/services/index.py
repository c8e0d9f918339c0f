"""Where the index of a workspace lies."""

from __future__ import annotations

import hashlib
from pathlib import Path

import platformdirs

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import slug
from mlws_tui.sources.watch import is_network

INDEX_NAME = "index.db"


def index_path(workspace: Workspace) -> Path:
    """``.mlws/index.db``, or on a network filesystem a file in the cache folder of this host.

    SQLite's write-ahead log needs memory shared by its processes, which a network filesystem cannot give.
    """
    if not is_network(workspace.marker):
        return workspace.marker / INDEX_NAME
    digest = hashlib.blake2b(str(workspace.root).encode(), digest_size=6).hexdigest()
    folder = f"{slug(workspace.root.name)}-{digest}"
    return Path(platformdirs.user_cache_dir("mlws-tui")) / folder / INDEX_NAME
