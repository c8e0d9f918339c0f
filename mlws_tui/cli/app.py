"""The one place where the command line knows the UI: opening the app, and telling what it offers."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mlws_tui.config.keymap import load_keymap
from mlws_tui.config.load import load_settings
from mlws_tui.config.resources import theme_folders
from mlws_tui.config.workspace import Workspace

if TYPE_CHECKING:
    from textual.theme import Theme

    from mlws_tui.config.schema import Settings
    from mlws_tui.domain.errors import ConfigError
    from mlws_tui.ui.actions import Action
    from mlws_tui.ui.app import Opened


def open_app(workspace: Workspace) -> int:
    """Open the app on a workspace and stay until the person leaves.

    Returns:
        The exit code for the process.

    Raises:
        MlwsError: if the workspace cannot be opened at all.
    """
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")  # each animated frame costs kilobytes over SSH
    gc.disable()  # what is made until the panes are there stays: `_settled` turns it on again
    return asyncio.run(_run(workspace))


def known_actions() -> tuple[list[Action], dict[str, str]]:
    """Every action of the app in the order of the screen, and the names of their scopes."""
    from mlws_tui.ui.registry import SCOPES, all_actions

    return all_actions(), SCOPES


def known_themes(workspace: Workspace | None) -> tuple[list[Theme], list[ConfigError]]:
    """The themes that the app offers there, and what was wrong with their files."""
    from mlws_tui.ui.themes import load_themes

    return load_themes(theme_folders(workspace))


async def _run(workspace: Workspace) -> int:
    from mlws_tui.ui.app import MlwsApp
    from mlws_tui.ui.hangup import outlive_the_terminal
    from mlws_tui.ui.input import tell_alt_from_escape

    outlive_the_terminal()
    tell_alt_from_escape()
    themes, theme_problems = known_themes(workspace)
    settings, problems = load_settings(workspace, {theme.name for theme in themes})
    opener = partial(_open_bench, workspace, settings, (*problems, *theme_problems))
    app = MlwsApp(opener, themes=themes, theme=settings.theme, settled=_settled)
    try:
        await app.run_async()
    finally:
        await app.shut_down()
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0


def _settled() -> None:
    """Leave all that was made up to now out of every later search for garbage: each would hold a key up for long."""
    gc.freeze()
    gc.enable()


async def _open_bench(workspace: Workspace, settings: Settings, problems: Sequence[ConfigError]) -> Opened:
    """Open the workspace. What it takes is imported in a thread, as the first frame is already shown."""
    from mlws_tui.ui.app import Opened

    _log_to_file()
    await asyncio.to_thread(import_module, "mlws_tui.ui.furniture")
    from mlws_tui.services.workbench import Workbench

    actions, _ = known_actions()
    keymap, key_problems = load_keymap(workspace, {action.id: action.keys for action in actions})
    return Opened(await Workbench.open(workspace, settings), keymap, (*problems, *key_problems))


def _log_to_file() -> None:
    """What the app has to say to its makers goes to a file: stderr is the screen."""
    from logging.handlers import RotatingFileHandler

    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "mlws-tui"
    root = logging.getLogger("mlws_tui")
    root.propagate = False
    try:
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler: logging.Handler = RotatingFileHandler(
            base / "app.log", maxBytes=1_000_000, backupCount=1, delay=True
        )
    except OSError:  # a read-only home: the app works, its diary does not
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
