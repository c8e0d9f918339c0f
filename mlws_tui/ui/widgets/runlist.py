"""The list of runs: makes the rows that are seen, and sends the cells of them that changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.message import Message

from mlws_tui.domain.runs import Run, RunState
from mlws_tui.ui.widgets.cells import CellBoard, Line, Span, fit
from mlws_tui.ui.widgets.runrow import columns_for, row

_ROW_STYLES = ("text", "muted", "strong", "live", "good", "warn", "bad")


class RunList(CellBoard, can_focus=True):
    """Rows of runs with one selected. The selection keeps to its run when rows move.

    Until the person moves, the first row is selected: the newest live run is followed.

    Args:
        clock: Unix seconds.
    """

    class Moved(Message):
        """Another run is selected, or the selected one has new facts."""

        def __init__(self, run: Run | None) -> None:
            super().__init__()
            self.run = run

    class Opened(Message):
        """The person clicked on the run that is selected already."""

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

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._runs: tuple[Run, ...] = ()
        self._selected: str | None = None
        self._following = True
        self._top = 0
        self._empty = ""
        self._columns = columns_for((), 0)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    @property
    def selected(self) -> Run | None:
        """The selected run."""
        return next((run for run in self._runs if run.id == self._selected), None)

    @property
    def place(self) -> int:
        """The number of the selected row, from 0."""
        return next((i for i, run in enumerate(self._runs) if run.id == self._selected), 0)

    def show(self, runs: Sequence[Run], *, empty: str = "") -> None:
        """Show these runs in this order; `empty` is said where there is none."""
        before, place = self.selected, self.place
        self._runs, self._empty = tuple(runs), empty
        if not self._runs:
            self._selected = None
        elif self._following:
            self._selected = self._runs[0].id
        elif self.selected is None:  # it was deleted or filtered away: its neighbour takes its place
            self._selected = self._runs[min(place, len(self._runs) - 1)].id
        self._columns = columns_for(self._runs, self.size.width)
        self._draw()
        if self.selected != before:
            self.post_message(self.Moved(self.selected))

    def select(self, place: int) -> None:
        """Select a row by its number, the first or last one where it lies outside."""
        if not self._runs:
            return
        chosen = self._runs[min(len(self._runs) - 1, max(0, place))]
        self._following = False
        if chosen.id != self._selected:
            self._selected = chosen.id
            self._draw()
            self.post_message(self.Moved(chosen))

    def on_resize(self) -> None:
        super().on_resize()
        self._columns = columns_for(self._runs, self.size.width)
        self._draw()

    def on_click(self, event: events.Click) -> None:
        if self._top + event.y >= len(self._runs):
            return
        if self._top + event.y == self.place:
            self.post_message(self.Opened())
        self.select(self._top + event.y)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.select(self.place + 1)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.select(self.place - 1)
        event.stop()

    def _tick(self) -> None:
        """Live runs last longer each second; only while one of them is seen is there anything to do."""
        if any(run.state is RunState.RUNNING for run in self._seen()):
            self._draw()

    def _seen(self) -> Sequence[Run]:
        return self._runs[self._top : self._top + self.size.height]

    def _draw(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        place = self.place
        self._top = max(0, min(self._top, place, len(self._runs) - height))
        self._top = max(self._top, place - height + 1)
        if not self._runs:
            self.paint([(Span(fit(f" {self._empty}", width), "muted"),)])
            return
        seen, now = self._seen(), self._clock()
        lines: list[Line] = []
        for run in seen:
            line = row(run, self._columns, width, now)
            if run.id == self._selected:
                line = tuple(Span(span.text, f"cursor-{span.style}") for span in line)
            lines.append(line)
        self.paint(lines)
