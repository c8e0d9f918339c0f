"""A comparison as rows: labels at the left, the baseline beside them, then as many other runs as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from mlws_tui.domain.comparetables import (
    BEST,
    LABELS,
    around,
    cell_words,
    fact_words,
    metric_words,
    shared_length,
    value_words,
)
from mlws_tui.domain.comparison import Comparison, MetricRow
from mlws_tui.domain.comparison import Row as Pair
from mlws_tui.domain.endings import word
from mlws_tui.domain.metricnames import is_looked_at
from mlws_tui.domain.words import counted
from mlws_tui.ui.panes.run_words import short
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import SIGNS, state_style
from mlws_tui.ui.widgets.sections import Row

#: Cells of a column at least and at most, and of the labels at most and at least.
_LEAST, _WIDE, _LABELS, _SHORTEST = 8, 34, 30, 11
_GAP = 2
_USUAL = 24  # cells that a value with its difference takes
#: Rows of a section, and metrics that are no loss or score and are shown without being asked for.
_MOST, _OTHERS = 2000, 24


@dataclass(frozen=True, slots=True)
class Table:
    """Which runs are on the screen and how wide each part is.

    Attributes:
        places: Places of the runs in the comparison, the baseline first.
        label: Cells of the labels.
        cell: Cells of a run's column.
        first: How many of the others are passed over at the left.
        hidden: How many have no room at the right.
    """

    places: tuple[int, ...]
    label: int
    cell: int
    first: int
    hidden: int


def table_of(comparison: Comparison, width: int, first: int, *, everything: bool) -> Table:
    """How the runs are laid out in so many cells, passing over the first ones of those beside the baseline."""
    others = [place for place in range(len(comparison.runs)) if place != comparison.baseline]
    names = [row.key for row in comparison.config if everything or row.differs]
    names += [row.name for row in comparison.metrics]
    label = max(
        _SHORTEST, min(_LABELS, width // 3, max((cell_len(short(name)) for name in names), default=0))
    )
    longest = max(cell_len(short(run.name)) + 2 for run in comparison.runs)
    wanted = min(_WIDE, max(longest, _USUAL))
    room = width - label - _GAP
    # The baseline and one other are always there: narrow columns tell more than one wide one.
    fitting = max(2, min(len(comparison.runs), room // (wanted + _GAP)))
    most = _WIDE if fitting < len(comparison.runs) else max(_WIDE, _longest(comparison, everything))
    cell = max(_LEAST, min(most, room // fitting - _GAP))
    first = max(0, min(first, len(others) - fitting + 1))
    shown = others[first : first + fitting - 1]
    return Table((comparison.baseline, *shown), label, cell, first, len(others) - first - len(shown))


def _longest(comparison: Comparison, everything: bool) -> int:
    """Cells of the longest value that is shown."""
    shown = [row for row in comparison.config if everything or row.differs]
    rows = (*shown[:_MOST], *comparison.environment[:_MOST], *comparison.git)
    return max((cell_len(short(value_words(value))) for row in rows for value in row.values), default=0)


def head_lines(comparison: Comparison, table: Table) -> list[Line]:
    """The names of the runs, and below them how they stand."""
    names = short_names([run.name for run in comparison.runs], table.cell)
    first: list[Span] = [Span(" " * (table.label + _GAP + 2))]
    second: list[Span] = [Span(" " * (table.label + _GAP + 4))]
    for place in table.places:
        run = comparison.runs[place]
        held = place == comparison.baseline
        first.append(Span(("◆ " if held else "  ") + fit(short(names[place]), table.cell), "strong"))
        state = f"{SIGNS[run.state]} {word(run)}" + (" · baseline" if held else "")
        second.append(Span(fit(state, table.cell) + " " * _GAP, _BOARD.get(state_style(run.state), "muted")))
    return [tuple(first), tuple(second)]


def comparison_rows(comparison: Comparison, table: Table, *, everything: bool) -> list[Row]:
    """The sections of a comparison."""
    differing = [row for row in comparison.config if row.differs]
    config = comparison.config if everything else differing
    told = f"{len(differing):,} of {counted(len(comparison.config), 'setting')} differ"
    others = [row.name for row in comparison.metrics if not is_looked_at(row.name)]
    left = () if everything else others[_OTHERS:]
    metrics = [row for row in comparison.metrics if row.name not in left]
    by = "last values, l: the best" if comparison.last else "best values, l: the last"
    more = f"{BEST} the best · {by}" + (f", {len(left):,} more with a" if left else "")
    facts = [row for row in comparison.facts if row.key != "state"]
    return [
        *_section("Settings", "config", _pairs(config, table, "config", value_words), told),
        *_section("Metrics", "metrics", _metrics(metrics, table), more),
        *_section("Runs", "facts", _facts(facts, table)),
        *_section("Environment", "environment", _pairs(comparison.environment, table, "env", value_words)),
        *_section("Code", "git", _pairs(comparison.git, table, "git", value_words), "d compares the changes"),
    ]


def short_names(names: Sequence[str], width: int) -> list[str]:
    """The names in at most so many cells; where they are longer, what they all begin with goes first."""
    if all(cell_len(name) <= width for name in names):
        return list(names)
    shared = shared_length(names)
    return [f"…{name[shared:]}" if shared > 3 and cell_len(name) > width else name for name in names]


def _section(title: str, key: str, rows: Iterator[Row], note: str = "") -> list[Row]:
    told = list(rows)
    if not told:
        if key != "config":
            return []
        told = [Row((Span("  they have the same settings", "muted"),), f"{key}/none", (key,))]
    head = (Span(title, "title"), *((Span(f"  {note}", "muted"),) if note else ()))
    return [Row(()), Row(head, key, (), None, branch=True, title=True), *told]


def _pairs(rows: Sequence[Pair], table: Table, key: str, words: Callable[[Any], str]) -> Iterator[Row]:
    section = {"env": "environment"}.get(key, key)
    for row in rows[:_MOST]:
        base = row.values[table.places[0]]
        spans = [_label(row.key, table)]
        told = around([short(words(row.values[place])) for place in table.places], table.cell)
        for place, text in zip(table.places, told, strict=True):
            same = place == table.places[0] or row.values[place] == base
            style = "text" if same and row.differs else "muted" if same else "warn"
            spans.append(_cell(text, table, style))
        yield Row(tuple(spans), f"{section}/{row.key}", (section,))
    if len(rows) > _MOST:
        line = (Span(f"… {len(rows) - _MOST:,} more: mlws-tui runs compare has all", "muted"),)
        yield Row(line, f"{section}/more", (section,))


def _facts(rows: Sequence[Pair], table: Table) -> Iterator[Row]:
    for row in rows:
        cells = (_cell(fact_words(row.key, row.values[place]), table, "text") for place in table.places)
        label = _label(LABELS.get(row.key, row.key), table)
        yield Row((label, *cells), f"facts/{row.key}", ("facts",))


def _metrics(rows: Sequence[MetricRow], table: Table) -> Iterator[Row]:
    for row in rows[:_MOST]:
        spans = [_label(row.name, table)]
        for place in table.places:
            spans += _metric(row, place, table)
        yield Row(tuple(spans), f"metrics/{row.name}", ("metrics",))


def _metric(row: MetricRow, place: int, table: Table) -> list[Span]:
    """The value, the best one marked, then how far it is from the baseline's: good and bad by words of its name."""
    cell = row.cells[place]
    whole = cell_words(row, place, table.cell)
    value = metric_words(cell)
    best = f" {BEST}" if row.best(place) else ""
    rest = whole[len(value) + len(best) :]
    better = cell.better if cell is not None else None
    return [
        Span(value, "good" if best else "muted" if cell is None else "strong"),
        Span(best, "good"),
        Span(rest, "muted" if better is None else "good" if better else "bad"),
        Span(" " * max(0, table.cell + _GAP - cell_len(whole))),
    ]


def _label(name: str, table: Table) -> Span:
    return Span("  " + fit(short(name), table.label) + " " * _GAP, "muted")


def _cell(words: str, table: Table, style: str) -> Span:
    return Span(fit(short(words), table.cell) + " " * _GAP, style)


#: The board above the rows has fewer styles.
_BOARD = {"live": "course"}
