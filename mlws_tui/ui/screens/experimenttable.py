"""The runs of an experiment as rows: what differs in their configs, how each came out, the best marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.message import Message

from mlws_tui.domain.endings import word
from mlws_tui.domain.figures import age, duration
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.sweeps import Row, Sweep, best_first, by_column
from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.ui.screens.experimentlayout import GAP, LEAD, Layout, cell, layout
from mlws_tui.ui.widgets.cells import CellBoard, Line, Span, fit
from mlws_tui.ui.widgets.runrow import SIGNS, state_style

_BEST = "★"


class LiveBoard(CellBoard):
    """A board that has the style of what is at work, too."""

    STYLES: ClassVar[tuple[str, ...]] = ("text", "muted", "strong", "good", "warn", "bad", "live")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{style}" for style in STYLES}
    DEFAULT_CSS = "LiveBoard .board--live { color: $text-accent; }"


class ExperimentTable(LiveBoard, can_focus=True):
    """A header and a row for each run, with one selected and any number marked.

    Args:
        clock: Unix seconds.
    """

    class Opened(Message):
        """The person clicked on the run that is selected already."""

    class Moved(Message):
        """Another run may be selected, or the selected one has new facts."""

    class Sorted(Message):
        """Another order was chosen."""

    STYLES: ClassVar[tuple[str, ...]] = (*LiveBoard.STYLES, "cursor")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{style}" for style in STYLES}
    DEFAULT_CSS = """
    ExperimentTable .board--cursor {
        color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
    }
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._table = Sweep()
        self._rows: Sequence[Row] = ()
        self._sort: tuple[int, bool] | None = None  # column and descending; None: running first, then newest
        self._sort_key = ""
        self._selected: str | None = None
        self._marked: dict[str, None] = {}
        self._top = 0
        self._layout = Layout(0, 0, (), 0, 0)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    # what is shown

    def show(self, table: Sweep) -> None:
        """Show these runs; order, selection and marks stay."""
        at = self._at
        self._table = table
        keys = [column.key for column in table.columns]
        if self._sort is not None:
            self._sort = (keys.index(self._sort_key), self._sort[1]) if self._sort_key in keys else None
        ids = {row.run.id for row in table.rows}
        self._marked = {run: None for run in self._marked if run in ids}
        self._arrange()
        if self._selected not in ids:
            self._selected = self._rows[min(at, len(self._rows) - 1)].run.id if self._rows else None
        self._draw()

    @property
    def selected(self) -> Run | None:
        """The selected run."""
        return next((row.run for row in self._rows if row.run.id == self._selected), None)

    @property
    def order(self) -> str:
        """By what the rows are sorted, in words."""
        return "newest first" if self._sort is None else f"by {safe_text(self._sort_key)}"

    def chosen(self, top: int) -> tuple[Run, ...]:
        """The marked runs in the order of the rows; where none is marked, so many of the best."""
        marked = [row.run for row in self._rows if row.run.id in self._marked]
        return tuple(marked or [row.run for row in best_first(self._table)[:top]])

    # what the person does

    def move(self, by: int) -> None:
        """Select the row so many below."""
        if self._rows:
            at = max(0, min(len(self._rows) - 1, self._at + by))
            self._selected = self._rows[at].run.id
            self._draw()

    def page(self, by: int) -> None:
        """Go so many screens down."""
        self.move(by * max(1, self.size.height - 2))

    def mark(self) -> None:
        """Mark the selected run, or take its mark away, and go on to the next."""
        if self._selected is not None:
            if self._selected in self._marked:
                del self._marked[self._selected]
            else:
                self._marked[self._selected] = None
            self.move(1)

    def unmark(self) -> None:
        """Take all marks away."""
        self._marked.clear()
        self._draw()

    def sort_next(self) -> None:
        """Sort by the next column that is shown, and after the last one by time again."""
        shown = [place.column for place in self._layout.places]
        here = shown.index(self._sort[0]) if self._sort is not None and self._sort[0] in shown else -1
        self._sort_by(shown[here + 1] if here + 1 < len(shown) else None)

    def reverse(self) -> None:
        """Turn the order of the column round."""
        if self._sort is not None:
            self._sort = (self._sort[0], not self._sort[1])
            self._arrange()
            self._draw()

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            inside = [p.column for p in self._layout.places if p.left <= event.x < p.left + p.width + GAP]
            if inside and self._sort is not None and self._sort[0] == inside[0]:
                self.reverse()
            else:
                self._sort_by(inside[0] if inside else None)
            return
        at = self._top + event.y - 1
        if at < len(self._rows):
            if at == self._at:
                self.post_message(self.Opened())
            self.move(at - self._at)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.move(1)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.move(-1)
        event.stop()

    # how it is drawn

    @property
    def _at(self) -> int:
        return next((i for i, row in enumerate(self._rows) if row.run.id == self._selected), 0)

    def _sort_by(self, place: int | None) -> None:
        if place is None:
            self._sort = None
        else:
            column = self._table.columns[place]
            # of a metric the best comes first
            self._sort = (place, column.kind == "metric" and column.lower is not True)
            self._sort_key = column.key
        self._arrange()
        self._draw()
        self.post_message(self.Sorted())

    def _arrange(self) -> None:
        rows = self._table.rows
        self._rows = rows if self._sort is None else by_column(rows, self._sort[0], descending=self._sort[1])
        self._layout = layout(self._table, self.size.width)

    def on_resize(self) -> None:
        super().on_resize()
        self._layout = layout(self._table, self.size.width)
        self._draw()

    def _tick(self) -> None:
        """Live runs last longer each second."""
        if self._table.states.get(RunState.RUNNING):
            self._draw()

    def _draw(self) -> None:
        width, height = self.size.width, self.size.height - 1
        if width <= 0 or height <= 0:
            return
        at = self._at
        self._top = max(0, min(self._top, at, len(self._rows) - height))
        self._top = max(self._top, at - height + 1)
        lines = [self._header(width)]
        if not self._rows:
            lines.append((Span(fit("  No run yet.", width), "muted"),))
        now = self._clock()
        lines += [self._row(row, width, now) for row in self._rows[self._top : self._top + height]]
        self.paint(lines)
        self.post_message(self.Moved())

    def _header(self, width: int) -> Line:
        shown = self._layout
        spans = [Span(" " * LEAD), Span(fit("RUN", shown.name), "muted")]
        if shown.word:
            spans.append(Span(" " * GAP + fit("STATE", shown.word), "muted"))
        for place in shown.places:
            sorts = self._sort is not None and self._sort[0] == place.column
            sign = ("▼" if self._sort is not None and self._sort[1] else "▲") if sorts else ""
            title = fit(place.title, place.width - len(sign)).rstrip() + sign
            if self._table.columns[place.column].kind == "metric" and cell_width(title) < place.width:
                title += " "  # above the figures: the last cell is the star's
            spans += [
                Span(" " * GAP),
                Span(fit(title, place.width, right=True), "strong" if sorts else "muted"),
            ]
        tail = fit("TIME", shown.time, right=True)
        spans.append(
            Span((" " * GAP + tail if shown.time else "") + fit("BEGAN", shown.age, right=True), "muted")
        )
        used = sum(cell_width(span.text) for span in spans)
        return (*spans, Span(" " * max(0, width - used)))

    def _row(self, row: Row, width: int, now: float) -> Line:
        run, shown = row.run, self._layout
        style = state_style(run.state)
        sign = "◆ " if run.id in self._marked else "  "
        spans = [Span(sign, "strong"), Span(f"{SIGNS[run.state]} ", style)]
        spans.append(Span(fit(safe_text(run.name), shown.name), "strong"))
        if shown.word:
            spans.append(Span(" " * GAP + fit(word(run), shown.word), style))
        for place in shown.places:
            column = self._table.columns[place.column]
            text = cell(row, place.column, column)
            best = self._table.best.get(column.key) if column.kind == "metric" else None
            marked = best is not None and best.run == run.id
            text += _BEST if marked else " " if column.kind == "metric" else ""
            spans += [
                Span(" " * GAP),
                Span(fit(text, place.width, right=True), "good" if marked else "text"),
            ]
        if shown.time:
            told = duration(run.duration(now))
            spans.append(Span(" " * GAP + fit(told, shown.time, right=True)))
        if shown.age:
            told = "" if run.started is None else age(now - run.started)
            spans.append(Span(fit(told, shown.age, right=True), "muted"))
        used = sum(cell_width(span.text) for span in spans)
        line = (*spans, Span(" " * max(0, width - used)))
        return tuple(Span(span.text, "cursor") for span in line) if run.id == self._selected else line
