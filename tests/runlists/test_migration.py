"""The tables that runs are found by follow from the runs alone: an old index gets them, and they go with their runs."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.runfilter import Vocabulary, parse_filter
from mlws_tui.domain.runs import RunQuery, RunState
from mlws_tui.domain.runviews import Search, parse_order
from mlws_tui.store import Store
from mlws_tui.store.schema import prepare, shipped_migrations
from tests.runlists.kit import NOW, opened, run_id
from tests.runs.kit import begun, ended, metrics, record

_TABLES = ("finder", "params")
#: What later versions made.
_LATER = "DROP TABLE passages_found; DROP TABLE passages; DROP TABLE text_links; DROP TABLE documents;"


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
            f"{_LATER} DROP TABLE finder; DROP TABLE params; DROP INDEX series_named;"
            "ALTER TABLE runs DROP COLUMN environment; PRAGMA user_version = 6;"
        )
    prepare(index).presence.leave()
    assert _rows(index) == made and made["params"]


async def test_an_old_index_learns_how_long_its_runs_paused(workspace: Workspace) -> None:
    run = run_id(1)
    record(workspace, run, begun(run, NOW), metrics(1, NOW + 10, loss=1.0))
    record(workspace, run, begun(run, NOW + 100, attempt=2), ended(NOW + 105), file="gpu1-2-bb.jsonl")
    async with opened(workspace) as bench:
        made = await bench.runs.get(run)
    assert made.paused == 90 and made.duration(0.0) == 15
    index = workspace.marker / "index.db"
    with contextlib.closing(sqlite3.connect(index)) as connection:  # as the version before left it
        connection.executescript(
            f"{_LATER} DROP TABLE finder; DROP TABLE params; DROP INDEX series_named;"
            "ALTER TABLE runs DROP COLUMN environment; PRAGMA user_version = 6;"
            "UPDATE runs SET facts = json_remove(facts, '$.paused');"
        )
    async with opened(workspace) as bench:
        assert await bench.runs.get(run) == made


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


@pytest.mark.parametrize("version", [6, 7])
async def test_an_older_index_that_may_only_be_read_is_listed(
    workspace: Workspace, tmp_path: Path, version: int
) -> None:
    _write(workspace)
    record(workspace, run_id(3), begun(run_id(3), NOW - 9, name="early"), ended(NOW - 2))
    async with opened(workspace) as bench:
        await bench.runs.edit(run_id(2), by="tests", archived=True)
        await bench.ingest.catch_up()
    older = tmp_path / "older.db"
    _as_of(version, workspace.marker / "index.db", older)
    store = await Store.open(older, read_only=True)
    try:
        asked = Search(parse_filter("", now=NOW), (), None, NOW, {run_id(3): RunState.RUNNING})
        index = await store.search_runs(asked)
        assert (index.ids, index.total, index.all, index.running) == ((run_id(3), run_id(1)), 2, 2, 1)
        assert (await store.search_runs(replace(asked, everything=True))).total == 3
        for more in (
            replace(asked, filter=parse_filter("lr<1", now=NOW)),
            replace(asked, order=parse_order(("lr",))),
        ):
            with pytest.raises(StoreError, match="need a writable index"):
                await store.search_runs(more)
        assert await store.vocabulary() == Vocabulary()
        assert await store.runs_named("early", 5) == [run_id(3)]
        assert await store.runs_named("run-", 5) == [run_id(1), run_id(3)]
        run = await store.get_run(run_id(1))
        assert run is not None and run.config["lr"] == 1e-4
    finally:
        await store.close()


def _as_of(version: int, index: Path, older: Path) -> None:
    """Write what the index holds as the program of an older schema had it."""
    prepare(older, [step for step in shipped_migrations() if step.version <= version]).presence.leave()
    with contextlib.closing(sqlite3.connect(older)) as connection, connection:
        connection.execute("ATTACH ? AS newer", (str(index),))
        tables = connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table not in (*_TABLES, "origin") and not table.startswith("sqlite_"):
                columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
                connection.execute(
                    f"INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}"
                )
