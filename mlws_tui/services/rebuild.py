"""Makes the index again from the streams, also while an app has it open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import IndexState
from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.runs import RunQuery
from mlws_tui.services.hub import Hub
from mlws_tui.services.index import index_place
from mlws_tui.services.ingest import IngestService
from mlws_tui.store import Store

_PATIENCE = 60.0  # seconds without any progress of the process that ingests, before it is left to itself
_POLL = 0.2
_EVERYTHING = RunQuery(limit=1, include_deleted=True, include_archived=True)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it.

    Attributes:
        path: The index.
        runs: How many runs it holds now.
        seconds: How long it took.
        behind: Bytes of streams and logs that the process that ingests has still to read; 0 where all is done.
        kept: Where the index before it went, if there was one.
        fewer: Of each run that has fewer points than before, how many it had and has: its streams lost some.
    """

    path: Path
    runs: int
    seconds: float
    behind: int
    kept: Path | None
    fewer: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def _silent(_done: int, _all: int) -> None:
    """Tells nobody."""


async def rebuild(workspace: Workspace, *, progress: Callable[[int, int], None] = _silent) -> Rebuilt:
    """Begin the index anew and read all streams and logs into it. Who has it open closes it for a moment and goes on.

    Args:
        workspace: Whose index it is.
        progress: Is told bytes read and bytes in all, now and then.

    Raises:
        StoreError: if it can be neither removed nor made.
    """
    begun = time.monotonic()
    place = await asyncio.to_thread(index_place, workspace)
    store = await Store.open(place.path)
    hub = Hub()
    service = IngestService(workspace, store, hub)
    begun_to_read = asyncio.Event()
    hub.subscribe(lambda change: begun_to_read.set() if isinstance(change, IndexState) else None)
    try:
        before = await _points(store)
        kept = await _begin_anew(store)
        await service.start()
        await begun_to_read.wait()
        behind = await _follow(service, progress)
        runs = (await store.list_runs(_EVERYTHING)).total
        after = await store.points_by_run() if not behind else before
    finally:
        await service.close()
        await store.close()
    fewer = {run: (had, after.get(run, 0)) for run, had in before.items() if after.get(run, 0) < had}
    return Rebuilt(place.path, runs, time.monotonic() - begun, behind, kept, fewer)


async def _points(store: Store) -> dict[str, int]:
    """What the index has so far, to compare; nothing of one that cannot be read."""
    try:
        return await store.points_by_run()
    except StoreError:
        return {}


async def _begin_anew(store: Store) -> Path | None:
    """An index that was damaged has been set aside when it was opened: then it is new already."""
    if store.kept is not None:
        return store.kept
    if store.read_only:
        raise StoreError(f"The index {store.path} may not be written", hint=store.notice)
    store.set_aside()
    await store.mend()
    return store.kept


async def _follow(service: IngestService, progress: Callable[[int, int], None]) -> int:
    """Tell how far it is until nothing is left, or whoever ingests makes no progress any more."""
    most, least, moved = 0, None, time.monotonic()
    while True:
        state = service.state
        if not (
            state.role == "holder" and (state.behind or state.logs)
        ):  # else this process tells as it reads
            state = await service.catch_up(timeout=_POLL, logs=_POLL)
        left = state.behind + state.logs
        most = max(most, left)
        progress(most - left, most)
        if not left:
            return 0
        if least is None or left < least:
            least, moved = left, time.monotonic()
        elif state.problem:
            raise StoreError(f"The index is not made again whole: {state.problem}", hint=state.hint)
        elif time.monotonic() - moved > _PATIENCE:
            return left
        await asyncio.sleep(_POLL)
