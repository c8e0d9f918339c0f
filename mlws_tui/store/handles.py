"""All that one process has open of an index file: opened, watched, and replaced as a whole."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mlws_tui.domain.errors import StoreError
from mlws_tui.store import ballast
from mlws_tui.store.actor import Actor
from mlws_tui.store.checkpoints import WalKeeper
from mlws_tui.store.connection import Connection, Role, snapshot
from mlws_tui.store.counts import miscounts
from mlws_tui.store.errors import DamagedError
from mlws_tui.store.presence import asked_to_leave, beside
from mlws_tui.store.recovery import Identity, identity
from mlws_tui.store.schema import Prepared, prepare, require
from mlws_tui.store.witness import Witness

T = TypeVar("T")
_SMALL_READ = 10.0
_CHART_READ = 60.0
_ROOM = 2 * 1024 * 1024
_PATIENCE = 10.0  # seconds between two tries to open an index for which there was no room


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the file has to be opened anew.

    Attributes:
        words: What happened, as the beginning of a sentence.
        remedy: What is done about it: its end.
        condemns: Whether the file itself is to be set aside.
    """

    words: str
    remedy: str = "it is made again from the streams"
    condemns: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """How an index is to be opened.

    Attributes:
        condemned: The file that is to be set aside first, should it still be the one at the path.
        why: ``damaged`` or ``replaced``: part of the name that it gets.
        heedless: Not to look whether other programs write into it.
    """

    condemned: Identity | None = None
    why: str = "damaged"
    heedless: bool = False


class Handles:
    """The connections to one index file. The ones for charts and for checks are opened when they are first used."""

    def __init__(
        self, path: Path, prepared: Prepared | None, role: Role, reader: Connection, actor: Actor | None
    ) -> None:
        self.prepared = prepared
        self.actor = actor
        self.identity = identity(path)
        self._path = path
        self._role = role
        self._reader = reader
        self._charts: Connection | None = None
        self._checking: Connection | None = None
        self._closed = False
        self._opened_at = time.monotonic()
        self._opening = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._journals: dict[str, Identity] | None = None

    @classmethod
    async def open(cls, path: Path, *, read_only: bool = False, opening: Opening | None = None) -> Handles:
        """Open the index, made, migrated or set aside first where needed.

        Raises:
            StoreError: if it can be neither opened nor made.
        """
        if read_only:
            await asyncio.to_thread(require, path)
            return cls(path, None, Role.VIEW, await Connection.open(path, Role.VIEW), None)
        try:
            return await cls._prepared(path, opening or Opening())
        except StoreError as error:
            if not isinstance(error, DamagedError) and await asyncio.to_thread(path.exists):
                raise
            # Made ready and then damaged or removed, in the moment before it was opened: once more.
            return await cls._prepared(path, opening or Opening())

    @classmethod
    async def _prepared(cls, path: Path, opening: Opening) -> Handles:
        work = asyncio.to_thread(prepare, path, condemned=opening.condemned, why=opening.why)
        preparing = asyncio.ensure_future(work)
        try:
            prepared = await asyncio.shield(preparing)
        except asyncio.CancelledError:
            # The thread goes on, and would seem to use the index for ever.
            preparing.add_done_callback(_leave)
            raise
        try:
            if prepared.read_only:
                role = Role.FROZEN if prepared.frozen else Role.VIEW
                return cls(path, prepared, role, await Connection.open(path, role), None)
            return await cls._writing(path, prepared, None if opening.heedless else Witness(path))
        except BaseException:
            prepared.presence.leave()
            raise

    @classmethod
    async def _writing(cls, path: Path, prepared: Prepared, witness: Witness | None) -> Handles:
        opened = [await Connection.open(path, Role.WRITER)]
        try:
            opened.append(await Connection.open(path, Role.READER))
            await asyncio.to_thread(ballast.provide, path)
        except BaseException:
            for connection in opened:
                await connection.close()
            raise
        writer, reader = opened
        actor = Actor(writer, WalKeeper(path), witness)
        actor.start()
        return cls(path, prepared, Role.READER, reader, actor)

    @property
    def frozen(self) -> bool:
        """Whether it is only shown as it was."""
        return self._role is Role.FROZEN

    async def close(self) -> None:
        """Commit what waits and close the connections, within seconds. Safe to call twice."""
        async with self._opening:
            self._closed = True
        try:
            for connection in (self._checking, self._charts, self._reader):
                if connection is not None:
                    await connection.close()
            if self.actor is not None:  # the writer last: it checkpoints
                await self.actor.close()
        finally:
            if self.prepared is not None:
                self.prepared.presence.leave()

    def abandon(self) -> None:
        """Close all without waiting, where the event loop that it was opened on is no more."""
        self._closed = True
        for connection in (self._checking, self._charts, self._reader):
            if connection is not None:
                connection.abandon()
        if self.actor is not None:
            self.actor.abandon()
        if self.prepared is not None:
            self.prepared.presence.leave()

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """A short question, on one state of the index."""
        return await self._reader.call(lambda raw: snapshot(raw, work), time_out=_SMALL_READ)

    async def read_chart(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """A long one, on a connection of its own, so that it holds up no short one."""
        async with self._opening:
            if self._charts is None:
                self._charts = await self._another()
        return await self._charts.call(lambda raw: snapshot(raw, work), time_out=_CHART_READ)

    async def data_version(self) -> int:
        """A number that is another one after each commit of another connection."""
        return await self._reader.call(
            lambda raw: int(raw.execute("PRAGMA data_version").fetchone()[0]), time_out=_SMALL_READ
        )

    async def look_through(self, *, counts: bool = False) -> str:
        """Read the whole file (SQLite's quick_check); what is wrong with it, or an empty text. May take a minute.

        Args:
            counts: Also whether there are as many points as were counted when they were taken in.
        """
        async with self._looking:
            async with self._opening:
                checking = self._checking = await self._another()
            try:
                return await checking.call(lambda raw: _wrong(raw, counts))
            finally:
                await checking.close()

    async def _another(self) -> Connection:
        if self._closed:
            raise StoreError(f"The index {self._path} is closed")
        return await Connection.open(self._path, self._role)

    def trouble(self) -> Trouble | None:
        """What happened to the file since it was opened. It asks the disk: call it in a thread.

        Where all is well the reserve on the disk is made again, should it have been used up.

        Raises:
            StoreError: if the whole folder is gone: then nothing is made in its place.
        """
        there = identity(self._path)
        if there is None and not self._path.parent.is_dir():
            raise StoreError(
                f"The folder {self._path.parent} is gone",
                hint="moved or unmounted: bring it back, nothing is written until then",
            )
        if there is None:
            return Trouble("The index was removed while it was open")
        if there != self.identity:
            return Trouble(
                "The index was replaced by another file while it was open",
                "that one is brought up to date from the streams",
            )
        if asked_to_leave(self._path):
            return Trouble("Another mlws-tui begins the index anew")
        if self._role is Role.FROZEN:
            tired = (
                time.monotonic() - self._opened_at < _PATIENCE
            )  # a quota may be used up where the disk is not
            room = not tired and shutil.disk_usage(self._path.parent).free > _ROOM
            return (
                Trouble("There is room on the disk again", "the runs are brought up to date")
                if room
                else None
            )
        if self._role is Role.READER:
            if self._journal_lost():
                return Trouble("A journal of the index was removed while it was open", condemns=True)
            ballast.provide(self._path)
        return None

    def _journal_lost(self) -> bool:
        """Journals stay for as long as somebody has the index open: another process would begin ones of its own."""
        now = {
            suffix: there for suffix in ("-wal", "-shm") if (there := identity(beside(self._path, suffix)))
        }
        if self._journals is None:
            self._journals = now
        return any(now.get(suffix) != there for suffix, there in self._journals.items())


def _wrong(raw: sqlite3.Connection, counts: bool) -> str:
    found = str(raw.execute("PRAGMA quick_check(1)").fetchone()[0])
    if found != "ok":
        return found
    return "; ".join(snapshot(raw, miscounts)) if counts else ""


def _leave(preparing: asyncio.Future[Prepared]) -> None:
    if not preparing.cancelled() and preparing.exception() is None:
        preparing.result().presence.leave()
