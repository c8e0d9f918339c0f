"""The store: one open index, asked by every service and written by one actor."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mlws_tui.domain.chunks import (
    Ingested,
    LogClaim,
    LogMark,
    StreamChunk,
    StreamFolder,
    StreamPosition,
)
from mlws_tui.domain.dayfacts import Checkpoint
from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.lineage import Link
from mlws_tui.domain.runcompletion import Vocabulary
from mlws_tui.domain.runpages import Happened, Place, RankInfo, Usage
from mlws_tui.domain.runs import Curve, Points, Run, RunEvent, RunPage, RunQuery, SeriesInfo
from mlws_tui.domain.runviews import RunIndex, Search
from mlws_tui.store import (
    ballast,
    counts,
    curves,
    dayartifacts,
    daycounts,
    dayruns,
    kin,
    logrows,
    queries,
    ranks,
    runpages,
    runsearch,
    systemcurves,
    uirecords,
    unfinished,
)
from mlws_tui.store.actor import Request
from mlws_tui.store.errors import DamagedError, TouchedError
from mlws_tui.store.experimentreads import ExperimentReads
from mlws_tui.store.handles import Handles, Opening, Trouble
from mlws_tui.store.recovery import condemn
from mlws_tui.store.requests import Ingest, IngestLogs, Register, Standing, offsets, standing

if TYPE_CHECKING:
    from mlws_tui.store.texts import Texts

T = TypeVar("T")
_DAMAGED = Trouble("The index was damaged", condemns=True)
_GONE_BY = Trouble("The index could not be opened for a while", "it is brought up to date from the streams")
_TOUCHED = Trouble("Another program wrote into the index file", "it is looked through for damage")
_ANEW = Trouble("The index is begun anew", condemns=True)
#: So many files in so many seconds: then it is not the file that is at fault.
_QUARANTINES, _WITHIN = 3, 600.0


class Store(ExperimentReads):
    """An open index. Every method may be cancelled at any time: only its answer is lost.

    Attributes:
        path: The index file.
        generation: Counts up each time that `mend` had to open another file.

    Every method raises a `StoreError` where SQLite or the disk fails.
    """

    def __init__(self, path: Path, handles: Handles) -> None:
        self.path = path
        self.generation = 0
        self._handles = handles
        self._mending = asyncio.Lock()
        self._broken: StoreError | None = None
        self._condemned: Trouble | None = None
        self._quarantined: deque[float] = deque(maxlen=_QUARANTINES)
        self._data_version: tuple[int, int] | None = None
        self._closed = False
        self._touched = False
        self._touched_at = -_WITHIN

    @classmethod
    async def open(cls, path: Path, *, read_only: bool = False) -> Store:
        """Open the index, made or migrated first where needed; a damaged one is set aside and begun anew.

        Raises:
            StoreError: if it can be neither opened nor made.
        """
        path = await asyncio.to_thread(path.absolute)
        return cls(path, await Handles.open(path, read_only=read_only))

    @cached_property
    def texts(self) -> Texts:
        """What people wrote and runs say: searched and kept."""
        from mlws_tui.store.texts import Texts  # the app is on the screen before it needs them

        return Texts(self._read_chart, self._submit)

    async def close(self) -> None:
        """Commit what waits and close the connections, within seconds. Safe to call twice."""
        async with self._mending:
            if not self._closed and self._condemned is not None and self._handles.identity is not None:
                await asyncio.to_thread(condemn, self.path, self._handles.identity)
            self._closed = True
            await self._handles.close()

    def abandon(self) -> None:
        """Let go of the index where the event loop that it was opened on was closed under it."""
        self._closed = True
        self._handles.abandon()

    @property
    def read_only(self) -> bool:
        """Whether this process can only read it (asked for, no permission, no room, or a newer schema)."""
        return self._handles.actor is None

    @property
    def notice(self) -> str:
        """One sentence for the person where the index could not be opened as usual, else empty."""
        return self._handles.prepared.notice if self._handles.prepared is not None else ""

    @property
    def unclean(self) -> bool:
        """Whether `check` is worth its time: the index was not closed in order, or another program wrote into it."""
        return self._touched or (self._handles.prepared is not None and self._handles.prepared.unclean)

    @property
    def kept(self) -> Path | None:
        """Where the file went that was set aside when this one was opened, if one was."""
        return self._handles.prepared.kept if self._handles.prepared is not None else None

    @property
    def ailing(self) -> bool:
        """Whether damage was met since the last `mend`."""
        return self._condemned is not None

    async def check(self) -> str:
        """Look through the whole file for damage; what was found, or an empty text. `mend` then sets it aside.

        It takes up to half a minute for a gigabyte, and holds nobody up meanwhile.
        """
        try:
            found = await (await self._opened()).look_through(counts=self._touched)
            self._touched = False
        except DamagedError as error:
            found = error.detail or error.title
        if found:
            self._condemned = _DAMAGED
        return found

    def set_aside(self) -> None:
        """Have `mend` begin the index anew, although nothing is wrong with it."""
        self._condemned = _ANEW

    async def mend(self) -> str:
        """See whether the file is still the sound one that was opened, and open it anew where it is not.

        Returns:
            What happened and what was done, as one sentence; empty where all is well.

        Raises:
            StoreError: if it could not be mended; it may be tried again.
        """
        async with self._mending:
            trouble = self._condemned
            if trouble is None and self._broken is None:
                trouble = await asyncio.to_thread(self._handles.trouble)
            if self._closed or (trouble is None and self._broken is None):
                return ""
            if self._handles.prepared is None:  # opened for reading only on purpose: its writers mend it
                return ""
            return await self._reopen(trouble or _GONE_BY)

    async def _reopen(self, trouble: Trouble) -> str:
        condemned = self._handles.identity if trouble.condemns else None
        if trouble.condemns and trouble is not _ANEW:
            self._count_quarantine()
        self._broken = StoreError(f"The index {self.path} is being opened anew", hint="try again in a moment")
        was_frozen = self._handles.frozen
        await self._handles.close()
        try:
            why = "replaced" if trouble is _ANEW else "damaged"
            # One that is written to again and again, as by another program's checkpoints, is looked at once a while.
            heedless = trouble is _TOUCHED and time.monotonic() - self._touched_at < _WITHIN
            self._handles = await Handles.open(self.path, opening=Opening(condemned, why, heedless))
            self._touched_at = time.monotonic() if trouble is _TOUCHED else self._touched_at
        except StoreError as error:
            self._broken = error
            raise
        self._broken = self._condemned = None
        self._touched = trouble is _TOUCHED
        if was_frozen and self._handles.frozen:
            return ""
        self.generation += 1
        if self.kept is not None:
            return f"{trouble.words}: it is kept as {self.kept.name} and made again from the streams"
        return f"{trouble.words}: {trouble.remedy}"

    def _count_quarantine(self) -> None:
        now = time.monotonic()
        if len(self._quarantined) == _QUARANTINES and now - self._quarantined[0] < _WITHIN:
            raise DamagedError(
                f"The index {self.path} was damaged {_QUARANTINES} times in a few minutes: it is left as it is",
                hint="check the disk and its file system; the streams hold everything",
            )
        self._quarantined.append(now)

    async def make_room(self) -> bool:
        """Give the reserve on the disk back, so that SQLite can finish what it has begun; whether there was one."""
        return await asyncio.to_thread(ballast.release, self.path)

    async def list_runs(self, query: RunQuery = RunQuery()) -> RunPage:  # noqa: B008 - frozen
        """A page of runs, newest first, with the states that their records alone tell."""
        return await self._read(lambda raw: queries.list_runs(raw, query))

    async def runs_within(self, first: float, end: float, limit: int) -> tuple[Run, ...]:
        """Runs that began, ended or were last heard of in ``[first, end)`` (Unix seconds), newest first."""
        return await self._read(lambda raw: dayruns.runs_within(raw, first, end, limit))

    async def checkpoints_within(
        self, runs: Sequence[str], first: float, end: float
    ) -> Mapping[str, Sequence[Checkpoint]]:
        """The checkpoints that each of these runs recorded in ``[first, end)`` (Unix seconds), in order of time."""
        return await self._read_chart(lambda raw: dayartifacts.checkpoints_within(raw, runs, first, end))

    async def used_before(self, dataset: str, moment: float) -> bool:
        """Whether a run that began before a moment (Unix seconds) used that data set."""
        return await self._read_chart(lambda raw: dayartifacts.used_before(raw, dataset, moment))

    async def begun_within(self, first: float, end: float) -> Sequence[tuple[float, str]]:
        """When each run began in ``[first, end)`` (Unix seconds), and its state as its records tell it."""
        return await self._read(lambda raw: daycounts.begun_within(raw, first, end))

    async def search_runs(self, asked: Search) -> RunIndex:
        """Which runs a view shows, in which order and groups: ids alone.

        Raises:
            FilterError: if an expression in the filter takes too long.
            UsageError: if no run has the key that they are grouped by.
        """
        return await self._read(lambda raw: runsearch.search(raw, asked))

    async def runs_of(self, ids: Sequence[str], metrics: Sequence[str] = ()) -> Sequence[Run]:
        """These runs as a list has them, in this order, with these metrics; what is gone is left out."""
        return await self._read(lambda raw: queries.runs_of(raw, ids, metrics))

    async def unfinished_runs(
        self, known: Mapping[str, unfinished.Mark]
    ) -> tuple[Mapping[str, unfinished.Mark], Mapping[str, Run]]:
        """The runs without a recorded end: the marks of all, and those whose marks are not the known ones."""
        return await self._read(lambda raw: unfinished.unfinished(raw, known))

    async def runs_named(self, name: str, limit: int) -> list[str]:
        """Ids of the runs of that name, else of those whose name or id goes on after it; the newest first."""
        return await self._read(lambda raw: queries.runs_named(raw, name, limit))

    async def names_like(self, beginning: str) -> set[str]:
        """Names of runs, put away and deleted ones too, that begin with this."""
        return await self._read(lambda raw: queries.names_like(raw, beginning))

    async def vocabulary(self) -> Vocabulary:
        """The words that the runs know."""
        return await self._read(runsearch.vocabulary)

    async def get_run(self, run_id: str) -> Run | None:
        """One run with all its facts; None if there is none."""
        return await self._read(lambda raw: queries.get_run(raw, run_id))

    async def edited_at(self, runs: Sequence[str]) -> float:
        """When people last changed one of these runs (Unix seconds); 0 where nobody did."""
        return await self._read(lambda raw: queries.edited_at(raw, runs))

    async def match_ids(self, prefix: str, limit: int = 10) -> list[str]:
        """Ids of runs that begin with the prefix, newest first."""
        return await self._read(lambda raw: queries.match_ids(raw, prefix, limit))

    async def series(self, run_id: str) -> list[SeriesInfo]:
        """The series of a run, by rank and name."""
        return await self._read(lambda raw: queries.series(raw, run_id))

    async def happenings(
        self, run_id: str, *, limit: int | None = None, offset: int = 0, newest: bool = False
    ) -> list[RunEvent]:
        """Events, alerts, notes and artifacts of a run in order of time.

        Args:
            run_id: The run.
            limit: How many at most; None for all.
            offset: How many to pass over, from the end that the page is at.
            newest: The page at the end rather than at the beginning.
        """
        return await self._read(
            lambda raw: queries.happenings(raw, run_id, limit=limit, offset=offset, newest=newest)
        )

    async def count_happenings(self, run_id: str) -> int:
        """How many events, alerts, notes and artifacts a run has."""
        return await self._read(lambda raw: queries.count_happenings(raw, run_id))

    async def happened(self, run_id: str) -> Happened:
        """All that happened in a run, counted; its artifacts, and its newest alerts and notes."""
        return await self._read_chart(lambda raw: runpages.happened(raw, run_id))

    async def places(self, run_id: str, names: Sequence[str]) -> dict[str, tuple[str, Place]]:
        """Of each of these series (rank 0) its source, its first value, and where its extremes are."""
        return await self._read_chart(lambda raw: runpages.places(raw, run_id, names))

    async def usage(self, run_id: str) -> Usage:
        """What was sampled of the GPUs of a run."""
        return await self._read_chart(lambda raw: runpages.usage(raw, run_id))

    async def ranks(self, run_id: str) -> list[RankInfo]:
        """The processes of a run that wrote a stream, the newest attempt first."""
        return await self._read(lambda raw: ranks.ranks(raw, run_id))

    async def links(self) -> list[Link]:
        """All runs that were forked from another one, or started by one."""
        return await self._read(kin.links)

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
        first_ts: float | None = None,
        last_ts: float | None = None,
    ) -> Curve:
        """A series as at most about ``2 * width`` buckets, or the part of it between two steps or two moments.

        The moments are in Unix seconds, and count where either is given.
        """
        by_time = first_ts is not None or last_ts is not None
        low, high = (first_ts, last_ts) if by_time else (first_step, last_step)
        part = curves.Part(-math.inf if low is None else low, math.inf if high is None else high, by_time)
        return await self._read_chart(lambda raw: curves.curve(raw, run_id, name, rank, width, part))

    async def system_names(self, run_id: str) -> list[str]:
        """What was sampled of the machine while a run went on: ``system/cpu``, ``system/gpu0/util``…"""
        return await self._read(lambda raw: systemcurves.system_names(raw, run_id))

    async def system_curve(
        self, run_id: str, name: str, *, width: int = 1000, first_ts: float = 0.0, last_ts: float = math.inf
    ) -> Curve:
        """One of `system_names` as at most about ``2 * width`` buckets without steps (NaN), by Unix seconds."""
        return await self._read_chart(
            lambda raw: systemcurves.system_curve(raw, run_id, name, width, first_ts, last_ts)
        )

    async def changed_elsewhere(self) -> bool:
        """Whether anything was committed since this was last asked; the first answer is no."""
        handles = await self._opened()
        version = (self.generation, await handles.data_version())
        changed = self._data_version is not None and version != self._data_version
        self._data_version = version
        return changed

    async def points_by_run(self) -> dict[str, int]:
        """How many points of its streams the index has of each run that has any."""
        return await self._read_chart(counts.points_by_run)

    async def standing(self) -> Standing:
        """How far the streams are ingested."""
        return await self._read(standing)

    async def offsets(self, files: Sequence[str]) -> dict[str, int]:
        """How far (bytes) each of these stream files is ingested; unknown ones are left out."""
        return await self._read(lambda raw: offsets(raw, files))

    async def register(self, folders: Sequence[StreamFolder]) -> tuple[StreamPosition, ...]:
        """Remember the files of these folders as ones to read; returns those of them that may still grow."""
        return await self._submit(Register(folders))

    async def ingest(self, chunks: Sequence[StreamChunk]) -> Ingested:
        """Take chunks in, all or none of them; answered after the commit.

        Raises:
            StaleError: if a chunk does not begin where the index says that its file is read to.
            OvergrownError: if the write-ahead log is too long, as another program reads an old state all the time.
        """
        return await self._submit(Ingest(chunks))

    async def log_standing(self) -> logrows.LogStanding:
        """How far logs are read, and which runs name them."""
        return await self._read_chart(logrows.log_standing)

    async def log_claims(self, runs: Sequence[str]) -> list[LogClaim]:
        """Which logs these runs name, one claim for each of their stream files."""
        return await self._read(lambda raw: logrows.log_claims(raw, runs))

    async def log_states(self, paths: Sequence[str]) -> dict[str, str]:
        """Where the reading of these logs stands, as JSON; those of which nothing is known are left out."""
        return await self._read(lambda raw: logrows.log_states(raw, paths))

    async def log_sizes(self, paths: Sequence[str]) -> dict[str, int]:
        """How many bytes of these logs were looked at; those of which nothing is known are left out."""
        return await self._read(lambda raw: logrows.log_sizes(raw, paths))

    async def ingest_logs(
        self, chunks: Sequence[StreamChunk], again: Sequence[str] = (), passed: Sequence[LogMark] = ()
    ) -> Ingested:
        """Take in what was read of logs, all or nothing; answered after the commit.

        Args:
            chunks: What was read.
            again: Names of the streams that were made of logs, of which all is removed first.
            passed: Logs that are passed over.

        Raises:
            StaleError: if a chunk does not begin where the index says that its log is read to.
        """
        return await self._submit(IngestLogs(chunks, again, passed))

    async def _submit(self, request: Request[T]) -> T:
        actor = (await self._opened()).actor
        if actor is None:
            raise StoreError(f"The index {self.path} is open for reading only")
        try:
            return await actor.submit(request)
        except DamagedError:
            self._condemned = _DAMAGED
            raise
        except TouchedError:
            self._condemned = _TOUCHED
            raise

    async def _opened(self) -> Handles:
        """What is open now, once no mending is under way."""
        async with self._mending:
            if self._broken is not None:
                raise self._broken.with_traceback(None)  # it may be raised a thousand times
            return self._handles

    async def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        return await self._ask(lambda handles: handles.read(read))

    async def _read_chart(self, read: Callable[[sqlite3.Connection], T]) -> T:
        return await self._ask(lambda handles: handles.read_chart(read))

    async def _ask(self, question: Callable[[Handles], Awaitable[T]]) -> T:
        while True:
            handles = await self._opened()
            try:
                return await question(handles)
            except StoreError as error:
                if await self._opened() is not handles:
                    continue  # it was closed under this question, as the file had to be replaced
                if isinstance(error, DamagedError):
                    self._condemned = _DAMAGED
                raise

    # What the app remembers.

    async def ui_value(self, key: str) -> tuple[float, Any] | None:
        """When a key was written last (Unix seconds) and its value; None if it never was."""
        return await self._read(lambda raw: uirecords.ui_value(raw, key))
