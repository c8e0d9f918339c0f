"""An export is of one moment, whatever is written while it is made."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from mlws_tui.config.schema import Settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import StoreError
from mlws_tui.services.export import Request, export_folder
from mlws_tui.services.workbench import Workbench
from mlws_tui.store.snapshots import Selection, Snapshot
from tests.export.kit import FORMATS, logged, points, rows
from tests.runs.kit import begun, metrics, opened, record
from tests.store.kit import until

RUN, OTHER = "20241019-143000-sentiment", "20241020-090000-llama"
WRITER = """
import itertools, time
import mlws_tui as mlws
with mlws.run("writer", config={"lr": 1}) as run:
    for step in itertools.count():
        run.log({"a": step, "b": -step}, step=step)
        if step % 10 == 0:
            run.event("tenth", {"step": step})
        if step == 500:
            print("writing", flush=True)
        time.sleep(0.0005)
"""


async def _points(snapshot: Snapshot, selection: Selection = Selection()) -> list[tuple[object, ...]]:  # noqa: B008
    return [row async for batch in snapshot.metrics(selection) for row in batch]


async def test_what_comes_later_is_not_seen(workspace: Workspace) -> None:
    stream = [metrics(step, 10.0 + step, loss=step) for step in range(20_000)]
    record(workspace, RUN, begun(RUN, 1.0), *stream)
    async with opened(workspace) as desk, await Snapshot.open(desk.store.path) as snapshot:
        batches = snapshot.metrics(Selection())
        first = await anext(batches)
        record(workspace, RUN, *(metrics(step, 1e6, loss=0) for step in range(500)))
        record(workspace, OTHER, begun(OTHER, 2.0), metrics(1, 3.0, loss=1))
        await desk.ingest.catch_up()
        rest = [row for batch in [batch async for batch in batches] for row in batch]
        assert len(first) + len(rest) == await snapshot.count("metrics", Selection()) == 20_000
        assert [run.run.id for batch in [b async for b in snapshot.runs(Selection())] for run in batch] == [
            RUN
        ]
        async with await Snapshot.open(desk.store.path) as later:
            assert await later.count("runs", Selection()) == 2
            assert len(await _points(later)) == 20_501


async def test_a_snapshot_that_is_left_in_the_middle_lets_go(workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, 1.0), *(metrics(step, 1.0, loss=step) for step in range(20_000)))
    async with opened(workspace) as desk:
        snapshot = await Snapshot.open(desk.store.path)
        await anext(snapshot.metrics(Selection()))
        await snapshot.close()
        await snapshot.close()
        with sqlite3.connect(desk.store.path) as other:  # nobody holds the log any more
            assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        other.close()
        with pytest.raises(StoreError):
            await snapshot.count("runs", Selection())


async def test_exports_while_a_process_logs_and_an_app_ingests(workspace: Workspace, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    app = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.ingester", str(workspace.root), stdout=asyncio.subprocess.PIPE, cwd=root
    )  # fmt: skip
    writer = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WRITER,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "MLWS_WORKSPACE": str(workspace.root)},
    )
    try:
        async with asyncio.timeout(30):
            assert app.stdout is not None and writer.stdout is not None
            assert await app.stdout.readline() == b"holder\n"
            assert await writer.stdout.readline() == b"writing\n"
        counts = []
        async with await Workbench.open(workspace, Settings()) as bench:
            await until(lambda: _has_rows(bench))
            for number in range(6):
                folder = tmp_path / f"out-{number}"
                done = await export_folder(bench, Request(FORMATS[number % 2]), folder)
                counts.append(done.rows["metrics"])
                _check_one_moment(folder)
    finally:
        for process in (writer, app):
            process.kill()
            await process.communicate()
    assert counts[0] < counts[-1]  # they did go on writing
    async with await Workbench.open(workspace, Settings()) as bench:
        await bench.ingest.catch_up()
        await export_folder(bench, Request("jsonl"), tmp_path / "last")
    assert points(rows(tmp_path / "last", "metrics")) == logged(workspace.streams)


async def _has_rows(bench: Workbench) -> bool:
    async with await Snapshot.open(bench.store.path) as snapshot:
        return await snapshot.count("metrics", Selection()) > 0


def _check_one_moment(folder: Path) -> None:
    """Each table tells of the same records: those up to one of them, and none after it."""
    (run,) = rows(folder, "runs")
    series = defaultdict(list)
    for row in rows(folder, "metrics"):
        series[row["name"]].append(row["step"])
    assert series["a"] == series["b"] == list(range(len(series["a"])))
    assert {name: latest["count"] for name, latest in run["latest"].items()} == Counter(
        {name: len(steps) for name, steps in series.items()}
    )
    told = [row["data"]["step"] for row in rows(folder, "events") if row["name"] == "tenth"]
    # an event is written right after the metrics of its step, which may be the last that were read
    last = len(series["a"]) - 1
    assert told == list(range(0, last + 1, 10))[: len(told)] and last - 10 <= told[-1] <= last


@pytest.mark.parametrize("room", [None, 0])
async def test_an_index_that_may_only_be_read(workspace: Workspace, room: int | None) -> None:
    record(workspace, RUN, begun(RUN, 1.0), *(metrics(step, 1.0, loss=step) for step in range(100)))
    async with opened(workspace) as desk:
        path = desk.store.path
    assert not path.with_name("index.db-wal").exists()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if room is not None:  # not even the memory that its readers share can be made
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        async with await Snapshot.open(path, read_only=True) as snapshot:
            assert len(await _points(snapshot)) == 100
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with pytest.raises(StoreError):
        await Snapshot.open(path.with_name("none.db"), read_only=True)


async def test_an_index_that_counts_wrongly_is_not_exported(workspace: Workspace, tmp_path: Path) -> None:
    record(workspace, RUN, begun(RUN, 1.0), *(metrics(step, 1.0, loss=step) for step in range(100)))
    async with opened(workspace) as desk:
        path = desk.store.path
    with sqlite3.connect(path) as raw:
        raw.execute("DELETE FROM points WHERE seq = 50")
    raw.close()
    async with await Workbench.open(workspace, Settings()) as bench:
        with pytest.raises(StoreError, match="100 rows of metrics and holds 99"):
            await export_folder(bench, Request(), tmp_path / "out")
    assert not list(tmp_path.glob("out*"))
