"""One moment of the index, read from end to end in batches while others go on writing."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.runs import Run
from mlws_tui.store import queries
from mlws_tui.store.codec import dumps
from mlws_tui.store.connection import Connection, Role

T = TypeVar("T")
Row = tuple[Any, ...]

_POINTS_BATCH, _ROWS_BATCH, _RUNS_BATCH = 8192, 2048, 64
_TEXT_BATCH = 4_000_000  # characters of one batch: a single record may hold megabytes

_SERIES = """
SELECT series.id, streams.rank, series.name, series.source, streams.attempt
FROM streams CROSS JOIN series ON series.stream = streams.id
WHERE streams.run = ? AND series.n > 0 AND series.hidden = 0
ORDER BY streams.rank, series.name, series.source, streams.attempt, streams.first_ts, streams.file
"""
_EVENTS = f"""
SELECT happenings.run, streams.rank, happenings.ts, happenings.type, happenings.name, happenings.data
FROM happenings CROSS JOIN streams ON streams.id = happenings.stream
WHERE happenings.run = ? AND {queries.TOLD_ONCE} ORDER BY happenings.ts, streams.file, happenings.pos
"""  # noqa: S608 - our own constant, here and below
_COUNTS = {
    "runs": "SELECT count(*) FROM runs WHERE {where}",
    "metrics": "SELECT coalesce(sum(series.n), 0) FROM streams CROSS JOIN series ON series.stream = streams.id "
    "WHERE series.hidden = 0 AND streams.run IN (SELECT id FROM runs WHERE {where})",
    "events": "SELECT count(*) FROM happenings CROSS JOIN streams ON streams.id = happenings.stream "  # noqa: S608
    f"WHERE {queries.TOLD_ONCE} AND happenings.run IN (SELECT id FROM runs WHERE {{where}})",
    "experiments": "SELECT count(*) FROM experiments WHERE {where}",
}


@dataclass(frozen=True, slots=True)
class SnapshotRun:
    """A run, the id of the experiment that it belongs to, and whether it or that experiment is deleted."""

    run: Run
    experiment: str | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs are meant: those that pass every condition that is given.

    Attributes:
        runs: Their ids; deleted ones among them too, as they were asked for by name.
        experiment: Id or name of the experiment that they belong to; a name may be that of several.
        since: Begun then or later (Unix seconds).
        deleted: Deleted ones too, runs and experiments.
    """

    runs: tuple[str, ...] | None = None
    experiment: str | None = None
    since: float | None = None
    deleted: bool = False


class Snapshot:
    """A read transaction on a connection of its own. Use `open`, always `close`, and do not keep it for long.

    As long as it is open SQLite cannot begin its write-ahead log anew, so that file grows with all that is written.
    Every method raises a `StoreError` where SQLite or the disk fails.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begun: list[Generator[Any, None, None]] = []

    @classmethod
    async def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Take the moment. The index must exist; its path must be absolute.

        Args:
            path: The index file.
            read_only: The file itself may not be opened for writing.

        Raises:
            StoreError: if it cannot be opened.
        """
        connection = await _connect(path) if read_only else await Connection.open(path, Role.READER)
        try:
            await connection.call(_begin)
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    async def close(self) -> None:
        """Let the moment go. Safe to call twice."""
        begun, self._begun = self._begun, []

        def end(raw: sqlite3.Connection) -> None:
            for rows in begun:
                rows.close()
            if raw.in_transaction:
                raw.execute("ROLLBACK")

        try:
            if begun:
                await self._connection.call(end)
        finally:
            await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def count(self, table: str, selection: Selection) -> int:
        """How many rows `runs`, `metrics`, `events` or `experiments` has of that selection."""
        return await self._connection.call(lambda raw: _count(raw, table, selection))

    async def left_out(self, selection: Selection) -> int:
        """How many values of these runs the index has not, as a stream file may hold only so many names."""
        return await self._connection.call(lambda raw: _left_out(raw, selection))

    def runs(self, selection: Selection) -> AsyncIterator[list[SnapshotRun]]:
        """The runs with their last values, the oldest first. Their states are what the records alone tell."""
        return self._batches(lambda raw: _runs(raw, selection), _RUNS_BATCH)

    def metrics(self, selection: Selection) -> AsyncIterator[list[Row]]:
        """Every point: run, rank, name, step, ts, value, source, attempt, and its number in its series (from 0).

        The points of a series come in the order written, all attempts one after another.
        """
        return self._batches(lambda raw: _metrics(raw, selection), _POINTS_BATCH)

    def events(self, selection: Selection) -> AsyncIterator[list[Row]]:
        """Events, alerts, notes and artifacts: run, rank, ts, type, name, data (JSON); each run's in order of time."""
        return self._batches(lambda raw: _events(raw, selection), _ROWS_BATCH, _text_length)

    def experiments(self, selection: Selection) -> AsyncIterator[list[Row]]:
        """Experiments, the oldest first: id, name, created, updated (Unix s), deleted, implicit, fields (JSON).

        With conditions: those that one of the selected runs belongs to, and the one that is named.
        """
        return self._batches(lambda raw: _experiments(raw, selection), _ROWS_BATCH, _text_length)

    async def _batches(
        self,
        begin: Callable[[sqlite3.Connection], Generator[T, None, None]],
        most: int,
        weigh: Callable[[T], int] | None = None,
    ) -> AsyncIterator[list[T]]:
        rows: Generator[T, None, None] | None = None

        def pull(raw: sqlite3.Connection) -> list[T]:
            nonlocal rows
            if rows is None:
                rows = begin(raw)
                self._begun.append(rows)
            return _take(rows, most, weigh)

        while batch := await self._connection.call(pull):
            yield batch


async def _connect(path: Path) -> Connection:
    """To a file that may not be written, nor perhaps locked: then what its log holds is not seen."""
    try:
        return await Connection.open(path, Role.VIEW)
    except StoreError:
        return await Connection.open(path, Role.FROZEN)


def _begin(raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN")
    raw.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read is what takes the moment


def _take(rows: Iterator[T], most: int, weigh: Callable[[T], int] | None) -> list[T]:
    batch: list[T] = []
    weight = 0
    for row in rows:
        batch.append(row)
        if weigh is not None:
            weight += weigh(row)
        if len(batch) >= most or weight >= _TEXT_BATCH:
            break
    return batch


def _text_length(row: Row) -> int:
    return sum(len(cell) for cell in row if isinstance(cell, str))


def _runs(raw: sqlite3.Connection, selection: Selection) -> Generator[SnapshotRun, None, None]:
    where, values = _conditions(selection)
    rows = raw.execute(
        f"SELECT id, experiment_id, deleted FROM runs WHERE {where} ORDER BY started, id",  # noqa: S608
        values,
    )
    for run_id, experiment, deleted in rows:
        run = queries.get_run(raw, run_id)
        if run is not None:
            yield SnapshotRun(run, experiment, bool(deleted))


def _metrics(raw: sqlite3.Connection, selection: Selection) -> Generator[Row, None, None]:
    for run in _ids(raw, selection):
        series: tuple[int, str, str] | None = None
        number = 0
        for segment, rank, name, source, attempt in raw.execute(_SERIES, (run,)):
            if series != (rank, name, source):
                series, number = (rank, name, source), 0
            points = raw.execute(
                "SELECT step, ts, value FROM points WHERE series = ? ORDER BY seq", (segment,)
            )
            for step, ts, value in points:
                yield run, rank, name, step, ts, math.nan if value is None else value, source, attempt, number
                number += 1


def _events(raw: sqlite3.Connection, selection: Selection) -> Generator[Row, None, None]:
    for run in _ids(raw, selection):
        yield from raw.execute(_EVENTS, (run,))


def _experiments(raw: sqlite3.Connection, selection: Selection) -> Generator[Row, None, None]:
    where, values = _experiment_conditions(selection)
    yield from raw.execute(
        "SELECT id, name, created, updated, deleted, implicit, fields FROM experiments "  # noqa: S608
        f"WHERE {where} ORDER BY created, id",
        values,
    )


def _ids(raw: sqlite3.Connection, selection: Selection) -> Iterator[str]:
    where, values = _conditions(selection)
    for row in raw.execute(f"SELECT id FROM runs WHERE {where} ORDER BY started, id", values):  # noqa: S608
        yield row[0]


def _count(raw: sqlite3.Connection, table: str, selection: Selection) -> int:
    where, values = _conditions(selection)
    if table == "experiments":
        where, values = _experiment_conditions(selection)
    return int(raw.execute(_COUNTS[table].format(where=where), values).fetchone()[0])


def _left_out(raw: sqlite3.Connection, selection: Selection) -> int:
    where, values = _conditions(selection)
    sql = f"SELECT total(left_out) FROM streams WHERE run IN (SELECT id FROM runs WHERE {where})"  # noqa: S608
    return int(raw.execute(sql, values).fetchone()[0])


def _conditions(selection: Selection) -> tuple[str, list[object]]:
    """Of the selected runs."""
    conditions: list[str] = []
    values: list[object] = []
    if selection.runs is not None:
        conditions.append("id IN (SELECT value FROM json_each(?))")
        values.append(dumps(selection.runs))
    elif not selection.deleted:
        conditions.append("deleted = 0")
    if selection.experiment is not None:
        conditions.append("experiment_id IN (SELECT id FROM experiments WHERE ? IN (id, name))")
        values.append(selection.experiment)
    if selection.since is not None:
        conditions.append("started >= ?")
        values.append(selection.since)
    return " AND ".join(conditions) or "1", values


def _experiment_conditions(selection: Selection) -> tuple[str, list[object]]:
    present = "1" if selection.deleted else "deleted = 0"
    if selection.runs is None and selection.experiment is None and selection.since is None:
        return present, []
    where, values = _conditions(selection)
    conditions = f"(id IN (SELECT experiment_id FROM runs WHERE {where}) OR (? IN (id, name) AND {present}))"  # noqa: S608
    return conditions, [*values, selection.experiment]
