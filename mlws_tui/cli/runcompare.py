"""``mlws-tui runs compare``: runs side by side."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.documents import run_document
from mlws_tui.cli.output import Session, bench, emit_json, run_async
from mlws_tui.cli.tables import Column, cut, table
from mlws_tui.domain.comparetables import (
    LABELS,
    around,
    cell_words,
    fact_words,
    markdown,
    value_words,
)
from mlws_tui.domain.comparison import MISSING, Cell, Comparison, Row
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.events import plain
from mlws_tui.domain.text import cell_width, safe_text

_NARROWEST, _GAP = 10, 2
#: Cells that a table gives to the names of keys at most.
_LABELS = 40

#: A label and one cell for each run.
Line = tuple[str, Sequence[str]]


@click.command("compare")
@click.argument("refs", metavar="RUN RUN…", nargs=-1, required=True)
@click.option("--baseline", metavar="RUN", help="Hold the others against this one; by default the first.")
@click.option("--last", is_flag=True, help="Compare metrics by their last values, not by their best.")
@click.option("--all", "everything", is_flag=True, help="All settings, not only those that differ.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--markdown", "as_markdown", is_flag=True, help="A Markdown table.")
@click.pass_obj
def compare_command(
    session: Session,
    refs: tuple[str, ...],
    baseline: str | None,
    last: bool,
    everything: bool,
    as_json: bool,
    as_markdown: bool,
) -> None:
    """Hold 2 to 20 runs side by side: settings, metrics, environments and code that differ."""
    if as_json and as_markdown:
        raise UsageError("--json and --markdown are two answers", hint="ask for one of them")
    comparison, now = run_async(_compare(session, refs, baseline, last))
    if as_json:
        emit_json(document(comparison, now))
    elif as_markdown:
        click.echo(markdown(comparison, everything=everything))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        for line in side_by_side(comparison, width, everything=everything):
            click.echo(line)


async def _compare(
    session: Session, refs: Sequence[str], baseline: str | None, last: bool
) -> tuple[Comparison, float]:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        return await opened.comparing.of(refs, baseline, last=last), opened.runs.now()


def document(comparison: Comparison, now: float) -> dict[str, Any]:
    """Runs side by side; each list has one place for each of them, null where it has no such key."""
    metrics = {
        row.name: [None if cell is None else _cell(cell) for cell in row.cells] for row in comparison.metrics
    }
    told: dict[str, Any] = plain(
        {
            "config": _values(comparison.config),
            "metrics": metrics,
            "differs": comparison.differs,
            "baseline": comparison.runs[comparison.baseline].id,
            "best": {row.name: row.winner for row in comparison.metrics if row.winner is not None},
            "environment": _values(comparison.environment),
            "git": _values(comparison.git),
        }
    )
    return {"runs": [run_document(run, now) for run in comparison.runs], **told}


def side_by_side(comparison: Comparison, width: int | None, *, everything: bool) -> list[str]:
    """A table with a column for each run; tab-separated where there is no width."""
    heads = [
        run.name + (" (baseline)" if i == comparison.baseline else "")
        for i, run in enumerate(comparison.runs)
    ]
    if width is None:
        plain = [line for _, lines in _blocks(comparison, everything=everything, room=0) for line in lines]
        return ["\t".join(map(safe_text, (label, *cells))) for label, cells in (("", heads), *plain)]
    names = [row.name for row in comparison.metrics]
    names += [row.key for row in comparison.config if everything or row.differs]
    names += [LABELS.get(row.key, row.key) for row in comparison.facts]
    labels = min(_LABELS, max((cell_width(safe_text(name)) for name in names), default=0))
    labels = max(_NARROWEST, labels)
    room = max(_NARROWEST, (width - labels) // len(heads) - _GAP)
    blocks = _blocks(comparison, everything=everything, room=room)
    cells: list[Line] = [("", heads)]
    for title, lines in blocks:
        if title:
            cells += [("", [""] * len(heads)), (title, [""] * len(heads))]
        cells += lines
    columns = [Column("", [cut(safe_text(label), labels).rstrip() for label, _ in cells])]
    columns += [
        Column("", [cut(safe_text(values[i]), room).rstrip() for _, values in cells])
        for i in range(len(heads))
    ]
    return table(columns, width)[1:]


def _blocks(comparison: Comparison, *, everything: bool, room: int) -> Iterator[tuple[str, list[Line]]]:
    """Titles and the lines below them; the first block has no title."""
    facts = [
        (LABELS.get(row.key, row.key), [fact_words(row.key, value) for value in row.values])
        for row in comparison.facts
    ]
    yield "", [("id", [run.id for run in comparison.runs]), *facts]
    told = [row for row in comparison.config if everything or row.differs]
    for title, rows in (("CONFIG", told), ("ENVIRONMENT", comparison.environment), ("GIT", comparison.git)):
        if title == "ENVIRONMENT":
            yield from _metrics(comparison, room)
        if rows:
            yield title, [(row.key, _told(row, room)) for row in rows]


def _told(row: Row, room: int) -> list[str]:
    """The values of a row; long ones around their difference, where there is a room to keep to."""
    told = [safe_text(value_words(value)) for value in row.values]
    return around(told, room) if room else told


def _metrics(comparison: Comparison, room: int) -> Iterator[tuple[str, list[Line]]]:
    """All metrics; exactly and without marks where there is no room to be had."""
    lines: list[Line] = []
    for row in comparison.metrics:
        if room:
            lines.append((row.name, [cell_words(row, place, room) for place in range(len(row.cells))]))
        else:
            lines.append((row.name, ["" if cell is None else repr(cell.value) for cell in row.cells]))
    if lines:
        yield "METRICS", lines


def _cell(cell: Cell) -> dict[str, Any]:
    latest = cell.latest
    figures = {"last": latest.last, "min": latest.min, "max": latest.max, "best": cell.best}
    return {**figures, "delta": cell.delta, "share": cell.share}


def _values(rows: Iterable[Row]) -> dict[str, list[Any]]:
    return {row.key: [None if value is MISSING else value for value in row.values] for row in rows}
