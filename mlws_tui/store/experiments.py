"""Reading experiments: lists, one of them, its runs and where it comes from; and the metrics of a run as rows."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.experiments import (
    ORDERS,
    Experiment,
    ExperimentPage,
    ExperimentQuery,
    Kin,
    experiment_of,
    fold,
    moment,
)
from mlws_tui.store.codec import dumps, loads

_SELECT = "SELECT id, name, created, updated, implicit, fields FROM experiments"
_SEARCHED = ("id", "name", "tags", "base_model", "method", "description", "status")
_ORDER_COLUMNS = {
    "created": "created {way}, id {way}",
    "updated": "updated {way}, id {way}",
    "name": "name COLLATE NOCASE {way}, id {way}",
    "status": "status {way}, created DESC, id DESC",
}
_FETCH = 2000  # rows at a time: a fetchall of a million rows would hold up every other thread
_MOST_KIN = 1000
_OWN = frozenset({"step", "timestamp"})  # keys of a row that no metric of the same name takes over

#: The series of a run that its rows are made of; of a name that the SDK logged, the SDK's only.
_ROW_SERIES = """
SELECT series.id, series.name, series.source, streams.id
FROM runs CROSS JOIN streams ON streams.run = runs.id CROSS JOIN series ON series.stream = streams.id
WHERE runs.id = ? AND runs.deleted = 0 AND streams.rank = ? AND series.n > 0 AND series.hidden = 0
ORDER BY streams.attempt, streams.first_ts, streams.file, series.id
"""
_ANCESTORS = """
WITH RECURSIVE line (id, name, deleted, parent, depth) AS (
    SELECT id, name, deleted, parent, 0 FROM experiments WHERE id = :id
    UNION
    SELECT above.id, above.name, above.deleted, above.parent, depth + 1
    FROM line JOIN experiments AS above ON above.id = line.parent WHERE depth < :most
)
SELECT id, name FROM line WHERE depth > 0 AND deleted = 0 AND id != :id GROUP BY id ORDER BY min(depth)
"""
_FORKS = (
    "SELECT id, name FROM experiments WHERE parent = :id AND +deleted = 0 ORDER BY created, id LIMIT :most"
)


def list_experiments(connection: sqlite3.Connection, query: ExperimentQuery) -> ExperimentPage:
    """A page of experiments, how many fit in all, and how many runs each has.

    Raises:
        UsageError: if there is no such order.
    """
    conditions, values = _conditions(query)
    where = " AND ".join(conditions) or "1"
    total = connection.execute(f"SELECT count(*) FROM experiments WHERE {where}", values).fetchone()[0]  # noqa: S608
    rows = connection.execute(
        f"{_SELECT} WHERE {where} ORDER BY {_order(query.order)} LIMIT ? OFFSET ?",
        [*values, query.limit, query.offset],
    ).fetchall()
    found = tuple(_experiment(row) for row in rows)
    return ExperimentPage(found, total, run_counts(connection, [one.id for one in found]))


def get_experiment(
    connection: sqlite3.Connection, experiment: str, include_deleted: bool
) -> Experiment | None:
    """One experiment; None if there is none."""
    row = connection.execute(
        f"{_SELECT} WHERE id = ? AND deleted <= ?", (experiment, include_deleted)
    ).fetchone()
    return None if row is None else _experiment(row)


def experiment_named(connection: sqlite3.Connection, name: str) -> Experiment | None:
    """The newest experiment of that name; None if there is none."""
    row = connection.execute(
        f"{_SELECT} WHERE name = ? AND deleted = 0 ORDER BY created DESC, id DESC LIMIT 1", (name,)
    ).fetchone()
    return None if row is None else _experiment(row)


def match_experiments(
    connection: sqlite3.Connection, prefix: str, limit: int, include_deleted: bool
) -> list[str]:
    """Ids that begin with the prefix, newest first."""
    rows = connection.execute(
        "SELECT id FROM experiments WHERE substr(id, 1, ?) = ? AND deleted <= ? "
        "ORDER BY created DESC, id DESC LIMIT ?",
        (len(prefix), prefix, include_deleted, limit),
    )
    return [row[0] for row in rows]


def run_counts(connection: sqlite3.Connection, experiments: Sequence[str]) -> dict[str, int]:
    """How many runs each of these has; ones without any are left out. Deleted runs do not count."""
    rows = connection.execute(
        "SELECT experiment_id, count(*) FROM runs "
        "WHERE experiment_id IN (SELECT value FROM json_each(?)) AND deleted = 0 GROUP BY experiment_id",
        (dumps(experiments),),
    )
    return dict(rows.fetchall())


def run_ids(connection: sqlite3.Connection, experiment: str) -> list[str]:
    """Ids of all runs of an experiment, the deleted ones too."""
    rows = connection.execute("SELECT id FROM runs WHERE experiment_id = ? ORDER BY id", (experiment,))
    return [row[0] for row in rows]


def beginnings(connection: sqlite3.Connection, runs: Sequence[str]) -> dict[str, tuple[float, float | None]]:
    """When each of these runs was first written of, and when its first process began (Unix seconds)."""
    rows = connection.execute(
        "SELECT run, min(first_ts), min(first_ts) FILTER (WHERE json_type(facts, '$.pid') = 'integer') "
        "FROM streams WHERE run IN (SELECT value FROM json_each(?)) AND first_ts IS NOT NULL GROUP BY run",
        (dumps(runs),),
    )
    return {run: (written, began) for run, written, began in rows}


def kin(connection: sqlite3.Connection, experiment: str) -> Kin:
    """What it was forked from, the nearest first, and what was forked from it."""
    asked = {"id": experiment, "most": _MOST_KIN}
    ancestors, forks = (tuple(connection.execute(query, asked).fetchall()) for query in (_ANCESTORS, _FORKS))
    return Kin(ancestors, forks)


def metric_rows(
    connection: sqlite3.Connection, run: str, start: float, end: float | None, rank: int
) -> list[dict[str, Any]]:
    """The metrics of a run, a row for each record, by step and then in the order written; both ends included."""
    series = connection.execute(_ROW_SERIES, (run, rank)).fetchall()
    logged = {name for _, name, source, _ in series if source == "sdk"}
    streams = list(dict.fromkeys(row[3] for row in series))
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one, name, source, stream in series:
        if name not in _OWN and (source == "sdk" or name not in logged):
            _add(rows, name, streams.index(stream), _points(connection, one, start, end))
    return [rows[key] for key in sorted(rows)]


def _points(
    connection: sqlite3.Connection, series: int, start: float, end: float | None
) -> Iterator[tuple[float, float, float | None]]:
    cursor = connection.execute(
        "SELECT step, ts, value FROM points WHERE series = ? AND step >= ? AND step <= ? ORDER BY seq",
        (series, start, math.inf if end is None else end),
    )
    while rows := cursor.fetchmany(_FETCH):
        yield from rows


def _add(
    rows: dict[tuple[Any, ...], dict[str, Any]],
    name: str,
    stream: int,
    points: Iterable[tuple[float, float, float | None]],
) -> None:
    """Put each point into the row of its record: values of one stream, step and time were written together.

    Where a name comes twice so, there were two records.
    """
    taken: dict[tuple[float, float], int] = {}
    for step, ts, value in points:
        nth = taken.get((step, ts), 0)
        taken[step, ts] = nth + 1
        row = rows.setdefault((step, stream, ts, nth), {})
        if not row:
            row.update(step=step, timestamp=moment(ts))
        row[name] = math.nan if value is None else value


def _conditions(query: ExperimentQuery) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    if not query.include_deleted:
        conditions.append("deleted = 0")
    if query.status is not None:
        conditions.append("status = ?")
        values.append(query.status)
    if query.tag is not None:
        conditions.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE json_each.value = ?)")
        values.append(query.tag)
    for word in query.text.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        conditions.append("(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED) + ")")
        values.extend([pattern] * len(_SEARCHED))
    return conditions, values


def _order(order: str) -> str:
    name, way = order.removeprefix("-"), "DESC" if order.startswith("-") else "ASC"
    if name not in ORDERS:
        raise UsageError(
            f"Experiments cannot be ordered by {order!r}", hint=f"one of {', '.join(ORDERS)}, or -name"
        )
    return _ORDER_COLUMNS[name].format(way=way)


def _experiment(row: tuple[Any, ...]) -> Experiment:
    experiment, name, created, updated, implicit, fields = row
    told = fold({"name": name}, ()) if implicit else loads(fields)
    return experiment_of(experiment, told, created, updated, implicit=bool(implicit))
