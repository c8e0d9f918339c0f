"""Going to a place that a page, a pane or the search leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.events import is_run_id
from mlws_tui.domain.links import SESSIONS
from mlws_tui.services import clipboard
from mlws_tui.ui.jump import Jump

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench
    from mlws_tui.ui.furniture import Furniture


class Jumping:
    """Goes to places on one desk.

    Args:
        screen: The desk.
        bench: The workbench.
        furniture: Its panes.
        go_to: Gives a pane the focus.
    """

    def __init__(
        self, screen: Screen[Any], bench: Workbench, furniture: Furniture, go_to: Callable[[str], None]
    ) -> None:
        self._screen = screen
        self._bench = bench
        self._panes = furniture
        self._go_to = go_to

    def follow(self, jump: Jump | None) -> None:
        """Go there in the background; a page that is pushed is there at once."""
        if jump is None:
            return
        if jump.kind in ("tasks", "review", "days", "search", "links"):
            self._screen.app.push_screen(self._page(jump), self.follow)
        else:
            self._screen.run_worker(self.go(jump), group="jump", exclusive=True)

    async def go(self, jump: Jump) -> None:
        """Go to a place in a pane; where it is not there, say so."""
        try:
            await self._go(jump)
        except MlwsError as error:
            self._tell(error.sentence())

    async def _go(self, jump: Jump) -> None:
        panes = self._panes
        if jump.kind == "run":
            self._go_to("runs")
            panes.runs.find_run(jump.target, panes.runs.action_open)
        elif jump.kind == "log" and is_run_id(jump.target):
            panes.runs.find_run(jump.target, lambda: self._go_to("log"))
        elif jump.kind in ("log", "file"):
            await self._file(jump)
        elif jump.kind == "session":
            await panes.session.show_session(PurePosixPath(jump.target).name.removesuffix(".md"), jump.line)
            self._go_to("session")
        elif jump.kind == "journal":
            await self._journal(jump)
        elif jump.kind == "url":
            await self._address(jump.target)
        else:
            self._go_to("runs")
            panes.runs.jump(jump)

    async def _journal(self, jump: Jump) -> None:
        if jump.line:
            await self._panes.journal.show_line(jump.line)
        else:
            try:
                day = date.fromisoformat(jump.target)
            except ValueError:
                self._tell(f"{jump.target} is no day of the journal")
                return
            await self._panes.journal.show_day(day)
        self._go_to("journal")

    async def _file(self, jump: Jump) -> None:
        """The journal and session logs have panes of their own; any other file is shown as logs are."""
        if jump.target == self._bench.workspace.relative(self._bench.workspace.journal):
            await self._journal(Jump("journal", "", max(1, jump.line)))
            return
        if jump.target.startswith(SESSIONS) and jump.target.endswith(".md"):
            await self._go(Jump("session", jump.target, jump.line))
            return
        path = await asyncio.to_thread(self._found, jump.target)
        if path is None:
            self._tell(f"{jump.target} is not there")
            return
        self._panes.log.show_log(path, PurePosixPath(jump.target).name)
        self._go_to("log")
        if jump.line:
            self._panes.log.go_to_line(jump.line)

    def _found(self, target: str) -> Path | None:
        from mlws_tui.services.logplaces import find_log

        try:
            path = self._bench.workspace.inside(target)
            return path if find_log(self._bench.workspace, path).is_file() else None
        except (OSError, ValueError):  # a name that no file can have
            return None

    async def _address(self, address: str) -> None:
        """Have an address ready to be pasted: a browser would open on the server, or for a stranger's text."""
        copied = await clipboard.copy(address)
        driver = self._screen.app._driver
        if copied.sequence and driver is not None:
            driver.write(copied.sequence)
        self._tell(f"copied {address}")

    def _page(self, jump: Jump) -> Screen[Jump | None]:
        if jump.kind == "tasks":
            from mlws_tui.ui.screens.tasks import TasksScreen

            return TasksScreen(self._bench)
        if jump.kind == "review":
            from mlws_tui.ui.screens.review import ReviewScreen

            return ReviewScreen(self._bench)
        if jump.kind == "days":
            from mlws_tui.services.journal import DayRef
            from mlws_tui.ui.screens.days import DaysScreen

            today = self._bench.journal.today()
            return DaysScreen(self._bench, DayRef(date.fromisoformat(jump.target) if jump.target else today))
        if jump.kind == "links":
            from mlws_tui.ui.screens.links import LinksScreen

            kind, _, target = jump.target.partition(":")
            return LinksScreen(self._bench, kind, target)
        from mlws_tui.ui.screens.search import SearchScreen

        return SearchScreen(self._bench, jump.target)

    def _tell(self, words: str) -> None:
        self._screen.notify(words, timeout=3, markup=False)
