"""Logs in the index: what is remembered of each, which runs name them, and taking back what was read of one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlws_tui.domain.chunks import LOG, LOG_END, LogClaim, LogMark, StreamPosition
from mlws_tui.domain.metricnames import canonical
from mlws_tui.store.codec import dumps

_SERIES = "SELECT id FROM series WHERE stream = :stream"
_TAKE_BACK = (
    f"DELETE FROM points WHERE series IN ({_SERIES})",  # noqa: S608 - our own constants, here and below
    f"DELETE FROM tiers WHERE series IN ({_SERIES})",  # noqa: S608
    "DELETE FROM series WHERE stream = :stream",
    "DELETE FROM happenings WHERE stream = :stream",
    "DELETE FROM streams WHERE id = :stream",
)
_MARK = """
INSERT INTO logs (path, run, size, mtime, inode, device, passed, final, state, rules)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (path) DO UPDATE SET run = excluded.run, size = excluded.size, mtime = excluded.mtime,
    inode = excluded.inode, device = excluded.device, passed = excluded.passed, final = excluded.final,
    state = coalesce(excluded.state, state), rules = excluded.rules
"""
_CLAIMS = """
SELECT streams.run, coalesce(json_extract(streams.facts, '$.log'), ''), coalesce(runs.unfinished = 0, 0)
FROM streams LEFT JOIN runs ON runs.id = streams.run
WHERE {where} streams.run IS NOT NULL AND streams.role != 'log'
    AND coalesce(json_type(streams.facts, '$.log'), 'text') = 'text'
"""


@dataclass(frozen=True, slots=True)
class LogStanding:
    """Where reading logs stands.

    Attributes:
        marks: Each log as it was when it was last read, without its state, by its path.
        positions: How far each is read, by its path; one that is passed over has none.
        ends: Logs of which the end was read first, and their whole is not read yet: from which byte on.
        claims: What the runs that processes speak of say of their logs.
    """

    marks: dict[str, LogMark]
    positions: dict[str, StreamPosition]
    ends: dict[str, int]
    claims: tuple[LogClaim, ...]


def log_standing(connection: sqlite3.Connection) -> LogStanding:
    """Where it stands, as the index has it."""
    marks: dict[str, LogMark] = {}
    for path, run, size, mtime, inode, device, passed, final, rules in connection.execute(
        "SELECT path, run, size, mtime, inode, device, passed, final, rules FROM logs"
    ):
        marks[path] = LogMark(path, run, size, mtime, inode, device, passed, bool(final), rules=rules)
    positions: dict[str, StreamPosition] = {}
    ends: dict[str, int] = {}
    for file, run, offset, inode, head, tail, ended in connection.execute(
        "SELECT file, run, offset, inode, head, tail, ending IS NOT NULL FROM streams "
        "WHERE file >= 'log' AND file < 'loh'"
    ):
        if file.startswith(LOG):
            position = StreamPosition(file, run, offset, False, inode, head, tail, bool(ended))
            positions[file.removeprefix(LOG)] = position
        elif file.startswith(LOG_END):
            ends[file.removeprefix(LOG_END)] = offset
    return LogStanding(marks, positions, ends, tuple(log_claims(connection)))


def log_claims(connection: sqlite3.Connection, runs: Iterable[str] | None = None) -> list[LogClaim]:
    """Which logs these runs name, one claim for each of their stream files; of all runs where none are given."""
    if runs is None:
        rows = connection.execute(_CLAIMS.format(where=""))
    else:
        where = "streams.run IN (SELECT value FROM json_each(?)) AND"
        rows = connection.execute(_CLAIMS.format(where=where), (dumps(sorted(runs)),))
    return [LogClaim(run, path, bool(ended)) for run, path, ended in rows]


def log_states(connection: sqlite3.Connection, paths: Sequence[str]) -> dict[str, str]:
    """Where the reading of these logs stands, as JSON; those of which nothing is known are left out."""
    rows = connection.execute(
        "SELECT path, state FROM logs WHERE state IS NOT NULL AND path IN (SELECT value FROM json_each(?))",
        (dumps(paths),),
    )
    return dict(rows.fetchall())


def log_sizes(connection: sqlite3.Connection, paths: Sequence[str]) -> dict[str, int]:
    """How many bytes of these logs were looked at; those of which nothing is known are left out."""
    rows = connection.execute(
        "SELECT path, size FROM logs WHERE path IN (SELECT value FROM json_each(?))", (dumps(paths),)
    )
    return dict(rows.fetchall())


def mark(connection: sqlite3.Connection, log: LogMark) -> None:
    """Remember a log as it is now. Where its reading stands is kept where that is not told."""
    now = (log.path, log.run, log.size, log.mtime, log.inode, log.device, log.passed, log.final)
    connection.execute(_MARK, (*now, log.state, log.rules))


def forget(connection: sqlite3.Connection, path: str) -> None:
    """Remember nothing of a log."""
    connection.execute("DELETE FROM logs WHERE path = ?", (path,))


def take_back(connection: sqlite3.Connection, file: str) -> str | None:
    """Remove all that was read of a log, by the name of its stream; the run it was of, if it was read."""
    row = connection.execute("SELECT id, run FROM streams WHERE file = ?", (file,)).fetchone()
    if row is None:
        return None
    for statement in _TAKE_BACK:
        connection.execute(statement, {"stream": row[0]})
    run: str | None = row[1]
    return run


def hide_told_twice(connection: sqlite3.Connection, run: str) -> None:
    """Hide series that were read from a log where the SDK logged the same quantity, and show the others."""
    rows = connection.execute(
        "SELECT series.id, series.name, series.source, series.hidden "
        "FROM streams CROSS JOIN series ON series.stream = streams.id WHERE streams.run = ?",
        (run,),
    ).fetchall()
    from_logs = [row for row in rows if row[2] == "log"]
    if not from_logs:
        return
    logged = {canonical(name) for _, name, source, _ in rows if source != "log"}
    changed = [
        (canonical(name) in logged, series)
        for series, name, _, hidden in from_logs
        if (canonical(name) in logged) != bool(hidden)
    ]
    connection.executemany("UPDATE series SET hidden = ? WHERE id = ?", changed)
