"""One open log: read from anywhere, followed by a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from mlws_tui.domain.ansi import styled
from mlws_tui.domain.logs import LogLine, LogState, Place
from mlws_tui.domain.needle import Needle
from mlws_tui.sources.lines import Found
from mlws_tui.sources.logscan import Going, Words
from mlws_tui.sources.logtail import LogTail

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Seconds between two looks at a log that is on the screen, and at one that is not.
LOOK = 0.03
LOOK_HIDDEN = 1.0
_COUNT_FOR = 0.01  # seconds of counting between two looks
_YIELD = 0.002  # seconds in which others run while there is more to count
_NOTHING = LogState(Place(0, 0), 0, 0, "", None, None, 0.0, 0)


class LogFeed:
    """A log that is followed from `start` to `close`. Use it on one event loop; nothing here blocks it.

    Args:
        path: The log; it need not exist yet.
        changed: Called on the event loop after `state` changed; several changes may be told by one call.
        count: Whether to count its lines and errors.
    """

    def __init__(self, path: Path, changed: Callable[[], None], *, count: bool = True) -> None:
        self.path = path
        self._changed = changed
        self._counts = count
        self._tail: LogTail | None = None
        self._state = _NOTHING
        self._telling = False
        self._every = LOOK
        self._closing = False
        self._ended = False
        self._nudge = threading.Event()
        self._waiting: SimpleQueue[asyncio.Future[None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> LogState:
        """How the log is doing as of the last look."""
        return self._state

    async def start(self) -> None:
        """Open the log and begin to follow it."""
        loop = asyncio.get_running_loop()
        tail = self._tail = await asyncio.to_thread(LogTail, self.path)
        self._state = tail.state()
        self._thread = threading.Thread(
            target=self._follow, args=(tail, loop), name=f"log {self.path.name}", daemon=True
        )
        self._thread.start()

    async def close(self) -> None:
        """Follow it no more and close its files. Safe to call twice."""
        self._closing = True
        self._nudge.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.join)
        if self._tail is not None:
            await asyncio.to_thread(self._tail.close)

    async def settle(self) -> None:
        """Return once a look that began after this call is done, so that what was written before it can be read.

        Where nobody looks any more, at once: the state tells why.
        """
        loop = asyncio.get_running_loop()
        looked = loop.create_future()
        self._waiting.put(looked)
        self._nudge.set()
        if self._ended:  # set before the thread's last look at who waits: one of the two finds this one
            _release(self._take_waiting(), loop)
        await looked

    def set_pace(self, *, shown: bool) -> None:
        """Look often while the log is on the screen, and at once when it comes there; else now and then."""
        self._every = LOOK if shown else LOOK_HIDDEN
        if shown:
            self._nudge.set()

    async def after(self, place: Place, count: int) -> list[LogLine]:
        """Up to `count` lines from the place on."""
        return await asyncio.to_thread(self._opened.after, place, count)

    async def before(self, place: Place, count: int) -> list[LogLine]:
        """The last `count` lines before the place, in order."""
        return await asyncio.to_thread(self._opened.before, place, count)

    async def around(self, place: Place, before: int, count: int) -> tuple[list[LogLine], list[LogLine]]:
        """Lines before the place and from it on, in one go."""
        tail = self._opened
        return await asyncio.to_thread(lambda: (tail.before(place, before), tail.after(place, count)))

    async def number_of(self, place: Place) -> int | None:
        """Number of the line in its file, from 1; None where it is not counted yet."""
        return await asyncio.to_thread(self._opened.number_of, place)

    async def find(self, needle: Needle, place: Place, *, forward: bool) -> Place | None:
        """The nearest line from the place on, or before it, that shows the needle. Cancelling it stops the search."""
        words = Words((needle.raw,), needle.ignore_case)

        def accept(line: Found) -> bool:
            return bool(line.cut or needle.spans(styled(line.data).text))

        tail = self._opened
        return await self._search(
            lambda going: tail.find(words, place, forward=forward, accept=accept, going=going)
        )

    async def find_error(self, place: Place, *, forward: bool) -> Place | None:
        """The nearest line from the place on, or before it, with which an error begins; cancelled as above."""
        tail = self._opened
        return await self._search(lambda going: tail.find_error(place, forward=forward, going=going))

    @property
    def _opened(self) -> LogTail:
        assert self._tail is not None, "a feed is started before it is used"  # noqa: S101 - a mistake of ours
        return self._tail

    async def _search(self, search: Callable[[Going], T]) -> T:
        gone = threading.Event()
        try:
            return await asyncio.to_thread(search, lambda: not (gone.is_set() or self._closing))
        finally:
            gone.set()

    def _follow(self, tail: LogTail, loop: asyncio.AbstractEventLoop) -> None:
        """The thread: look, count a little, tell, wait."""
        more = self._counts
        waiting: list[asyncio.Future[None]] = []
        try:
            while not self._closing:
                if self._nudge.wait(_YIELD if more else self._every):
                    self._nudge.clear()
                waiting = self._take_waiting()
                if tail.look() or more:
                    more = self._counts and _count(tail)
                    self._state = tail.state()
                    self._tell(loop)
                _release(waiting, loop)
        except Exception as error:  # a thread has nobody above it who would hear of it
            log.exception("following %s failed", self.path)
            state = self._state
            problem = f"following it failed ({type(error).__name__}: {error})"
            self._state = replace(state, missing=problem, revision=state.revision + 1)
        finally:
            self._ended = True
            _release(waiting + self._take_waiting(), loop)
            if not self._closing:
                self._tell(loop)

    def _take_waiting(self) -> list[asyncio.Future[None]]:
        waiting: list[asyncio.Future[None]] = []
        with contextlib.suppress(Empty):
            while True:
                waiting.append(self._waiting.get_nowait())
        return waiting

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._telling:
            self._telling = True
            loop.call_soon_threadsafe(self._hear)

    def _hear(self) -> None:
        self._telling = False
        if not self._closing:
            self._changed()


def _release(waiting: list[asyncio.Future[None]], loop: asyncio.AbstractEventLoop) -> None:
    for looked in waiting:
        loop.call_soon_threadsafe(_resolve, looked)
    waiting.clear()


def _resolve(looked: asyncio.Future[None]) -> None:
    if not looked.done():
        looked.set_result(None)


def _count(tail: LogTail) -> bool:
    """Count for a short time; whether there is more."""
    until = time.monotonic() + _COUNT_FOR
    while tail.count():
        if time.monotonic() > until:
            return True
    return False
