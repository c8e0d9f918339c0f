"""Which runs a filter finds, in which order and in which groups: ids only, no facts are read.

Each term of a filter is answered as a set of ids from one column of all runs; how terms are joined is how sets are.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence

from mlws_tui.domain.experiments import lower_is_better
from mlws_tui.domain.metricnames import result
from mlws_tui.domain.runcolumns import number_of
from mlws_tui.domain.runcompletion import Vocabulary
from mlws_tui.domain.runfields import ColumnSpec
from mlws_tui.domain.runfitting import Held, predicate
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.runterms import And, Has, Is, Node, Not, Or, Test, Word
from mlws_tui.domain.runtokens import FilterError
from mlws_tui.domain.runviews import Best, Group, Order, RunIndex, Search, no_group
from mlws_tui.store.older import can_find, plain_list
from mlws_tui.store.runvalues import RunValues

_LISTED = "SELECT id FROM runs WHERE deleted = 0 AND archived = 0 ORDER BY started DESC, id DESC"
#: One that was put away and then deleted is among the deleted ones.
_ANY = "SELECT id FROM runs WHERE iif(deleted, ?, archived <= ?) ORDER BY started DESC, id DESC"
_FLAGS = {
    "archived": "SELECT id FROM runs WHERE archived = 1",
    "deleted": "SELECT id FROM runs WHERE deleted = 1",
    "tagged": "SELECT run FROM finder WHERE tag != ''",
    "noted": "SELECT run FROM finder WHERE note IS NOT NULL",
    "best": "SELECT run FROM finder WHERE instr(char(10) || tag || char(10), char(10) || 'best' || char(10)) > 0",
}
_NAMES_OF = """
SELECT DISTINCT series.name FROM streams CROSS JOIN series ON series.stream = streams.id
WHERE streams.run = ? AND streams.rank = 0 AND series.hidden = 0 AND series.n > 0 LIMIT 1000
"""
_DISTINCT = {
    "tags": "SELECT DISTINCT tag FROM finder WHERE tag != '' LIMIT ?",
    "experiments": "SELECT DISTINCT name FROM experiments WHERE id IN (SELECT experiment_id FROM runs) LIMIT ?",
    "models": "SELECT DISTINCT model FROM finder LIMIT ?",
    "datasets": "SELECT DISTINCT dataset FROM finder LIMIT ?",
    "kinds": "SELECT DISTINCT kind FROM finder LIMIT ?",
    "hosts": "SELECT DISTINCT host FROM finder LIMIT ?",
    "branches": "SELECT DISTINCT branch FROM finder LIMIT ?",
}
_MOST_WORDS = 5000
_PATIENCE = 2.0  # seconds that the terms of one filter may take in all
_COUNTS = ("gpus",)  # fields to group by that are numbers
_LOOKED_AT = 3  # of a group's newest runs, for the metric by which it is judged

Ids = set[str]


def search(connection: sqlite3.Connection, asked: Search) -> RunIndex:
    """The runs that a view shows.

    Raises:
        FilterError: if an expression in it takes too long.
        UsageError: if no run has the key that it is grouped by.
        StoreError: if the index is an older one, in which runs can only be listed.
    """
    if not can_find(connection):
        return plain_list(connection, asked)
    values = RunValues(connection, asked.now, asked.states)
    listed = [row[0] for row in connection.execute(_LISTED)]
    found = _wanted(connection, asked, listed)
    if asked.filter.node is not None:
        fitting = _Terms(connection, values, found).of(asked.filter.node)
        found = [run for run in found if run in fitting]
    running = values.running()
    total, live = len(found), sum(1 for run in found if run in running)
    newest = found
    if asked.order:
        found = _sorted(found, asked.order, values)
    elif running:
        found = [*(run for run in found if run in running), *(run for run in found if run not in running)]
    groups: tuple[Group, ...] = ()
    if asked.group is not None:
        found, groups = _grouped(connection, found, newest, asked.group, values)
    unknown = [column.text for column in _named(asked) if not values.known(column)]
    hidden = len(running.intersection(listed).difference(found))
    return RunIndex(tuple(found), groups, total, len(listed), live, tuple(dict.fromkeys(unknown)), hidden)


def vocabulary(connection: sqlite3.Connection) -> Vocabulary:
    """The words that the runs of this index know; none where it is an older one."""
    if not can_find(connection):
        return Vocabulary()
    held = {name: _distinct(connection, name) for name in _DISTINCT}
    tags = sorted({tag for tags in held.pop("tags") for tag in tags.split("\n")}, key=str.casefold)
    return Vocabulary(
        tags=tuple(tags),
        config=tuple(_keys(connection, "config")),
        summary=tuple(_keys(connection, "summary")),
        metrics=tuple(_metric_names(connection)),
        **held,
    )


def _distinct(connection: sqlite3.Connection, name: str) -> tuple[str, ...]:
    found = [row[0] for row in connection.execute(_DISTINCT[name], (_MOST_WORDS,)) if row[0]]
    return tuple(sorted(found, key=str.casefold))


def _wanted(connection: sqlite3.Connection, asked: Search, listed: Sequence[str]) -> list[str]:
    """Where a filter asks of archived or deleted runs, those are looked at, too."""
    deleted = asked.everything or asked.filter.asks("deleted")
    archived = asked.everything or asked.filter.asks("archived")
    if not deleted and not archived:
        return list(listed)
    return [row[0] for row in connection.execute(_ANY, (deleted, archived))]


class _Terms:
    """The terms of one filter as sets of ids."""

    def __init__(self, connection: sqlite3.Connection, values: RunValues, everyone: Sequence[str]) -> None:
        self._connection = connection
        self._values = values
        self._everyone = frozenset(everyone)
        self._deadline = time.monotonic() + _PATIENCE

    def of(self, node: Node) -> Ids:
        """The runs that fit."""
        match node:
            case Word(text):
                rows = self._connection.execute(
                    "SELECT run FROM finder WHERE instr(words, ?) > 0", (text.casefold(),)
                )
                return {row[0] for row in rows}
            case Test():
                return self._test(node)
            case Has(_, column):
                return {run for run, held in self._values.of(column).items() if held not in (None, ())}
            case Is(flag):
                return self._is(flag)
            case Not(inner):
                return set(self._everyone - self.of(inner))
            case And(parts):
                return set.intersection(*map(self.of, parts))
            case Or(parts):
                return set.union(*map(self.of, parts))

    def _is(self, flag: str) -> Ids:
        statement = _FLAGS.get(flag)
        if statement is not None:
            return {row[0] for row in self._connection.execute(statement)}
        live = [state for state in RunState if state.live]
        if flag == "ended":
            return set(self._everyone - self._values.in_states(live))
        return self._values.running() if flag == "running" else self._values.in_states(live)

    def _test(self, test: Test) -> Ids:
        meant = test.column.kind == "field" and test.column.key == "experiment"
        held = self._values.experiments() if meant else self._values.of(test.column)
        fitting = predicate(test)
        if test.operator != "~":
            return {run for run, value in held.items() if fitting(value)}
        found: Ids = set()
        for run, value in held.items():
            if fitting(value):
                found.add(run)
            if time.monotonic() > self._deadline:
                hint = "make it simpler, or find fewer runs by other words first"
                raise FilterError(
                    f"The expression {test.values[0].text!r} takes too long", test.values[0].at, hint=hint
                )
        return found


def _named(asked: Search) -> Iterable[ColumnSpec]:
    yield from asked.filter.columns()
    yield from (order.column for order in asked.order)
    yield from asked.columns


def _sorted(runs: Sequence[str], orders: Sequence[Order], values: RunValues) -> list[str]:
    """The runs by all orders, the first one foremost; where all are alike they stay as they are.

    Numbers come before texts; runs that have neither come last, either way.
    """
    found = list(runs)
    for order in reversed(orders):
        held = values.of(order.column)
        numbers: dict[str, float] = {}
        texts: dict[str, str] = {}
        for run in found:
            value = held.get(run)
            figure = value if type(value) is float else None if isinstance(value, tuple) else number_of(value)
            if figure is not None and figure == figure:
                numbers[run] = figure
            elif value and figure is None:
                texts[run] = (", ".join(value) if isinstance(value, tuple) else str(value)).casefold()
        parts = [
            sorted(numbers, key=numbers.__getitem__, reverse=order.descending),
            sorted(texts, key=texts.__getitem__, reverse=order.descending),
        ]
        placed = numbers.keys() | texts.keys()
        without = [run for run in found if run not in placed]
        found = [*(parts[1] + parts[0] if order.descending else parts[0] + parts[1]), *without]
    return found


def _grouped(
    connection: sqlite3.Connection,
    runs: Sequence[str],
    newest: Sequence[str],
    column: ColumnSpec,
    values: RunValues,
) -> tuple[list[str], tuple[Group, ...]]:
    """The runs group by group: by the value of a setting, else that of the newest run first; without a value last.

    Args:
        connection: Of the index.
        runs: In the order in which they are shown.
        newest: The same runs, the newest first.
        column: By what they are grouped.
        values: Of all runs.
    """
    held = values.of(column)
    if column.kind == "config" and not held:
        raise no_group(column.key, _keys(connection, "config"))
    heads = _members(newest, held)
    members = _members(runs, held) if runs is not newest else heads
    labels = [label for label in heads if label]
    if column.kind == "config" or column.key in _COUNTS:
        labels.sort(key=_by_value)
    labels += [""] * ("" in heads)
    running, failed = values.running(), values.in_states((RunState.FAILED, RunState.CRASHED))
    found: list[str] = []
    groups: list[Group] = []
    for label in labels:
        ids = members[label]
        lively, ill = len(running.intersection(ids)), len(failed.intersection(ids))
        best = _best(connection, ids, heads[label][:_LOOKED_AT], values)
        key = column.key if label else ""
        groups.append(Group(label or f"no {column.key}", len(found), len(ids), lively, ill, best, key))
        found.extend(ids)
    return found, tuple(groups)


def _by_value(label: str) -> tuple[bool, float, str]:
    """Numbers by their size, then texts by the alphabet."""
    figure = number_of(label)
    return figure is None, figure or 0.0, label.casefold()


def _members(runs: Sequence[str], held: Mapping[str, Held]) -> dict[str, list[str]]:
    """The runs of each label, in order; those without a value under an empty one."""
    found: dict[str, list[str]] = {}
    for run in runs:
        value = held.get(run)
        if isinstance(value, tuple):
            for label in value or ("",):
                found.setdefault(label, []).append(run)
        else:
            label = value if isinstance(value, str) else "" if value is None else repr(value)
            found.setdefault(label, []).append(run)
    return found


def _best(
    connection: sqlite3.Connection, runs: Sequence[str], newest: Sequence[str], values: RunValues
) -> Best | None:
    """The best of the metric that tells how the group's newest runs came out."""
    for run in newest:
        metric = result(row[0] for row in connection.execute(_NAMES_OF, (run,)))
        if metric is None:
            continue
        figures = values.of(ColumnSpec(metric, "metric", metric, "best"))
        told = [(value, one) for one in runs if type(value := figures.get(one)) is float and value == value]
        if not told:
            continue
        lower = lower_is_better(metric)
        if lower is None:  # nobody can tell which is better: the newest one's
            newer = [one for one in told if one[1] == run]
            return Best(metric, *newer[0]) if newer else None
        return Best(metric, *(min(told) if lower else max(told)))
    return None


def _keys(connection: sqlite3.Connection, section: str) -> list[str]:
    """Every key of a section once, each found by a jump past the one before."""
    return _jump(connection, "SELECT min(key) FROM params WHERE section = ? AND key > ?", (section,))


def _metric_names(connection: sqlite3.Connection) -> list[str]:
    names = _jump(connection, "SELECT min(name) FROM series WHERE name > ?", ())
    return sorted({*names, *_keys(connection, "metric")})


def _jump(connection: sqlite3.Connection, statement: str, values: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    last = ""
    while len(found) < _MOST_WORDS:
        (last,) = connection.execute(statement, (*values, last)).fetchone()
        if last is None:
            break
        found.append(last)
    return found
