"""Both panes in an app of their own, for the tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.hub import Hub
from mlws_tui.services.journal import JournalService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.ui.panes.journal import JournalPane
from mlws_tui.ui.panes.session import SessionPane

NOW = datetime(2024, 10, 20, 9, 30)


class PanesApp(App[None]):
    def __init__(self, workspace: Workspace, clock: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__()
        self.hub = Hub()
        self.journal = JournalPane(self.hub, JournalService(workspace, clock=clock))
        self.session = SessionPane(self.hub, SessionsService(workspace, clock=clock))

    def compose(self) -> ComposeResult:
        yield self.journal
        yield self.session


@asynccontextmanager
async def panes(
    workspace: Workspace, clock: Callable[[], datetime] = lambda: NOW
) -> AsyncIterator[tuple[PanesApp, Pilot[None]]]:
    app = PanesApp(workspace, clock)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        yield app, pilot


async def until(holds: Callable[[], bool], pilot: Pilot[None], seconds: float = 10.0) -> None:
    """Wait for a condition, as a person would."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.02)
        await pilot.pause()
