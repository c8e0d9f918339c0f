"""An app that shows one page of runs and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from mlws_tui.config.load import load_settings
from mlws_tui.config.resources import theme_folders
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.themes import load_themes
from tests.ui.stage import NOW


class PageApp(App[None]):
    """Opens a workspace on a stopped clock and pushes a page.

    Args:
        workspace: The workspace.
        page: Makes the page.
        theme: Name of the theme.
    """

    def __init__(
        self, workspace: Workspace, page: Callable[[Workbench], Screen[Jump | None]], theme: str = "mlws-dark"
    ) -> None:
        super().__init__()
        self.bench: Workbench | None = None
        self.answers: list[Jump | None] = []
        self._workspace = workspace
        self._page = page
        themes, problems = load_themes(theme_folders(workspace))
        assert not problems
        for one in themes:
            self.register_theme(one)
        self.theme = theme

    async def on_mount(self) -> None:
        settings, _ = load_settings(self._workspace)
        self.bench = await Workbench.open(self._workspace, settings, clock=lambda: NOW)
        await self.bench.ingest.catch_up()
        await self.push_screen(self._page(self.bench), self.answers.append)

    async def leave(self) -> None:
        if self.bench is not None:
            bench, self.bench = self.bench, None
            await bench.close()


def screen_text(app: App[Any]) -> str:
    """What is on the screen, line by line."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )


async def sees(app: App[Any], pilot: Pilot[Any], *words: str) -> None:
    """Let the app work until these words are on the screen."""
    for _ in range(400):
        await pilot.pause(0.01)
        if all(word in screen_text(app) for word in words):
            await pilot.pause()
            return
    raise AssertionError(f"{words} never came:\n{screen_text(app)}")
