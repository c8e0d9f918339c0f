"""One column of all runs at a time, read from the narrow tables that runs are found by."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from mlws_tui.domain.runcolumns import meant, stat_of
from mlws_tui.domain.runfields import ColumnSpec
from mlws_tui.domain.runfitting import Held
from mlws_tui.domain.runs import Latest, RunState
from mlws_tui.store.codec import dumps
from mlws_tui.store.finder import set_figure

#: Columns of ``finder`` that hold a field as it is.
_PLAIN = {
    "kind": "kind",
    "started": "started",
    "progress": "progress",
    "step": "step",
    "epoch": "epoch",
    "gpus": "gpus",
    "ranks": "ranks",
    "attempt": "attempt",
    "exit": "exit",
    "name": "name",
    "host": "host",
    "sha": "sha",
    "branch": "branch",
    "reason": "reason",
    "parent": "parent",
    "best": "best",
    "model": "model",
    "dataset": "dataset",
    "error": "error",
    "command": "command",
    "note": "note",
}
_EXPERIMENTS = """
SELECT runs.id, experiments.name FROM experiments CROSS JOIN runs ON runs.experiment_id = experiments.id
"""
_OPEN_RUNS = (
    "SELECT id FROM runs WHERE unfinished = 1"  # one may have ended since its processes were looked at
)
_UNFINISHED = (
    "SELECT finder.run, finder.state FROM runs JOIN finder ON finder.run = runs.id WHERE runs.unfinished = 1"
)
_IN_STATES = "SELECT run FROM finder WHERE state IN (SELECT value FROM json_each(?))"
_EXPERIMENT_WORDS = """
SELECT finder.run, finder.experiment, experiments.name, iif(experiments.implicit, NULL, experiments.id)
FROM experiments CROSS JOIN runs ON runs.experiment_id = experiments.id CROSS JOIN finder ON finder.run = runs.id
"""
_OF_NAME = """
FROM series INDEXED BY series_named CROSS JOIN streams ON streams.id = series.stream
WHERE series.name = ? AND series.n > 0 AND series.hidden = 0 AND streams.rank = 0 AND streams.run IS NOT NULL
"""
_SEGMENTS = f"""
SELECT streams.run, series.n, series.finite, series.last, series.low, series.high, series.total,
       series.source, streams.attempt, streams.first_ts, streams.file {_OF_NAME}
"""
#: What a single segment tells without more ado; a last value that is no number is stored as NULL.
_QUICK = {"last": "series.last", "min": "series.low", "max": "series.high"}
_OPEN = (RunState.RUNNING, RunState.CREATED)

Row = tuple[str, int, int, float | None, float | None, float | None, float, str, int, float | None, str]


class RunValues:
    """Answers as dictionaries by run id; runs without a value are left out. What was read once is kept.

    Args:
        connection: To read from, within one transaction.
        now: Unix seconds.
        states: States of runs without a recorded end, as their processes tell them.
    """

    def __init__(self, connection: sqlite3.Connection, now: float, states: Mapping[str, RunState]) -> None:
        self._connection = connection
        self._now = now
        self._told = {run: states[run] for (run,) in connection.execute(_OPEN_RUNS) if run in states}
        self._kept: dict[tuple[str, str, str], Mapping[str, Held]] = {}

    def of(self, column: ColumnSpec) -> Mapping[str, Held]:
        """The values of a column."""
        key = (column.kind, column.key, column.stat)
        if key not in self._kept:
            self._kept[key] = self._read(column)
        return self._kept[key]

    def known(self, column: ColumnSpec) -> bool:
        """Whether it is a field, or any run has a value of that name."""
        if column.kind == "field":
            return True
        read = self._kept.get((column.kind, column.key, column.stat))
        if read is not None:
            return bool(read)
        sections = (column.kind,) if column.kind != "any" else ("config", "summary", "metric")
        statement = "SELECT 1 FROM params WHERE section = ? AND key = ? LIMIT 1"
        if any(self._connection.execute(statement, (one, column.key)).fetchone() for one in sections):
            return True
        if "metric" not in sections:
            return False
        return self._connection.execute(f"SELECT 1 {_OF_NAME} LIMIT 1", (column.key,)).fetchone() is not None

    def in_states(self, states: Iterable[RunState]) -> set[str]:
        """The runs that are in one of these states."""
        wanted = frozenset(states)
        rows = self._connection.execute(_IN_STATES, (dumps([state.value for state in wanted]),))
        found = {row[0] for row in rows}.difference(self._told)
        return found | {run for run, state in self._told.items() if state in wanted}

    def running(self) -> set[str]:
        """The runs that are running: few, of those without a recorded end."""
        rows = self._connection.execute(_UNFINISHED).fetchall()
        return {run for run, state in rows if self._told.get(run, state) == RunState.RUNNING}

    def tags(self) -> dict[str, tuple[str, ...]]:
        """The tags of every run; one without any has not the tag that ``tag!=lora`` means."""
        rows = self._connection.execute("SELECT run, tag FROM finder").fetchall()
        apart = {tags: tuple(tags.split("\n")) if tags else () for tags in {row[1] for row in rows}}
        return {run: apart[tags] for run, tags in rows}

    def begun(self) -> dict[str, float]:
        """When each run began (Unix seconds)."""
        rows = self._connection.execute("SELECT run, started FROM finder WHERE started IS NOT NULL")
        return dict(rows.fetchall())

    def experiments(self) -> Mapping[str, Held]:
        """All by which the experiment of a run can be meant: its name, its id, and what the run itself calls it."""
        rows = self._connection.execute(_EXPERIMENT_WORDS)
        return {run: tuple(filter(None, words)) for run, *words in rows}

    def _read(self, column: ColumnSpec) -> Mapping[str, Held]:
        match column.kind:
            case "field":
                return self._field(column.key)
            case "metric":
                return self._metric(column.key, column.stat)
            case "config" | "summary":
                return self._params(column.kind, column.key)
        given = self._params("config", column.key)
        if len(given) == self._connection.execute("SELECT count(*) FROM runs").fetchone()[0]:
            return given
        return {**self._params("summary", column.key), **self._metric(column.key, "last"), **given}

    def _field(self, name: str) -> Mapping[str, Held]:
        plain = _PLAIN.get(name)
        if plain is not None:
            rows = self._connection.execute(f"SELECT run, {plain} FROM finder WHERE {plain} IS NOT NULL")  # noqa: S608
            return dict(rows.fetchall())
        match name:
            case "id":
                return {row[0]: row[0] for row in self._connection.execute("SELECT run FROM finder")}
            case "tag":
                return dict(self.tags())
            case "experiment":
                return dict(self._connection.execute(_EXPERIMENTS).fetchall())
            case "state":
                return self._states()
            case "age":
                return {run: max(0.0, self._now - began) for run, began in self.begun().items()}
            case "eta":
                rows = self._connection.execute("SELECT run, due FROM finder WHERE due IS NOT NULL")
                running = self.running()
                return {run: max(0.0, due - self._now) for run, due in rows if run in running}
            case "ended":
                return {run: ended for run, _, ended in self._times() if ended is not None}
            case "duration":
                return self._durations()
        gpus = self._connection.execute("SELECT run, gpus FROM finder WHERE gpus IS NOT NULL")
        seconds = self._durations()
        return {run: count * seconds[run] / 3600 for run, count in gpus if run in seconds}

    def _states(self) -> Mapping[str, Held]:
        rows = self._connection.execute("SELECT run, state FROM finder")
        return dict(rows.fetchall()) | {run: state.value for run, state in self._told.items()}

    def _times(self) -> list[tuple[str, float | None, float | None]]:
        """When each run began and ended; one that crashed or is lost ended when it was last heard of."""
        rows = self._connection.execute("SELECT run, started, ended, last_seen FROM finder").fetchall()
        told = self._told
        return [
            (run, began, ended if run not in told else None if told[run] in _OPEN else last)
            for run, began, ended, last in rows
        ]

    def _durations(self) -> dict[str, float]:
        """What the attempts of each run took together; one that has not begun has none."""
        now = self._now
        paused = dict(self._connection.execute("SELECT run, paused FROM finder WHERE paused > 0").fetchall())
        waiting = self.in_states((RunState.CREATED,))
        return {
            run: max(0.0, (now if ended is None else ended) - began - paused.get(run, 0.0))
            for run, began, ended in self._times()
            if began is not None and run not in waiting
        }

    def _params(self, section: str, key: str) -> dict[str, Held]:
        rows = self._connection.execute(
            "SELECT run, value FROM params WHERE section = ? AND key = ?", (section, key)
        )
        return dict(rows.fetchall())

    def _metric(self, name: str, stat: str) -> dict[str, Held]:
        """A figure of rank 0; the segments of a run's several files are one series."""
        stat = meant(name, stat)
        column = _QUICK.get(stat)
        if column is not None:
            rows = self._connection.execute(f"SELECT streams.run, {column} {_OF_NAME}", (name,)).fetchall()
            told: dict[str, Held] = dict(rows)
            if len(told) == len(rows):  # each run has but one file that has it
                if stat == "last" and None in told.values():
                    told = {run: math.nan if value is None else value for run, value in told.items()}
                return self._with_set(name, stat, told)
        segments: dict[str, list[Row]] = {}
        for row in self._connection.execute(_SEGMENTS, (name,)):
            segments.setdefault(row[0], []).append(row)
        merged = {run: stat_of(name, _merged(parts), stat) for run, parts in segments.items()}
        return self._with_set(name, stat, merged)

    def _with_set(self, name: str, stat: str, told: Mapping[str, Held]) -> dict[str, Held]:
        """With the figures that a person set: they are the last ones, and all of a metric that has no others."""
        found = dict(told)
        for run, raw in self._params("metric", name).items():
            value = set_figure(raw)
            if value is None or (run in told and stat != "last"):
                continue
            finite = value if math.isfinite(value) else None
            found[run] = stat_of(name, Latest(value, None, 0.0, finite, finite, finite, 1), stat)
        return {run: value for run, value in found.items() if value is not None}


def _merged(rows: Sequence[Row]) -> Latest:
    """As a run's own page has it: the newest file's last value, and the extremes of all of them."""
    ordered = sorted(rows, key=lambda row: (row[7], row[8], row[9] is not None, row[9] or 0.0, row[10]))
    last = ordered[-1][3]
    finite, total = sum(row[2] for row in rows), sum(row[6] for row in rows)
    return Latest(
        math.nan if last is None else last,
        None,
        0.0,
        min((row[4] for row in rows if row[4] is not None), default=None),
        max((row[5] for row in rows if row[5] is not None), default=None),
        total / finite if finite else None,
        sum(row[1] for row in rows),
    )
