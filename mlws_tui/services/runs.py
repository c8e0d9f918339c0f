"""Runs as people ask for them: lists, one by its name, its series; edits; and whether its processes still live."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, RunsChanged
from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from mlws_tui.domain.events import is_run_id, plain
from mlws_tui.domain.liveness import derive
from mlws_tui.domain.runs import Curve, Points, Run, RunEvent, RunPage, RunQuery, RunState, SeriesInfo
from mlws_tui.services.edittimes import EditTimes
from mlws_tui.services.hub import Hub
from mlws_tui.services.unfinished import Unfinished
from mlws_tui.sources.edits import EditsLog
from mlws_tui.sources.processes import presence
from mlws_tui.store import Store

log = logging.getLogger(__name__)

#: Seconds between two looks at the processes of the runs that have not ended.
_LOOK = 2.0
NEWEST = "@last"
#: What `edit` may set, as the ``set`` record of the stream format has it.
EDITABLE = frozenset(
    {"name", "notes", "status", "deleted", "archived", "best_checkpoint", "config", "summary", "metrics"}
    | {"tags_add", "tags_remove"}
)


class RunsService:
    """What the app and the commands know of runs.

    Args:
        workspace: Where the runs are.
        store: The index of it.
        edits: Takes what people change.
        hub: Hears of states that change without a record: a process that died.
        lost_after: Seconds of silence after which a run of another host counts as lost.
        clock: Unix seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        edits: EditsLog,
        hub: Hub,
        *,
        lost_after: float = 600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.workspace = workspace
        self._store = store
        self._edits = edits
        self._hub = hub
        self._lost_after = lost_after
        self._clock = clock
        self._edit_times = EditTimes(clock)
        self._task: asyncio.Task[None] | None = None
        self._states: dict[str, tuple[RunState, str]] = {}  # state and reason, by run
        self._unfinished = Unfinished(store, self._derive_all)
        self._stale = True

    def now(self) -> float:
        """Unix seconds by the clock that durations are counted with."""
        return self._clock()

    async def start(self) -> None:
        """Begin to look at the processes of unfinished runs, until `close`."""
        if self._task is None:
            self._unsubscribe = self._hub.subscribe(self._hear)
            self._task = asyncio.create_task(self._look(), name="liveness")

    async def close(self) -> None:
        """Stop looking. Safe to call twice."""
        if self._task is not None:
            self._unsubscribe()
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def list(self, query: RunQuery = RunQuery()) -> RunPage:  # noqa: B008 - frozen
        """A page of runs, the running ones first, then the newest.

        Raises:
            StoreError: if the index cannot be read.
        """
        end = query.offset + query.limit
        page = await self._store.list_runs(replace(query, limit=end, offset=0))
        runs = {run.id: run for run in page.runs}
        if page.total > len(runs):  # a run may have been running for longer than the others of the page took
            runs |= {run.id: run for run in await self._running(query, runs)}
        derived = await self.with_states(runs.values())
        ordered = sorted(derived, key=lambda run: run.state is not RunState.RUNNING)  # each part newest first
        return RunPage(tuple(ordered[query.offset : end]), page.total)

    async def _running(self, query: RunQuery, known: Collection[str]) -> Sequence[Run]:
        """The running ones that a query asks for, newest first, but those that are known."""
        states = await self._unfinished.states()
        others = tuple(run for run, state in states.items() if state is RunState.RUNNING and run not in known)
        if not others:
            return ()
        page = await self._store.list_runs(replace(query, limit=len(others), offset=0, among=others))
        return page.runs

    async def get(self, ref: str) -> Run:
        """The run of an id, of the unique beginning of one or of its name, or the newest one (``@last``).

        Raises:
            NotFoundError: if there is none.
            UsageError: if several fit.
        """
        (run,) = await self.with_states([await self._resolve(ref)])
        return run

    async def series(self, run_id: str) -> Sequence[SeriesInfo]:
        """The series of a run, by rank and name."""
        return await self._store.series(run_id)

    async def points(self, run_id: str, name: str, rank: int = 0) -> Points:
        """All points of a series in the order written."""
        return await self._store.points(run_id, name, rank)

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
        return await self._store.curve(
            run_id, name, rank=rank, width=width, first_step=first_step, last_step=last_step
        )

    async def happenings(
        self, run_id: str, *, limit: int | None = None, offset: int = 0, newest: bool = False
    ) -> Sequence[RunEvent]:
        """Events, alerts, notes and artifacts of a run in order of time: all, or a page of them.

        Args:
            run_id: The run.
            limit: How many at most; None for all.
            offset: How many to pass over, from the end that the page is at.
            newest: The page at the end rather than at the beginning.
        """
        return await self._store.happenings(run_id, limit=limit, offset=offset, newest=newest)

    async def count_happenings(self, run_id: str) -> int:
        """How many events, alerts, notes and artifacts a run has."""
        return await self._store.count_happenings(run_id)

    async def edit(self, run_id: str, *, by: str, **fields: Any) -> None:
        """Record a person's change of a run (`name`, `notes`, `tags_add`, `deleted`…); it is on the disk after.

        Raises:
            UsageError: if a field cannot be set.
            StoreError: if it could not be written.
        """
        unknown = sorted(fields.keys() - EDITABLE)
        if unknown:
            hint = f"what can be changed: {', '.join(sorted(EDITABLE))}"
            raise UsageError(f"A run has no {unknown[0]!r} to change", hint=hint)
        now = await self._edit_times.later(self._store, [run_id])
        record = {"type": "set", "ts": now, "by": by, "run": run_id, **plain(fields)}
        await asyncio.to_thread(self._edits.append, record)

    async def _resolve(self, ref: str) -> Run:
        if ref == NEWEST:
            page = await self._store.list_runs(RunQuery(limit=1))
            if page.runs:
                return page.runs[0]
            raise NotFoundError("There are no runs yet", hint="mlws-tui run -- COMMAND makes one")
        if is_run_id(ref) and (exact := await self._store.get_run(ref)) is not None:
            return exact
        found: Sequence[str] = await self._store.match_ids(ref, limit=6) if ref else ()
        if not found:
            found = await self._store.runs_named(ref, limit=6) if ref.strip() else ()
        if len(found) > 1:
            raise UsageError(f"{ref!r} fits several runs", hint=f"one of {', '.join(found[:5])}")
        run = await self._store.get_run(found[0]) if found else None
        if run is None:
            raise NotFoundError(f"There is no run {ref!r}", hint=await self._near(ref))
        return run

    async def _near(self, ref: str) -> str:
        """What the person may have meant."""
        page = await self._store.list_runs(RunQuery(limit=200))
        if not page.runs:
            return "there are no runs yet"
        ids = {run.id: run.id for run in page.runs} | {run.name: run.id for run in reversed(page.runs)}
        near = dict.fromkeys(ids[name] for name in get_close_matches(ref, ids, n=6, cutoff=0.6))
        if near:
            return f"near it: {', '.join(list(near)[:3])}"
        return f"the newest are {', '.join(run.id for run in page.runs[:3])}"

    async def unfinished_states(self) -> Mapping[str, RunState]:
        """The states of the runs without a recorded end, as their processes tell them.

        Raises:
            StoreError: if the index cannot be read.
        """
        return await self._unfinished.states()

    async def with_states(self, runs: Iterable[Run]) -> Sequence[Run]:
        """The runs with the states that their processes tell; those are remembered, so that a flip is noticed."""
        derived = await asyncio.to_thread(self._derive_all, list(runs))
        for run in derived:
            if run.state.live or run.state is RunState.CRASHED:
                self._states.setdefault(run.id, (run.state, run.reason))
        return derived

    def _derive_all(self, runs: Sequence[Run]) -> Sequence[Run]:
        """It reads /proc: call it in a thread."""
        now = self._clock()
        return [self._derive(run, now) for run in runs]

    def _derive(self, run: Run, now: float) -> Run:
        if not run.state.live:
            return run
        return derive(
            run, [presence(process, run.last_seen) for process in run.processes], now, self._lost_after
        )

    def _hear(self, change: Change) -> None:
        if isinstance(change, RunsChanged):
            self._stale = True
            self._unfinished.forget(change.ids or ())

    async def _look(self) -> None:
        """Tell when a run's state changes without a record of it. A failure to read is told by the ingest."""
        while True:
            try:
                await self._compare()
            except MlwsError as error:
                log.warning("looking at processes: %s", error)
            except Exception:
                log.exception("looking at processes")
            await asyncio.sleep(_LOOK)

    async def _compare(self) -> None:
        """Look at the processes again; the index is asked only after something was written to it."""
        if self._stale:
            self._stale = False
            before = frozenset(self._states)  # what is remembered later is newer than the index's answer
            try:
                await self._unfinished.read()
            except MlwsError:
                self._stale = True
                raise
            for run_id in before - self._unfinished.ids:
                del self._states[run_id]
        told = {**await self._unfinished.look(), **self._unfinished.news()}
        flipped = frozenset(run for run, now in told.items() if self._states.get(run, now) != now)
        self._states |= told
        if flipped:
            self._hub.publish(RunsChanged(flipped))
