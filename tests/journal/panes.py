"""Both panes in an app of their own, for the tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path

from textual.app import ComposeResult
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import FileChanged
from mlws_tui.services.hub import Hub
from mlws_tui.services.journal import JournalService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.keyorder import KeysInOrder
from mlws_tui.ui.panes.journal import JournalPane
from mlws_tui.ui.panes.session import SessionPane
from mlws_tui.ui.panes.writing import WritingPane
from mlws_tui.ui.widgets.questionline import QuestionLine

NOW = datetime(2024, 10, 20, 9, 30)


class PanesApp(KeysInOrder[None]):
    def __init__(self, workspace: Workspace, clock: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__()
        self.hub = Hub()
        self.journal = JournalPane(self.hub, JournalService(workspace, clock=clock))
        self.session = SessionPane(self.hub, SessionsService(workspace, clock=clock))
        self.jumps: list[Jump] = []

    def compose(self) -> ComposeResult:
        yield self.journal
        yield self.session

    def on_writing_pane_jumped(self, event: WritingPane.Jumped) -> None:
        self.jumps.append(event.jump)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """There is no terminal to hand over."""
        yield


def title(pane: WritingPane) -> str:
    return str(pane.border_title).replace("\\[", "[")  # Textual keeps it as escaped markup


def corner(pane: WritingPane) -> str:
    return str(pane.border_subtitle)


def question(pane: WritingPane) -> str:
    """What is asked at the foot of the pane."""
    return str(pane.query_one(QuestionLine).content) if pane.query_one(QuestionLine).display else ""


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


async def write_outside(app: PanesApp, pilot: Pilot[None], path: Path, old: bytes, new: bytes) -> None:
    """Change a file as another program does, and wait until the panes have seen it."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    app.hub.publish(FileChanged(path))
    await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()


async def until(holds: Callable[[], bool], pilot: Pilot[None], seconds: float = 10.0) -> None:
    """Wait for a condition, as a person would."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.02)
        await pilot.pause()
