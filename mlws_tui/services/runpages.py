"""The page of a run: all that its streams, its files and what people wrote tell of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.runpages import (
    Artifact,
    Happened,
    LogFile,
    Mention,
    Metric,
    Place,
    RankInfo,
    RunPageFacts,
    Usage,
    attempts_of,
    metric,
)
from mlws_tui.domain.runs import Presence, ProcessRef, Run
from mlws_tui.services.artifacts import log_of, looked_at
from mlws_tui.services.journal import JournalService
from mlws_tui.services.lineage import LineageService
from mlws_tui.services.mentions import Mentions
from mlws_tui.services.runs import RunsService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.sources.processes import presence
from mlws_tui.store import Store

#: Happenings of one page of the timeline.
EVENTS = 200
#: Metrics of which a page tells first and best; those that people look at come first.
METRICS = 300
#: Runs of which the count of all that happened is kept.
_KEPT = 16

#: How many times as long as it takes the counting of all that happened in a live run rests.
_REST = 20

T = TypeVar("T")

_STATES = {Presence.ALIVE: "running", Presence.GONE: "gone", Presence.ELSEWHERE: "silent"}


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """What was read of a run, when that was done (by the monotonic clock) and how many seconds it took."""

    stamp: tuple[object, ...]
    value: T
    ended: float
    took: float


class RunPages:
    """Reads pages of runs.

    Args:
        workspace: Where the runs are.
        store: The index of it.
        runs: Tells which run is meant, and how it stands.
        journal: The journal that may speak of runs.
        sessions: The session logs that may speak of runs.
        lineage: Tells where runs come from.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        runs: RunsService,
        journal: JournalService,
        sessions: SessionsService,
        lineage: LineageService,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._runs = runs
        self._lineage = lineage
        self._mentions = Mentions(workspace, journal, sessions)
        self._happened: dict[str, _Kept[Happened]] = {}
        self._used: dict[str, _Kept[Usage]] = {}

    async def page(self, ref: str, *, before: int = 0, whole: bool = False) -> RunPageFacts:
        """The page of a run.

        Args:
            ref: Its id, the beginning of one, its name or ``@last``.
            before: How many of the newest happenings to pass over: the timeline before those is shown.
            whole: All happenings and metrics, not only a page of them.

        Raises:
            NotFoundError: if there is no such run.
            UsageError: if several fit.
            StoreError: if the index cannot be read.
        """
        run = await self._runs.get(ref)
        stamp = (self._store.generation, await self._store.count_happenings(run.id))
        happened = await _kept(self._happened, run, stamp, lambda: self._store.happened(run.id))
        shown = await self._runs.happenings(
            run.id, limit=None if whole else EVENTS, offset=before, newest=True
        )
        ranks = await self._ranks(run.id)
        kin = await self._lineage.kin(run)
        artifacts, log, mentions = await asyncio.to_thread(self._look, run, happened)
        metrics = await self._metrics(run, None if whole else METRICS)
        return RunPageFacts(
            run,
            self._runs.now(),
            metrics=metrics,
            more_metrics=len(run.latest) - len(metrics) + run.more_metrics,
            artifacts=artifacts,
            more_artifacts=happened.more_artifacts,
            totals=happened.totals,
            events=tuple(shown),
            earlier=max(0, happened.totals.count - before - len(shown)),
            later=min(before, happened.totals.count),
            alerts=happened.alerts,
            remarks=happened.remarks,
            ranks=ranks,
            attempts=attempts_of(ranks, run),
            mentions=mentions,
            log=log,
            kin=kin,
            usage=await _kept(self._used, run, (run.last_seen,), lambda: self._store.usage(run.id)),
        )

    def _look(
        self, run: Run, happened: Happened
    ) -> tuple[tuple[Artifact, ...], LogFile | None, tuple[Mention, ...]]:
        """What disks tell of it. It blocks."""
        return (
            looked_at(self._workspace, run, happened.artifacts),
            log_of(self._workspace, run),
            self._mentions.of(run),
        )

    async def _metrics(self, run: Run, most: int | None) -> tuple[Metric, ...]:
        names = by_importance(run.latest)[:most]
        places = await self._store.places(run.id, names)
        found = []
        for name in names:
            source, place = places.get(name, ("person", Place()))
            found.append(metric(name, run.latest[name], place, source))
        return tuple(found)

    async def _ranks(self, run_id: str) -> tuple[RankInfo, ...]:
        return await asyncio.to_thread(_with_states, await self._store.ranks(run_id))


async def _kept(
    kept: dict[str, _Kept[T]], run: Run, stamp: tuple[object, ...], read: Callable[[], Awaitable[T]]
) -> T:
    """What was read last, where nothing came since; of a live run also where reading takes long and was done just now.

    Args:
        kept: What was read of the runs that were looked at last.
        run: The run.
        stamp: Changes where there is more to read.
        read: Goes over all of it.
    """
    known = kept.pop(run.id, None)
    began = time.monotonic()
    if known is not None and known.stamp != stamp:
        rests = run.state.live and began - known.ended < _REST * known.took
        known = known if rests else None
    if known is None:
        value = await read()
        ended = time.monotonic()
        known = _Kept(stamp, value, ended, ended - began)
    kept[run.id] = known
    while len(kept) > _KEPT:
        del kept[next(iter(kept))]
    return known.value


def _with_states(ranks: Sequence[RankInfo]) -> tuple[RankInfo, ...]:
    """Those without an end get the state that can be seen from here. It reads /proc."""
    newest = max((one.attempt for one in ranks), default=1)
    found = []
    for one in ranks:
        state = one.state
        if not state and one.pid is not None:
            ref = ProcessRef(one.pid, one.start, one.host, one.boot_id, one.pid_ns, one.role, one.rank)
            state = "gone" if one.attempt < newest else _STATES[presence(ref, one.last)]
        found.append(replace(one, state=state))
    return tuple(found)
