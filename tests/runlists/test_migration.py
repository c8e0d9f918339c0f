"""The tables that runs are found by follow from the runs alone: an old index gets them, and they go with their runs."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import RunQuery
from mlws_tui.store.schema import prepare
from tests.runlists.kit import NOW, opened, run_id
from tests.runs.kit import begun, ended, metrics, record

_TABLES = ("finder", "params")


def _rows(index: Path) -> dict[str, list[Any]]:
    with contextlib.closing(sqlite3.connect(index)) as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in _TABLES}


def _write(workspace: Workspace) -> None:
    config = {"lr": 1e-4, "optim": {"name": "adam"}, "name.with.dots": 3}
    for number in (1, 2):
        head = begun(
            run_id(number), NOW, config=config, tags=["Ä"], environment={"packages": {"torch": "2.9"}}
        )
        record(workspace, run_id(number), head, metrics(1, NOW, loss=1.0), ended(NOW + 5, "failed"))


async def test_an_old_index_gets_what_a_new_one_has(workspace: Workspace) -> None:
    _write(workspace)
    async with opened(workspace) as bench:
        await bench.runs.edit(run_id(1), by="tests", summary={"f1": 1}, metrics={"loss": "NaN"}, notes="x")
        await bench.ingest.catch_up()
    index = workspace.marker / "index.db"
    made = _rows(index)
    with contextlib.closing(sqlite3.connect(index)) as connection:  # as the version before left it
        connection.executescript(
            "DROP TABLE finder; DROP TABLE params; DROP INDEX series_named;"
            "ALTER TABLE runs DROP COLUMN environment; PRAGMA user_version = 6;"
        )
    prepare(index).presence.leave()
    assert _rows(index) == made and made["params"]


async def test_what_is_taken_back_is_found_no_more(workspace: Workspace) -> None:
    _write(workspace)
    async with opened(workspace) as bench:
        await bench.runs.edit(run_id(1), by="tests", config={"seed": 3})
        await bench.ingest.catch_up()
        assert (await bench.runlists.vocabulary()).config == ("lr", "name.with.dots", "optim.name", "seed")
        bench.edits.append({"type": "set", "ts": NOW + 9, "run": run_id(1), "deleted": True, "forever": True})
        await bench.ingest.catch_up()
        assert (await bench.runlists.vocabulary()).config == ("lr", "name.with.dots", "optim.name")
    assert {row[0] for row in _rows(workspace.marker / "index.db")["finder"]} == {run_id(2)}


async def test_an_environment_is_read_with_its_run_alone(workspace: Workspace) -> None:
    _write(workspace)
    async with opened(workspace) as bench:
        assert (await bench.runs.get(run_id(1))).environment == {"packages": {"torch": "2.9"}}
        listed = [*(await bench.runs.list(RunQuery())).runs, *(await bench.runlists.runs([run_id(1)]))]
        assert [run.environment for run in listed] == [{}, {}, {}]
