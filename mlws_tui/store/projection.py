"""From records to tables: the one place that knows what each type of record does to the index.

The order in which files come does not matter: points and happenings are kept by file and place in it, set
fields by (time, file, place), and a run is made anew from all that its files say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlws_tui.domain.chunks import Ingested, StreamChunk, StreamPosition
from mlws_tui.store.codec import RUN_COLUMNS, dumps, loads, run_row, stream_facts
from mlws_tui.store.errors import StaleError
from mlws_tui.store.metrics import Columns
from mlws_tui.store.resolve import EDIT, STREAM, Assignment, integer, number, resolve, strings, text

#: Fields of a ``set`` record of which simply the last one holds.
_PLAIN = ("name", "notes", "status", "deleted", "archived", "best_checkpoint")
#: Fields of a ``set`` record that are merged by key.
_BY_KEY = ("config", "summary", "metrics")
_NOT_FACTS = frozenset({"type", "v"})
_EXPERIMENT = "experiment/"  # no run id holds a slash

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


class Projection:
    """Applies chunks within one transaction; `finish` then makes anew the runs that they concern."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._changed: set[str] = set()
        self._pointed: set[str] = set()
        self._experiments: set[str] = set()
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
        handlers = self._handlers
        for pos, record in chunk.records:
            ts = number(record.get("ts"))
            if ts is None:
                ts = stream.last_ts or 0.0
            if stream.last_ts is None or ts > stream.last_ts:
                stream.last_ts = ts
            if stream.first_ts is None or ts < stream.first_ts:
                stream.first_ts = ts
            if record["type"] == "metrics":
                stream.columns.add(record, ts)
                continue
            handler = handlers.get(record["type"])
            if handler is not None:  # an unknown type stays in the stream for a version that knows it
                handler(stream, pos, ts, record)
        run = chunk.before.run
        if run is not None:
            self._changed.add(run)
            if stream.columns:
                stream.columns.write(self._connection, stream.id)
                self._pointed.add(run)
        self._save(stream, chunk)

    def drop_edits(self) -> None:
        """Forget all that was taken from files of edits: they count as not yet read, and `finish` follows."""
        edits = "SELECT file FROM streams WHERE run IS NULL"
        subjects = self._connection.execute(
            f"SELECT DISTINCT subject FROM assignments WHERE file IN ({edits})"  # noqa: S608
        ).fetchall()
        for (subject,) in subjects:
            if subject.startswith(_EXPERIMENT):
                experiment = subject.removeprefix(_EXPERIMENT)
                self._connection.execute("DELETE FROM experiments WHERE id = ?", (experiment,))
                self._experiments.add(experiment)
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

    def finish(self) -> Ingested:
        """Make anew every run and experiment that was concerned; returns what changed."""
        known: set[str] = set()
        for run in sorted(self._changed):
            streams = stream_facts(self._connection, run)
            if streams:
                resolved = resolve(run, streams, self._assignments(run))
                self._connection.execute(_UPSERT_RUN, run_row(resolved))
                known.add(run)
        for experiment in sorted(self._experiments):
            self._make_experiment(experiment)
        return Ingested(frozenset(known), frozenset(self._pointed))

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

    def _save(self, stream: _Stream, chunk: StreamChunk) -> None:
        facts, after = stream.facts, chunk.after
        ended = stream.ending is not None and after.run is not None  # edits never end
        settled = bool(chunk.problem) or (chunk.complete and ended)
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
        stream.facts.update({key: value for key, value in record.items() if key not in _NOT_FACTS})

    def _progress(self, stream: _Stream, _pos: int, ts: float, record: dict[str, Any]) -> None:
        known = stream.progress or {}
        told = {
            key: record[key] for key in ("step", "total", "epoch", "epochs") if record.get(key) is not None
        }
        first = {"first_ts": ts, "first_step": record.get("step")} if "first_ts" not in known else {}
        stream.progress = {**known, **first, **told, "ts": ts}

    def _end(self, stream: _Stream, _pos: int, ts: float, record: dict[str, Any]) -> None:
        stream.ending = {**record, "ts": ts}

    def _happening(self, stream: _Stream, pos: int, ts: float, record: dict[str, Any]) -> None:
        if stream.position.run is None:
            return
        kind = record["type"]
        name = record.get({"event": "name", "alert": "title", "artifact": "path"}.get(kind, ""))
        data = record.get("data") if kind == "event" else _without(record, "type", "ts")
        self._connection.execute(
            "INSERT INTO happenings (stream, pos, run, type, ts, name, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
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
        run = stream.position.run or text(record.get("run"))
        experiment = text(record.get("experiment"))
        if run is not None:
            self._assign(run, stream, pos, ts, _assignments_of(record))
            self._changed.add(run)
        elif experiment is not None:
            self._assign(_EXPERIMENT + experiment, stream, pos, ts, _assignments_of(record))
            self._experiments.add(experiment)

    def _experiment(self, stream: _Stream, pos: int, ts: float, record: dict[str, Any]) -> None:
        """The earliest record of an id creates it; after that only a ``set`` changes it."""
        experiment = text(record.get("id"))
        if experiment is None:
            return
        fields = _without(record, "type", "id")
        subject = _EXPERIMENT + experiment
        stamp = self._connection.execute(
            "SELECT ts, file, pos FROM assignments "
            "WHERE subject = ? AND author = ? AND field = 'created' AND key = ''",
            (subject, STREAM),
        ).fetchone()
        if stamp is None or (ts, stream.position.file, pos) < stamp:
            self._connection.execute(
                "INSERT OR REPLACE INTO assignments (subject, author, field, key, ts, file, pos, value) "
                "VALUES (?, ?, 'created', '', ?, ?, ?, ?)",
                (subject, STREAM, ts, stream.position.file, pos, dumps(fields)),
            )
        self._experiments.add(experiment)

    def _assign(
        self, subject: str, stream: _Stream, pos: int, ts: float, fields: Iterator[tuple[str, str, Any]]
    ) -> None:
        author = STREAM if stream.position.run is not None else EDIT
        file = stream.position.file
        rows = [(subject, author, name, key, ts, file, pos, dumps(value)) for name, key, value in fields]
        self._connection.executemany(_ASSIGN, rows)

    def _assignments(self, subject: str) -> list[Assignment]:
        rows = self._connection.execute(
            "SELECT author, field, key, ts, value FROM assignments WHERE subject = ?", (subject,)
        )
        return [Assignment(author, name, key, ts, loads(value)) for author, name, key, ts, value in rows]

    def _make_experiment(self, experiment: str) -> None:
        assigned = sorted(self._assignments(_EXPERIMENT + experiment), key=lambda one: (one.author, one.ts))
        fields: dict[str, Any] = {}
        created: float | None = None
        for one in assigned:
            if one.field == "created":
                created = one.ts
                fields.update(one.value)
            elif one.key:
                fields[one.field] = {**_mapping(fields.get(one.field)), one.key: one.value}
            else:
                fields[one.field] = one.value
        if created is None:  # it is changed before it is made: its record has not come yet
            return
        self._connection.execute(
            "INSERT OR REPLACE INTO experiments (id, name, created, fields) VALUES (?, ?, ?, ?)",
            (experiment, text(fields.get("name")) or experiment, created, dumps(fields)),
        )


def _assignments_of(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """(field, key, value) of all that a ``set`` record sets; the key is empty for a plain field."""
    for name in _PLAIN:
        if name in record:
            yield name, "", record[name]
    for name in _BY_KEY:
        for key, value in _mapping(record.get(name)).items():
            yield name, key, value
    for name, present in (("tags_add", True), ("tags_remove", False)):
        for tag in strings(record.get(name)):
            yield "tags", tag, present


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _without(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in names}
