"""What the tests of runs share: a workspace with recorded runs, opened as a command opens it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import encode
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.runs import RunsService
from mlws_tui.sources.edits import EditsLog
from mlws_tui.sources.processes import boot_id, hostname, pid_namespace
from mlws_tui.store import Store

HOSTILE = "evil\x1b]52;c;aGk=\x07\x1b[2J[@click=app.bell]x[/]"


def record(
    workspace: Workspace, run: str, *records: Mapping[str, Any], file: str = "gpu1-1-aa.jsonl"
) -> Path:
    """Append records to a stream file of a run, as a training process does."""
    path = workspace.streams / run / file
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        for one in records:
            stream.write(encode(one))
    return path


def begun(run: str, ts: float, **fields: Any) -> dict[str, Any]:
    """The record that begins a run, by default of a process that is long gone."""
    gone = {
        "host": hostname(),
        "pid": 2**22 + 1,
        "pid_start": 1,
        "boot_id": boot_id(),
        "pid_ns": pid_namespace(),
    }
    head = {"type": "run", "v": 1, "ts": ts, "id": run, "name": run[16:], "kind": "training"}
    return {**head, **gone, **fields}


def alive() -> dict[str, Any]:
    """Who this process is, as a run's record has it."""
    return {"pid": os.getpid(), "pid_start": start_of(os.getpid())}


def start_of(pid: int) -> int:
    """When a process began, in clock ticks since boot."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def metrics(step: float, ts: float, **values: object) -> dict[str, Any]:
    return {"type": "metrics", "ts": ts, "step": step, "values": values}


def ended(ts: float, status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {"type": "end", "ts": ts, "status": status, **fields}


@dataclass
class Desk:
    """A workspace's services, not started."""

    hub: Hub
    store: Store
    ingest: IngestService
    runs: RunsService


@contextlib.asynccontextmanager
async def opened(workspace: Workspace, **options: Any) -> AsyncIterator[Desk]:
    """The services of a workspace with all that its streams hold."""
    hub = Hub()
    store = await Store.open(workspace.marker / "index.db")
    ingest = IngestService(workspace, store, hub, poll=0.02)
    runs = RunsService(workspace, store, EditsLog(workspace.streams), hub, **options)
    try:
        await ingest.catch_up()
        yield Desk(hub, store, ingest, runs)
    finally:
        await runs.close()
        await ingest.close()
        await store.close()


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait for the condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.02)
