"""``mlws-tui runs list``: the runs as a table, for a pipe, or as JSON."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.cli.tables import Column, table
from mlws_tui.domain.endings import word
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.metricnames import by_importance, result
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.text import cell_width, safe_text

if TYPE_CHECKING:
    from mlws_tui.domain.runcolumns import ColumnSpec
    from mlws_tui.domain.runviews import Group, RunIndex, RunView

_AROUND = 38  # characters of a filter that are shown on either side of what is wrong in it
#: What a pipe gets of each run where no columns are asked for.
FIXED = ("id", "state", "seconds", "fraction", "metric", "value", "tags", "name")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options that say which runs, and in which order."""

    filter: str | None
    columns: tuple[str, ...] | None
    sort: tuple[str, ...]
    group: str | None
    view: str | None
    limit: int
    everything: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """What a list comes to: the runs of its first `limit` places, and all of its ids and groups."""

    view: RunView
    index: RunIndex
    runs: Sequence[Run]
    now: float


@click.command("list")
@click.option("--filter", "-f", "expression", metavar="EXPR", help="Which ones: 'tag:lora lr<1e-4 since:7d'.")
@click.option("--columns", "-c", metavar="A,B,C", help="Show these: name,lr,val/loss:min.")
@click.option(
    "--sort", "-s", multiple=True, metavar="COL", help="By this; -COL: the largest first. More than once."
)
@click.option("--group", "-g", metavar="KEY", help="By experiment, tag, model… or a config key.")
@click.option("--view", "-v", metavar="NAME", help="As it was saved in the app; other options come on top.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000_000), default=200, show_default=True, help="How many at most."
)
@click.option("--all", "everything", is_flag=True, help="Archived and deleted ones too.")
@click.option("--header", is_flag=True, help="Piped: the names of the columns in the first line.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def list_command(
    session: Session,
    expression: str | None,
    columns: str | None,
    sort: tuple[str, ...],
    group: str | None,
    view: str | None,
    limit: int,
    everything: bool,
    header: bool,
    as_json: bool,
) -> None:
    """List the runs, running ones first, then the newest. Piped, it is tab-separated."""
    chosen = None if columns is None else tuple(filter(None, map(str.strip, columns.split(","))))
    asked = _Asked(expression, chosen, sort, group, view, limit, everything)
    found = run_async(_find(session, asked))
    for name in found.index.unknown:
        say(f"no run has a {name}")
    if as_json:
        emit_json(_document(found))
        return
    if not found.runs:
        say(_nothing(found.index))
    if not sys.stdout.isatty():
        for line in _lines(found, header=header):
            click.echo(line)
    elif found.runs:
        _print_table(found)


async def _find(session: Session, asked: _Asked) -> _Found:
    from mlws_tui.domain.runtokens import FilterError
    from mlws_tui.domain.runviews import RunView, parse_order

    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        lists = opened.runlists
        view = RunView() if asked.view is None else await lists.view(asked.view)
        view = replace(
            view,
            filter=view.filter if asked.filter is None else asked.filter,
            columns=view.columns if asked.columns is None else asked.columns,
            order=asked.sort or view.order,
            group=view.group if asked.group is None else asked.group,
        )
        try:
            index = await lists.index(view, everything=asked.everything)
        except FilterError as error:
            error.add_note(_place(view.filter, error.at))
            raise
        columns = (*view.columns, *(order.column.text for order in parse_order(view.order)))
        return _Found(view, index, await lists.runs(index.ids[: asked.limit], columns), time.time())


def _place(line: str, at: int) -> str:
    """The filter with a caret below the place where it is wrong; of a long one, what is around it."""
    start = max(0, at - _AROUND)
    before = ("…" if start else "") + safe_text(line[start:at])
    after = safe_text(line[at : at + _AROUND]) + ("…" if len(line) > at + _AROUND else "")
    return f"  {before}{after}\n  {' ' * cell_width(before)}^"


def _document(found: _Found) -> dict[str, Any]:
    from mlws_tui.cli.documents import run_document
    from mlws_tui.domain.events import plain
    from mlws_tui.domain.runcolumns import parse_column, value_of

    specs = [parse_column(column) for column in found.view.columns]
    runs = []
    for run in {run.id: run for run in found.runs}.values():
        document = run_document(run, found.now)
        if specs:
            document["columns"] = plain({spec.text: value_of(run, spec, found.now) for spec in specs})
        runs.append(document)
    told: dict[str, Any] = {"runs": runs, "total": found.index.total}
    if found.view.group:
        told["groups"] = [_group_document(group, found.index) for group in found.index.groups]
    return told


def _group_document(group: Group, index: RunIndex) -> dict[str, Any]:
    from mlws_tui.domain.events import plain

    best = group.best
    told: dict[str, Any] = plain(
        {
            "label": group.label,
            "count": group.count,
            "running": group.running,
            "failed": group.failed,
            "best": None if best is None else {"metric": best.metric, "value": best.value, "run": best.run},
            "runs": index.ids[group.first : group.first + group.count],
        }
    )
    return told


def _lines(found: _Found, *, header: bool) -> Iterator[str]:
    """For a pipe: FIXED or the chosen columns, after the label of the group where there are groups."""
    groups = _groups(found)
    if header:
        names = found.view.columns or FIXED
        yield "\t".join(map(safe_text, ("group", *names) if groups else names))
    for place, run in enumerate(found.runs):
        fields = _chosen(run, found) if found.view.columns else _fixed(run, found.now)
        yield "\t".join(map(safe_text, (groups[place].label, *fields) if groups else fields))


def _groups(found: _Found) -> list[Group]:
    """The group of each run that is shown; empty where there are none. A run that went meanwhile has no place."""
    groups = [group for group in found.index.groups for _ in range(group.count)]
    there = {run.id for run in found.runs}
    return [group for group, run in zip(groups, found.index.ids, strict=False) if run in there][
        : len(found.runs)
    ]


def _fixed(run: Run, now: float) -> Sequence[str]:
    """Id, state, seconds, fraction done, main metric and its value, tags, name; empty where unknown."""
    name, value = _main_figure(run)
    seconds, fraction = run.duration(now), run.progress.fraction if run.progress is not None else None
    return (
        run.id,
        run.state.value,
        "" if seconds is None else f"{seconds:.0f}",
        "" if fraction is None else f"{fraction:.4f}",
        name,
        "" if value is None else repr(value),
        ",".join(run.tags),
        run.name,
    )


def _chosen(run: Run, found: _Found) -> Sequence[str]:
    """The values of the chosen columns: numbers in full, times as ISO 8601, empty where there is none."""
    from mlws_tui.cli.documents import iso
    from mlws_tui.domain.runcolumns import Kind, parse_column, value_of

    told: list[str] = []
    for spec in map(parse_column, found.view.columns):
        value = value_of(run, spec, found.now)
        if isinstance(value, float | int) and spec.field is not None and spec.field.kind is Kind.TIME:
            value = iso(value)
        told.append("" if value is None else value if isinstance(value, str) else repr(value))
    return told


def _print_table(found: _Found) -> None:
    index, runs = found.index, found.runs
    columns = _own_columns(found) if found.view.columns else _usual_columns(found)
    lines = table(columns, shutil.get_terminal_size().columns)
    click.echo(lines[0])
    groups = _groups(found)
    for place, line in enumerate(lines[1:]):
        if groups and (place == 0 or groups[place] is not groups[place - 1]):
            click.echo(_heading(groups[place]))
        click.echo(line)
    left_out = [column.head for column in columns if any(column.cells) and column.head not in lines[0]]
    if left_out and found.view.columns:
        say(f"no room for {', '.join(left_out)}")
    if len(index.ids) > len(runs):
        say(f"{len(index.ids) - len(runs)} more: --limit {len(index.ids)} lists them all")


def _nothing(index: RunIndex) -> str:
    if not index.all:
        return "no runs yet: mlws-tui run -- COMMAND records one"
    return f"no run fits, of {index.all} that are listed"


def _heading(group: Group) -> str:
    told = [f"{group.count} run{'s' * (group.count != 1)}"]
    told += [f"{group.running} running"] * bool(group.running) + [f"{group.failed} failed"] * bool(
        group.failed
    )
    if group.best is not None:
        told.append(f"best {safe_text(group.best.metric)} {figure(group.best.value)} ({group.best.run})")
    return f"── {safe_text(group.title)} · {' · '.join(told)}"


def _own_columns(found: _Found) -> list[Column]:
    """The chosen columns; where there is no room the last ones go first."""
    from mlws_tui.domain.runcolumns import parse_column

    specs = map(parse_column, found.view.columns)
    return [_column(spec, found, place) for place, spec in enumerate(specs)]


def _column(spec: ColumnSpec, found: _Found, drop: int) -> Column:
    from mlws_tui.domain.runcolumns import Kind, cell, header, value_of

    cells = [cell(run, spec, found.now) for run in found.runs]
    right = spec.field.kind is not Kind.TIME if spec.field is not None else True
    right = right and not any(isinstance(value_of(run, spec, found.now), str) for run in found.runs)
    return Column(header(spec).upper() if spec.field is not None else header(spec), cells, drop, right)


def _usual_columns(found: _Found) -> list[Column]:
    """What a list shows without any choice; what it is sorted by is among it."""
    from mlws_tui.domain.runcolumns import SHOWN
    from mlws_tui.domain.runviews import parse_order

    runs, now = found.runs, found.now
    figures = [_main_figure(run) for run in runs]
    orders = [order.column for order in parse_order(found.view.order)]
    return [
        Column("RUN", [run.id for run in runs]),
        Column("NAME", ["" if run.id[16:] == run.name else safe_text(run.name) for run in runs], drop=3),
        Column("STATE", [word(run) for run in runs]),
        *(_column(spec, found, 0) for spec in orders if spec.field is None or spec.field.name not in SHOWN),
        Column("DONE", [_done(run) for run in runs], drop=2, right=True),
        Column("METRIC", [f"{safe_text(name)} {figure(value)}" if name else "" for name, value in figures]),
        Column("TIME", [duration(run.duration(now)) for run in runs], right=True),
        Column("TAGS", [safe_text(", ".join(run.tags)) for run in runs], drop=4),
    ]


def _done(run: Run) -> str:
    live = run.progress is not None and run.state is RunState.RUNNING
    return (
        f"{run.progress.fraction:.0%}" if live and run.progress and run.progress.fraction is not None else ""
    )


def _main_figure(run: Run) -> tuple[str, float | None]:
    best = result(run.latest) if run.state is RunState.COMPLETED else None
    name = best or next(iter(by_importance(run.latest)), None)
    return (name, run.latest[name].last) if name is not None else ("", None)
