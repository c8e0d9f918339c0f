"""What the store's tests share: streams as a training process writes them, and a plain dump of an index."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change
from mlws_tui.domain.events import encode
from mlws_tui.domain.runs import RunQuery
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.store import Store

T = TypeVar("T", bound=Change)
RUN = "20241019-143000-sentiment"
OTHER = "20241020-090000-llama"
EVERYTHING = RunQuery(limit=10_000, include_deleted=True, include_archived=True)


def workspace(root: Path) -> Workspace:
    (root / ".mlws" / "streams").mkdir(parents=True, exist_ok=True)
    return Workspace(root)


def write(streams: Path, file: str, records: Iterable[Mapping[str, Any] | bytes]) -> Path:
    """Append records (or raw bytes) to a stream file."""
    path = streams / file
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        for record in records:
            stream.write(record if isinstance(record, bytes) else encode(record))
    return path


def header(run: str = RUN, ts: float = 1000.0, **fields: Any) -> dict[str, Any]:
    return {"type": "run", "v": 1, "ts": ts, "id": run, "name": run[16:], "kind": "training", **fields}


def metrics(step: object, ts: float, **values: object) -> dict[str, Any]:
    return {"type": "metrics", "ts": ts, "step": step, "values": values}


@contextlib.asynccontextmanager
async def opened(root: Path, hub: Hub | None = None) -> AsyncIterator[tuple[Store, IngestService]]:
    """A store and its ingest service, not started."""
    place = workspace(root)
    store = await Store.open(place.marker / "index.db")
    service = IngestService(place, store, hub or Hub(), poll=0.02, retry=0.1)
    try:
        yield store, service
    finally:
        await service.close()
        await store.close()


@contextlib.asynccontextmanager
async def ingested(root: Path) -> AsyncIterator[Store]:
    """A store that has all that the streams hold."""
    async with opened(root) as (store, service):
        await service.catch_up()
        yield store


async def dump(store: Store) -> dict[str, Any]:
    """All that can be asked of an index, in a form that does not depend on its own numbering.

    Means are rounded: in which portions a stream is read makes a difference in the last digits of a sum.
    """
    found: dict[str, Any] = {}
    for run in (await store.list_runs(EVERYTHING)).runs:
        series = await store.series(run.id)
        whole = await store.get_run(run.id)
        assert whole is not None
        latest = {name: replace(info, mean=_rounded(info.mean)) for name, info in whole.latest.items()}
        found[run.id] = {
            "run": replace(whole, latest=latest),
            "happenings": await store.happenings(run.id),
            "series": {(info.name, info.rank): _digits(repr(info)) for info in series},
            "points": {
                (info.name, info.rank): repr(await store.points(run.id, info.name, info.rank))
                for info in series
            },
            "curves": {
                (info.name, info.rank): _digits(
                    repr(await store.curve(run.id, info.name, rank=info.rank, width=8))
                )
                for info in series
            },
        }
    return found


#: Means of values with few digits often lie right between two roundings; times this they do not.
_ASKEW = 1.00000314159265


def _rounded(mean: float | None) -> float | None:
    return None if mean is None else float(f"{mean * _ASKEW:.10g}")


def _digits(text: str) -> str:
    return re.sub(r"mean=([-+.e0-9]+)", lambda found: f"mean={_rounded(float(found[1]))}", text)


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait for the condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.02)


class Heard:
    """All changes that a hub told."""

    def __init__(self, hub: Hub) -> None:
        self.changes: list[Change] = []
        hub.subscribe(self.changes.append)

    def of(self, kind: type[T]) -> list[T]:
        return [change for change in self.changes if isinstance(change, kind)]
