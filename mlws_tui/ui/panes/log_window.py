"""What stands in the log pane: its window on a log, the caption, the overview. It moves, and knows no other keys."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text
from mlws_tui.services.hub import Hub
from mlws_tui.services.logs import LogsService
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.panes import log_caption, log_reading
from mlws_tui.ui.panes.log_drive import LogDrive, Source
from mlws_tui.ui.panes.log_filters import Filters
from mlws_tui.ui.panes.log_find import Finder
from mlws_tui.ui.panes.log_marks import Marks
from mlws_tui.ui.panes.log_overview import Overview
from mlws_tui.ui.panes.log_viewport import Viewport
from mlws_tui.ui.widgets.cells import Line, Span
from mlws_tui.ui.widgets.logbar import FIND, LogBar
from mlws_tui.ui.widgets.logstrip import DensityStrip
from mlws_tui.ui.widgets.logview import LogView

if TYPE_CHECKING:
    from mlws_tui.services.remembered import Remembered

Step = Callable[[Viewport], Awaitable[object]]

#: Seconds between two captions that only count on.
_COUNT_EVERY = 0.5
_SIDEWAYS = 16
_WHEEL = 3


class LogWindow(Pane):
    """Shows one log at a time, or several of a run by time.

    Args:
        hub: Where changes are told.
        logs: Opens the logs.
        memory: Keeps marks and filters; None to keep them for this sitting only.
    """

    DEFAULT_CSS = """
    LogWindow { layout: vertical; padding: 0 1 0 0; }
    """

    def __init__(self, hub: Hub, logs: LogsService, memory: Remembered | None = None) -> None:
        super().__init__(hub, id="log")
        self._logs = logs
        self._memory = memory
        self._board = LogView()
        self._strip = DensityStrip()
        self._bar = LogBar()
        self._drive = LogDrive(logs, self._opened, self._paint, self._meanwhile)
        self._finder = Finder(self._bar)
        self._filters = Filters(memory)
        self._marks = Marks()
        self._overview = Overview()
        self._overview_waits = False
        self._main: Path | None = None
        self._family: tuple[tuple[str, Path], ...] = ()
        self._label = ""
        self._ended = ""
        self._rows: list[Line] = []
        self._captioned = ("", "")
        self._counted_at = 0.0
        self._note = ""
        self._trouble = False  # whether the note tells of something that did not work

    def show_log(
        self,
        path: Path | None,
        title: str = "",
        *,
        ended: str = "",
        logs: Sequence[tuple[str, Path]] = (),
    ) -> None:
        """Show this log; the one that is shown stays until its first page is read.

        Args:
            path: The file, which need not exist yet; None for no log.
            title: Whose log it is, for where there is nothing to show.
            ended: How whoever writes it has ended, in a word or two; empty while more is to come.
            logs: All logs of the same run, each with a short name, this one among them.
        """
        self._label, self._ended, self._family = title, ended, tuple(logs)
        if path != self._main:
            self._main = path
            self._note = ""
            self._drive.want(Source(path))
        self._drive.hurry()

    def compose(self) -> ComposeResult:
        yield self._board
        yield self._strip
        yield self._bar

    def on_mount(self) -> None:
        self.run_worker(self._drive.run(), name="log", group="log-drive")

    @on(events.Unmount)
    async def _gone(self) -> None:
        await self._drive.close()

    def revive(self) -> None:
        self._drive.set_pace(shown=True)
        self._drive.hurry()

    def on_hide(self, _event: events.Hide) -> None:
        self._drive.set_pace(shown=False)

    def on_resize(self) -> None:
        self._laid_out()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._ask(lambda port: port.scroll(_WHEEL))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._ask(lambda port: port.scroll(-_WHEEL))

    # what the drive calls

    async def _opened(self, port: Viewport | None) -> None:
        self.workers.cancel_group(self, "log-search")
        source = self._drive.source
        kept = source.path is not None
        key = f"log.marks:{self._logs.key_of(source.path)}" if source.path is not None else ""
        self._marks = Marks(self._memory if kept else None, key)
        if port is None:
            return
        port.marks = self._marks.places
        port.binary = await log_reading.is_binary(port)  # before filters hide its beginning
        await self._kept(self._marks.load(port.feed))
        await self._kept(self._filters.load())
        if self._filters.in_force:
            await port.set_filters(self._filters.in_force)
        await self._finder.renew(port)

    async def _kept(self, work: Awaitable[object]) -> None:
        """Wait until something is read from what the workspace remembers, or kept there; say so where it cannot be."""
        try:
            await work
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)

    async def _paint(self, port: Viewport | None) -> bool:
        if not self._drive.shown or not self._board.size.area:
            return False
        if port is None:
            self._strip.remove_class("-shown")
        rows = await self._rows_of(port) if port is not None else []
        rows = rows or [(Span(f" {self._nothing(port)}", "muted"),)]
        new = rows != self._rows
        self._rows = rows
        self._board.paint(rows)
        await self._say(port)
        return new

    async def _rows_of(self, port: Viewport) -> list[Line]:
        """The rows of the log; the overview comes and goes with them, and then takes or gives one row at once."""
        rows = await port.rows()
        line = await self._overview.line(port, self._board.size.width, self.size.height)
        shown = line is not None
        if line is not None:
            self._strip.paint([line])
        if self._strip.has_class("-shown") != shown:
            self._strip.set_class(shown, "-shown")
            look = self._drive.look
            self._drive.look = port.view = replace(look, height=max(1, look.height + (-1 if shown else 1)))
            rows = await port.rows()
            self._laid_out()
        wait = self._overview.due(port)
        if wait is not None and not self._overview_waits:
            self._overview_waits = True
            self.set_timer(wait, self._overview_due)
        return rows

    def _overview_due(self) -> None:
        self._overview_waits = False
        self._drive.wake()

    def _meanwhile(self, port: Viewport) -> None:
        """Say how far it is, while it takes so long that nothing is painted."""
        if time.monotonic() - self._counted_at >= _COUNT_EVERY:
            self._caption(port, None, log_caption.found_of(port, None))

    async def _say(self, port: Viewport | None) -> None:
        """Set the border's texts."""
        if port is None:
            self._set_caption("", "")
            return
        number = None if port.follow else await port.feed.number_of(port.place)
        searching = bool(port.query) and port.cursor is not None
        on_one = searching and await log_reading.is_match(port)
        ordinal = await port.feed.ordinal(port.place) if on_one else None
        self._caption(port, number, log_caption.found_of(port, ordinal))

    def _caption(self, port: Viewport, number: int | None, found: str) -> None:
        if self._bar.is_open:
            words = (self._note, found if self._bar.use == FIND and not self._trouble else "")
            self._bar.say(" · ".join(filter(None, words)), bad=self._trouble)
            found = ""  # it is said there
        note = "" if self._bar.is_open else self._note
        left = log_caption.detail(port, self._name_of(port), self.size.width, self._ended)
        right = log_caption.corner(port, number, found, note, self.size.width)
        counts_on = left == self._captioned[0] and all((right, self._captioned[1], not note))
        wait = self._counted_at + _COUNT_EVERY - time.monotonic()
        if port.follow and counts_on and wait > 0 and right != self._captioned[1]:
            self.set_timer(wait, self._drive.wake)
        else:
            self._set_caption(left, right)

    def _set_caption(self, left: str, right: str) -> None:
        if (left, right) != self._captioned:  # each setting paints the border again
            self._counted_at = time.monotonic()
            self._captioned = (left, right)
            self.caption(left, right)

    def _name_of(self, port: Viewport) -> str:
        if port.merged:
            return f"{len(self._drive.source.merged)} logs by time"
        return safe_text(self._logs.name_of(self._drive.source.path or port.feed.path))

    def _nothing(self, port: Viewport | None) -> str:
        """Why there are no lines."""
        if port is None:
            if not self._label:
                return "No log: select a run that writes one"
            whose = safe_text(self._label)
            return f"{whose} wrote no log" if self._ended else f"No log of {whose} yet"
        state, name = port.feed.state, self._name_of(port)
        if "no such file" in state.missing:
            return f"This run wrote no log: there is no {name}" if self._ended else f"No log yet: {name}"
        if state.missing:
            return f"{name} cannot be read: {state.missing}"
        if state.problem:
            return safe_text(state.problem)
        if port.filters:
            if port.sifting:
                return f"Filtering: no line so far, {state.sifted:.0%} of the log looked through"
            return "No line passes the filters: x shows all lines"
        if state.filled is not None and state.filled < 1:
            return "One moment: it is being read"
        return "The log is empty" if self._ended else "Nothing is written yet"

    def _ask(self, step: Step) -> None:
        self._note, self._trouble = "", False
        self._drive.ask(step)

    def _tell(self, note: str, *, trouble: bool = False) -> None:
        self._note, self._trouble = note, trouble
        self._drive.hurry()

    def _laid_out(self) -> None:
        """Paint again when the widgets inside have their new sizes."""

        def paint() -> None:
            size = self._board.size
            self._drive.look = replace(self._drive.look, width=size.width, height=size.height)
            self._drive.hurry()

        self.call_after_refresh(paint)

    # moving

    def action_move(self, by: int) -> None:
        self._ask(lambda port: port.move(by))

    def action_page(self, by: float) -> None:
        def turn(port: Viewport) -> Awaitable[None]:
            rows = max(1, int(abs(by) * (port.view.height - 1)))
            return port.turn_page(rows if by > 0 else -rows)

        self._ask(turn)

    def action_follow(self) -> None:
        self._ask(Viewport.last)

    def action_aside(self, by: int) -> None:
        look = self._drive.look
        self._drive.look = replace(look, left=max(0, look.left + by * _SIDEWAYS))
        self._drive.hurry()

    def action_wrap(self) -> None:
        look = self._drive.look
        self._drive.look = replace(look, wrap=not look.wrap, left=0)
        self._drive.hurry()
