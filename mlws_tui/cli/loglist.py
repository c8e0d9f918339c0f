"""``mlws-tui logs list``: the logs of a workspace, and the runs that they are of."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.documents import iso
from mlws_tui.cli.output import Session, bench, emit_json, say
from mlws_tui.cli.tables import Column, table
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.events import KINDS, is_run_id
from mlws_tui.domain.logs import LogEntry
from mlws_tui.domain.runs import Run, RunQuery
from mlws_tui.domain.sizes import size_words
from mlws_tui.domain.text import safe_text
from mlws_tui.services.logplaces import ARCHIVE, archived, log_of
from mlws_tui.services.logs import LogsService
from mlws_tui.services.runlogs import run_beside, runs_by_name

_MOST_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A log with what is known of it.

    Attributes:
        entry: The file.
        archived: Whether it lies in the archive.
        run_id: The run that it is of, by the index or by its name; empty where neither tells.
        run: That run, where the index has it.
    """

    entry: LogEntry
    archived: bool
    run_id: str
    run: Run | None


async def show_list(session: Session, kind: str | None, *, as_json: bool) -> None:
    """Print the logs, the one written last first.

    Args:
        session: Where to look.
        kind: Only logs of this kind; None for all.
        as_json: Whether to print a document.

    Raises:
        UsageError: if there is no such kind.
    """
    workspace = session.workspace()
    every = await _listed(session, workspace)
    kinds = dict.fromkeys((*KINDS, *sorted({log.entry.kind for log in every if log.entry.kind})))
    if kind is not None and kind not in kinds:
        raise UsageError(f"There is no kind of log called {kind!r}", hint=f"one of {', '.join(kinds)}")
    logs = [log for log in every if kind is None or log.entry.kind == kind]
    if as_json:
        emit_json({"logs": [_document(workspace, log) for log in logs]})
    elif sys.stdout.isatty():
        for line in _table(workspace, logs, shutil.get_terminal_size().columns):
            click.echo(line)
        if not logs:
            say(
                f"no logs of the kind {kind!r}" if kind else "no logs yet: mlws-tui run -- COMMAND writes one"
            )
    else:
        for line in _lines(workspace, logs):
            click.echo(line)


async def _listed(session: Session, workspace: Workspace) -> list[Listed]:
    top = workspace.logs / ARCHIVE
    lying = [entry for entry in await LogsService(workspace).list() if not entry.path.is_relative_to(top)]
    packed = await asyncio.to_thread(archived, workspace)
    runs = await _runs(session)
    by_log = {run.log: run for run in runs if run.log is not None}
    named = runs_by_name(workspace, runs)
    entries = [(entry, False) for entry in lying] + [(entry, True) for entry in packed]
    entries.sort(key=lambda one: (-one[0].modified, str(one[0].path)))
    return [_of_run(workspace, entry, old, by_log, named) for entry, old in entries]


async def _runs(session: Session) -> Sequence[Run]:
    """All runs. Without an index the logs are listed all the same."""
    try:
        async with bench(session) as opened:
            warn_if_behind(await opened.ingest.catch_up())
            page = await opened.runs.list(RunQuery(limit=_MOST_RUNS, include_archived=True))
    except MlwsError as error:
        say(error.sentence())
        return ()
    return page.runs


def _of_run(
    workspace: Workspace, entry: LogEntry, old: bool, by_log: Mapping[str, Run], named: Mapping[str, Run]
) -> Listed:
    path = log_of(workspace, entry.path)
    run = by_log.get(workspace.relative(path)) or named.get(path.stem) or run_beside(workspace, path, named)
    run_id = run.id if run is not None else path.stem if is_run_id(path.stem) else ""
    return Listed(entry, old, run_id, run)


def _document(workspace: Workspace, log: Listed) -> dict[str, Any]:
    return {
        "path": workspace.relative(log.entry.path),
        "kind": log.entry.kind or None,
        "size": log.entry.size,
        "modified": iso(log.entry.modified),
        "archived": log.archived,
        "run": log.run_id or None,
        "name": log.run.name if log.run is not None else None,
        "state": log.run.state.value if log.run is not None else None,
    }


def _table(workspace: Workspace, logs: Sequence[Listed], width: int) -> list[str]:
    if not logs:
        return []
    return table(
        [
            Column("WRITTEN", [_when(log.entry.modified, "%Y-%m-%d %H:%M") for log in logs], drop=1),
            Column("SIZE", [size_words(log.entry.size) for log in logs], drop=2, right=True),
            Column("LOG", [safe_text(workspace.relative(log.entry.path)) for log in logs]),
            Column("RUN", [safe_text(log.run.name) if log.run is not None else "" for log in logs], drop=4),
            Column("STATE", [log.run.state.value if log.run is not None else "" for log in logs], drop=3),
        ],
        width,
    )


def _lines(workspace: Workspace, logs: Sequence[Listed]) -> Iterator[str]:
    """For a pipe: time, bytes, path, run, its state and name; empty where unknown."""
    for log in logs:
        fields = (
            _when(log.entry.modified, "%Y-%m-%dT%H:%M:%S%z"),
            str(log.entry.size),
            workspace.relative(log.entry.path),
            log.run_id,
            log.run.state.value if log.run is not None else "",
            log.run.name if log.run is not None else "",
        )
        yield "\t".join(map(safe_text, fields))


def _when(ts: float, form: str) -> str:
    try:
        return time.strftime(form, time.localtime(ts))
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return ""
