"""What the ingester asks the actor to write, and what it reads to know where it stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlws_tui.domain.chunks import (
    Ingested,
    LogMark,
    StreamChunk,
    StreamFolder,
    StreamPosition,
)
from mlws_tui.domain.events import begun
from mlws_tui.store.metrics import MOST_NAMES
from mlws_tui.store.origin import mark_commit
from mlws_tui.store.projection import Projection

_BATCH = 500  # names in one IN (…)
_POSITIONS = "SELECT file, run, offset, skipping, inode, head, tail, ending IS NOT NULL FROM streams"


@dataclass(frozen=True, slots=True)
class Ingest:
    """Take chunks in, all or none of them.

    Where one loses edits, what was taken from all files of edits is dropped: the index keeps the last value of each
    field alone, so that the one before it is only in those files. They are read again from their beginnings.
    """

    chunks: Sequence[StreamChunk]

    def apply(self, connection: sqlite3.Connection) -> Ingested:
        mark_commit(connection)
        projection = Projection(connection)
        for chunk in self.chunks:
            if not chunk.loses_edits:
                projection.apply(_timed(connection, chunk))
                _note(connection, chunk)
        if any(chunk.loses_edits for chunk in self.chunks):
            projection.drop_edits()
            connection.execute("UPDATE streams SET tail = NULL WHERE run IS NULL")
        return projection.finish()


@dataclass(frozen=True, slots=True)
class IngestLogs:
    """Take in what was read of logs, all or nothing.

    Attributes:
        chunks: Records that were made of their text.
        again: Names of the streams that were made of logs, of which all is removed first.
        passed: Logs that are passed over.
    """

    chunks: Sequence[StreamChunk] = ()
    again: Sequence[str] = ()
    passed: Sequence[LogMark] = ()

    def apply(self, connection: sqlite3.Connection) -> Ingested:
        mark_commit(connection)
        projection = Projection(connection)
        for file in self.again:
            projection.take_back(file)
        for log in self.passed:
            projection.remember(log)
        for chunk in self.chunks:
            projection.apply(chunk)
            _note(connection, chunk)
        return projection.finish()


def _timed(connection: sqlite3.Connection, chunk: StreamChunk) -> StreamChunk:
    """The chunk; where a run's file begins with a record that has no time, with the time that its id names."""
    run = chunk.before.run
    if run is None or not chunk.records or "ts" in chunk.records[0][1]:
        return chunk
    row = connection.execute("SELECT last_ts FROM streams WHERE file = ?", (chunk.before.file,)).fetchone()
    if row is not None and row[0] is not None:
        return chunk
    pos, record = chunk.records[0]
    first = (pos, {**record, "ts": begun(run, record.get("tz"))})
    return replace(chunk, records=[first, *chunk.records[1:]])


def _note(connection: sqlite3.Connection, chunk: StreamChunk) -> None:
    """What the projection does not know of a file: how to tell that it is still the same, and what was left out."""
    connection.execute(
        "UPDATE streams SET tail = ?, problem = CASE WHEN problem != '' OR left_out = 0 THEN problem ELSE "
        "file || ? || left_out || ' values under further names are in the file alone' END WHERE file = ?",
        (chunk.after.tail, f" has more than {MOST_NAMES:,} names of metrics: ", chunk.before.file),
    )


@dataclass(frozen=True, slots=True)
class Register:
    """Remember the files of folders, so that they are read even if this process ends before it gets to them.

    The answer is those of them that may still grow.
    """

    folders: Sequence[StreamFolder]

    def apply(self, connection: sqlite3.Connection) -> tuple[StreamPosition, ...]:
        mark_commit(connection)
        connection.executemany(
            "INSERT INTO streams (file, run) VALUES (?, ?) ON CONFLICT (file) DO NOTHING",
            [(file, folder.run) for folder in self.folders for file in folder.files],
        )
        connection.executemany(
            "INSERT INTO folders (run, mtime) VALUES (?, ?) "
            "ON CONFLICT (run) DO UPDATE SET mtime = excluded.mtime",
            [(folder.run, folder.mtime) for folder in self.folders],
        )
        return tuple(position for folder in self.folders for position in _open_files(connection, folder.run))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the index is.

    Attributes:
        folders: Modification time (ns) of each run's folder when it was listed.
        open: The files that may grow, the stuck ones included: they may be readable again.
        stuck: Files of edits that could not be read any further, and why.
    """

    folders: dict[str, int]
    open: tuple[StreamPosition, ...]
    stuck: dict[str, str]


def standing(connection: sqlite3.Connection) -> Standing:
    """Where the ingest stands, as the index has it."""
    folders = dict(connection.execute("SELECT run, mtime FROM folders").fetchall())
    rows = connection.execute(f"{_POSITIONS} WHERE settled = 0 OR (run IS NULL AND problem != '')")
    stuck = connection.execute("SELECT file, problem FROM streams WHERE run IS NULL AND problem != ''")
    return Standing(folders, tuple(_position(row) for row in rows), dict(stuck.fetchall()))


def _open_files(connection: sqlite3.Connection, run: str) -> list[StreamPosition]:
    rows = connection.execute(
        f"{_POSITIONS} WHERE run = ? AND +settled = 0", (run,)
    )  # + keeps it to the index by run
    return [_position(row) for row in rows]


def _position(row: tuple[Any, ...]) -> StreamPosition:
    file, run, offset, skipping, inode, head, tail, ended = row
    return StreamPosition(file, run, offset, bool(skipping), inode, head, tail, bool(ended and run))


def offsets(connection: sqlite3.Connection, files: Sequence[str]) -> dict[str, int]:
    """How far each of these files is ingested; files that the index does not know are left out."""
    found: dict[str, int] = {}
    for i in range(0, len(files), _BATCH):
        some = files[i : i + _BATCH]
        marks = ", ".join("?" * len(some))
        rows = connection.execute(f"SELECT file, offset FROM streams WHERE file IN ({marks})", some)  # noqa: S608
        found.update(rows.fetchall())
    return found
