"""Which columns of an experiment's runs fit on a screen, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlws_tui.domain.figures import figure
from mlws_tui.domain.sweeps import Column, Row, Sweep
from mlws_tui.domain.text import cell_width, safe_text

#: Rows by which the widths of columns are chosen; all of a thousand would be felt at each change.
_MEASURED = 200
_NAME, _WIDEST = (10, 32), 16
#: What is no column of the table, and how wide it is.
_STATE, _LASTED, _BEGAN = -1, -2, -3
_FIXED = {_STATE: 13, _LASTED: 7, _BEGAN: 9}
#: Blanks before a column, and cells before the name: for the mark and the sign of the state.
GAP, LEAD = 2, 4


@dataclass(frozen=True, slots=True)
class Place:
    """A column on the screen: which of the table's it is, its title, where it begins and how wide it is."""

    column: int
    title: str
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What fits into a width."""

    name: int
    word: int
    places: tuple[Place, ...]
    time: int
    age: int


def cell(row: Row, place: int, column: Column) -> str:
    """A value in few characters, safe for a screen; empty where there is none."""
    value = row.values[place]
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    return figure(value, 4) if column.kind == "metric" else f"{value:g}"


def layout(table: Sweep, width: int) -> Layout:
    """The columns that fit: the main metric and the first keys before states and times, before the rest."""
    rows = table.rows[:_MEASURED]
    longest = max((cell_width(safe_text(row.run.name)) for row in rows), default=0)
    name = max(_NAME[0], min(longest, _NAME[1], width // 3))
    left = width - LEAD - name
    widths: dict[int, int] = {}
    for part in _by_worth(table):
        wanted = _FIXED[part] if part in _FIXED else _wanted(table, rows, part)
        gap = 0 if part == _BEGAN else GAP  # what is said of an age has blanks before it
        if wanted + gap <= left:
            left -= wanted + gap
            widths[part] = wanted
    name += max(0, min(left, longest - name))
    word, time, began = (widths.pop(part, 0) for part in (_STATE, _LASTED, _BEGAN))
    at = LEAD + name + (word + GAP if word else 0)
    places = []
    for i in sorted(widths):
        places.append(Place(i, title(table.columns[i]), at + GAP, widths[i]))
        at += GAP + widths[i]
    return Layout(name, word, tuple(places), time, began)


def _by_worth(table: Sweep) -> list[int]:
    """The columns of the table and what stands beside them, those first that must not be missing."""
    keys = [i for i, column in enumerate(table.columns) if column.kind == "config"]
    metrics = [i for i, column in enumerate(table.columns) if column.kind == "metric"]
    first = [*metrics[:1], *keys[:2], _LASTED, _STATE, *keys[2:4], *metrics[1:3], _BEGAN]
    return [*first, *keys[4:], *metrics[3:]]


def title(column: Column) -> str:
    """What stands over a column: its name, of a long one the last part."""
    key = safe_text(column.key)
    return key if len(key) < _WIDEST else key.rpartition("." if column.kind == "config" else "/")[2]


def _wanted(table: Sweep, rows: Sequence[Row], place: int) -> int:
    column = table.columns[place]
    widest = max((cell_width(cell(row, place, column)) for row in rows), default=0)
    star = 1 if column.kind == "metric" else 0
    return min(_WIDEST, max(widest + star, cell_width(title(column)) + 1))
