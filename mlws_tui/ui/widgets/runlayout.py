"""How rows of runs are laid out: the app's own row, and the table of the columns that a person chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.cells import cell_len

from mlws_tui.domain.figures import age, duration
from mlws_tui.domain.runcolumns import SHOWN, ColumnSpec, cell, header, value_of
from mlws_tui.domain.rundiffs import Known, differences
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import (
    HEAD,
    TROUBLE,
    VALUE,
    figure_spans,
    figures_of,
    head,
    headlines,
    how_far,
    label,
    label_width,
    trouble,
    waiting,
)

#: How wide the progress may be, from which width of the list on.
_BARS = ((26, 110), (20, 62), (12, 46))
_TIME, _AGE, _LONGEST_TAGS, _LONGEST_HOST = 7, 9, 18, 14
#: Cells of what the list is sorted by; from which width of the list on its name stands beside it.
_LONGEST_KEY, _LONGEST_VALUE, _NAMED = 14, 16, 60


class Layout(Protocol):
    """Makes the line of a run. It learns from the runs that are seen, and its columns only ever grow."""

    header: Line | None

    def learn(self, runs: Sequence[Run], now: float) -> None:
        """Make room for these runs."""

    def row(self, run: Run, now: float, *, marked: bool) -> Line:
        """The line of a run, exactly as wide as the list."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How many cells each part of a row gets, the blank after it not counted; 0 leaves it out."""

    name: int
    word: int
    progress: int
    keys: tuple[int, ...]
    time: int
    age: int
    tags: int = 0
    host: int = 0

    @property
    def middle(self) -> int:
        """Cells of what lies between the name and the time, without tags and host."""
        parts = [width for width in (self.word, self.progress) if width]
        parts += [key + 1 + VALUE for key in self.keys]
        return sum(parts) + max(0, len(parts) - 1)


@dataclass(slots=True)
class Widths:
    """What the runs seen so far would take: their longest label, names of figures by place, tags and host."""

    label: int = 0
    keys: list[int] = field(default_factory=lambda: [0, 0, 0])
    tags: int = 0
    host: int = 0


def columns_for(widths: Widths, width: int) -> Columns:
    """The columns in this width: first name, figure and time, then progress, then words, more figures and age."""
    time = _TIME if width >= 30 else 0
    age_width = _AGE if width >= 84 else 0
    word = 9 if width >= 72 else 0
    bars = [size for size, least in _BARS if width >= least] or [0]
    keys = [key or 4 for key in widths.keys[: 1 if width < 100 else 2 if width < 140 else 3]]
    while True:
        rest = Columns(0, word, bars[0], tuple(keys), time, age_width)
        left = (
            width - HEAD - 1 - rest.middle - (time + 1 if time else 0) - (age_width + 1 if age_width else 0)
        )
        if left >= min(widths.label, 24 if len(keys) > 1 or len(bars) > 1 else 12) or not keys:
            break
        if len(keys) > 1:
            keys.pop()
        elif len(bars) > 1:
            bars.pop(0)
        elif bars[0]:
            bars = [0]
        else:
            keys.pop()
    name = max(0, min(widths.label, max(16, width * 2 // 5), left))
    spare = left - name
    tags = _spare(widths.tags, spare, width >= 96)
    host = _spare(widths.host, spare - (tags + 1 if tags else 0), width >= 120)
    return Columns(name, word, bars[0], tuple(keys), time, age_width, tags, host)


class OwnRows:
    """The app's own row: sign, name, how far or how it ended, the figure people look at, and how long.

    Args:
        width: Cells of a row.
        order: What the list is sorted by: every row shows it behind the name, where it would not anyway.
    """

    header: Line | None = None

    def __init__(self, width: int, order: ColumnSpec | None = None) -> None:
        self._width = width
        self._order = None if order is not None and order.field is not None and order.key in SHOWN else order
        self._value = VALUE
        self._widths = Widths()
        self._columns = self._fitting()
        self._headlines: dict[str, str] = {}
        self._settings: Known = {}
        self._apart: Mapping[str, tuple[str, ...]] = {}

    def learn(self, runs: Sequence[Run], now: float) -> None:
        # The headline of a kind stays as it was found, or rows would change their figure while one scrolls.
        self._headlines = headlines(runs) | self._headlines
        self._apart = differences(runs, self._settings)
        widths = self._widths
        most = len(widths.keys)
        for run in runs:
            widths.label = max(widths.label, label_width(run, self._apart.get(run.id, ())))
            widths.tags = max(widths.tags, min(_LONGEST_TAGS, cell_len(_tags(run))))
            widths.host = max(widths.host, min(_LONGEST_HOST, cell_len(safe_text(run.host or ""))))
            for place, name in enumerate(self._figures(run, most)):
                widths.keys[place] = max(widths.keys[place], min(12, cell_len(safe_text(name))))
            if self._order is not None:
                wide = cell_len(cell(run, self._order, now))
                self._value = max(self._value, min(_LONGEST_VALUE, wide))
        self._columns = self._fitting()

    def row(self, run: Run, now: float, *, marked: bool) -> Line:
        columns = self._columns
        spans = [
            *head(run, marked=marked),
            *label(run, columns.name, self._apart.get(run.id, ())),
            Span(" "),
            *self._sorted_by(run, now),
        ]
        tail = _when(run, columns, now)
        room = self._width - sum(cell_len(span.text) for span in (*spans, *tail))
        if run.state in TROUBLE:
            middle = trouble(run, columns.word, room, now)
        elif run.state is RunState.CREATED:
            middle = waiting(run, room)
        else:
            names = self._figures(run, len(columns.keys))
            parts = [
                *how_far(run, columns.word, columns.progress, now),
                *figure_spans(run, names, columns.keys),
            ]
            if columns.tags:
                parts.append([Span(fit(_tags(run), columns.tags), "muted")])
            if columns.host:
                parts.append([Span(fit(safe_text(run.host or ""), columns.host), "muted")])
            middle = [span for part in parts for span in (*part, Span(" "))][:-1]
        used = sum(cell_len(span.text) for span in middle)
        return (*spans, *middle, Span(" " * max(0, room - used)), *tail)

    def _figures(self, run: Run, most: int) -> list[str]:
        """The metrics of a row, without the one that the list is sorted by."""
        order = self._order
        key = order.key if order is not None and order.stat in ("", "last") else None
        return [name for name in figures_of(run, most + 1, self._headlines.get(run.kind)) if name != key][
            :most
        ]

    @property
    def _key(self) -> int:
        """Cells of the name of what the list is sorted by, with the blank after it."""
        if self._order is None or self._width < _NAMED:
            return 0
        return min(_LONGEST_KEY, cell_len(header(self._order))) + 1

    def _sorted_by(self, run: Run, now: float) -> list[Span]:
        if self._order is None:
            return []
        text = cell(run, self._order, now)
        right = text == "" or not isinstance(value_of(run, self._order, now), str)
        key = fit(header(self._order), self._key - 1) + " " if self._key else ""
        return [Span(key, "muted"), Span(fit(text or "–", self._value, right=right) + "  ", "text")]

    def _fitting(self) -> Columns:
        taken = self._key + self._value + 2 if self._order is not None else 0
        return columns_for(self._widths, self._width - taken)


def _spare(wanted: int, room: int, allowed: bool) -> int:
    """The cells of a column that is shown only where it fits as a whole."""
    return wanted if allowed and wanted and room > wanted else 0


def _when(run: Run, columns: Columns, now: float) -> list[Span]:
    tail: list[Span] = []
    begun = run.state is not RunState.CREATED
    if columns.time:
        took = duration(run.duration(now)) if begun else ""
        tail.append(Span(" " + fit(took, columns.time, right=True), "text"))
    if columns.age:
        when = run.ended if run.ended is not None else run.started
        told = "" if run.state is RunState.RUNNING or when is None else age(now - when)
        tail.append(Span(" " + fit(told, columns.age, right=True), "muted"))
    return tail


def _tags(run: Run) -> str:
    return safe_text(" ".join(f"#{tag}" for tag in run.tags))
