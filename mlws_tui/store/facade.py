"""The store: one open index, asked by every service and written by one actor."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from mlws_tui.domain.chunks import Ingested, StreamChunk, StreamFolder, StreamPosition
from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.runs import Curve, Points, Run, RunEvent, RunPage, RunQuery, SeriesInfo
from mlws_tui.store import curves, queries
from mlws_tui.store.actor import Actor
from mlws_tui.store.connection import Connection, Role, snapshot
from mlws_tui.store.requests import Ingest, Register, Standing, offsets, standing
from mlws_tui.store.schema import Prepared, prepare, require

T = TypeVar("T")
_SMALL_READ = 10.0
_CHART_READ = 60.0


class Store:
    """An open index. Every method may be cancelled at any time: only its answer is lost.

    Attributes:
        path: The index file.
        read_only: Whether this process can only read it (asked for, no permission, or a newer schema).
        notice: One sentence for the person where that was not asked for, else empty.

    Every method raises a `StoreError` where SQLite or the disk fails.
    """

    def __init__(self, path: Path, prepared: Prepared, reader: Connection, actor: Actor | None) -> None:
        self._identity = _identity(path)
        self.path = path
        self.read_only = actor is None
        self.notice = prepared.notice
        self._reader = reader
        self._actor = actor
        self._charts: Connection | None = None
        self._charts_lock = asyncio.Lock()
        self._data_version: int | None = None

    @classmethod
    async def open(cls, path: Path, *, read_only: bool = False) -> Store:
        """Open the index, made or migrated first where needed; a damaged one is set aside and begun anew.

        Raises:
            StoreError: if it can be neither opened nor made.
        """
        path = await asyncio.to_thread(path.absolute)
        prepared = Prepared(read_only=True)
        if read_only:
            await asyncio.to_thread(require, path)
        else:
            prepared = await asyncio.to_thread(prepare, path)
        if prepared.read_only:
            return cls(path, prepared, await Connection.open(path, Role.VIEW), None)
        writer = await Connection.open(path, Role.WRITER)
        try:
            reader = await Connection.open(path, Role.READER)
        except BaseException:
            await writer.close()
            raise
        actor = Actor(writer)
        actor.start()
        return cls(path, prepared, reader, actor)

    async def close(self) -> None:
        """Commit what waits and close the connections, within seconds. Safe to call twice."""
        if self._charts is not None:
            await self._charts.close()
        await self._reader.close()
        if self._actor is not None:  # the writer last: it checkpoints
            await self._actor.close()

    async def list_runs(self, query: RunQuery = RunQuery()) -> RunPage:  # noqa: B008 - frozen
        """A page of runs, newest first, with the states that their records alone tell."""
        return await self._read(lambda raw: queries.list_runs(raw, query))

    async def get_run(self, run_id: str) -> Run | None:
        """One run with all its facts; None if there is none."""
        return await self._read(lambda raw: queries.get_run(raw, run_id))

    async def match_ids(self, prefix: str, limit: int = 10) -> list[str]:
        """Ids of runs that begin with the prefix, newest first."""
        return await self._read(lambda raw: queries.match_ids(raw, prefix, limit))

    async def series(self, run_id: str) -> list[SeriesInfo]:
        """The series of a run, by rank and name."""
        return await self._read(lambda raw: queries.series(raw, run_id))

    async def happenings(self, run_id: str) -> list[RunEvent]:
        """Events, alerts, notes and artifacts of a run in order of time."""
        return await self._read(lambda raw: queries.happenings(raw, run_id))

    async def points(self, run_id: str, name: str, rank: int = 0) -> Points:
        """All points of a series in the order written."""
        return await self._read_chart(lambda raw: curves.points(raw, run_id, name, rank))

    async def curve(
        self,
        run_id: str,
        name: str,
        *,
        rank: int = 0,
        width: int = 1000,
        first_step: float | None = None,
        last_step: float | None = None,
    ) -> Curve:
        """A series, or the part of it between two steps, as at most about ``2 * width`` buckets."""
        return await self._read_chart(
            lambda raw: curves.curve(raw, run_id, name, rank, width, first_step, last_step)
        )

    async def changed_elsewhere(self) -> bool:
        """Whether anything was committed since this was last asked; the first answer is no."""
        version = await self._reader.call(_data_version, time_out=_SMALL_READ)
        changed = self._data_version is not None and version != self._data_version
        self._data_version = version
        return changed

    async def in_place(self) -> bool:
        """Whether the file at `path` is still the one that was opened."""
        return await asyncio.to_thread(_identity, self.path) == self._identity

    async def standing(self) -> Standing:
        """How far the streams are ingested."""
        return await self._read(standing)

    async def offsets(self, files: Sequence[str]) -> dict[str, int]:
        """How far (bytes) each of these stream files is ingested; unknown ones are left out."""
        return await self._read(lambda raw: offsets(raw, files))

    async def register(self, folders: Sequence[StreamFolder]) -> tuple[StreamPosition, ...]:
        """Remember the files of these folders as ones to read; returns those of them that may still grow."""
        return await self._writer().submit(Register(folders))

    async def ingest(self, chunks: Sequence[StreamChunk]) -> Ingested:
        """Take chunks in, all or none of them; answered after the commit.

        Raises:
            StaleError: if a chunk does not begin where the index says that its file is read to.
        """
        return await self._writer().submit(Ingest(chunks))

    def _writer(self) -> Actor:
        if self._actor is None:
            raise StoreError(f"The index {self.path} is open for reading only")
        return self._actor

    async def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        return await self._reader.call(lambda raw: snapshot(raw, read), time_out=_SMALL_READ)

    async def _read_chart(self, read: Callable[[sqlite3.Connection], T]) -> T:
        """On a connection of its own, so that a long read holds up no short one."""
        async with self._charts_lock:
            if self._charts is None:
                self._charts = await Connection.open(self.path, Role.VIEW if self.read_only else Role.READER)
        return await self._charts.call(lambda raw: snapshot(raw, read), time_out=_CHART_READ)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _data_version(raw: sqlite3.Connection) -> int:
    return int(raw.execute("PRAGMA data_version").fetchone()[0])
