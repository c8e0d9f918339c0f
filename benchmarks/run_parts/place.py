"""A workspace with all the runs, and its index."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mlws_tui.config.schema import Settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import encode
from mlws_tui.services.workbench import Workbench
from mlws_tui.services.workspace import init

from .workload import LONG, STEPS, Told, long_values, many

_BATCH = 10_000


@asynccontextmanager
async def bench(root: Path) -> AsyncIterator[Workbench]:
    """The workspace, opened as a command opens it."""
    async with await Workbench.open(Workspace(root), Settings()) as opened:
        yield opened


def write(root: Path, runs: int, points: int) -> str:
    """Make the workspace and write the streams of all runs; the id of the one with the long series."""
    init(root)
    streams = root / ".mlws" / "streams"
    for told in many(runs):
        records = [
            {"type": "metrics", "ts": told.began + 30.0 * step, "step": step, "values": told.values(step)}
            for step in range(1, STEPS + 1)
        ]
        end = {"type": "end", "ts": told.began + 30.0 * (STEPS + 1), "status": told.status, "exit_code": 0}
        if told.status == "failed":
            end |= {"exit_code": 1, "error": {"type": "RuntimeError", "message": "CUDA out of memory"}}
        _write(streams, told.id, b"".join(map(encode, [_head(told), *records, end])))
    began = time.time() - 86_400.0 * 365 * 5  # the oldest of all: it must not stand first in the list
    run = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(began))}-{LONG}"
    path = _write(streams, run, encode(_named({"ts": began}, run, LONG)))
    with path.open("ab") as file:
        for first in range(0, points, _BATCH):
            file.writelines(_point(began, step) for step in range(first, min(points, first + _BATCH)))
        file.write(encode({"type": "end", "ts": began + points, "status": "completed", "exit_code": 0}))
    return run


def _head(told: Told) -> dict[str, Any]:
    head = {"ts": told.began, "config": told.config, "tags": list(told.tags), "experiment": told.experiment}
    return _named({**head, "model": told.model}, told.id, told.name)


def _named(fields: dict[str, Any], run: str, name: str) -> dict[str, Any]:
    told = {"type": "run", "v": 1, "id": run, "name": name, "kind": "training", "host": "elsewhere", "pid": 1}
    return {**told, **fields}


def _point(began: float, step: int) -> bytes:
    values = f'{{"loss":{long_values(step)!r}}}'
    return f'{{"type":"metrics","ts":{began + step:.1f},"step":{step},"values":{values}}}\n'.encode()


def _write(streams: Path, run: str, data: bytes) -> Path:
    path = streams / run / "elsewhere-1-a.jsonl"
    path.parent.mkdir()
    path.write_bytes(data)
    return path
