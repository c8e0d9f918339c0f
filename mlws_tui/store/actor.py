"""The one task that writes: all requests that wait are committed together, then each is answered."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from mlws_tui.domain.errors import StoreError
from mlws_tui.store.checkpoints import WalKeeper
from mlws_tui.store.connection import Connection
from mlws_tui.store.witness import Witness

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
_OWN_FAULT = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
_QUEUE_LIMIT = 256
_CLOSE_DEADLINE = 5.0


class Request(Protocol[T_co]):
    """What the actor does in a savepoint of its own; `apply` may only touch the connection it is given."""

    def apply(self, connection: sqlite3.Connection) -> T_co: ...


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Exception


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request[Any]
    answer: asyncio.Future[Any]


class Actor:
    """Owns the writing connection. `start` it on the running loop and `close` it there.

    Args:
        connection: The writing one.
        keeper: Keeps the write-ahead log small; while it cannot, requests are refused.
        witness: Notices that another program wrote into the file.
    """

    def __init__(
        self, connection: Connection, keeper: WalKeeper | None = None, witness: Witness | None = None
    ) -> None:
        self._connection = connection
        self._keeper = keeper
        self._witness = witness
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue(_QUEUE_LIMIT)
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._ended = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="store-actor")

    async def submit(self, request: Request[T]) -> T:
        """Have the request done and committed, and return its answer. Cancelling drops the answer only.

        Raises:
            StoreError: if it could not be done or committed; then nothing of it is in the index.
        """
        if self._closed:
            raise StoreError("The index is closed")
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        await self._queue.put(waiting)
        if self._ended:  # it was full until the end: nobody takes from it any more
            self._refuse_rest()
        return cast(T, await waiting.answer)

    async def close(self) -> None:
        """Commit what waits, within five seconds, then close the connection."""
        if self._closed:
            return
        self._closed = True
        if self._task is not None:
            try:
                async with asyncio.timeout(_CLOSE_DEADLINE):
                    await self._queue.put(None)
                    await asyncio.wait({self._task})  # it may have been cancelled, with all else on the loop
            except TimeoutError:
                self._task.cancel()
                await asyncio.wait({self._task}, timeout=1)
        self._ended = True
        self._refuse_rest()
        await self._connection.close()

    def abandon(self) -> None:
        """Close the connection without waiting, where the event loop is no more. Nobody is left to be answered."""
        self._closed = self._ended = True
        self._connection.abandon()

    async def _run(self) -> None:
        while True:
            batch, last = await self._next_batch()
            if batch:
                try:
                    answers = await self._commit(batch)
                except (
                    asyncio.CancelledError
                ):  # given up at the end of the deadline: nobody may wait for ever
                    answers = [_Failure(StoreError("The index was closed before it had answered"))] * len(
                        batch
                    )
                    last = True
                for waiting, answer in zip(batch, answers, strict=True):
                    _answer(waiting.answer, answer)
            if last:
                return

    async def _commit(self, batch: list[_Waiting]) -> list[Any]:
        requests = [waiting.request for waiting in batch]
        try:
            return await self._connection.call(lambda raw: self._work(raw, requests))
        except Exception as error:  # whatever it is: the answer of those who wait, and not the task's end
            return [_Failure(error)] * len(batch)

    def _work(self, raw: sqlite3.Connection, requests: Sequence[Request[Any]]) -> list[Any]:
        if self._witness is not None:
            self._witness.check(raw)
        try:
            if self._keeper is not None:
                self._keeper.tend(raw)
                self._keeper.check()
            return apply_batch(raw, requests)
        finally:
            if self._witness is not None:
                self._witness.note(raw)

    async def _next_batch(self) -> tuple[list[_Waiting], bool]:
        batch: list[_Waiting] = []
        item = await self._queue.get()
        while item is not None:
            if not item.answer.cancelled():
                batch.append(item)
            if self._queue.empty():
                return batch, False
            item = self._queue.get_nowait()
        return batch, True

    def _refuse_rest(self) -> None:
        while not self._queue.empty():
            waiting = self._queue.get_nowait()
            if waiting is not None:
                _answer(waiting.answer, _Failure(StoreError("The index is closed")))


def _answer(future: asyncio.Future[Any], answer: Any) -> None:
    if future.done():  # the caller was cancelled: its answer is dropped
        return
    if isinstance(answer, _Failure):
        future.set_exception(answer.error)
    else:
        future.set_result(answer)


def apply_batch(raw: sqlite3.Connection, requests: Sequence[Request[Any]]) -> list[Any]:
    """Do all requests in one transaction and commit it; a request that fails takes back only its own part.

    Raises:
        sqlite3.Error: if the transaction as a whole is lost (disk full, locked); then nothing is done.
    """
    raw.execute("BEGIN IMMEDIATE")
    try:
        answers = [_apply_one(raw, request) for request in requests]
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    return answers


def _apply_one(raw: sqlite3.Connection, request: Request[Any]) -> Any:
    raw.execute("SAVEPOINT request")
    try:
        answer = request.apply(raw)
    except Exception as error:
        # Full, damaged or locked concerns the whole batch; all else is the answer of this request alone.
        if isinstance(error, sqlite3.Error) and not isinstance(error, _OWN_FAULT):
            raise
        raw.execute("ROLLBACK TO request")
        raw.execute("RELEASE request")
        return _Failure(error)
    raw.execute("RELEASE request")
    return answer
