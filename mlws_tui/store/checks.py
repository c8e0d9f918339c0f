"""A look at an index that changes nothing: whether it is there, ours, sound, and what it says of the streams.

The file is opened for reading only and never healed: whoever looks decides what to do. All that may come of it is
an empty ``-wal`` and a ``-shm`` beside it, which SQLite makes to share a look. Everything here blocks.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.runs import ProcessRef
from mlws_tui.store.burial import buried_runs
from mlws_tui.store.codec import run_of
from mlws_tui.store.counts import miscounts
from mlws_tui.store.errors import DamagedError, explain
from mlws_tui.store.schema import APPLICATION_ID, shipped_migrations

#: Seconds that the quick check may take; a large index is left to a deep look.
PATIENCE = 1.0
#: Sentences of SQLite's own check that are kept.
_MOST = 10
#: Virtual machine steps between two looks at the clock.
_STEPS = 20_000
#: A file with too many names can be read on: what is said of it as a problem is told by `left_out`.
_FILES = """
SELECT file, run, offset, bad,
       CASE WHEN left_out > 0 AND problem LIKE '%further names are in the file alone' THEN '' ELSE problem END,
       facts != '{}', first_ts, last_ts, left_out, settled
FROM streams
"""


@dataclass(frozen=True, slots=True)
class StreamStanding:
    """What the index says of one stream file.

    Attributes:
        run: Its run; None for edits.
        offset: Bytes that are ingested.
        bad: Lines that did not parse.
        problem: Why it cannot be read on, else empty.
        introduced: Whether it has a ``run`` record.
        first_ts: Unix seconds of its earliest record; None without one.
        last_ts: Unix seconds of its latest record; None without one.
        left_out: Values that the index does not hold, as their file has too many names.
        settled: Whether it has ended and is read no more.
    """

    run: str | None
    offset: int
    bad: int
    problem: str
    introduced: bool
    first_ts: float | None
    last_ts: float | None
    left_out: int
    settled: bool


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run of the index: its id, its log's path (as recorded) and whether it is in the bin."""

    run: str
    log: str | None
    deleted: bool


@dataclass(slots=True)
class IndexReport:
    """What a look at an index found.

    Attributes:
        there: Whether there is a file.
        error: Why it could not be read (to the end), else None.
        ours: Whether it says that it is an index of mlws-tui.
        version: Version of its schema.
        newest: The schema that this program makes.
        journal: Its journal mode, as SQLite names it.
        checked: Whether SQLite's check came to its end; it is given up after `PATIENCE` unless the look is deep.
        damage: What SQLite's check complains about.
        miscounts: Where counts kept in it differ from what it holds; looked for in a deep look alone.
        stale: Whether it was read without its write-ahead log, which this process may not share.
        files: What it says of each stream file, by its path relative to the streams folder.
        runs: The runs it holds.
        unfinished: Of the runs without a recorded end, the processes.
        buried: Runs that were deleted for ever; what is left of their files is not among `files`.
    """

    there: bool
    newest: int
    error: StoreError | None = None
    ours: bool = True
    version: int = 0
    journal: str = ""
    checked: bool = False
    damage: tuple[str, ...] = ()
    miscounts: tuple[str, ...] = ()
    stale: bool = False
    files: Mapping[str, StreamStanding] = field(default_factory=dict)
    runs: tuple[RunFile, ...] = ()
    unfinished: Mapping[str, tuple[ProcessRef, ...]] = field(default_factory=dict)
    buried: frozenset[str] = frozenset()

    @property
    def damaged(self) -> bool:
        """Whether the file is no sound database of ours."""
        return isinstance(self.error, DamagedError) or not self.ours or bool(self.damage)

    @property
    def readable(self) -> bool:
        """Whether what it holds could be read; one of another schema is left to who brings it up."""
        return self.there and self.error is None and self.ours and self.version == self.newest


def examine(path: Path, *, deep: bool = False) -> IndexReport:
    """Look at the index. Never raises for what is wrong with it: that is what the report is for.

    Args:
        path: The index file.
        deep: Check every page, index and count, however long that takes.
    """
    report = IndexReport(there=os.path.lexists(path), newest=shipped_migrations()[-1].version)
    if not report.there:
        return report
    if path.exists() and not path.is_file():
        report.error = StoreError(f"The index {path} is no file", hint="move away what stands in its place")
        return report
    try:
        with contextlib.closing(_open(path, report)) as connection:
            _read(connection, report, deep)
    except (sqlite3.Error, OSError) as error:
        report.error = explain(error, path)
    return report


def library() -> tuple[tuple[int, ...], bool]:
    """Version of the SQLite library, and whether it has full-text search (FTS5)."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5 (words)")
        except sqlite3.OperationalError:
            return sqlite3.sqlite_version_info, False
    return sqlite3.sqlite_version_info, True


def _open(path: Path, report: IndexReport) -> sqlite3.Connection:
    try:
        return _connect(path, "mode=ro")
    except sqlite3.OperationalError:
        # In a folder that may not be written SQLite cannot share the log's memory: the file alone is better.
        if os.access(path.parent, os.W_OK) or not os.access(path, os.R_OK):
            raise
        report.stale = True
        return _connect(path, "mode=ro&immutable=1")


def _connect(path: Path, options: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{options}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=1)
    try:
        for pragma in ("mmap_size=0", "trusted_schema=OFF", "cell_size_check=ON", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _read(connection: sqlite3.Connection, report: IndexReport, deep: bool) -> None:
    connection.execute("BEGIN")  # all that follows is of one state
    report.version = _number(connection, "PRAGMA user_version")
    report.ours = _number(connection, "PRAGMA application_id") == APPLICATION_ID or _is_blank(connection)
    report.journal = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    if not report.ours:
        return
    _check_pages(connection, report, deep)
    if report.readable and not report.damage:
        report.buried = frozenset(buried_runs(connection))
        report.files = _standings(connection, report.buried)
        report.runs = _runs(connection)
        report.unfinished = _unfinished(connection)
        if deep:
            report.miscounts = miscounts(connection)


def _is_blank(connection: sqlite3.Connection) -> bool:
    """A file that was just made, and holds nothing yet."""
    return not _number(connection, "PRAGMA user_version") and not _number(
        connection, "SELECT count(*) FROM sqlite_master"
    )


def _check_pages(connection: sqlite3.Connection, report: IndexReport, deep: bool) -> None:
    check = "integrity_check" if deep else "quick_check"
    stop = _deadline(None if deep else PATIENCE)
    connection.set_progress_handler(stop, _STEPS)
    try:
        rows = connection.execute(f"PRAGMA {check}({_MOST})").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return
    finally:
        connection.set_progress_handler(None, 0)
    report.checked = True
    report.damage = tuple(str(row[0]) for row in rows if row[0] != "ok")


def _deadline(seconds: float | None) -> Callable[[], int]:
    end = None if seconds is None else time.monotonic() + seconds
    return lambda: int(end is not None and time.monotonic() > end)


def _standings(connection: sqlite3.Connection, buried: frozenset[str]) -> dict[str, StreamStanding]:
    rows = connection.execute(_FILES)
    return {row[0]: _standing(row[1:]) for row in rows if row[1] not in buried}


def _standing(row: Sequence[Any]) -> StreamStanding:
    run, offset, bad, problem, introduced, first_ts, last_ts, left_out, settled = row
    return StreamStanding(
        run, offset, bad, problem, bool(introduced), first_ts, last_ts, left_out, bool(settled)
    )


def _runs(connection: sqlite3.Connection) -> tuple[RunFile, ...]:
    rows = connection.execute("SELECT id, json_extract(facts, '$.log'), deleted FROM runs ORDER BY id DESC")
    return tuple(
        RunFile(run, log if isinstance(log, str) else None, bool(deleted)) for run, log, deleted in rows
    )


def _unfinished(connection: sqlite3.Connection) -> dict[str, tuple[ProcessRef, ...]]:
    rows = connection.execute("SELECT id, facts FROM runs WHERE unfinished = 1")
    return {run: run_of(facts, {}).processes for run, facts in rows}


def _number(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])
