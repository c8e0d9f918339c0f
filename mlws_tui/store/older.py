"""Reading an index of an older version that may not be written, and so not be brought up to date."""

from __future__ import annotations

import sqlite3

from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.runviews import RunIndex, Search

#: Schemas from which on runs have their environment, and the tables that they are found by are as they are now.
_ENVIRONMENT, _FINDER = 7, 8
_ALL = "SELECT id, state, deleted OR archived FROM runs ORDER BY started DESC, id DESC"


def has_environment(connection: sqlite3.Connection) -> bool:
    """Whether runs have their environment apart."""
    return _schema(connection) >= _ENVIRONMENT


def can_find(connection: sqlite3.Connection) -> bool:
    """Whether it has the tables that runs are found by."""
    return _schema(connection) >= _FINDER


def plain_list(connection: sqlite3.Connection, asked: Search) -> RunIndex:
    """All runs that are listed, the running ones first, then the newest: what can be had without those tables.

    Raises:
        StoreError: if more was asked for.
    """
    if asked.filter or asked.order or asked.group is not None:
        raise StoreError(
            "Finding, sorting and grouping need a writable index",
            hint="this one is of an older mlws-tui; opened once by somebody who may write it, it is brought up to date",
        )
    rows = connection.execute(_ALL).fetchall()
    listed = [run for run, _, away in rows if not away]
    states = {run: asked.states.get(run, state) for run, state, _ in rows}
    shown = [run for run, _, _ in rows] if asked.everything else listed
    running = [run for run in shown if states[run] == RunState.RUNNING]
    still = [run for run in shown if states[run] != RunState.RUNNING]
    return RunIndex((*running, *still), (), len(shown), len(listed), len(running))


def _schema(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
