"""The view of the list of runs: its words, what it can be sorted and grouped by, and how it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.experiments import lower_is_better
from mlws_tui.domain.metricnames import by_importance, result
from mlws_tui.domain.runcolumns import ColumnSpec, Kind, header, parse_column
from mlws_tui.domain.runfields import ALL_FIELDS
from mlws_tui.domain.runfilter import Vocabulary
from mlws_tui.domain.runviews import GROUPS, RunIndex, RunView, parse_order
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.screens.runchoice import Choice

#: Under which the view last used is remembered.
KEY = "runs.view"
#: What people want to see or sort by, before all else that every run has.
_OFTEN = (
    "started",
    "duration",
    "state",
    "progress",
    "eta",
    "experiment",
    "model",
    "tag",
    "host",
    "gpu-hours",
)
#: What a list of columns begins with, beside the main figure: what the app's own row tells.
_USUAL = ("state", "progress", "duration")
_MOST_COLUMNS, _LONGEST = 40, 40
#: What is said of a metric beside its last value, in the order in which people ask for it.
_STATS = ("", ":best", ":min", ":max")


def kept(view: RunView) -> dict[str, Any]:
    """The view as JSON can hold it."""
    return asdict(view)


def view_of(value: Any) -> RunView:
    """A kept view; what cannot be one is left out: others may have written there."""
    if not isinstance(value, Mapping):
        return RunView()
    texts = {key: value.get(key) for key in ("name", "filter", "group")}
    name, filter_, group = (text if isinstance(text, str) else "" for text in texts.values())
    columns = [text for text in _strings(value.get("columns")) if spec(text) is not None]
    view = RunView(name, filter_, tuple(columns[:_MOST_COLUMNS]), tuple(_strings(value.get("order"))), group)
    return view if sorted_by(view) is not None else replace(view, order=())


def spec(text: str) -> ColumnSpec | None:
    """The column that a text names; None where it names none."""
    try:
        return parse_column(text)
    except MlwsError:
        return None


def specs(view: RunView) -> list[ColumnSpec]:
    """The columns of a view, before them the one that it is sorted by; none for the app's own row."""
    return [column for column in map(spec, asked(view)) if column is not None] if view.columns else []


def asked(view: RunView) -> tuple[str, ...]:
    """What is shown of each run: the columns, before them the one that the list is sorted by."""
    first = sorted_by(view)
    if first is None or first[0].text == "name":
        return view.columns
    there = {header(one) for one in map(spec, view.columns) if one is not None}
    return view.columns if header(first[0]) in there else (first[0].text, *view.columns)


def sorted_by(view: RunView) -> tuple[ColumnSpec, bool] | None:
    """By what the list is sorted first, and whether the largest comes first; None for the usual order."""
    try:
        order = parse_order(view.order)
    except MlwsError:
        return None
    return (order[0].column, order[0].descending) if order else None


def turned(view: RunView) -> tuple[str, ...]:
    """The order the other way round; the usual one, which has the newest first, becomes the oldest first."""
    first = sorted_by(view)
    if first is None:
        return ("started",)
    column, descending = first
    return (column.text if descending else f"-{column.text}", *view.order[1:])


def order_by(text: str, view: RunView) -> tuple[str, ...]:
    """The order after a person chose this column: what is good comes first; chosen again it stays as it is."""
    if not text:
        return ()
    column = spec(text)
    if orders_by(text, view):
        return view.order
    return (f"-{text}",) if column is not None and _large_first(column) else (text,)


def orders_by(text: str, view: RunView) -> bool:
    """Whether the list is sorted by this column."""
    column, first = spec(text), sorted_by(view)
    return first is not None and column is not None and header(column) == header(first[0])


def _large_first(column: ColumnSpec) -> bool:
    if column.field is not None:
        return column.field.kind in (Kind.TIME, Kind.NUMBER, Kind.SHARE, Kind.SECONDS)
    return column.stat == "count" or lower_is_better(column.key) is False


def _what_first(column: ColumnSpec, descending: bool) -> str:
    """What such an order puts first, in words."""
    kind = column.field.kind if column.field is not None else None
    if kind is Kind.TIME:
        return "newest first" if descending else "oldest first"
    if kind in (Kind.TEXT, Kind.WORD, Kind.WORDS, Kind.START, Kind.STATE):
        return "z to a" if descending else "a to z"
    lower = lower_is_better(column.key) if kind is None and column.stat != "count" else None
    if lower is None:
        return "largest first" if descending else "smallest first"
    end = "highest" if descending else "lowest"
    return f"{'worst' if lower is descending else 'best'} first, the {end}"


def orders(words: Vocabulary, view: RunView) -> list[Choice]:
    """What the list can be sorted by; what it is sorted by has its arrow and stands first."""
    first = sorted_by(view)
    usual = Choice("", "the usual order", "running first, then the newest", "✓" if first is None else "")
    rest = [usual, *map(_with_order, columns(words, view.columns))]
    if first is None:
        return rest
    column, descending = first
    note = f"{_what_first(column, descending)}: S turns it round"
    current = Choice(column.text, column.text, note, "▼" if descending else "▲")
    return [current, *(one for one in rest if one.value != column.text)]


def _with_order(choice: Choice) -> Choice:
    column = spec(choice.value)
    if column is None:
        return choice
    return replace(choice, note=f"{choice.note} · {_what_first(column, _large_first(column))}")


def usual_columns(words: Vocabulary) -> tuple[str, ...]:
    """The columns that tell what the app's own row tells."""
    main = result(words.metrics)
    return (*_USUAL, main) if main is not None else _USUAL


def columns(words: Vocabulary, first: Iterable[str] = ()) -> list[Choice]:
    """All that a column can show: those named first, then metrics, settings, and what every run has."""
    named = [Choice(text, text, "column") for text in first]
    fields = {field.name: Choice(field.name, field.name, field.told) for field in ALL_FIELDS}
    metrics = [
        Choice(f"{name}{stat}", f"{name}{stat}", "metric" + (f", its {stat[1:]}" if stat else ", its last"))
        for name in by_importance(words.metrics)
        for stat in _STATS
        if stat or name not in words.config  # a setting comes before a metric of its name
    ]
    settings = [Choice(key, key, "setting") for key in words.config]
    results = [Choice(f"summary.{key}", f"summary.{key}", "summary") for key in words.summary]
    often = [fields[name] for name in _OFTEN if name in fields]
    every = (*named, *often, *metrics, *settings, *results, *fields.values())
    found: dict[str, Choice] = {}
    for one in every:
        found.setdefault(one.value, one)
    return list(found.values())


def groups(words: Vocabulary, view: RunView) -> list[Choice]:
    """What the runs can be grouped by."""
    told = {field.name: field.told for field in ALL_FIELDS}
    choices = [("", "no groups", "")]
    choices += [(name, name, told[name]) for name in GROUPS]
    choices += [(key, key, "setting") for key in words.config]
    return [Choice(value, title, note, "✓" if value == view.group else "") for value, title, note in choices]


def title(view: RunView, index: RunIndex) -> tuple[tuple[str, str], ...]:
    """What the border says at the upper left of what is shown, each part with its style.

    A view outlives the sitting: whoever comes back must see at once why a run is not where it was.
    """
    parts = [(view.name, "")]
    parts.append((_short(view.filter), "$text-accent"))
    if view.filter and index.hidden:
        parts.append((f"{index.hidden} running hidden", "$text-warning"))
    if view.group:
        parts.append((f"by {_short(view.group)}", ""))
    order = sorted_by(view)
    if order is not None:
        parts.append((f"{_short(header(order[0]))} {'▼' if order[1] else '▲'}", ""))
    return tuple((safe_text(text), style) for text, style in parts if text)


def caption(view: RunView, index: RunIndex, marked: int) -> str:
    """What the border says of the list below: ``12 of 10,000 · 3 running · 3 marked``."""
    parts: list[str] = []
    running = f"{index.running} running" if index.running else ""
    if view.filter:
        parts += [f"{index.total:,} of {index.all:,}", running]
    elif index.total:
        parts += [running, f"{index.total:,} run{'' if index.total == 1 else 's'}"]
    else:
        parts.append("none yet")
    if index.unknown:
        parts.append(f"no run has {_short(', '.join(index.unknown))}")
    if marked:
        parts.append(f"{marked:,} marked")
    return " · ".join(part for part in parts if part)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []
