"""The runs without a recorded end, of which only those are read that changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec

from mlws_tui.domain.runs import Run, RunState
from mlws_tui.store.codec import dumps, run_of

#: When a run was last heard of: another one with nearly all that is recorded of it.
Mark = float | None

_MARKS = "SELECT id, last_seen FROM runs WHERE unfinished = 1"
_FACTS = "SELECT id, facts FROM runs WHERE id IN (SELECT value FROM json_each(?))"


def unfinished(
    connection: sqlite3.Connection, known: Mapping[str, Mark]
) -> tuple[Mapping[str, Mark], Mapping[str, Run]]:
    """The marks of all runs without a recorded end, deleted and archived ones too, and those that are not known so.

    Args:
        connection: Of the index.
        known: The marks that runs had when they were last read.

    Returns:
        The marks of all; and by id the others, without their figures.
    """
    marks: dict[str, Mark] = dict(connection.execute(_MARKS).fetchall())
    changed = [run for run, mark in marks.items() if run not in known or known[run] != mark]
    rows = connection.execute(_FACTS, (dumps(changed),)) if changed else ()
    return marks, {run: _bare(run, facts) for run, facts in rows}


def _bare(run: str, facts: str) -> Run:
    try:
        return run_of(facts, {})
    except msgspec.ValidationError:  # it says what no run can: its page tells so
        return Run(run, run, "training", RunState.CREATED)
