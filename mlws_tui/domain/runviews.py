"""A list of runs as a person wants it: filtered, sorted, grouped, with columns of their choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.runfields import ColumnSpec, near, parse_column
from mlws_tui.domain.runfilter import RunFilter
from mlws_tui.domain.runs import RunState

#: Fields by which runs can be grouped; keys of the config can, too.
GROUPS = (
    "experiment",
    "tag",
    "model",
    "dataset",
    "kind",
    "state",
    "host",
    "branch",
    "sha",
    "parent",
    "reason",
    "gpus",
)
_LONGEST_NAME, _MOST_COLUMNS, _MOST_ORDERS = 80, 40, 5


@dataclass(frozen=True, slots=True)
class RunView:
    """A list as it is asked for, and kept under a name.

    Attributes:
        name: What it is called; empty for one that is not kept.
        filter: See docs/runs.md.
        columns: Names as `parse_column` knows them; none for the app's own row.
        order: Names by which it is sorted, the first one first; ``-val/loss:min`` the largest first.
        group: One of GROUPS or a key of the config; empty for none.
    """

    name: str = ""
    filter: str = ""
    columns: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """By what a list is sorted; runs without a value come last either way."""

    column: ColumnSpec
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A view that was understood, and what the index does not know of.

    Attributes:
        filter: Which runs.
        order: Empty for the running ones first, then the newest.
        group: By what they are grouped, if they are.
        columns: What is shown of them: it changes nothing but `RunIndex.unknown`.
        now: Unix seconds.
        states: States of the runs that have no recorded end, as their processes tell them.
        everything: Archived and deleted ones too.
    """

    filter: RunFilter
    order: tuple[Order, ...]
    group: ColumnSpec | None
    now: float
    states: Mapping[str, RunState] = field(default_factory=dict)
    everything: bool = False
    columns: tuple[ColumnSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Best:
    """The best value of a metric in a group, and the run that had it."""

    metric: str
    value: float
    run: str


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that have a value in common.

    Attributes:
        label: The value; ``no KEY`` for the last group, of runs without one. Text from outside.
        first: Where it begins in `RunIndex.ids`.
        count: How many runs it has.
        running: How many of them run.
        failed: How many of them failed or crashed.
        best: The best of the group's main result.
        key: By what the runs are grouped; empty for those without a value.
    """

    label: str
    first: int
    count: int
    running: int
    failed: int
    best: Best | None = None
    key: str = ""

    @property
    def title(self) -> str:
        """What it is, in words: ``lr = 0.003``, ``no lr``. Text from outside."""
        return f"{self.key} = {self.label}" if self.key else self.label


@dataclass(frozen=True, slots=True)
class RunIndex:
    """Which runs a view shows, in its order.

    Attributes:
        ids: Ids of the runs; one with two tags is there twice where they are grouped by tag.
        groups: Empty where they are not grouped.
        total: How many runs fit.
        all: How many runs there are, without archived and deleted ones.
        running: How many of those that fit run.
        unknown: Names in the view that no run has a value of.
        hidden: How many run that do not fit.
    """

    ids: tuple[str, ...]
    groups: tuple[Group, ...]
    total: int
    all: int
    running: int
    unknown: tuple[str, ...] = ()
    hidden: int = 0


def parse_order(texts: Iterable[str]) -> tuple[Order, ...]:
    """The orders that names mean: ``started``, ``-val/loss:min``, ``lr:desc``.

    Raises:
        UsageError: if one names no column, or there are too many.
    """
    found = []
    for text in texts:
        name, descending = text.strip(), False
        if name.startswith("-"):
            name, descending = name[1:], True
        for ending in (":desc", ":asc"):
            if name.lower().endswith(ending):
                name, descending = name[: -len(ending)], ending == ":desc"
        found.append(Order(parse_column(name), descending))
    if len(found) > _MOST_ORDERS:
        raise UsageError(f"A list can be sorted by at most {_MOST_ORDERS} columns")
    return tuple(found)


def parse_group(text: str) -> ColumnSpec | None:
    """By what runs are grouped; None for an empty text.

    Raises:
        UsageError: if they cannot be grouped by it.
    """
    if not text.strip():
        return None
    column = parse_column(text)
    known = column.field
    if known is not None and known.name not in GROUPS:
        raise UsageError(
            f"Runs cannot be grouped by {known.name}", hint=f"by {', '.join(GROUPS)} or a config key"
        )
    if column.kind in ("metric", "summary"):
        raise UsageError(
            f"Runs cannot be grouped by the figure {text!r}", hint=f"by {', '.join(GROUPS)} or a config key"
        )
    return ColumnSpec(column.text, "config", column.key) if column.kind == "any" else column


def no_group(key: str, keys: Iterable[str]) -> UsageError:
    """What to tell where no run has the key that runs are to be grouped by."""
    hint = near(key, (*GROUPS, *keys)) or f"by {', '.join(GROUPS)} or a config key"
    return UsageError(f"No run has a config key {key!r} to group by", hint=hint)


def check_view(view: RunView) -> RunView:
    """The view with its name trimmed, fit to be kept.

    Raises:
        UsageError: if it has no usable name, or names a column that there cannot be.
    """
    name = " ".join(view.name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"A view wants a name of 1 to {_LONGEST_NAME} letters, on one line")
    if len(view.columns) > _MOST_COLUMNS:
        raise UsageError(f"A view has at most {_MOST_COLUMNS} columns")
    for column in view.columns:
        parse_column(column)
    parse_order(view.order)
    parse_group(view.group)
    return RunView(name, view.filter, view.columns, view.order, view.group)
