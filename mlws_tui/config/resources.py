"""Where the files lie that are shipped with the program, and those that a person adds."""

from __future__ import annotations

import os
from pathlib import Path

from mlws_tui.config.workspace import Workspace


def shipped(kind: str) -> Path:
    """The folder of the shipped ``themes`` or ``templates``.

    In an installed package it lies inside the package, in a checkout beside it.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / kind
    return inside if inside.is_dir() else package.parent / kind


def user_folder() -> Path:
    """``$XDG_CONFIG_HOME/mlws-tui``: the person's own settings, keys, themes and templates; may not exist."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".config"
    return root / "mlws-tui"


def theme_folders(workspace: Workspace | None) -> list[Path]:
    """Where themes are looked for, the weakest first: shipped, the person's own, the workspace's."""
    folders = [shipped("themes"), user_folder() / "themes"]
    if workspace is not None:
        folders.append(workspace.marker / "themes")
    return folders
