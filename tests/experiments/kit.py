"""What the tests of experiments share: a store on files of its own, and all that an index knows of experiments."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import encode
from mlws_tui.domain.experiments import ExperimentQuery
from mlws_tui.domain.runs import RunQuery
from mlws_tui.services.experiments import ExperimentStore
from mlws_tui.services.openindex import OpenIndex
from mlws_tui.store import Store

EVERYTHING = ExperimentQuery(limit=1000, include_deleted=True)


def index(root: Path) -> Path:
    """The index of a workspace in that folder, which is made if it is new."""
    (root / ".mlws" / "streams").mkdir(parents=True, exist_ok=True)
    return root / ".mlws" / "index.db"


@contextlib.asynccontextmanager
async def desk(root: Path) -> AsyncIterator[tuple[ExperimentStore, OpenIndex]]:
    """An experiment store over an index whose parts a test can look at."""
    opened = await OpenIndex.open(index(root))
    try:
        yield ExperimentStore.over(opened), opened
    finally:
        await opened.close()


def stream(root: Path, file: str, *records: Mapping[str, Any]) -> Path:
    """Append records to a stream file."""
    path = Workspace(root).streams / file
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as out:
        for record in records:
            out.write(encode(record))
    return path


def sdk_run(root: Path, run: str, ts: float, experiment: str | None, **values: float) -> Path:
    """A finished run, as a script records it."""
    head = {
        "type": "run",
        "v": 1,
        "ts": ts,
        "id": run,
        "name": run[16:],
        "kind": "training",
        "experiment": experiment,
    }
    logged = [{"type": "metrics", "ts": ts + 1, "step": 1, "values": values}] if values else []
    return stream(
        root, f"{run}/h-1-aa.jsonl", head, *logged, {"type": "end", "ts": ts + 2, "status": "completed"}
    )


async def known(store: Store) -> dict[str, Any]:
    """All experiments, and where the runs are and whether they show."""
    experiments = (await store.list_experiments(EVERYTHING)).experiments
    shown = {run.id for run in (await store.list_runs(RunQuery(limit=1000, include_archived=True))).runs}
    places = {}
    for one in experiments:
        query = RunQuery(limit=1000, include_archived=True, include_deleted=True, experiment=one.id)
        for run in (await store.list_runs(query)).runs:
            places[run.id] = (one.id, run.id in shown)
    everything = RunQuery(limit=1000, include_archived=True, include_deleted=True)
    runs = {run.id: run for run in (await store.list_runs(everything)).runs}
    return {
        "experiments": {one.id: repr(one) for one in experiments},
        "places": {run: places.get(run, (None, run in shown)) for run in runs},
        "runs": {name: repr(run) for name, run in runs.items()},
    }


def python(code: str, *args: object, wait: bool = True) -> subprocess.Popen[str]:
    """Run code in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if wait:
        out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        process.out = out  # type: ignore[attr-defined]
    return process
