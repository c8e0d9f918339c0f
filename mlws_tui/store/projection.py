"""From records to tables: the one place that knows what each type of record does to the index.

The order in which files come does not matter: points and happenings are kept by file and place in it, set
fields by (time, file, place), and a run is made anew from all that its files say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mlws_tui.domain.chunks import LOG, Ingested, LogMark, StreamChunk, StreamPosition
from mlws_tui.domain.experiments import Setting
from mlws_tui.domain.pace import advance
from mlws_tui.store import finder
from mlws_tui.store.burial import EXPERIMENT, Burial
from mlws_tui.store.codec import RUN_COLUMNS, dumps, loads, run_row, stream_facts
from mlws_tui.store.errors import StaleError
from mlws_tui.store.logrows import forget, hide_told_twice, mark, take_back
from mlws_tui.store.membership import Membership
from mlws_tui.store.metrics import Columns
from mlws_tui.store.resolve import (
    EDIT,
    STREAM,
    Assignment,
    integer,
    mapping,
    number,
    resolve,
    settings_of,
    text,
)

_NOT_FACTS = frozenset({"type", "v"})
#: Facts of which a log tells one by one.
_BY_KEY = ("config", "summary", "told")

_UPSERT_RUN = f"""
INSERT INTO runs ({", ".join(RUN_COLUMNS)}) VALUES ({", ".join("?" * len(RUN_COLUMNS))})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in RUN_COLUMNS[1:])}
"""  # noqa: S608 - the names are our own constants
_ASSIGN = """
INSERT INTO assignments (subject, author, field, key, ts, file, pos, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (subject, author, field, key) DO UPDATE SET
    ts = excluded.ts, file = excluded.file, pos = excluded.pos, value = excluded.value
WHERE (excluded.ts, excluded.file, excluded.pos) > (ts, file, pos)
"""


@dataclass(slots=True)
class _Stream:
    """The row of ``streams`` while a chunk of it is applied."""

    id: int
    position: StreamPosition
    last_ts: float | None
    first_ts: float | None
    facts: dict[str, Any]
    ending: dict[str, Any] | None
    progress: dict[str, Any] | None
    columns: Columns = field(default_factory=Columns)
    log: bool = False


class Projection:
    """Applies chunks within one transaction; `finish` then makes anew the runs that they concern."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._changed: set[str] = set()
        self._pointed: set[str] = set()
        self._burial = Burial(connection)
        self._membership = Membership(connection, self._burial)
        self._handlers: dict[str, Callable[[_Stream, int, float, dict[str, Any]], None]] = {
            "run": self._run,
            "progress": self._progress,
            "event": self._happening,
            "alert": self._happening,
            "note": self._happening,
            "artifact": self._happening,
            "set": self._set,
            "experiment": self._experiment,
            "end": self._end,
            "system": self._system,
            "ui": self._ui,
        }

    def apply(self, chunk: StreamChunk) -> None:
        """Take in a chunk.

        Raises:
            StaleError: if it does not begin where the index says that the file is read to.
        """
        stream = self._load(chunk.before)
        if chunk.log is not None:
            stream.log = True
            if chunk.before.file.startswith(LOG):
                mark(self._connection, chunk.log)
            if chunk.after.offset > chunk.before.offset:
                stream.ending = None  # it goes on
        if chunk.before.run is not None and self._burial.died(chunk.before.run) is not None:
            self._save(stream, replace(chunk, problem="", bad=0, complete=True), settled=True)
            return
        handlers = self._handlers
        for pos, record in chunk.records:
            ts = number(record.get("ts"))
            if ts is None:
                ts = stream.last_ts or 0.0
            if stream.last_ts is None or ts > stream.last_ts:
                stream.last_ts = ts
            if stream.first_ts is None:  # not the earliest: a clock may jump back in mid-run
                stream.first_ts = ts
            if record["type"] == "metrics":
                stream.columns.add(record, ts)
                continue
            handler = handlers.get(record["type"])
            if handler is not None:  # an unknown type stays in the stream for a version that knows it
                handler(stream, pos, ts, record)
        for points in chunk.points:
            newest = max(points.ts)
            stream.last_ts = newest if stream.last_ts is None else max(newest, stream.last_ts)
            stream.columns.extend(points)
        if chunk.log is not None and chunk.log.mtime and stream.last_ts is not None:
            # Times in a text may be of another zone; nothing of it was written after the file.
            stream.last_ts = min(stream.last_ts, chunk.log.mtime / 1e9)
        run = chunk.before.run
        if run is not None:
            self._changed.add(run)
            if stream.columns:
                if stream.columns.write(self._connection, stream.id, "log" if stream.log else "sdk"):
                    hide_told_twice(self._connection, run)
                self._pointed.add(run)
        ended = stream.ending is not None and run is not None  # edits never end
        # A log is no stream file: whoever looks for those that may grow must not be given it.
        settled = stream.log or bool(chunk.problem) or (chunk.complete and ended)
        self._save(stream, chunk, settled=settled)

    def renew(self, runs: Iterable[str]) -> None:
        """Have `finish` make these runs anew from what their files said."""
        self._changed.update(runs)

    def remember(self, log: LogMark) -> None:
        """Remember of a log that it is passed over."""
        mark(self._connection, log)

    def take_back(self, file: str) -> None:
        """Remove what was read of a log, by the name of its stream; it counts as not yet read."""
        run = take_back(self._connection, file)
        if file.startswith(LOG):
            forget(self._connection, file.removeprefix(LOG))
        if run is not None:
            self._changed.add(run)
            self._pointed.add(run)

    def drop_edits(self) -> None:
        """Forget all that was taken from files of edits: they count as not yet read, and `finish` follows."""
        edits = "SELECT file FROM streams WHERE run IS NULL"
        subjects = self._connection.execute(
            f"SELECT DISTINCT subject FROM assignments WHERE file IN ({edits})"  # noqa: S608
        ).fetchall()
        for (subject,) in subjects:
            if subject.startswith(EXPERIMENT):
                self._membership.concern(subject.removeprefix(EXPERIMENT))
            else:
                self._changed.add(subject)
        self._connection.execute(f"DELETE FROM assignments WHERE file IN ({edits})")  # noqa: S608
        self._connection.execute(
            "DELETE FROM ui_records WHERE stream IN (SELECT id FROM streams WHERE run IS NULL)"
        )
        self._connection.execute(
            "UPDATE streams SET offset = 0, skipping = 0, settled = 0, inode = NULL, head = NULL, bad = 0, "
            "problem = '', first_ts = NULL, last_ts = NULL, facts = '{}', ending = NULL, progress = NULL "
            "WHERE run IS NULL"
        )
        self._burial.undo()

    def finish(self) -> Ingested:
        """Make anew every run and experiment that was concerned; returns what changed."""
        gone = self._burial.finish(self._membership.leave)
        self._membership.make()
        known: set[str] = set()
        for run in sorted(self._changed - gone):
            streams = stream_facts(self._connection, run)
            if streams and self._burial.died(run) is None:
                resolved = resolve(run, streams, self._assignments(run))
                placed = self._membership.place(resolved.run)
                row = run_row(resolved, placed.experiment, placed.deleted)
                self._connection.execute(_UPSERT_RUN, row)
                finder.keep(self._connection, resolved.run, resolved.metrics)
                known.add(run)
            elif not streams and self._forget_run(run):
                known.add(run)
        moved = self._membership.finish()
        return Ingested(frozenset(known) | gone | moved, frozenset(self._pointed - gone))

    def _forget_run(self, run: str) -> bool:
        """Remove a run of which nothing is left, as another one claims its log; whether there was one.

        What a person set of it stays, should it come back.
        """
        self._membership.leave(run)
        finder.forget(self._connection, run)
        return self._connection.execute("DELETE FROM runs WHERE id = ?", (run,)).rowcount > 0

    def _load(self, before: StreamPosition) -> _Stream:
        columns = "id, offset, skipping, last_ts, first_ts, facts, ending, progress"
        row = self._connection.execute(
            f"SELECT {columns} FROM streams WHERE file = ?",  # noqa: S608
            (before.file,),
        ).fetchone()
        if row is None:
            self._connection.execute(
                "INSERT INTO streams (file, run) VALUES (?, ?)", (before.file, before.run)
            )
            return self._load(before)
        if row[1] != before.offset or bool(row[2]) != before.skipping:
            raise StaleError(f"{before.file} is read to {row[1]}, not {before.offset}")
        ending, progress = (None if value is None else loads(value) for value in row[6:8])
        return _Stream(row[0], before, row[3], row[4], loads(row[5]), ending, progress)

    def _save(self, stream: _Stream, chunk: StreamChunk, *, settled: bool) -> None:
        facts, after = stream.facts, chunk.after
        self._connection.execute(
            """
            UPDATE streams SET offset = ?, skipping = ?, settled = ?, inode = ?, head = ?, bad = bad + ?,
                problem = ?, role = ?, rank = ?, attempt = ?, first_ts = ?, last_ts = ?, facts = ?,
                ending = ?, progress = ? WHERE id = ?
            """,
            (
                after.offset,
                after.skipping,
                settled,
                after.inode,
                after.head,
                chunk.bad,
                chunk.problem,
                text(facts.get("role")) or "rank",
                integer(facts.get("rank"), 0),
                max(1, integer(facts.get("attempt"), 1)),
                stream.first_ts,
                stream.last_ts,
                dumps(facts),
                None if stream.ending is None else dumps(stream.ending),
                None if stream.progress is None else dumps(stream.progress),
                stream.id,
            ),
        )

    def _run(self, stream: _Stream, _pos: int, _ts: float, record: dict[str, Any]) -> None:
        told = {key: value for key, value in record.items() if key not in _NOT_FACTS}
        if stream.log:
            stream.ending = None  # it goes on
            told |= {
                key: {**mapping(stream.facts.get(key)), **mapping(told[key])}
                for key in _BY_KEY
                if key in told
            }
        stream.facts.update(told)

    def _progress(self, stream: _Stream, _pos: int, ts: float, record: dict[str, Any]) -> None:
        stream.progress = advance(stream.progress, record, ts)

    def _end(self, stream: _Stream, _pos: int, ts: float, record: dict[str, Any]) -> None:
        stream.ending = {**record, "ts": ts}

    def _happening(self, stream: _Stream, pos: int, ts: float, record: dict[str, Any]) -> None:
        if stream.position.run is None:
            return
        kind = record["type"]
        name = record.get({"event": "name", "alert": "title", "artifact": "path"}.get(kind, ""))
        data = record.get("data") if kind == "event" else _without(record, "type", "ts")
        self._connection.execute(
            "INSERT OR IGNORE INTO happenings (stream, pos, run, type, ts, name, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (stream.id, pos, stream.position.run, kind, ts, text(name) or "", dumps(data if data else {})),
        )

    def _system(self, stream: _Stream, pos: int, ts: float, record: dict[str, Any]) -> None:
        if stream.position.run is not None:
            self._connection.execute(
                "INSERT INTO gpu_samples (stream, pos, run, ts, data) VALUES (?, ?, ?, ?, ?)",
                (stream.id, pos, stream.position.run, ts, dumps(_without(record, "type", "ts"))),
            )

    def _ui(self, stream: _Stream, pos: int, ts: float, record: dict[str, Any]) -> None:
        self._connection.execute(
            "INSERT INTO ui_records (stream, pos, ts, data) VALUES (?, ?, ?, ?)",
            (stream.id, pos, ts, dumps(_without(record, "type", "ts"))),
        )

    def _set(self, stream: _Stream, pos: int, ts: float, record: dict[str, Any]) -> None:
        """In a run's own stream it is of that run; in edits it may be of any run or experiment.

        What stands later in a file holds, also where the clock was set back in between.
        """
        ts = ts if stream.last_ts is None else stream.last_ts
        own, run = stream.position.run, stream.position.run or text(record.get("run"))
        experiment = text(record.get("experiment"))
        subject = run or (EXPERIMENT + experiment if experiment is not None else None)
        if subject is None:
            return
        if own is None and record.get("deleted") is True and record.get("forever") is True:
            self._burial.bury(subject, ts)
        if run is None or self._burial.died(run) is None:
            self._assign(subject, stream, pos, ts, settings_of(record))
        if run is not None:
            self._changed.add(run)
        elif experiment is not None:
            self._membership.concern(experiment)

    def _experiment(self, stream: _Stream, pos: int, ts: float, record: dict[str, Any]) -> None:
        """The earliest record of an id creates it; after that only a ``set`` changes it."""
        experiment = text(record.get("id"))
        if experiment is not None and stream.position.run is None:
            made = ("created", f"{stream.position.file}:{pos}", _without(record, "type", "id"))
            self._assign(EXPERIMENT + experiment, stream, pos, ts, [made])
            self._membership.concern(experiment)

    def _assign(
        self, subject: str, stream: _Stream, pos: int, ts: float, settings: Iterable[Setting]
    ) -> None:
        author = STREAM if stream.position.run is not None else EDIT
        file = stream.position.file
        rows = [(subject, author, name, key, ts, file, pos, dumps(value)) for name, key, value in settings]
        self._connection.executemany(_ASSIGN, rows)

    def _assignments(self, subject: str) -> list[Assignment]:
        rows = self._connection.execute(
            "SELECT author, field, key, ts, value FROM assignments WHERE subject = ?", (subject,)
        )
        return [Assignment(author, name, key, ts, loads(value)) for author, name, key, ts, value in rows]


def _without(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in names}
