"""The rows that runs are found by: kept beside ``runs``, from which alone they follow."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from mlws_tui.domain.events import decode_number, encode_number
from mlws_tui.domain.runcolumns import LONGEST_NOTE, flatten, value_of
from mlws_tui.domain.runfields import parse_column
from mlws_tui.domain.runs import Run
from mlws_tui.store.codec import loads, run_of

#: Columns that are values of fields by those names.
FIELDS = (
    "kind",
    "started",
    "ended",
    "progress",
    "step",
    "epoch",
    "gpus",
    "ranks",
    "attempt",
    "exit",
    "name",
    "host",
    "sha",
    "branch",
    "reason",
    "parent",
    "best",
    "model",
    "dataset",
    "experiment",
    "error",
    "command",
    "note",
)
_COLUMNS = ("run", "state", "last_seen", "paused", "due", "tag", "words", *FIELDS)
_SPECS = tuple(parse_column(name) for name in FIELDS)
_READ = f"SELECT {', '.join(_COLUMNS)} FROM finder WHERE run = ?"  # noqa: S608 - the names are our own constants
_WRITE = f"INSERT OR REPLACE INTO finder ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
#: Characters of what a bare word is looked for in; notes have room of their own after them.
_LONGEST_WORDS = 4000

Key = tuple[str, str]


def keep(connection: sqlite3.Connection, run: Run, metrics: Mapping[str, tuple[float, Any]]) -> None:
    """Bring the rows of a run up to date; those that stay as they are are not written.

    Args:
        connection: Of the writer, within its transaction.
        run: As ``runs`` has it.
        metrics: The figures that a person set: when, and the number as a stream has it.
    """
    row = _row(run)
    if connection.execute(_READ, (run.id,)).fetchone() != row:
        connection.execute(_WRITE, row)
    rows = connection.execute("SELECT section, key, value FROM params WHERE run = ?", (run.id,))
    before = {(section, key): value for section, key, value in rows}
    after = _params(run, metrics)
    if before == after:
        return
    connection.executemany(
        "DELETE FROM params WHERE section = ? AND key = ? AND run = ?",
        [(*key, run.id) for key in before if key not in after],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO params (section, key, run, value) VALUES (?, ?, ?, ?)",
        [(*key, run.id, value) for key, value in after.items() if before.get(key, row) != value],
    )


def forget(connection: sqlite3.Connection, run: str) -> None:
    """Remove the rows of a run."""
    connection.execute("DELETE FROM finder WHERE run = ?", (run,))
    connection.execute("DELETE FROM params WHERE run = ?", (run,))


def fill(connection: sqlite3.Connection) -> None:
    """Make the rows of all runs, of which there are none yet."""
    for facts, metrics in connection.execute("SELECT facts, metrics FROM runs"):
        try:
            run = run_of(facts, {})
        except msgspec.DecodeError:  # it says what no run can; lists tell so
            continue
        keep(connection, run, loads(metrics))


def set_figure(raw: Any) -> float | None:
    """A figure as a person set it; None where it is none."""
    try:
        return decode_number(raw)
    except ValueError:
        return None


def _row(run: Run) -> tuple[object, ...]:
    values = tuple(value_of(run, spec, 0.0) for spec in _SPECS)
    told = (run.id, run.name, run.experiment, run.model, *run.tags, *_error(run))
    words = "\n".join(
        filter(None, ("\n".join(filter(None, told))[:_LONGEST_WORDS], run.notes[:LONGEST_NOTE]))
    )
    return (
        run.id,
        run.state.value,
        _real(run.last_seen),
        _real(run.paused),
        _real(_due(run)),
        "\n".join(run.tags),
        words.casefold(),
        *(value if isinstance(value, str) else _real(value) for value in values),
    )


def _due(run: Run) -> float | None:
    """When it will be done, Unix seconds, as its last progress has it: that stays true as time goes by."""
    progress = run.progress
    return (
        None
        if progress is None or progress.ts is None or progress.eta is None
        else progress.ts + progress.eta
    )


def _error(run: Run) -> tuple[str, str]:
    return (run.error.type, run.error.message) if run.error is not None else ("", "")


def _params(run: Run, metrics: Mapping[str, tuple[float, Any]]) -> dict[Key, float | str]:
    found: dict[Key, float | str] = {("config", key): value for key, value in flatten(run.config).items()}
    found |= {("summary", key): value for key, value in flatten(run.summary).items()}
    for name, (_, raw) in metrics.items():
        if (value := set_figure(raw)) is not None:
            found["metric", name] = encode_number(value)
    return found


def _real(value: float | None) -> float | None:
    """A number that SQLite can hold; NaN is none to it."""
    if value is None or value != value:
        return None
    return value if -(2**63) <= value < 2**63 or isinstance(value, float) else float(value)
