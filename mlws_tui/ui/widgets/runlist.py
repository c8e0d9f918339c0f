"""The list of runs: makes the rows that are seen, and sends the cells of them that changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.message import Message

from mlws_tui.domain.figures import figure
from mlws_tui.domain.runcolumns import ColumnSpec
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.runviews import Group
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import CellBoard, Line, Span, fit
from mlws_tui.ui.widgets.runlayout import Layout, OwnRows
from mlws_tui.ui.widgets.runrows import RunRows, Spot
from mlws_tui.ui.widgets.runtable import TableRows

_ROW_STYLES = ("text", "muted", "strong", "live", "good", "warn", "bad")
#: Rows by which one turn of the wheel goes on.
_WHEEL = 3
#: Keys of groups whose labels are names that speak for themselves.
_PLAIN_KEYS = frozenset({"experiment", "tag", "model"})
_SHORT_LABEL = 8
_LONGEST_KEY = 24  # cells of the setting that a group is of


class RunList(CellBoard, can_focus=True):
    """Rows of runs with one selected. The selection and the marks keep to their runs when rows move.

    Until the person moves, the first run is selected: the newest live run is followed.

    Args:
        rows: What it shows; call `refreshed` after a change there.
        clock: Unix seconds.
    """

    class Moved(Message):
        """Another row is selected, or the selected run has new facts."""

    class Opened(Message):
        """The person clicked on the row that is selected already."""

    class Wanted(Message):
        """Rows are seen, or about to be, whose runs were not read."""

    class Sorted(Message):
        """The person clicked on the name of a column."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    STYLES: ClassVar[tuple[str, ...]] = (*_ROW_STYLES, *(f"cursor-{style}" for style in _ROW_STYLES))
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{style}" for style in STYLES}
    DEFAULT_CSS = """
    RunList {
        & .board--strong { text-style: none; }
        & .board--live { color: $text-accent; }
        & .board--bad { text-style: none; }
        & .board--cursor-text, & .board--cursor-muted, & .board--cursor-strong, & .board--cursor-live,
        & .board--cursor-good, & .board--cursor-warn, & .board--cursor-bad {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
            text-style: $block-cursor-blurred-text-style;
        }
        & .board--cursor-strong { text-style: bold; }
        &:focus {
            & .board--cursor-text, & .board--cursor-muted, & .board--cursor-strong, & .board--cursor-live,
            & .board--cursor-good, & .board--cursor-warn, & .board--cursor-bad {
                color: $block-cursor-foreground;
                background: $block-cursor-background;
                text-style: $block-cursor-text-style;
            }
            & .board--cursor-strong { text-style: bold; }
        }
    }
    """

    def __init__(self, rows: RunRows, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._rows = rows
        self._clock = clock
        self._at = 0
        self._spot = Spot(None, None)
        self._following = True
        self._loose = False  # the wheel went on without the selection
        self._top = 0
        self._empty = ""
        self._columns: tuple[ColumnSpec, ...] = ()
        self._order: tuple[ColumnSpec, bool] | None = None
        self._layout: Layout = OwnRows(0)
        self._learned: object = None
        self.marked: dict[str, None] = {}

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    # what is selected

    @property
    def place(self) -> int:
        """The number of the selected row, from 0."""
        return self._at

    @property
    def selected(self) -> Run | None:
        """The selected run; None on the header of a group, and where the run was not read yet."""
        return self._rows.run_at(self._at)

    @property
    def group(self) -> Group | None:
        """The group whose header is selected."""
        return self._rows.group_at(self._at)

    @property
    def around(self) -> tuple[int, int]:
        """The places that are seen and a page before and after them."""
        height = max(1, self._height)
        return max(0, self._top - height), self._top + 2 * height

    def select(self, place: int) -> None:
        """Select a row by its number, the first or last one where it lies outside."""
        if not len(self._rows):
            return
        self._following = self._loose = False
        self._go(min(len(self._rows) - 1, max(0, place)))

    def reveal(self, run_id: str) -> bool:
        """Select a run; whether it is among the rows."""
        place = self._rows.find(Spot(run_id, self._spot.group))
        if place is not None:
            self.select(place)
        return place is not None

    def stands_on(self, run_id: str) -> bool:
        """Whether this run's row is the selected one."""
        return self._rows.id_at(self._at) == run_id

    def stand_on(self, label: str) -> None:
        """Select the header of a group after it was folded or unfolded."""
        place = self._rows.find(Spot(None, label))
        self._learned = None
        self.select(self._at if place is None else place)

    def _go(self, place: int) -> None:
        spot = self._rows.spot(place)
        other, self._at, self._spot = spot != self._spot, place, spot
        self._draw()
        if other:
            self.post_message(self.Moved())

    # what is shown

    def lay_out(self, columns: Sequence[ColumnSpec], order: tuple[ColumnSpec, bool] | None) -> None:
        """Show these columns, or the app's own row where there are none.

        Args:
            columns: What the person chose.
            order: By what the list is sorted, and whether the largest comes first, for the header.
        """
        self._columns, self._order = tuple(columns), order
        self._new_layout()
        self._draw()

    def refreshed(self, *, empty: str = "", top: bool = False) -> None:
        """Show the rows as they are now.

        Args:
            empty: What to say where there is none.
            top: Whether to go to the first run where the selected one is not among them; else its neighbour is taken.
        """
        self._empty = empty
        self._learned = None
        place = self._rows.find(self._spot)
        if self._following or (place is None and top):
            place = self._rows.first_run()
        elif place is None:
            place = max(0, min(self._at, len(self._rows) - 1))
        self._at, self._spot = place, self._rows.spot(place)
        self._draw()
        self.post_message(self.Moved())

    def facts_came(self) -> None:
        """Show what was read of the rows by now."""
        self._learned = None
        self._draw()
        self.post_message(self.Moved())

    def mark(self, ids: Iterable[str], on: bool) -> None:
        """Mark runs, or take their marks away."""
        for run_id in ids:
            if on:
                self.marked[run_id] = None
            else:
                self.marked.pop(run_id, None)
        self._draw()

    # mouse and time

    def on_resize(self) -> None:
        super().on_resize()
        self._new_layout()
        self._draw()

    def on_click(self, event: events.Click) -> None:
        y = event.y - self._head
        if y < 0:
            column = self._layout.column_at(event.x) if isinstance(self._layout, TableRows) else None
            if column is not None:
                self.post_message(self.Sorted(column))
        elif self._top + y < len(self._rows):
            if self._top + y == self._at:
                self.post_message(self.Opened())
            self.select(self._top + y)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._roll(_WHEEL)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._roll(-_WHEEL)
        event.stop()

    def _roll(self, by: int) -> None:
        self._loose = True
        self._top += by
        self._draw()

    def _tick(self) -> None:
        """Live runs last longer each second; only while one of them is seen is there anything to do."""
        seen = self._rows.runs_between(self._top, self._top + self._height)
        if any(run.state is RunState.RUNNING for run in seen):
            self._draw()

    # drawing

    @property
    def _head(self) -> int:
        return int(self._layout.header is not None and bool(len(self._rows)))

    @property
    def _height(self) -> int:
        """Rows of runs that are seen."""
        return max(0, self.size.height - self._head)

    def _new_layout(self) -> None:
        width = self.size.width
        if self._columns:
            self._layout = TableRows(width, self._columns, self._order)
        else:
            self._layout = OwnRows(width, self._order[0] if self._order is not None else None)
        self._learned = None

    def _draw(self) -> None:
        width, height = self.size.width, self._height
        if not width or not height:
            return
        count = len(self._rows)
        if not count:
            self.paint([(Span(fit(f" {self._empty}", width), "muted"),)])
            return
        self._top = max(0, min(self._top, count - height))
        if not self._loose:
            first = self._at
            if height > 1 and self._at and self._rows.group_at(self._at - 1) is not None:
                first -= 1  # with the first run of a group its header is seen
            self._top = max(min(self._top, first), self._at - height + 1)
        self._learn()
        now = self._clock()
        lines = [self._layout.header] if self._layout.header is not None else []
        lines += [self._line(place, width, now) for place in range(self._top, min(count, self._top + height))]
        self.paint(lines)

    def _learn(self) -> None:
        """Make room for the rows around, and have those read that were not: once for each part of the list."""
        first, end = self.around
        if self._learned == (first, end):
            return
        self._learned = (first, end)
        self._layout.learn(self._rows.runs_between(first, end), self._clock())
        if self._rows.missing(first, end):
            self.post_message(self.Wanted())

    def _line(self, place: int, width: int, now: float) -> Line:
        group, run = self._rows.group_at(place), self._rows.run_at(place)
        if group is not None:
            line = group_line(group, width, folded=group.label in self._rows.folded)
        elif run is not None:
            line = self._layout.row(run, now, marked=run.id in self.marked)
        else:
            line = (Span(fit("   …", width), "muted"),)
        if place == self._at:
            line = tuple(Span(span.text, f"cursor-{span.style}") for span in line)
        return line


def group_line(group: Group, width: int, *, folded: bool) -> Line:
    """The header of a group: its name, how many runs it has and how they stand, and the best result so far."""
    counts = [f"{group.count} run{'' if group.count == 1 else 's'}"]
    if group.running:
        counts.append(f"{group.running} running")
    if group.failed:
        counts.append(f"{group.failed} failed")
    if group.best is not None:
        counts.append(f"best {safe_text(group.best.metric)} {figure(group.best.value)}")
    key, sign = safe_text(group.key), "▸" if folded else "▾"
    told_key = (
        f"{fit(key, min(_LONGEST_KEY, cell_len(key)))} = " if key else ""
    )  # a long one leaves its value room
    label = _label(group)
    name = f"{sign} {told_key}{label}"
    if key in _PLAIN_KEYS and cell_len(name) + 3 + cell_len(" · ".join(counts)) > width:
        name = f"{sign} {label}"  # the border says by what they are grouped
    while len(counts) > 1 and cell_len(name) + 3 + cell_len(" · ".join(counts)) > width:
        counts.pop(1 if len(counts) > 2 or group.best is None else -1)  # the best result is kept longest
    told = " · ".join(counts)
    name = fit(name, min(cell_len(name), max(width // 3, width - cell_len(told) - 3)))
    return Span(name, "strong"), Span(fit(f"   {told}", width - cell_len(name)), "muted")


def _label(group: Group) -> str:
    """What its runs have in common; a number that was drawn at random without its many digits."""
    label = safe_text(group.label)
    if group.key in _PLAIN_KEYS or len(label) <= _SHORT_LABEL:
        return label
    try:
        return figure(float(label))
    except ValueError:
        return label
