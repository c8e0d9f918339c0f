"""Reading runs: lists, one run, its series and happenings."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping

from mlws_tui.domain.events import decode_number
from mlws_tui.domain.runs import Latest, Run, RunEvent, RunPage, RunQuery, SeriesInfo
from mlws_tui.store.codec import loads, run_of

#: Series of the segments (one per stream file) in the order in which the files were written.
_SEGMENTS = """
SELECT streams.run, streams.rank, series.name, series.source, series.n, series.finite, series.last,
       series.last_step, series.last_ts, series.low, series.high, series.total
FROM streams CROSS JOIN series ON series.stream = streams.id
WHERE {where} AND series.n > 0
ORDER BY streams.run, streams.rank, series.name, series.source,
         streams.attempt, streams.first_ts, streams.file
"""
_BATCH = 500  # names in one IN (…): far below SQLite's limit


def list_runs(connection: sqlite3.Connection, query: RunQuery) -> RunPage:
    """A page of runs, newest first, with their last values (rank 0)."""
    conditions, values = _conditions(query)
    where = " AND ".join(conditions) or "1"
    total = connection.execute(f"SELECT count(*) FROM runs WHERE {where}", values).fetchone()[0]  # noqa: S608
    rows = connection.execute(
        f"SELECT id, facts, metrics FROM runs WHERE {where} ORDER BY started DESC, id DESC LIMIT ? OFFSET ?",  # noqa: S608
        [*values, query.limit, query.offset],
    ).fetchall()
    latest = _latest(connection, [row[0] for row in rows])
    runs = tuple(run_of(facts, _with_set(latest.get(run, {}), metrics)) for run, facts, metrics in rows)
    return RunPage(runs, total)


def get_run(connection: sqlite3.Connection, run_id: str) -> Run | None:
    """One run with all its facts, the diff of its working tree in ``git`` too; None if there is none."""
    row = connection.execute("SELECT facts, metrics, diff FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        return None
    latest = _latest(connection, [run_id]).get(run_id, {})
    return run_of(row[0], _with_set(latest, row[1]), row[2])


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


def happenings(connection: sqlite3.Connection, run_id: str) -> list[RunEvent]:
    """Events, alerts, notes and artifacts of a run, in order of time."""
    rows = connection.execute(
        "SELECT happenings.type, happenings.ts, happenings.name, happenings.data, streams.rank "
        "FROM happenings JOIN streams ON streams.id = happenings.stream WHERE happenings.run = ? "
        "ORDER BY happenings.ts, streams.file, happenings.pos",
        (run_id,),
    )
    return [
        RunEvent(kind, ts, name, data if isinstance(data, Mapping) else {"data": data}, rank)
        for kind, ts, name, data, rank in ((*row[:3], loads(row[3]), row[4]) for row in rows)
    ]


def _conditions(query: RunQuery) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    if not query.include_deleted:
        conditions.append("deleted = 0")
    if not query.include_archived:
        conditions.append("archived = 0")
    if query.unfinished:
        conditions.append("unfinished = 1")
    for word in query.text.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        columns = ("id", "name", "tags", "experiment", "model", "kind", "state")
        conditions.append("(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns) + ")")
        values.extend([pattern] * len(columns))
    return conditions, values


def _latest(connection: sqlite3.Connection, runs: list[str]) -> dict[str, dict[str, Latest]]:
    """Last values of rank 0, by run and name."""
    parts: dict[str, dict[str, list[sqlite3.Row]]] = {}
    for i in range(0, len(runs), _BATCH):
        some = runs[i : i + _BATCH]
        where = f"streams.run IN ({', '.join('?' * len(some))}) AND streams.rank = 0"
        for row in connection.execute(_SEGMENTS.format(where=where), some):
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


def _with_set(latest: dict[str, Latest], metrics: str) -> Mapping[str, Latest]:
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
