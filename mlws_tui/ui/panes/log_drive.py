"""The task behind the log pane: it opens logs and does all reading, so that no key waits for a disk."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logs import LogsService
from mlws_tui.ui.panes.log_layout import View
from mlws_tui.ui.panes.log_viewport import Viewport

Step = Callable[[Viewport], Awaitable[object]]

#: Seconds between two paintings of a log that grows.
PAINT_EVERY = 0.1
#: The same while filters are looked through, as each reading looks for lines for up to 0.3 s; and how long a painting
#: may take then until a key ends it.
_PAINT_SIFTED, _HELD = 0.4, 0.05


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be shown: one log, or several of them by time, each with its tag; none where both are missing."""

    path: Path | None = None
    merged: tuple[tuple[str, Path], ...] = ()

    def __bool__(self) -> bool:
        return self.path is not None or bool(self.merged)


class LogDrive:
    """Reads for one pane, one thing after the other.

    Args:
        logs: Opens the logs.
        opened: Called once when another log is open, before it is painted; with None where there is none.
        paint: Called to paint; tells whether anything was new.
        meanwhile: Called when the log changed while something takes long.

    Attributes:
        port: The window on the log that is open.
        look: How rows are to be laid out.
        shown: Whether the pane is on the screen.
    """

    def __init__(
        self,
        logs: LogsService,
        opened: Callable[[Viewport | None], Awaitable[None]],
        paint: Callable[[Viewport | None], Awaitable[bool]],
        meanwhile: Callable[[Viewport], None],
    ) -> None:
        self._logs = logs
        self._opened = opened
        self._paint = paint
        self._meanwhile = meanwhile
        self.port: Viewport | None = None
        self.look = View()
        self.shown = False
        self._wanted = self._open = Source()
        self._steps: list[Step] = []
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._halt = asyncio.Event()
        self._busy = False
        self._painted_at = 0.0
        self._paints_since: float | None = None
        self._cut = False  # whether the painting before was ended by a key: two in a row are not

    @property
    def source(self) -> Source:
        """What is to be shown."""
        return self._wanted

    def want(self, source: Source) -> None:
        """Show this; what is shown stays until its first page is read."""
        if source != self._wanted:
            self._wanted = source
            self._halt.set()
        self.hurry()

    def ask(self, step: Step) -> None:
        """Do a step on the open log, then paint."""
        self._steps.append(step)
        since = self._paints_since
        if self._sifting and since is not None and not self._cut and time.monotonic() - since > _HELD:
            self._cut = True
            self._halt.set()
        self.hurry()

    def halt(self) -> None:
        """Give up what takes long, and the steps that wait for it."""
        self._steps.clear()
        self._halt.set()

    def hurry(self) -> None:
        """Paint at once."""
        self._urgent.set()
        self._wake.set()

    def wake(self) -> None:
        """Paint as soon as it is time to."""
        self._wake.set()

    def set_pace(self, *, shown: bool) -> None:
        """Tell whether the pane is on the screen: if not, the log is looked at now and then only."""
        self.shown = shown
        if self.port is not None:
            self.port.feed.set_pace(shown=shown)

    async def run(self) -> None:
        """Read and paint whenever there is something to; until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._rest()
            self._urgent.clear()
            while self._wanted != self._open:
                await self._switch()
            self._halt.clear()
            steps, self._steps = self._steps, []
            await self._unless_halted(steps)

    async def close(self) -> None:
        """Close the log."""
        port, self.port = self.port, None
        if port is not None:
            await port.feed.close()

    async def _rest(self) -> None:
        """Wait until it is time to paint a log that grew; a key ends the wait."""
        every = _PAINT_SIFTED if self._sifting else PAINT_EVERY
        left = self._painted_at + every - time.monotonic()
        if left > 0 and not self._urgent.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):  # `wait_for` of 3.11 drops a cancel that comes with the key
                    await self._urgent.wait()

    async def _switch(self) -> None:
        source = self._wanted
        feed = await self._feed_of(source)
        before, self.port = self.port, None
        self._open = source
        try:
            if feed is not None:
                self.port = Viewport(feed, self.look, merged=bool(source.merged))
                feed.set_pace(shown=self.shown)
            await self._opened(self.port)
        finally:
            if before is not None:
                await before.feed.close()

    async def _feed_of(self, source: Source) -> LogFeed | None:
        if source.merged:
            return await self._logs.open_merged(source.merged, self._changed)
        return await self._logs.open(source.path, self._changed) if source.path is not None else None

    async def _unless_halted(self, steps: list[Step]) -> None:
        """Do the steps and paint; given up where somebody wants something that makes it needless."""
        work = asyncio.ensure_future(self._work(steps))
        halted = asyncio.ensure_future(self._halt.wait())
        self._busy = True
        try:
            await asyncio.wait({work, halted}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._busy = False
            work.cancel()
            halted.cancel()
            await asyncio.gather(work, halted, return_exceptions=True)
        if not work.cancelled():
            work.result()

    async def _work(self, steps: list[Step]) -> None:
        if self.port is not None:
            self.port.view = self.look
            for step in steps:
                await step(self.port)
        self._paints_since = time.monotonic()
        try:
            if await self._paint(self.port) or self._sifting:
                self._painted_at = time.monotonic()
            self._cut = False
        finally:
            self._paints_since = None

    @property
    def _sifting(self) -> bool:
        return self.port is not None and self.port.sifting

    def _changed(self) -> None:
        self._wake.set()
        if self._busy and self.port is not None:
            self._meanwhile(self.port)
