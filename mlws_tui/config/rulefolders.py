"""Where the rules for the text of logs lie. Apart from what reads them, whose engine takes its time to load."""

from __future__ import annotations

from pathlib import Path

from mlws_tui.config.resources import shipped, user_folder
from mlws_tui.config.workspace import Workspace


def rule_folders(workspace: Workspace | None) -> list[Path]:
    """Where rules are looked for, those first whose rules come first."""
    folders = [user_folder() / "templates" / "metrics", shipped("templates") / "metrics"]
    if workspace is not None:
        folders.insert(0, workspace.marker / "templates" / "metrics")
    return folders
