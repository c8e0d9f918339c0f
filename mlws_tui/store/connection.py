"""One SQLite connection on a thread of its own: whole functions go in, answers come out."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from mlws_tui.domain.errors import StoreError
from mlws_tui.store.errors import TimeOutError, explain

T = TypeVar("T")
_CLOSE_DEADLINE = 2.0


class Role(StrEnum):
    """What a connection is for. Only the writer checkpoints.

    `VIEW` reads a file that may not be written, `FROZEN` one that cannot even be locked: it does not see the journal.
    """

    WRITER = "writer"
    READER = "reader"
    VIEW = "view"
    FROZEN = "frozen"


_PRAGMAS = ("mmap_size=0", "trusted_schema=OFF", "cell_size_check=ON", "foreign_keys=ON", "temp_store=MEMORY")
_ROLE_PRAGMAS = {
    Role.WRITER: (
        "busy_timeout=2000",
        "wal_autocheckpoint=1000",
        "journal_size_limit=67108864",
        "cache_size=-16000",
    ),
    Role.READER: ("busy_timeout=1000", "wal_autocheckpoint=0", "query_only=ON", "cache_size=-8000"),
    Role.VIEW: ("busy_timeout=1000", "wal_autocheckpoint=0", "query_only=ON", "cache_size=-8000"),
    Role.FROZEN: ("query_only=ON", "cache_size=-8000"),
}
_MODES = {Role.VIEW: "mode=ro", Role.FROZEN: "mode=ro&immutable=1"}


class _Job:
    """A function on its way through the thread; `dropped` once nobody waits for its answer."""

    __slots__ = ("dropped",)

    def __init__(self) -> None:
        self.dropped = False


class _DroppedError(Exception):
    """Nobody waits for this job any more: it is not begun."""


class Connection:
    """Runs whole functions one after another on the connection's thread.

    As a function is one hop, a cancelled caller can only drop the answer: no transaction stays open half way.
    """

    def __init__(self, inner: aiosqlite.Connection, path: Path) -> None:
        self._inner = inner
        self._path = path
        self._running: _Job | None = None
        self._closed = False

    @classmethod
    async def open(cls, path: Path, role: Role) -> Connection:
        """Open the file, which must exist; the path must be absolute.

        Raises:
            StoreError: if it cannot be opened.
        """
        mode = _MODES.get(role, "mode=rw")
        inner = aiosqlite.connect(f"{path.as_uri()}?{mode}", uri=True, isolation_level=None)
        # aiosqlite's thread would keep the process alive if a crash leaves the connection open.
        inner._thread.daemon = True
        try:
            await inner
        except (sqlite3.Error, OSError) as error:
            raise explain(error, path) from error
        connection = cls(inner, path)
        try:
            await connection.call(lambda raw: _configure(raw, role))
        except BaseException:
            await connection.close()
            raise
        return connection

    async def call(self, work: Callable[[sqlite3.Connection], T], *, time_out: float | None = None) -> T:
        """Run `work` on the thread and return its answer.

        A caller that is cancelled drops the answer; with a `time_out` (s) its query is interrupted, too.

        Raises:
            StoreError: where SQLite or the disk fails, or the time is over.
        """
        if self._closed:
            raise StoreError(f"The index {self._path} is closed")
        job = _Job()
        # The one place that uses aiosqlite's private call, for one hop a function; its version is pinned.
        hop = asyncio.ensure_future(self._inner._execute(self._perform, job, work))  # type: ignore[no-untyped-call]
        hop.add_done_callback(_look_at_exception)
        try:
            # `wait_for` of Python 3.11 loses a cancellation that comes in the same moment as the answer.
            async with asyncio.timeout(time_out):
                answer: T = await asyncio.shield(hop)
        except TimeoutError:
            self._drop(job)
            raise TimeOutError(
                f"The index {self._path} took over {time_out:g} s to answer", hint="try again"
            ) from None
        except asyncio.CancelledError:
            if time_out is not None:
                self._drop(job)
            raise
        except (sqlite3.Error, OSError) as error:
            raise explain(error, self._path) from error
        return answer

    async def close(self) -> None:
        """Close it; what still runs after two seconds is interrupted. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        closing = asyncio.ensure_future(self._inner.close())
        closing.add_done_callback(_look_at_exception)
        done, _ = await asyncio.wait({closing}, timeout=_CLOSE_DEADLINE)
        if not done:
            self._interrupt()
            await asyncio.wait({closing}, timeout=_CLOSE_DEADLINE)

    def abandon(self) -> None:
        """Close it without waiting, where the event loop that it was opened on is no more."""
        if not self._closed:
            self._closed = True
            self._interrupt()
            self._inner.stop()

    def _perform(self, job: _Job, work: Callable[[sqlite3.Connection], T]) -> T:
        raw = self._inner._conn
        while True:
            if job.dropped:
                raise _DroppedError
            self._running = job
            try:
                return work(raw)
            except sqlite3.OperationalError as error:
                interrupted = error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
                if not interrupted or job.dropped or self._closed:
                    raise
                # else the interrupt was meant for the job before this one: do it again
            finally:
                self._running = None

    def _drop(self, job: _Job) -> None:
        job.dropped = True
        if self._running is job:
            self._interrupt()

    def _interrupt(self) -> None:
        raw = self._inner._connection
        if raw is not None:
            raw.interrupt()  # the one call that sqlite3 allows from another thread


def _configure(raw: sqlite3.Connection, role: Role) -> None:
    for pragma in (*_PRAGMAS, *_ROLE_PRAGMAS[role]):
        raw.execute(f"PRAGMA {pragma}")
    if role is Role.WRITER:
        wal = raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        raw.execute(f"PRAGMA synchronous={'NORMAL' if wal else 'FULL'}")
    raw.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _look_at_exception(future: asyncio.Future[Any]) -> None:
    """A dropped answer may be an exception: it is nobody's any more, and no reason for a warning."""
    if not future.cancelled():
        future.exception()


def snapshot(raw: sqlite3.Connection, read: Callable[[sqlite3.Connection], T]) -> T:
    """Run several reads on one state of the database."""
    raw.execute("BEGIN")
    try:
        return read(raw)
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
