"""Tables whose names stand in a line above: fastai, ultralytics."""

from __future__ import annotations

import re

from mlws_tui.domain.extraction.names import MAX_NAME, metric_name
from mlws_tui.domain.extraction.numbers import NUMBER, UNIT, number

_GROUP = re.compile(r"([A-Za-z]\w*)\((\w.*)")
_APART = re.compile(r"\s*[|\t]\s*|\s{2,}")
_BAR = re.compile(r":?\s*\d+%\|")
_CELL = re.compile(rf"({NUMBER})(?:{UNIT})?\Z")


def columns(header: str) -> list[str]:
    """The names of the columns; ``Box(P R mAP50)`` gives ``box/P``, ``box/R`` and ``box/mAP50``.

    Names of several words must stand apart by tabs, bars or more than one space.
    """
    names: list[str] = []
    group = ""
    header = _BAR.split(header, maxsplit=1)[0]
    cells = _APART.split(header.strip(" \t|"))
    if any(" " in cell for cell in cells):
        return [metric_name(cell) or cell[:MAX_NAME] for cell in cells[:64]]
    for word in header.replace("|", " ").split()[:64]:
        begins = _GROUP.match(word)
        if begins:
            group, word = begins[1].lower() + "/", begins[2]
        ends = word.endswith(")") and bool(group)
        names.append((group + word.rstrip(":").rstrip(")") if group else word)[:MAX_NAME])
        if ends or word.rstrip(":").endswith(")"):
            group = ""
    return names


def row_values(names: list[str], row: str) -> list[tuple[str, float]]:
    """The numbers of a row by the names of their columns, from the right; none where there are too many cells.

    A row may leave its first columns out, as those hold the epoch or a word.
    """
    cells = row.replace("|", " ").split()
    if not cells or len(cells) > len(names):
        return []
    values: list[tuple[str, float]] = []
    for name, cell in zip(names[-len(cells) :], cells, strict=True):
        found = _CELL.match(cell)
        value = number(found[1]) if found else None
        if value is not None:
            values.append((name, value))
    return values
