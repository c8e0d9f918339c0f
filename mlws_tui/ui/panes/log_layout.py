"""How records become rows: pure, so that it can be tested without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from mlws_tui.domain.logquery import Query
from mlws_tui.domain.logs import Place
from mlws_tui.ui.panes.log_records import Record
from mlws_tui.ui.widgets import logrows
from mlws_tui.ui.widgets.cells import Line


@dataclass(frozen=True, slots=True)
class View:
    """How rows are laid out: columns, rows, whether long lines are wrapped, and the first column if not."""

    width: int = 80
    height: int = 24
    wrap: bool = False
    left: int = 0

    @property
    def room(self) -> int:
        """Columns of text: one is the signs'."""
        return max(2, self.width - 1)


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands out: the line with the cursor, the marked stretch from its first to its last line, the marks."""

    cursor: Place | None
    stretch: tuple[Place, Place] | None
    marks: AbstractSet[Place]


def height_of(record: Record, view: View, query: Query) -> int:
    """How many rows a record takes."""
    return len(_rows(record, view, query, here=False)) if view.wrap else 1


def dressed(record: Record, view: View, query: Query, signs: Signs) -> list[Line]:
    """The rows of a record, with the sign at the left and the colour that tell of cursor, marks and stretch."""
    place, stretch = record.place, signs.stretch
    here = place == signs.cursor
    inside = stretch is not None and stretch[0] <= place <= stretch[1]
    tint = "stretch" if inside else "cursor" if here else ""
    below = logrows.CURSOR if here else logrows.STRETCH if inside else " "
    sign = below
    if place in signs.marks:
        sign = logrows.MARK_AT_CURSOR if here else logrows.MARK
    rows = _rows(record, view, query, here=here)
    return [
        logrows.dressed(row, below if number else sign, tint, view.width) for number, row in enumerate(rows)
    ]


def _rows(record: Record, view: View, query: Query, *, here: bool) -> Sequence[Line]:
    line = record.line
    if line.divider:
        return [logrows.divider(line, view.room)]
    limit = logrows.NO_LIMIT if view.wrap else view.left + view.room + 1
    if record.trace is not None:
        spans = logrows.header_of(
            line,
            record.trace,
            folded=record.folded,
            query=query,
            here=here,
            limit=limit,
            width=0 if view.wrap or view.left else view.room,
        )
    else:
        spans = logrows.spans_of(line, traced=record.traced, query=query, here=here, limit=limit)
    if view.wrap:
        return logrows.wrap(spans, view.room)
    return [logrows.crop(spans, view.left, view.room)]
