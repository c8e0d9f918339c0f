"""An index file that somebody else prepared: nothing in it is run, and what is none of ours is found."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from mlws_tui.domain.runs import RunQuery
from mlws_tui.store.checks import _connect as connect_for_checks
from mlws_tui.store.connection import Connection, Role
from mlws_tui.store.foreign import foreign_parts
from mlws_tui.store.schema import _connect as connect_for_setup
from mlws_tui.store.schema import _statements, prepare, shipped_migrations
from tests.store.kit import EVERYTHING, header, metrics, opened, write

RUN = "20241019-143000-sentiment"
TRAP = """
CREATE VIEW shown AS SELECT leak('view') AS x;
CREATE TRIGGER sprung AFTER INSERT ON other BEGIN SELECT leak('trigger'); END;
"""
TOUCHES = ("SELECT x FROM shown", "INSERT INTO other VALUES (1)")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A file whose schema calls a function wherever it is touched."""
    path = tmp_path / "index.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE other (x)")
        connection.executescript(TRAP)
    return path


def touch_all(connection: sqlite3.Connection) -> list[str]:
    """Touch each part of the trap; what was called, and what SQLite said."""
    told: list[str] = []
    connection.create_function("leak", 1, lambda value: told.append(f"called by {value}"))
    for statement in TOUCHES:
        try:
            connection.execute(statement).fetchall()
        except sqlite3.OperationalError as error:
            told.append(str(error))
    return told


@pytest.mark.parametrize("role", list(Role))
async def test_no_connection_of_the_app_runs_what_a_schema_calls(trap: Path, role: Role) -> None:
    connection = await Connection.open(trap, role)
    try:
        told = await connection.call(touch_all)
    finally:
        await connection.close()
    assert told == ["unsafe use of leak()"] * len(TOUCHES)


def test_nor_does_the_one_that_prepares_an_index_or_checks_it(trap: Path) -> None:
    for connection in (connect_for_setup(trap), connect_for_checks(trap, "mode=ro")):
        with contextlib.closing(connection):
            assert touch_all(connection) == ["unsafe use of leak()"] * len(TOUCHES)


def statements() -> list[str]:
    return [statement for step in shipped_migrations() for statement in _statements(step.sql)]


def test_our_own_schema_has_nothing_foreign_in_it(tmp_path: Path) -> None:
    prepare(tmp_path / "index.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "index.db")) as connection:
        assert foreign_parts(connection, statements()) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("CREATE TRIGGER sly AFTER INSERT ON points BEGIN DELETE FROM runs; END", "sly"),
        (
            "CREATE VIEW sly AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n",
            "sly",
        ),
        ("CREATE TABLE sly (x, y GENERATED ALWAYS AS (zeroblob(x)))", "sly"),
        ("CREATE INDEX sly ON runs (abs(started))", "sly"),
        ("ALTER TABLE runs ADD COLUMN sly DEFAULT (1)", "runs"),
    ],
)
def test_what_somebody_added_is_named(tmp_path: Path, change: str, found: str) -> None:
    prepare(tmp_path / "index.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "index.db", isolation_level=None)) as connection:
        connection.execute(change)
        assert foreign_parts(connection, statements()) == [found]


HOSTILE = [
    "x'); DROP TABLE runs; --",
    "x' OR '1'='1",
    '" OR 1=1 --',
    "%",
    "_%",
    "\\",
    "?1",
    ":run",
    "x\0y",
    "';PRAGMA user_version=99;--",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_text_in_the_place_of_a_value_is_only_ever_a_value(tmp_path: Path, text: str) -> None:
    """Through a stream and through every question that takes a text."""
    mark = header(
        RUN, name=text, experiment=text, model=text, dataset=text, tags=[text], config={text: text}, log=text
    )
    write(tmp_path / ".mlws" / "streams", f"{RUN}/host-1-a.jsonl", [mark, metrics(1, 1001.0, **{text: 1.0})])
    edit = {"type": "set", "ts": 2000.0, "run": RUN, "notes": text, "tags_add": [f"{text}2"]}
    write(tmp_path / ".mlws" / "streams", "_edits/host.jsonl", [edit, {**edit, "run": text}])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None
        assert (run.name, run.model, run.dataset, run.notes) == (text, text, text, text)
        assert set(run.tags) == {text, f"{text}2"}
        assert await store.get_run(text) is None
        assert await store.match_ids(text) == []
        assert (await store.points(RUN, text)).value == [1.0]
        assert (await store.points(text, text)).value == []
        assert await store.series(text) == []
        assert await store.happenings(text) == []
        assert (await store.list_runs(RunQuery(text=f"{text}no such"))).runs == ()
        assert [found.id for found in (await store.list_runs(RunQuery(text=text))).runs] in ([RUN], [])
        assert (await store.list_runs(EVERYTHING)).total == 1


async def test_an_index_with_a_trigger_of_somebody_else_is_set_aside_and_made_again(tmp_path: Path) -> None:
    streams = tmp_path / ".mlws" / "streams"
    write(streams, f"{RUN}/host-1-a.jsonl", [header(RUN)])
    async with opened(tmp_path) as (_, service):
        await service.catch_up()
    index = tmp_path / ".mlws" / "index.db"
    with contextlib.closing(sqlite3.connect(index, isolation_level=None)) as connection:
        connection.execute("CREATE TRIGGER sly AFTER INSERT ON points BEGIN DELETE FROM runs; END")
    other = "20241020-090000-llama"
    write(streams, f"{other}/host-1-a.jsonl", [header(other), metrics(1, 1001.0, loss=0.5)])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        assert {run.id for run in (await store.list_runs(EVERYTHING)).runs} == {RUN, other}
    assert list(index.parent.glob("index.db.damaged-*"))
