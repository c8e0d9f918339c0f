"""Work that many events ask for and that is done now and then."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from textual.widget import Widget

log = logging.getLogger(__name__)


class Coalesced:
    """Does one piece of work soon after it is asked for, however often that is, with a pause after each time.

    Work that is asked for while it is being done is done once more afterwards, so the last state is always reached.
    It runs in a worker of the widget and ends with it.

    Args:
        widget: Whose work it is.
        pause: Seconds between the end of one time and the beginning of the next.
        work: What to do; what it raises is logged, and the work is done again when it is asked for again.
    """

    def __init__(self, widget: Widget, pause: float, work: Callable[[], Awaitable[None]]) -> None:
        self._widget = widget
        self._pause = pause
        self._work = work
        self._asked = False
        self._running = False
        self._hurry = asyncio.Event()

    def ask(self, *, now: bool = False) -> None:
        """See that the work is done after this moment; with `now`, without waiting for the pause to end."""
        self._asked = True
        if now:
            self._hurry.set()
        if not self._running and self._widget.is_attached:
            self._running = True
            self._widget.run_worker(self._run(), exit_on_error=False)

    async def _run(self) -> None:
        try:
            while self._asked:
                self._asked = False
                self._hurry.clear()
                try:
                    await self._work()
                except Exception:
                    log.exception("%s could not be brought up to date", type(self._widget).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), self._pause)
        finally:
            self._running = False
