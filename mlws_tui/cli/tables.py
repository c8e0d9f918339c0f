"""Tables for a terminal: columns as wide as they need to be, the least important left out where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlws_tui.domain.text import cell_width

_GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its cells (safe text), and how soon it goes where there is no room (0: never)."""

    head: str
    cells: Sequence[str]
    drop: int = 0
    right: bool = False


def table(columns: Sequence[Column], width: int) -> list[str]:
    """The lines of a table that fits into so many cells; the first one is the head.

    Columns without any text are left out. Where the table is still too wide its widest column is cut.
    """
    shown = [column for column in columns if any(column.cells)] or list(columns[:1])
    widths = {id(column): max(map(cell_width, (column.head, *column.cells))) for column in shown}
    while (over := sum(widths[id(c)] + _GAP for c in shown) - _GAP - width) > 0:
        droppable = [column for column in shown if column.drop]
        if droppable:
            shown.remove(max(droppable, key=lambda column: column.drop))
            continue
        widest = max(shown, key=lambda column: widths[id(column)])
        widths[id(widest)] = max(4, widths[id(widest)] - over)
        break
    rows = zip(*((column.head, *column.cells) for column in shown), strict=True)
    gap = " " * _GAP
    return [
        gap.join(
            cut(cell, widths[id(column)], right=column.right) for cell, column in zip(row, shown, strict=True)
        ).rstrip()
        for row in rows
    ]


def cut(text: str, width: int, *, right: bool = False) -> str:
    """Text in exactly this many cells: padded, or cut with an ellipsis."""
    if cell_width(text) > width:
        kept = ""
        for character in text:
            if cell_width(kept + character) > width - 1:
                break
            kept += character
        text = f"{kept}…"
    pad = " " * (width - cell_width(text))
    return pad + text if right else text + pad
