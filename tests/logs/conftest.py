"""What the tests of logs share: waiting for a condition, and the pane on a screen of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import _wait, events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.hub import Hub
from mlws_tui.services.logs import LogsService
from mlws_tui.services.remembered import Remembered
from mlws_tui.sources.edits import EditsLog
from mlws_tui.store import Store
from mlws_tui.ui.panes.log import LogPane

PATIENCE = 15.0


async def eventually(holds: Callable[[], bool], tell: Callable[[], object] = lambda: "") -> None:
    """Let the loop run until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, tell()
        await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pilot look more often whether the app is done with a key: 5 ms apart instead of 20."""
    monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", 0.005)


class Harness(App[None]):
    """The log pane alone."""

    CSS = ".pane { border: round $border; height: 1fr; }"

    def __init__(self, workspace: Workspace, memory: Remembered | None) -> None:
        super().__init__()
        self.pane = LogPane(Hub(), LogsService(workspace), memory)
        self.moments: list[LogPane.Moment] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_log_pane_moment(self, event: LogPane.Moment) -> None:
        self.moments.append(event)


class Screen:
    """What a person sees of the pane, and the keys they press."""

    def __init__(self, app: Harness, pilot: Pilot[None]) -> None:
        self.app = app
        self.pane = app.pane
        self.pilot = pilot

    @property
    def rows(self) -> list[str]:
        """All rows of the screen."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def lines(self) -> list[str]:
        """What stands inside the border, without blank rows."""
        return [row[2:-2].rstrip() for row in self.rows[1:-1] if row[2:-2].strip()]

    @property
    def text(self) -> str:
        """All rows of the screen in one."""
        return "\n".join(self.rows)

    @property
    def cursor(self) -> str | None:
        """The line with the cursor."""
        return next((row[2:-2].rstrip() for row in self.rows if row[1] in "▌◈"), None)

    @property
    def bar(self) -> str:
        """The line in which one types."""
        return self.rows[-2]

    @property
    def title(self) -> str:
        return self.rows[0]

    @property
    def foot(self) -> str:
        return self.rows[-1]

    def show(self, path: Path) -> None:
        self.pane.show_log(path, "a run")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    def hit(self, *keys: str) -> None:
        """Press keys and wait for nothing; the pilot waits until the app has nothing to do."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))

    async def until(self, holds: Callable[[Screen], bool]) -> None:
        await eventually(lambda: holds(self), lambda: "\n".join(self.rows))


@pytest.fixture
def log(workspace: Workspace) -> Path:
    """The path of a log in the workspace; the file is not made."""
    return workspace.logs_of("training") / "20261120-091203-llama-ft.log"


@pytest.fixture
async def memory(workspace: Workspace, tmp_path: Path) -> AsyncIterator[Remembered]:
    """What the workspace remembers of marks and filters."""
    store = await Store.open(tmp_path / "memory.db")
    yield Remembered(EditsLog(workspace.streams), store)
    await store.close()


@asynccontextmanager
async def screen_of(
    workspace: Workspace,
    path: Path | None = None,
    size: tuple[int, int] = (80, 12),
    memory: Remembered | None = None,
) -> AsyncIterator[Screen]:
    app = Harness(workspace, memory)
    async with app.run_test(size=size) as pilot:
        screen = Screen(app, pilot)
        app.pane.focus()
        if path is not None:
            screen.show(path)
        yield screen


def numbered(count: int, start: int = 0) -> str:
    """Lines ``line 0`` and so on."""
    return "".join(f"line {i}\n" for i in range(start, start + count))


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
