"""A comparison in words: what stands in its cells, and the whole as a table in Markdown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from mlws_tui.domain.comparison import MISSING, Cell, Comparison, MetricRow, Row
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.metricnames import is_looked_at
from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.domain.words import as_words

#: How facts are called.
LABELS = {"gpu_hours": "GPU-hours", "parent": "forked from"}
#: What stands where a run has no such value.
NONE = "–"
#: The sign of the best value of a metric.
BEST = "★"
#: Characters of a value in a table that a person writes on.
_LONGEST = 60
#: Metrics in a Markdown table that are no loss or score; further ones are left out unless all are asked for.
_OTHERS = 10
#: Facts that a Markdown table has.
_TOLD = ("state", "duration", "gpu_hours", "model", "dataset")


def value_words(value: Any) -> str:
    """A value of a config in words; ``–`` where a run has no such key. Not yet safe for a terminal."""
    return NONE if value is MISSING or value is None else as_words(value)


def fact_words(key: str, value: Any) -> str:
    """A fact of a run in words, by its key."""
    if value is None or value is MISSING:
        return "–"
    if key == "duration":
        return duration(value)
    if key == "started":
        return moment_words(value)
    return figure(value, 4) if isinstance(value, int | float) else as_words(value)


def around(texts: Sequence[str], room: int) -> list[str]:
    """Texts of a row, safe for a terminal: where they are too long, what they all begin with gives way to a ``…``.

    Args:
        texts: One for each run; what a run lacks stays as it is.
        room: Cells that each may take. The ends may still be longer.
    """
    long = [text for text in texts if text != NONE]
    widest = max((cell_width(text) for text in long), default=0)
    if widest <= room or len(set(long)) < 2:
        return list(texts)
    shared = shared_length(long)
    begin = long[0].rfind(" ", 0, shared) + 1
    before = long[0].rfind(" ", 0, max(0, begin - 1)) + 1
    if shared - before <= room // 2:  # the word before says of what it is the value
        begin = before
    begin = max(begin, shared - room // 2)
    return [text if text == NONE or begin < 2 else f"…{text[begin:]}" for text in texts]


def shared_length(texts: Sequence[str]) -> int:
    """How many characters all of several texts begin with; 0 for a single one."""
    first, last = min(texts), max(texts)  # those that differ soonest
    same = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return next(same, min(len(first), len(last))) if len(texts) > 1 else 0


def metric_words(cell: Cell | None) -> str:
    """The value that a metric is compared by."""
    return "–" if cell is None else figure(cell.value, 4)


def delta_words(cell: Cell | None) -> str:
    """How far a value is from the baseline's, absolute and in percent; empty where nothing can be said."""
    if cell is None or cell.delta is None:
        return ""
    if cell.delta == 0:
        return "="
    sign = "+" if cell.delta > 0 else "−"
    share = f" ({sign}{_percent(abs(cell.share))})" if cell.share is not None else ""
    return f"{sign}{figure(abs(cell.delta), 3)}{share}"


def moment_words(ts: float | None) -> str:
    """A moment in local time, to the minute; ``–`` for none, and for what no calendar has."""
    try:
        return "–" if ts is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(ts))
    except (OverflowError, ValueError, OSError):
        return "–"


def title(comparison: Comparison) -> str:
    """What is compared, in a few words."""
    names = [safe(run.name) for run in comparison.runs]
    more = len(names) - 4
    told = names if more <= 0 else [*names[:3], f"{more + 1} more"]
    return f"Comparison of {', '.join(told[:-1])} and {told[-1]}"


def markdown(comparison: Comparison, *, everything: bool = False) -> str:
    """The comparison as a table in Markdown, without a line end after it. The best of each metric is bold.

    Args:
        comparison: What to tell.
        everything: All keys of the configs and all metrics, not only what differs and what people look at.
    """
    runs = comparison.runs
    names = [run.name + (" (baseline)" if i == comparison.baseline else "") for i, run in enumerate(runs)]
    rows: list[Sequence[str]] = [["", *map(safe, names)], ["---"] * (len(runs) + 1)]
    rows.append(["run", *(code(run.id) for run in runs)])
    for fact in comparison.facts:
        if fact.key in _TOLD:
            words = (safe(fact_words(fact.key, value)) for value in fact.values)
            rows.append([LABELS.get(fact.key, fact.key), *words])
    for row in comparison.config:
        if everything or row.differs:
            rows.append([code(row.key), *_values(row)])
    others = [row.name for row in comparison.metrics if not is_looked_at(row.name)]
    for metric in comparison.metrics:
        if everything or metric.name not in others[_OTHERS:]:
            rows.append([safe(metric.name), *_metric_cells(metric)])
    for row in (*comparison.git, *(comparison.environment if everything else ())):
        rows.append([safe(row.key), *_values(row)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _values(row: Row) -> list[str]:
    return [safe(text) for text in around([safe_text(value_words(value)) for value in row.values], _LONGEST)]


def safe(text: str, longest: int = _LONGEST) -> str:
    """One cell of a Markdown table: nothing in it ends the cell or reads as markup."""
    told = safe_text(text if len(text) <= longest else f"{text[: longest - 1]}…")
    return "".join(f"\\{character}" if character in "\\|`*_[]<>" else character for character in told)


def code(text: str) -> str:
    """A name as code, where it can be."""
    return safe(text) if "`" in text or "|" in text or len(text) > _LONGEST else f"`{safe_text(text)}`"


def _metric_cells(metric: MetricRow) -> list[str]:
    told = []
    for place, cell in enumerate(metric.cells):
        value, delta = metric_words(cell), delta_words(cell)
        marked = f"**{value}**" if metric.best(place) else value
        told.append(f"{marked} {delta}".rstrip())
    return told


def cell_words(row: MetricRow, place: int, room: int) -> str:
    """A metric of a run, the best marked, with how far it is from the baseline as far as there is room for it."""
    cell = row.cells[place]
    value = metric_words(cell) + (f" {BEST}" if row.best(place) else "")
    delta = delta_words(cell)
    told = [f"{value}  {delta}", f"{value}  {delta.partition('(')[2].removesuffix(')')}", value]
    return next((words.rstrip() for words in told if len(words) <= room), value)


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.1f}%" if percent < 1000 else f"{figure(percent, 3)}%"
