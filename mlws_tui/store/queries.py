"""Reading runs: lists, one run, its series and happenings."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from mlws_tui.domain.events import decode_number
from mlws_tui.domain.runs import Latest, Run, RunEvent, RunPage, RunQuery, RunState, SeriesInfo
from mlws_tui.store.codec import dumps, loads, run_of
from mlws_tui.store.older import can_find, has_environment
from mlws_tui.store.resolve import EDIT

#: Series of the segments (one per stream file) in the order in which the files were written.
_SEGMENTS = """
SELECT streams.run, streams.rank, series.name, series.source, series.n, series.finite, series.last,
       series.last_step, series.last_ts, series.low, series.high, series.total
FROM streams CROSS JOIN series ON series.stream = streams.id
WHERE {where} AND series.n > 0 AND series.hidden = 0
ORDER BY streams.run, streams.rank, series.name, series.source,
         streams.attempt, streams.first_ts, streams.file
"""
#: Leaves out files that a log tells of and the SDK recorded, too.
TOLD_ONCE = """NOT (streams.role = 'log' AND happenings.type = 'artifact' AND EXISTS (
    SELECT 1 FROM happenings AS logged JOIN streams AS other ON other.id = logged.stream
    WHERE logged.run = happenings.run AND logged.type = 'artifact' AND other.role != 'log'
        AND (logged.name = happenings.name OR logged.name LIKE '%/' || happenings.name)))"""
_NAMED = """
SELECT runs.id FROM {finder} CROSS JOIN runs ON runs.id = finder.run
WHERE (finder.name = :name OR substr(finder.run, 17) = :name) AND runs.deleted = 0 AND runs.archived = 0
ORDER BY runs.started DESC, runs.id DESC LIMIT :limit
"""
_NAME_BEGINS = """
SELECT runs.id FROM {finder} CROSS JOIN runs ON runs.id = finder.run
WHERE (substr(finder.name, 1, :length) = :name OR substr(finder.run, 17, :length) = :name)
    AND runs.deleted = 0 AND runs.archived = 0
ORDER BY runs.started DESC, runs.id DESC LIMIT :limit
"""
_BATCH = 500  # names in one IN (…): far below SQLite's limit
#: Names of metrics that a run carries in a list, and by itself; the ones that people look at come first.
IN_LIST = 100
ON_PAGE = 1000


@dataclass(slots=True)
class _Figures:
    """Last values of rank 0 by name, and how many further names there are."""

    latest: Mapping[str, Latest]
    more: int = 0


def list_runs(connection: sqlite3.Connection, query: RunQuery) -> RunPage:
    """A page of runs, newest first, with their last values (rank 0)."""
    conditions, values = _conditions(query)
    where = " AND ".join(conditions) or "1"
    total = connection.execute(f"SELECT count(*) FROM runs WHERE {where}", values).fetchone()[0]  # noqa: S608
    rows = connection.execute(
        f"SELECT id, facts, metrics FROM runs WHERE {where} ORDER BY started DESC, id DESC LIMIT ? OFFSET ?",  # noqa: S608
        [*values, query.limit, query.offset],
    ).fetchall()
    return RunPage(listed(connection, rows), total)


def listed(connection: sqlite3.Connection, rows: Sequence[tuple[str, str, str]]) -> tuple[Run, ...]:
    """The runs of rows of (id, facts, metrics), with the last values (rank 0) that a list carries."""
    figures = _figures(connection, [row[0] for row in rows], IN_LIST)
    return tuple(_listed(run, facts, figures[run], metrics) for run, facts, metrics in rows)


def _listed(run: str, facts: str, figures: _Figures, metrics: str) -> Run:
    try:
        return _run(facts, figures, metrics)
    except msgspec.ValidationError as error:  # one run that says what no run can must not hide the others
        return Run(
            run, run, "training", RunState.CREATED, problems=(f"what is recorded of it is odd: {error}",)
        )


def get_run(connection: sqlite3.Connection, run_id: str) -> Run | None:
    """One run with all its facts, its environment and the diff of its working tree too; None if there is none."""
    environment = "environment" if has_environment(connection) else "NULL"
    row = connection.execute(
        f"SELECT facts, metrics, diff, {environment} FROM runs WHERE id = ?",  # noqa: S608 - our own words
        (run_id,),
    ).fetchone()
    if row is None:
        return None
    run = _run(row[0], _figures(connection, [run_id], ON_PAGE)[run_id], row[1], row[2])
    return run if row[3] is None else replace(run, environment=loads(row[3]))


def edited_at(connection: sqlite3.Connection, runs: Sequence[str]) -> float:
    """When people last changed one of these runs (Unix seconds); 0 where nobody did."""
    newest = 0.0
    for i in range(0, len(runs), _BATCH):
        some = runs[i : i + _BATCH]
        marks = ", ".join("?" * len(some))
        statement = f"SELECT max(ts) FROM assignments WHERE author = ? AND subject IN ({marks})"  # noqa: S608
        (found,) = connection.execute(statement, (EDIT, *some)).fetchone()
        newest = max(newest, found or 0.0)
    return newest


def runs_of(connection: sqlite3.Connection, ids: Sequence[str], metrics: Sequence[str] = ()) -> list[Run]:
    """These runs as a list has them, in this order; what is gone is left out.

    Args:
        connection: Of the index.
        ids: The runs.
        metrics: Names of metrics that they carry in any case, also where a run has more names than a list carries.
    """
    rows: dict[str, tuple[str, str, str]] = {}
    for i in range(0, len(ids), _BATCH):
        some = ids[i : i + _BATCH]
        statement = f"SELECT id, facts, metrics FROM runs WHERE id IN ({', '.join('?' * len(some))})"  # noqa: S608
        rows.update((row[0], row) for row in connection.execute(statement, some))
    runs = listed(connection, [rows[run] for run in dict.fromkeys(ids) if run in rows])
    found = {run.id: run for run in runs}
    for run in runs if metrics else ():
        missing = [name for name in metrics if name not in run.latest] if run.more_metrics else []
        if missing:
            where = (
                f"streams.run = ? AND streams.rank = 0 AND series.name IN ({', '.join('?' * len(missing))})"
            )
            more = _by_name(connection, where, [run.id, *missing]).get(run.id, {})
            found[run.id] = replace(run, latest={**run.latest, **more})
    return [found[run] for run in ids if run in found]


def runs_named(connection: sqlite3.Connection, name: str, limit: int) -> list[str]:
    """Ids of the runs of that name, else of those whose name or id goes on after it; the newest first.

    The name within an id, behind its time, does as well. Archived and deleted runs are left out.
    """
    asked = {"name": name, "length": len(name), "limit": limit}
    names = "finder" if can_find(connection) else "(SELECT id AS run, name FROM runs) AS finder"
    for statement in (_NAMED, _NAME_BEGINS):
        rows = connection.execute(statement.format(finder=names), asked).fetchall()
        if rows:
            return [row[0] for row in rows]
    return []


def names_like(connection: sqlite3.Connection, beginning: str) -> set[str]:
    """Names of runs, put away and deleted ones too, that begin with this."""
    statement = "SELECT name FROM finder WHERE substr(name, 1, ?) = ?"
    return {row[0] for row in connection.execute(statement, (len(beginning), beginning))}


def match_ids(connection: sqlite3.Connection, prefix: str, limit: int) -> list[str]:
    """Ids that begin with the prefix, newest first; deleted runs only where the id is given in full."""
    rows = connection.execute(
        "SELECT id FROM runs WHERE substr(id, 1, ?) = ? AND (deleted = 0 OR id = ?) "
        "ORDER BY started DESC, id DESC LIMIT ?",
        (len(prefix), prefix, prefix, limit),
    )
    return [row[0] for row in rows]


def series(connection: sqlite3.Connection, run_id: str) -> list[SeriesInfo]:
    """The series of a run by rank and name."""
    rows = connection.execute(_SEGMENTS.format(where="streams.run = ?"), (run_id,))
    merged: dict[tuple[int, str, str], list[sqlite3.Row]] = {}
    for row in rows:
        merged.setdefault((row[1], row[2], row[3]), []).append(row)
    return [SeriesInfo(name, rank, source, _merge(parts)) for (rank, name, source), parts in merged.items()]


def happenings(
    connection: sqlite3.Connection,
    run_id: str,
    *,
    limit: int | None = None,
    offset: int = 0,
    newest: bool = False,
) -> list[RunEvent]:
    """Events, alerts, notes and artifacts of a run, in order of time, then of file and place in it.

    Args:
        connection: Of the index.
        run_id: The run.
        limit: How many at most; None for all.
        offset: How many are passed over.
        newest: Count limit and offset from the last one; what is returned stays in order.
    """
    way = "DESC" if newest else "ASC"
    rows = connection.execute(
        "SELECT happenings.type, happenings.ts, happenings.name, happenings.data, streams.rank "  # noqa: S608
        f"FROM happenings JOIN streams ON streams.id = happenings.stream WHERE happenings.run = ? AND {TOLD_ONCE} "
        f"ORDER BY happenings.ts {way}, streams.file {way}, happenings.pos {way} LIMIT ? OFFSET ?",
        (run_id, -1 if limit is None else limit, offset),
    ).fetchall()
    return [
        RunEvent(kind, ts, name, data if isinstance(data, Mapping) else {"data": data}, rank)
        for kind, ts, name, data, rank in (
            (*row[:3], loads(row[3]), row[4]) for row in (reversed(rows) if newest else rows)
        )
    ]


def count_happenings(connection: sqlite3.Connection, run_id: str) -> int:
    """How many happenings a run has."""
    row = connection.execute(
        "SELECT count(*) FROM happenings JOIN streams ON streams.id = happenings.stream "  # noqa: S608
        f"WHERE happenings.run = ? AND {TOLD_ONCE}",
        (run_id,),
    ).fetchone()
    return int(row[0])


def _conditions(query: RunQuery) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    rest = "+" if query.unfinished else ""  # of which there are few: + keeps SQLite to their own index
    if not query.include_deleted:
        conditions.append(f"{rest}deleted = 0")
    if not query.include_archived:
        conditions.append(f"{rest}archived = 0")
    if query.unfinished:
        conditions.append("unfinished = 1")
    if query.experiment is not None:
        conditions.append("experiment_id = ?")
        values.append(query.experiment)
    if query.among is not None:
        conditions.append("id IN (SELECT value FROM json_each(?))")
        values.append(dumps(query.among))
    for word in query.text.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        columns = ("id", "name", "tags", "experiment", "model", "kind", "state")
        conditions.append("(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns) + ")")
        values.extend([pattern] * len(columns))
    return conditions, values


def _run(facts: str, figures: _Figures, metrics: str, diff: str | None = None) -> Run:
    run = run_of(facts, _with_set(figures.latest, metrics), diff)
    return replace(run, more_metrics=figures.more) if figures.more else run


def _figures(connection: sqlite3.Connection, runs: Sequence[str], most: int) -> dict[str, _Figures]:
    """Last values of each run, those of a run with more than `most` names but in part."""
    large = _with_more_names(connection, runs, most)
    latest = _latest(connection, [run for run in runs if run not in large])
    return {
        run: _first_figures(connection, run, most) if run in large else _Figures(latest.get(run, {}))
        for run in runs
    }


def _with_more_names(connection: sqlite3.Connection, runs: Sequence[str], most: int) -> set[str]:
    found: set[str] = set()
    for i in range(0, len(runs), _BATCH):
        some = runs[i : i + _BATCH]
        rows = connection.execute(
            f"SELECT run FROM streams WHERE run IN ({', '.join('?' * len(some))}) AND rank = 0 "  # noqa: S608
            "GROUP BY run HAVING sum(names) > ?",
            [*some, most],
        )
        found.update(row[0] for row in rows)
    return found


def _first_figures(connection: sqlite3.Connection, run: str, most: int) -> _Figures:
    """The `most` names of a run that people look at first."""
    files = connection.execute("SELECT id, names FROM streams WHERE run = ? AND rank = 0", (run,)).fetchall()
    first: set[tuple[int, str]] = set()
    for stream, _ in files:
        by_weight = (
            "SELECT weight, name FROM series WHERE stream = ? AND hidden = 0 ORDER BY weight, name LIMIT ?"
        )
        first.update(connection.execute(by_weight, (stream, most)).fetchall())
    names = [name for _, name in sorted(first)[:most]]
    latest: dict[str, Latest] = {}
    for i in range(0, len(names), _BATCH):
        some = names[i : i + _BATCH]
        where = f"streams.run = ? AND streams.rank = 0 AND series.name IN ({', '.join('?' * len(some))})"
        latest.update(_by_name(connection, where, [run, *some]).get(run, {}))
    count = files[0][1]
    if len(files) > 1:  # the same names mostly, of several attempts
        (count,) = connection.execute(
            "SELECT count(DISTINCT series.name) FROM streams CROSS JOIN series ON series.stream = streams.id "
            "WHERE streams.run = ? AND streams.rank = 0 AND series.hidden = 0",
            (run,),
        ).fetchone()
    return _Figures({name: latest[name] for name in names if name in latest}, max(0, count - len(names)))


def _latest(connection: sqlite3.Connection, runs: Sequence[str]) -> dict[str, dict[str, Latest]]:
    """Last values of rank 0, by run and name."""
    found: dict[str, dict[str, Latest]] = {}
    for i in range(0, len(runs), _BATCH):
        some = runs[i : i + _BATCH]
        where = f"streams.run IN ({', '.join('?' * len(some))}) AND streams.rank = 0"
        found.update(_by_name(connection, where, some))
    return found


def _by_name(
    connection: sqlite3.Connection, where: str, values: Sequence[object]
) -> dict[str, dict[str, Latest]]:
    parts: dict[str, dict[str, list[sqlite3.Row]]] = {}
    for row in connection.execute(_SEGMENTS.format(where=where), values):
        parts.setdefault(row[0], {}).setdefault(row[2], []).append(row)
    return {run: {name: _merge(rows) for name, rows in names.items()} for run, names in parts.items()}


def _merge(rows: Iterable[sqlite3.Row]) -> Latest:
    """The segments of one series as one; they come in the order in which they were written."""
    merged = list(rows)
    _, _, _, _, _, _, value, step, ts, _, _, _ = merged[-1]
    if len(merged) == 1:
        _, _, _, _, count, finite, _, _, _, low, high, total = merged[0]
    else:
        count, finite = sum(row[4] for row in merged), sum(row[5] for row in merged)
        low = min((row[9] for row in merged if row[9] is not None), default=None)
        high = max((row[10] for row in merged if row[10] is not None), default=None)
        total = sum(row[11] for row in merged)
    mean = total / finite if finite else None
    return Latest(math.nan if value is None else value, step, ts, low, high, mean, count)


def _with_set(latest: Mapping[str, Latest], metrics: str) -> Mapping[str, Latest]:
    """Last values with the figures that a person set in their place."""
    if metrics == "{}":
        return latest
    told = dict(latest)
    for name, (ts, raw) in loads(metrics).items():
        try:
            value = decode_number(raw)
        except ValueError:
            continue
        known = told.get(name)
        finite = value if math.isfinite(value) else None
        if known is None:
            told[name] = Latest(value, None, ts, finite, finite, finite, 1)
        else:
            told[name] = Latest(value, known.step, ts, known.min, known.max, known.mean, known.count)
    return told
