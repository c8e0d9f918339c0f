"""Experiments as records make them, and which of them each run belongs to.

Both are pure functions of all that was ingested, whatever the order it came in: when an experiment comes, goes or
changes its name, the runs that may mean it are placed again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlws_tui.domain.experiments import fold, implicit_id, implied_name, mapping, text
from mlws_tui.domain.runs import Run
from mlws_tui.store.burial import EXPERIMENT, Burial
from mlws_tui.store.codec import dumps, loads

_INSERT = """
INSERT OR REPLACE INTO experiments (id, name, born, base_model, method, description, status, tags, parent, created,
    updated, deleted, deleted_at, implicit, fields)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_MADE_BEFORE = """
SELECT id, deleted FROM experiments
WHERE (name = :name OR born = :name) AND implicit = 0 AND created <= :started
    AND (deleted_at IS NULL OR deleted_at > :started)
ORDER BY created DESC, id DESC LIMIT 1
"""
_OLDEST = """
SELECT id, deleted FROM experiments
WHERE (name = :name OR born = :name) AND implicit = 0 AND (deleted_at IS NULL OR deleted_at > :started)
ORDER BY created, id LIMIT 1
"""
_BY_ID = """
SELECT id, deleted FROM experiments
WHERE id = :name AND implicit = 0 AND (deleted_at IS NULL OR deleted_at > :started)
"""
_NEVER = -1e300  # a run without a start counts as older than everything


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a run belongs: its experiment, and whether it is shown as deleted."""

    experiment: str | None
    deleted: bool


class Membership:
    """Remembers which experiments were concerned; within one transaction."""

    def __init__(self, connection: sqlite3.Connection, burial: Burial) -> None:
        self._connection = connection
        self._burial = burial
        self._concerned: set[str] = set()
        self._names: set[str] = set()
        self._implicit: set[str] = set()

    def concern(self, experiment: str) -> None:
        """Something was said of this experiment: `make` makes it anew."""
        self._concerned.add(experiment)

    def make(self) -> None:
        """Make anew every experiment that was concerned. Then the runs can be placed."""
        for experiment in sorted(self._concerned):
            before = self._row(experiment)
            row = self._made(experiment)
            if row is None:
                self._connection.execute(
                    "DELETE FROM experiments WHERE id = ? AND implicit = 0", (experiment,)
                )
                self._implicit.add(experiment)
            else:
                self._connection.execute(_INSERT, row)
            after = self._row(experiment)
            if before != after:
                told = (name for row in (before, after) if row is not None for name in row[:2])
                self._names.update(filter(None, (experiment, implied_name(experiment), *told)))
        self._concerned.clear()

    def place(self, run: Run) -> Placed:
        """Where this run belongs now, as it is about to be written."""
        before = self._connection.execute(
            "SELECT experiment_id, deleted, started FROM runs WHERE id = ?", (run.id,)
        ).fetchone()
        placed = self._find(run.experiment, run.started, run.deleted)
        if before != (placed.experiment, placed.deleted, run.started):
            self._implicit.update(filter(None, (placed.experiment, before[0] if before else None)))
        return placed

    def leave(self, run: str) -> None:
        """This run is about to be removed."""
        row = self._connection.execute("SELECT experiment_id FROM runs WHERE id = ?", (run,)).fetchone()
        if row is not None and row[0] is not None:
            self._implicit.add(row[0])

    def finish(self) -> frozenset[str]:
        """Place the other runs that name an experiment that changed; returns those that are placed otherwise now."""
        moved: dict[str, Placed] = {}
        for name in sorted(self._names):
            rows = self._connection.execute(
                "SELECT id, started, experiment_id, deleted, json_extract(facts, '$.deleted') "
                "FROM runs WHERE experiment = ?",
                (name,),
            ).fetchall()
            for run, started, experiment, deleted, own in rows:
                placed = self._find(name, started, bool(own))
                if (placed.experiment, placed.deleted) != (experiment, bool(deleted)):
                    moved[run] = placed
                    self._implicit.update(filter(None, (experiment, placed.experiment)))
        self._connection.executemany(
            "UPDATE runs SET experiment_id = ?, deleted = ? WHERE id = ?",
            [(placed.experiment, placed.deleted, run) for run, placed in moved.items()],
        )
        for experiment in sorted(self._implicit):
            self._make_implicit(experiment)
        self._names.clear()
        self._implicit.clear()
        return frozenset(moved)

    def _find(self, name: str | None, started: float | None, deleted: bool) -> Placed:
        """The experiment of that id, else the newest of that name when the run began, else the oldest of that name.

        One that was deleted before the run began is none of them.
        """
        if not name:
            return Placed(None, deleted)
        asked = {"name": name, "started": _NEVER if started is None else started}
        for query in (_BY_ID, _MADE_BEFORE, _OLDEST):
            row = self._connection.execute(query, asked).fetchone()
            if row is not None:
                return Placed(row[0], deleted or bool(row[1]))
        nth = 1
        while self._row(implicit_id(name, nth)) is not None:
            nth += 1
        return Placed(implicit_id(name, nth), deleted)

    def _row(self, experiment: str) -> tuple[Any, ...] | None:
        """What decides which runs belong to an experiment; None where nobody made it."""
        row: tuple[Any, ...] | None = self._connection.execute(
            "SELECT name, born, created, deleted_at FROM experiments WHERE id = ? AND implicit = 0",
            (experiment,),
        ).fetchone()
        return row

    def _made(self, experiment: str) -> tuple[object, ...] | None:
        """Its row; None where nobody made it, or it was deleted for ever since."""
        subject = EXPERIMENT + experiment
        died = self._burial.died(subject)
        said = self._connection.execute(
            "SELECT ts, file, pos, field, key, value FROM assignments WHERE subject = ? AND ts > ?",
            (subject, _NEVER if died is None else died),
        ).fetchall()
        records = sorted(row for row in said if row[3] == "created")
        if not records:  # it is changed before it is made: its record has not come yet
            return None
        record = mapping(loads(records[0][5]))
        settings = sorted(((*row[:5], loads(row[5])) for row in said if row[3] != "created"), key=_in_order)
        fields = fold(record, [(field, key, value) for _, _, _, field, key, value in settings])
        deleted_at = [ts for ts, _, _, field, _, value in settings if field == "deleted" and value is True]
        created = records[0][0]
        updated = max([created, *(row[0] for row in settings)])
        return (
            experiment,
            fields["name"] or experiment,
            text(record.get("name")) or experiment,
            fields["base_model"],
            fields["method"],
            fields["description"],
            fields["status"],
            dumps(fields["tags"]),
            fields["parent"] or None,
            created,
            updated,
            bool(deleted_at),
            max(deleted_at, default=None),
            False,
            dumps(fields),
        )

    def _make_implicit(self, experiment: str) -> None:
        """An experiment that nobody made is there as long as runs name it."""
        if self._row(experiment) is not None:
            return
        name, started = self._connection.execute(
            "SELECT experiment, min(started) FROM runs WHERE experiment_id = ? AND deleted = 0", (experiment,)
        ).fetchone()
        if name is None:
            self._connection.execute("DELETE FROM experiments WHERE id = ? AND implicit = 1", (experiment,))
            return
        began = 0.0 if started is None else started
        row = (
            experiment,
            name,
            name,
            "",
            "",
            "",
            "created",
            "[]",
            None,
            began,
            began,
            False,
            None,
            True,
            "{}",
        )
        self._connection.execute(_INSERT, row)


def _in_order(row: Sequence[Any]) -> tuple[Any, ...]:
    """By time, file and place in it; the tags of one record in the order that it has them."""
    ts, file, pos, field, _, value = row
    return ts, file, pos, value if field == "tags" else 0
