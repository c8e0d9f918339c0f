"""The runs of one experiment side by side: what differs in their configs, how each came out, which is the best."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlws_tui.domain.experiments import CREATED, Best, best_of, lower_is_better
from mlws_tui.domain.metricnames import by_importance, result
from mlws_tui.domain.runcolumns import flatten, stat_of
from mlws_tui.domain.runs import Run, RunState

Value = float | str | None

#: Columns of each kind: more than any screen has room for.
_MOST_KEYS, _MOST_METRICS = 12, 8
_LONG = 24  # characters of a text that says little in a table, such as a path


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        kind: ``config`` or ``metric``.
        key: The dotted name in the config, or the metric's name.
        lower: Whether lower is better; None where nothing is, or it is not known.
    """

    kind: str
    key: str
    lower: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A run with its value in each column."""

    run: Run
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Runs of an experiment, taken together.

    Attributes:
        columns: The config keys in which the runs differ, then the metrics, the main one first.
        rows: The runs in the order given.
        main: The metric by which they are judged; None where nothing was logged.
        best: The best value of each metric of which the name tells what is better.
        states: How many runs are in each state.
        gpu_hours: Of all runs together; None where no run had a GPU.
        began: When the first of them began, Unix seconds.
        ended: When the last of them ended; None while one runs, or none ended.
    """

    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    main: str | None = None
    best: Mapping[str, Best] = field(default_factory=dict)
    states: Mapping[RunState, int] = field(default_factory=dict)
    gpu_hours: float | None = None
    began: float | None = None
    ended: float | None = None

    def standing(self, status: str) -> str:
        """How the experiment stands: what a person said; else what its runs say, empty where these differ.

        Args:
            status: Of the experiment; ``created`` where nobody set one.
        """
        states = [state for state, count in self.states.items() if count]
        if status != CREATED or not states:
            return status
        if RunState.RUNNING in states:
            return RunState.RUNNING.value
        return states[0].value if len(states) == 1 else ""

    @property
    def metrics(self) -> Sequence[Column]:
        return [column for column in self.columns if column.kind == "metric"]


def sweep(runs: Sequence[Run], now: float) -> Sweep:
    """The runs, which come newest first, as a table."""
    configs = [flatten(run.config) for run in runs]
    names = {name for run in runs for name in run.latest}
    main = result(names)
    ordered = [
        *([main] if main is not None else []),
        *(name for name in by_importance(names) if name != main),
    ]
    columns = [Column("config", key) for key in _differing(configs)]
    columns += [Column("metric", name, lower_is_better(name)) for name in ordered[:_MOST_METRICS]]
    hours = [told for run in runs if (told := run.gpu_hours(now)) is not None]
    ends = [run.ended for run in runs if run.ended is not None]
    running = any(run.state is RunState.RUNNING for run in runs)
    return Sweep(
        tuple(columns),
        tuple(
            Row(run, tuple(_value(run, config, column) for column in columns))
            for run, config in zip(runs, configs, strict=True)
        ),
        main,
        {name: best for name, best in best_of(runs).items() if best.sure},
        Counter(run.state for run in runs),
        sum(hours) if hours else None,
        min((run.started for run in runs if run.started is not None), default=None),
        None if running or not ends else max(ends),
    )


def by_column(rows: Sequence[Row], place: int, *, descending: bool) -> list[Row]:
    """The rows by the value of a column; figures come before texts, and what has no value comes last."""

    def key(row: Row) -> tuple[float, str]:
        value = row.values[place]
        return (value, "") if isinstance(value, int | float) else (math.inf, str(value))

    told = [row for row in rows if _told(row.values[place])]
    figures = [row for row in told if not isinstance(row.values[place], str)]
    texts = [row for row in told if isinstance(row.values[place], str)]
    rest = [row for row in rows if not _told(row.values[place])]
    return [*sorted(figures, key=key, reverse=descending), *sorted(texts, key=key, reverse=descending), *rest]


def best_first(table: Sweep) -> list[Row]:
    """The rows by the main metric, the best first; as they are where nothing tells what is better."""
    for place, column in enumerate(table.columns):
        if column.kind == "metric" and column.key == table.main and column.lower is not None:
            return by_column(table.rows, place, descending=not column.lower)
    return list(table.rows)


def _told(value: Value) -> bool:
    return value is not None and value == value  # NaN differs from itself


def _differing(configs: Sequence[Mapping[str, float | str]]) -> list[str]:
    """The keys in which the configs differ: figures first, long texts last.

    A key that one run alone lacks, such as one that died early, is none where all others share its value.
    """
    keys = dict.fromkeys(key for config in configs for key in config)
    found = [key for key in keys if _differs([config.get(key) for config in configs])]
    return sorted(found, key=lambda key: _weight([config[key] for config in configs if key in config]))[
        :_MOST_KEYS
    ]


def _differs(values: Sequence[Value]) -> bool:
    told = [value for value in values if value is not None]
    return len(set(told)) > 1 or (len(told) < len(values) and (len(told) < len(values) - 1 or len(told) < 2))


def _weight(values: Sequence[float | str]) -> int:
    texts = [value for value in values if isinstance(value, str)]
    return 0 if not texts else 1 if all(len(text) <= _LONG for text in texts) else 2


def _value(run: Run, config: Mapping[str, float | str], column: Column) -> Value:
    if column.kind == "config":
        return config.get(column.key)
    latest = run.latest.get(column.key)
    return None if latest is None else stat_of(column.key, latest, "best")
