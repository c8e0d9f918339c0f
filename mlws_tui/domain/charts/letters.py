"""The letters by which curves are told apart without colours: each stands at its curve's end and in the legend."""

from __future__ import annotations

from collections.abc import Sequence

#: One for each curve that a chart may have, and what a curve has that is alone.
LETTERS, ALONE = "abcdefghijkl", "━"
#: Columns between two of the letters along a curve, where there are no colours at all.
_EVERY = 24

Dot = tuple[int, int]
Spot = tuple[int, int]  # row and column of cells


def sign(number: int, several: bool) -> str:
    """What stands before a curve's name in the legend."""
    return LETTERS[number % len(LETTERS)] if several else ALONE


def at_ends(ends: Sequence[Dot | None], cells: int, rows: int) -> dict[Spot, int]:
    """Where the letters of curves stand that end at these dots: the numbers of the curves by row and column.

    Each stands right of its curve's end, so at most in the column behind the last one; those that would stand on each
    other are moved up and down, in the order of their curves.

    Args:
        ends: The last dot of each curve; None where nothing of it is seen.
        cells: Columns of the chart.
        rows: Its rows.
    """
    columns: dict[int, list[tuple[int, int]]] = {}
    for number, end in enumerate(ends):
        if end is not None:
            columns.setdefault(min(cells, end[0] // 2 + 1), []).append((end[1], number))
    found: dict[Spot, int] = {}
    for column, dots in columns.items():
        dots.sort()
        places = _spread([min(rows - 1, max(0, y // 4)) for y, _ in dots], rows)
        for row, (_, number) in zip(places, dots, strict=True):
            if 0 <= row < rows:
                found[row, column] = number
    return found


def along(lines: Sequence[Sequence[Dot]], cells: int) -> dict[Spot, int]:
    """Where the letters of curves stand along them, each curve's in other columns than those of the others.

    Args:
        lines: The dots through which each curve goes.
        cells: Columns of the chart.
    """
    found: dict[Spot, int] = {}
    apart = max(2, _EVERY // max(1, len(lines)))
    for number, dots in enumerate(lines):
        wanted = number * apart + apart
        for x, y in dots:
            if x // 2 >= min(wanted, cells):
                found[y // 4, x // 2] = number
                wanted = x // 2 + apart * max(1, len(lines))
    return {spot: number for spot, number in found.items() if spot[1] < cells}


def _spread(wanted: Sequence[int], rows: int) -> list[int]:
    """Ascending rows moved apart so that all are different, each as near to where it was as can be."""
    groups: list[list[int]] = []
    for row in wanted:
        groups.append([row])
        while len(groups) > 1 and _start(groups[-2], rows) + len(groups[-2]) > _start(groups[-1], rows):
            last = groups.pop()
            groups[-1] += last
    return [_start(group, rows) + i for group in groups for i in range(len(group))]


def _start(group: Sequence[int], rows: int) -> int:
    """The row of the first of those that stand below each other."""
    middle = round(sum(row - i for i, row in enumerate(group)) / len(group))
    return max(0, min(middle, rows - len(group)))
