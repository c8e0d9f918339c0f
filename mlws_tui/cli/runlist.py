"""``mlws-tui runs list``: the runs as a table, for a pipe, or as JSON."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.cli.tables import Column, table
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.metricnames import by_importance, result
from mlws_tui.domain.runs import Run, RunPage, RunQuery, RunState
from mlws_tui.domain.text import safe_text


@click.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="How many at most.")
@click.option("--all", "everything", is_flag=True, help="Archived and deleted ones too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def list_command(session: Session, limit: int, everything: bool, as_json: bool) -> None:
    """List the runs, running ones first, then the newest. Piped, it is tab-separated."""
    query = RunQuery(limit=limit, include_deleted=everything, include_archived=everything)
    page = run_async(_list(session, query))
    now = time.time()
    if as_json:
        from mlws_tui.cli.documents import run_document

        emit_json({"runs": [run_document(run, now) for run in page.runs], "total": page.total})
    elif sys.stdout.isatty():
        for line in _table(page.runs, now, shutil.get_terminal_size().columns):
            click.echo(line)
        if not page.runs:
            say("no runs yet: mlws-tui run -- COMMAND records one")
        elif page.total > len(page.runs):
            say(f"{page.total - len(page.runs)} more: --limit {page.total} lists them all")
    else:
        for line in _lines(page.runs, now):
            click.echo(line)


async def _list(session: Session, query: RunQuery) -> RunPage:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        return await opened.runs.list(query)


def _lines(runs: Sequence[Run], now: float) -> Iterator[str]:
    """For a pipe: id, state, seconds, fraction done, main metric and its value, tags, name; empty where unknown."""
    for run in runs:
        name, value = _main_figure(run)
        seconds, fraction = run.duration(now), run.progress.fraction if run.progress is not None else None
        fields = (
            run.id,
            run.state.value,
            "" if seconds is None else f"{seconds:.0f}",
            "" if fraction is None else f"{fraction:.4f}",
            name,
            "" if value is None else repr(value),
            ",".join(run.tags),
            run.name,
        )
        yield "\t".join(map(safe_text, fields))


def _table(runs: Sequence[Run], now: float, width: int) -> list[str]:
    if not runs:
        return []
    figures = [_main_figure(run) for run in runs]
    return table(
        [
            Column("RUN", [run.id for run in runs]),
            Column("NAME", ["" if run.id[16:] == run.name else safe_text(run.name) for run in runs], drop=3),
            Column("STATE", [run.state.value for run in runs]),
            Column("DONE", [_done(run) for run in runs], drop=2, right=True),
            Column(
                "METRIC", [f"{safe_text(name)} {figure(value)}" if name else "" for name, value in figures]
            ),
            Column("TIME", [duration(run.duration(now)) for run in runs], right=True),
            Column("TAGS", [safe_text(", ".join(run.tags)) for run in runs], drop=4),
        ],
        width,
    )


def _done(run: Run) -> str:
    live = run.progress is not None and run.state is RunState.RUNNING
    return (
        f"{run.progress.fraction:.0%}" if live and run.progress and run.progress.fraction is not None else ""
    )


def _main_figure(run: Run) -> tuple[str, float | None]:
    best = result(run.latest) if run.state is RunState.COMPLETED else None
    name = best or next(iter(by_importance(run.latest)), None)
    return (name, run.latest[name].last) if name is not None else ("", None)
