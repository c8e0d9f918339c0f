"""Rows of runs with the columns that a person chose, and the line of their names above them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from mlws_tui.domain.endings import told
from mlws_tui.domain.runcolumns import ColumnSpec, cell, header, value_of
from mlws_tui.domain.rundiffs import Known, differences
from mlws_tui.domain.runs import Run
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import HEAD, TROUBLE, head, label, label_width, state_style

_LEAST_NAME, _WIDEST = 12, 24
#: Cells from which on it is worth while to say behind the columns what went wrong.
_LEAST_TROUBLE = 12


class TableRows:
    """Name, then the columns; those that do not fit are left out from the right, and the header says how many.

    Args:
        width: Cells of a row.
        columns: The columns in their order.
        order: The column by which the list is sorted, and whether the largest comes first.
    """

    def __init__(
        self, width: int, columns: Sequence[ColumnSpec], order: tuple[ColumnSpec, bool] | None
    ) -> None:
        self._width = width
        self._columns = list(columns)
        self._order = order
        self._widths = [cell_len(self._title(column)) for column in self._columns]
        self._right = [False] * len(self._columns)
        self._label = 0
        self._settings: Known = {}
        self._apart: dict[str, tuple[str, ...]] = {}
        self._lay_out()

    def learn(self, runs: Sequence[Run], now: float) -> None:
        self._apart = differences(runs, self._settings)
        for run in runs:
            self._label = max(self._label, label_width(run, self._apart.get(run.id, ())))
            for place, column in enumerate(self._columns):
                wide = min(_WIDEST, cell_len(cell(run, column, now)))
                self._widths[place] = max(self._widths[place], wide)
                self._right[place] |= isinstance(value_of(run, column, now), float | int)
        self._lay_out()

    def row(self, run: Run, now: float, *, marked: bool) -> Line:
        spans = [
            *head(run, marked=marked),
            *label(run, self._name, self._apart.get(run.id, ())),
        ]
        for place in range(self._shown):
            text = fit(cell(run, self._columns[place], now), self._widths[place], right=self._right[place])
            spans.append(Span("  " + text, "text"))
        room = self._width - sum(cell_len(span.text) for span in spans)
        if run.state in TROUBLE and room >= _LEAST_TROUBLE:
            spans.append(Span(fit("  " + safe_text(told(run, now)), room), state_style(run.state)))
        else:
            spans.append(Span(" " * max(0, room)))
        return tuple(spans)

    def column_at(self, x: int) -> str | None:
        """The text of the column in whose cells this is; None beside them."""
        left = HEAD + self._name
        for place in range(self._shown):
            right = left + 2 + self._widths[place]
            if left + 1 <= x < right + 1:
                return self._columns[place].text
            left = right
        return None

    def _lay_out(self) -> None:
        """How many columns there is room for beside a name of the least width; the name gets what is left."""
        left = self._fit()
        ordered = [place for place, column in enumerate(self._columns) if self._orders(column)]
        if ordered and ordered[0] >= self._shown:  # what the list is sorted by has to be seen
            place = ordered[0]
            self._columns.insert(0, self._columns.pop(place))
            self._widths.insert(0, self._widths.pop(place))
            self._right.insert(0, self._right.pop(place))
            left = self._fit()
        self._name = max(0, min(self._label, left + min(self._label, _LEAST_NAME)))
        self.header: Line | None = self._header()

    def _fit(self) -> int:
        """Count the columns that fit; the cells that are left."""
        self._shown, left = 0, self._width - HEAD - min(self._label, _LEAST_NAME)
        for wide in self._widths:
            if left < wide + 2:
                break
            left -= wide + 2
            self._shown += 1
        return left

    def _orders(self, column: ColumnSpec) -> bool:
        return self._order is not None and header(self._order[0]) == header(column)

    def _header(self) -> Line:
        spans = [Span(" " * HEAD + fit("name", self._name), "muted")]
        for place in range(self._shown):
            title = fit(self._title(self._columns[place]), self._widths[place], right=self._right[place])
            spans.append(Span("  " + title, "muted"))
        hidden = len(self._columns) - self._shown
        room = self._width - sum(cell_len(span.text) for span in spans)
        spans.append(Span(fit(f" +{hidden}" if hidden else "", room), "muted"))
        return tuple(spans)

    def _title(self, column: ColumnSpec) -> str:
        arrow = ""
        if self._order is not None and self._orders(column):
            arrow = "▼" if self._order[1] else "▲"
        return fit(header(column), min(_WIDEST - 1, cell_len(header(column)))) + arrow
