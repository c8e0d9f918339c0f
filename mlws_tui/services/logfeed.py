"""One open log: read from anywhere, followed by a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.levels import Level
from mlws_tui.domain.logquery import Filter, Query, Sieve
from mlws_tui.domain.logs import Density, LogLine, LogPiece, LogState, Place, Trace
from mlws_tui.services.logfillers import Filler
from mlws_tui.sources.logtail import LogTail
from mlws_tui.sources.sift import Going

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
        text: Tells where the log lies, and what makes its text where it cannot be read as it is; the feed starts
            and closes that. It may block. By default the log is read as it is.

    Attributes:
        path: The log; once it is started where it lies.
    """

    def __init__(
        self,
        path: Path,
        changed: Callable[[], None],
        *,
        count: bool = True,
        text: Callable[[], tuple[Path, Filler | None]] | None = None,
    ) -> None:
        self.path = path
        self._text = text or (lambda: (path, None))
        self._filler: Filler | None = None
        self._changed = changed
        self._counts = count
        self._tail: LogTail | None = None
        self._state = _NOTHING
        self._telling = False
        self._every = LOOK
        self._closing = False
        self._lock = threading.Lock()  # of what is opened and closed
        self._wants = False
        self._seeks = self._sought = Query()
        self._ended = False
        self._nudge = threading.Event()
        self._waiting: SimpleQueue[asyncio.Future[None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> LogState:
        """How the log is doing as of the last look."""
        return self._state

    async def start(self) -> None:
        """Open the log and begin to follow it. Where that fails or is cancelled, nothing stays open."""
        loop = asyncio.get_running_loop()
        try:
            await _whole(self._open)
            tail = self._opened
            self._state = self._as_it_is(tail)
            self._thread = threading.Thread(
                target=self._follow, args=(tail, loop), name=f"log {self.path.name}", daemon=True
            )
            self._thread.start()
        except BaseException:
            with self._lock:
                self._closing = True
                opened = self._tail is not None
            if opened:
                await _whole(self._give_back)
            raise

    def _open(self) -> None:
        """In a thread, which gives all of it back where nobody wants it any more."""
        try:
            self.path, self._filler = self._text()
            if self._filler is None:
                tail = LogTail(self.path)
            else:
                self._filler.start()
                tail = LogTail(self._filler.path, name=self.path)
        except BaseException:
            self._give_back()
            raise
        with self._lock:
            self._tail = tail
            unwanted = self._closing
        if unwanted:
            self._give_back()

    async def close(self) -> None:
        """Follow it no more and close its files. Safe to call twice; what is begun is done even if it is cancelled."""
        self._closing = True
        self._nudge.set()
        await _whole(self._give_back)

    def _give_back(self) -> None:
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                self._thread.join()
            if self._tail is not None:
                self._tail.close()
            if self._filler is not None:
                self._filler.close()

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

    async def place_of(self, number: int) -> Place | None:
        """Where the line of a number begins, from 1, or from -1 backwards; None where that is not known yet."""
        return await asyncio.to_thread(self._opened.place_of, number)

    async def place_at(self, share: float) -> Place:
        """The line that stands at this share (0-1) of the file's bytes."""
        return await asyncio.to_thread(self._opened.place_at, share)

    async def time_at(self, place: Place) -> float | None:
        """When the line was written (Unix seconds), else the nearest one before it that tells."""
        return await asyncio.to_thread(self._opened.time_at, place)

    async def place_at_time(self, ts: float) -> Place | None:
        """The first line that was written then or later; None where the lines tell no times."""
        tail = self._opened
        return await self._search(lambda going: tail.place_at_time(ts, going))

    async def trace_at(self, place: Place) -> Trace | None:
        """The traceback that the line belongs to; None where it belongs to none."""
        return await asyncio.to_thread(self._opened.trace_at, place)

    async def set_filters(self, filters: Sequence[Filter]) -> None:
        """Show only the lines that pass these filters, from now on."""
        tail = self._opened

        def sift() -> LogState:
            tail.sift(Sieve(filters))
            return self._as_it_is(tail)

        self._state = await asyncio.to_thread(sift)
        self._asked()

    def look_for(self, query: Query) -> None:
        """Count the lines with this in the background from now on; an empty query counts none."""
        self._seeks = query
        self._asked()

    async def find(self, query: Query, place: Place, *, forward: bool) -> Place | None:
        """The nearest line from the place on, or before it, that shows the query. Cancelling it stops the search."""
        tail = self._opened
        return await self._search(lambda going: tail.find(query, place, forward=forward, going=going))

    async def find_error(self, place: Place, *, forward: bool) -> Place | None:
        """The nearest line from the place on, or before it, with which an error begins; cancelled as above."""
        tail = self._opened
        return await self._search(lambda going: tail.find_error(place, forward=forward, going=going))

    async def find_level(self, place: Place, *, forward: bool, level: Level) -> Place | None:
        """The nearest warning, or with any graver level the nearest error; cancelled as above."""
        if level > Level.WARNING:
            return await self.find_error(place, forward=forward)
        tail = self._opened
        return await self._search(lambda going: tail.find_warning(place, forward=forward, going=going))

    async def piece_at(self, place: Place, query: Query) -> LogPiece | None:
        """The piece of a line that is too long to be shown whole that has this.

        None where it stands in what is shown of the line, or nowhere.
        """
        return await asyncio.to_thread(self._opened.piece_at, place, query)

    async def ordinal(self, place: Place) -> int | None:
        """The how-manieth line (from 1) with what is looked for it is; None where that is not known yet."""
        return await asyncio.to_thread(self._opened.ordinal, place)

    async def density(self, columns: int) -> Density:
        """How many errors, warnings and matches begin in each of so many equal stretches of the file."""
        return await asyncio.to_thread(self._opened.density, columns)

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
            self._asked()  # it may have met an expression that takes too long

    def _follow(self, tail: LogTail, loop: asyncio.AbstractEventLoop) -> None:
        """The thread: look, count a little, tell, wait."""
        more = True
        filled: tuple[object, ...] = ()
        waiting: list[asyncio.Future[None]] = []
        try:
            while not self._closing:
                if self._nudge.wait(_YIELD if more else self._every):
                    self._nudge.clear()
                waiting = self._take_waiting()
                told, filled = filled, self._filled()
                if tail.look() or more or self._wants or told != filled:
                    self._wants = False
                    self._seek(tail)
                    more = _count(tail, everything=self._counts)
                    self._state = self._as_it_is(tail)
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

    def _asked(self) -> None:
        """The person asked for something that is to be counted: at once."""
        self._wants = True
        self._nudge.set()

    def _seek(self, tail: LogTail) -> None:
        seeks = self._seeks
        if seeks != self._sought:
            self._sought = seeks
            tail.seek(seeks)

    def _filled(self) -> tuple[object, ...]:
        filler = self._filler
        return () if filler is None else (round(filler.share, 2), filler.problem, filler.done)

    def _as_it_is(self, tail: LogTail) -> LogState:
        """The state of the log, with how far its text is made where it has to be."""
        state, filler = tail.state(), self._filler
        if filler is None:
            return state
        filled = None if filler.done else filler.share
        return replace(state, filled=filled, problem=state.problem or filler.problem)

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


async def _whole(work: Callable[[], None]) -> None:
    """Do it in a thread; where the wait for it is cancelled, it is done all the same."""
    doing = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(doing)
    except asyncio.CancelledError:
        doing.add_done_callback(_hear_of)
        raise


def _hear_of(done: asyncio.Future[None]) -> None:
    """What became of work that nobody waited for."""
    error = None if done.cancelled() else done.exception()
    if error is not None and not isinstance(
        error, MlwsError
    ):  # such a sentence was for the person who has left
        log.error("opening or closing a log failed", exc_info=error)


def _release(waiting: list[asyncio.Future[None]], loop: asyncio.AbstractEventLoop) -> None:
    for looked in waiting:
        loop.call_soon_threadsafe(_resolve, looked)
    waiting.clear()


def _resolve(looked: asyncio.Future[None]) -> None:
    if not looked.done():
        looked.set_result(None)


def _count(tail: LogTail, *, everything: bool) -> bool:
    """Count for a short time; whether there is more."""
    until = time.monotonic() + _COUNT_FOR
    while tail.count(everything=everything):
        if time.monotonic() > until:
            return True
    return False
