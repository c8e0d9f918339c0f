"""How the log pane looks for something while the person goes on typing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import Worker

from mlws_tui.services.hub import Hub
from mlws_tui.services.logs import LogsService
from mlws_tui.ui.panes.log_search import Goal
from mlws_tui.ui.panes.log_viewport import Viewport
from mlws_tui.ui.panes.log_window import LogWindow, Step
from mlws_tui.ui.widgets.logbar import GOTO

if TYPE_CHECKING:
    from mlws_tui.services.remembered import Remembered

Look = Callable[[Viewport], Awaitable[Goal]]

SEARCH = "log-search"
#: Seconds until a search is spoken of.
_SLOW_SEARCH = 0.2
#: Steps to the next match, error or mark that were typed ahead; of more than these the person has lost count.
_MOST_WAITING = 10


class LogSearching(LogWindow):
    """Searches go on behind the keys. Keys that come in one burst each begin where the one before came to."""

    def __init__(self, hub: Hub, logs: LogsService, memory: Remembered | None = None) -> None:
        super().__init__(hub, logs, memory)
        self._searching = asyncio.Lock()  # the search that goes on has it
        self._search_began = 0.0

    def _search(self, look: Look, *, close: bool = False) -> None:
        """Look for something behind the keys; it ends the searches before it."""
        self.workers.cancel_group(self, SEARCH)
        self._begin_search(look, close)

    def _step(self, look: Look) -> None:
        """Look for the next of something, from where the search came to that was begun just before.

        Keys that come in a burst each have their step. One that comes while a search takes long ends that.
        """
        if self._searches and not self._began_just_now:
            self.workers.cancel_group(self, SEARCH)
        elif self._searches >= _MOST_WAITING:
            return
        self._begin_search(look)

    def _begin_search(self, look: Look, close: bool = False) -> None:
        port = self._drive.port
        if port is not None:
            self._note, self._trouble = "", False
            if not self._searches:
                self._search_began = time.monotonic()
            _: Worker[None] = self.run_worker(partial(self._searched, port, look, close), group=SEARCH)

    async def _searched(self, port: Viewport, look: Look, close: bool) -> None:
        async with self._searching:
            self._search_began = time.monotonic()
            slow = self.set_timer(_SLOW_SEARCH, lambda: self._tell("searching…"))
            try:
                goal = await look(port)
            finally:
                slow.stop()
            if goal.place is None:
                self._tell(goal.note, trouble=bool(goal.note))
                if close and self._bar.use == GOTO and self.has_focus:
                    self._bar.take_focus()
                return
            if close and self._bar.use == GOTO:
                self._close_bar()
            self._note, self._trouble = goal.note, False
            shown = asyncio.Event()
            self._drive.ask(partial(_show, port, goal, shown))
            await _for_a_while(shown.wait())

    @property
    def _searches(self) -> int:
        """How many searches go on or wait."""
        return sum(worker.group == SEARCH and not worker.is_finished for worker in self.workers)

    @property
    def _began_just_now(self) -> bool:
        return time.monotonic() - self._search_began <= _SLOW_SEARCH

    def _ask(self, step: Step) -> None:
        """Do a step; where a search was begun just before, from where that comes to."""
        if self._searches and self._began_just_now:
            _: Worker[None] = self.run_worker(partial(self._ask_behind, step), group="log-keys")
        else:
            super()._ask(step)

    async def _ask_behind(self, step: Step) -> None:
        async def searched() -> None:
            async with self._searching:
                return

        await _for_a_while(searched())
        super()._ask(step)

    def _behind(self, work: Callable[[], Coroutine[None, None, None]], group: str) -> None:
        """Do work behind the keys; it ends what is left of earlier work of the same group.

        It is a call and no coroutine, as one that is cancelled before it begins would never be awaited.
        """
        _: Worker[None] = self.run_worker(work, group=group, exclusive=True)

    def _close_bar(self) -> None:
        self._bar.close()
        self.screen.set_focus(self)
        self._laid_out()


async def _show(searched: Viewport, goal: Goal, shown: asyncio.Event, now: Viewport) -> None:
    if now is searched and goal.place is not None:  # another log may be shown by now
        await now.show(goal.place)
    shown.set()


async def _for_a_while(work: Awaitable[object]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SLOW_SEARCH):
            await work
