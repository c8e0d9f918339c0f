"""What the tests of reading logs share: logs as programs write them, and an index that reads them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlws_tui.domain.runs import Run
from mlws_tui.services.harvest import Limits
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.store import Store
from tests.store.kit import EVERYTHING, dump, workspace

RUN = "20241019-143000-sentiment"
LOG = f"logs/training/{RUN}.log"
LONG_AGO = 7200.0
_NOW = time.time()
ARTICLE = """\
2024-10-19 14:30:00 - INFO - Model: llama3.1:8b
2024-10-19 14:30:01 - INFO - Dataset: imdb (1000 samples)
2024-10-19 14:35:00 - INFO - Epoch 1/3 complete - Loss: 0.452, Val Loss: 0.389
2024-10-19 14:36:00 - INFO - Saved checkpoint to checkpoints/best.pt
2024-10-19 14:40:00 - INFO - Epoch 2/3 complete - Loss: 0.352, Val Loss: 0.289
2024-10-19 14:45:00 - WARNING - Learning rate is very small
2024-10-19 14:45:00 - INFO - Epoch 3/3 complete - Loss: 0.252, Val Loss: 0.189
2024-10-19 14:52:45 - INFO - Accuracy: 87.3%, F1: 0.852
2024-10-19 14:52:46 - INFO - Peak memory: 18.2 GB
2024-10-19 14:52:46 - INFO - Results saved to results.json
"""


def epochs(first: int, last: int, total: int = 100) -> str:
    """Lines of a training loop, one an epoch."""
    return "".join(
        f"2024-10-19 14:{30 + n // 60 % 30:02}:{n % 60:02} - INFO - Epoch {n}/{total} complete - Loss: {1 / n:.4f}\n"
        for n in range(first, last + 1)
    )


def lay(root: Path, path: str, text: str | bytes, *, age: float | None = LONG_AGO) -> Path:
    """Write a log; `age` is how many seconds ago it was written last, None for just now."""
    whole = root / path
    whole.parent.mkdir(parents=True, exist_ok=True)
    whole.write_bytes(text.encode() if isinstance(text, str) else text)
    if age is not None:
        then = _NOW - age
        os.utime(whole, (then, then))
    return whole


def append(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


@contextlib.asynccontextmanager
async def opened(
    root: Path, limits: Limits | None = None, hub: Hub | None = None
) -> AsyncIterator[tuple[Store, IngestService]]:
    """A store and its ingest service, not started."""
    place = workspace(root)
    store = await Store.open(place.marker / "index.db")
    service = IngestService(place, store, hub or Hub(), poll=0.02, retry=0.1, limits=limits)
    try:
        yield store, service
    finally:
        await service.close()
        await store.close()


@contextlib.asynccontextmanager
async def harvested(root: Path, limits: Limits | None = None) -> AsyncIterator[Store]:
    """A store that has all that streams and logs hold."""
    async with opened(root, limits) as (store, service):
        await read_all(service)
        yield store


async def read_all(service: IngestService) -> None:
    while (await service.catch_up(logs=5.0)).logs:
        continue


async def dump_of(store: Store) -> dict[str, Any]:
    """All that the index holds, but for how fast a program that has ended went on."""
    found = await dump(store)
    for told in found.values():
        run: Run = told["run"]
        if run.progress is not None:
            told["run"] = replace(run, progress=replace(run.progress, eta=None))
    return found


async def runs(store: Store) -> dict[str, Run]:
    return {run.id: run for run in (await store.list_runs(EVERYTHING)).runs}


async def values(store: Store, run: str, name: str) -> list[tuple[float, float]]:
    """Step and value of each point."""
    points = await store.points(run, name)
    return list(zip(points.step, points.value, strict=True))
