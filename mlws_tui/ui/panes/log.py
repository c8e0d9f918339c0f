"""The log pane: the log of the selected run, followed live, read back, searched."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from mlws_tui.domain.logs import Place
from mlws_tui.domain.needle import Needle
from mlws_tui.domain.text import safe_text
from mlws_tui.services.hub import Hub
from mlws_tui.services.logs import LogsService
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.panes.log_caption import corner, detail
from mlws_tui.ui.panes.log_viewport import View, Viewport
from mlws_tui.ui.widgets.cells import Line, Span
from mlws_tui.ui.widgets.logview import LogView

Step = Callable[[Viewport], Awaitable[object]]

#: Seconds between two paintings of a log that grows, and between two captions that only count on.
_PAINT_EVERY = 0.1
_COUNT_EVERY = 0.5
_SIDEWAYS = 16
_WHEEL = 3


class LogPane(Pane, can_focus=True):
    """Shows one log at a time. A task of its own does all reading, so that no key waits for a disk."""

    NUMBER: ClassVar[int] = 3
    TITLE: ClassVar[str] = "Log"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("log.find", "slash", "Find", "Find text; case counts if it has a capital letter.", footer=True),
        Action("log.next-match", "n", "Next match", "Go to the next line with the text.", palette=False),
        Action("log.previous-match", "N", "Match before", "Go to the line with the text before.", palette=False),
        Action("log.next-error", "e", "Next error", "Go to the next error."),
        Action("log.previous-error", "E", "Error before", "Go to the error before.", footer=True),
        Action("log.wrap", "w", "Wrap", "Wrap long lines, or cut them again.", footer=True),
        Action("log.follow", "G,end", "Follow", "Go to the last line and follow the log.", footer=True),
        Action("log.first", "g,home", "First line", "Go to the first line."),
        Action("log.down", "j,down", "Down", "Go down by a line.", palette=False, call="move(1)"),
        Action("log.up", "k,up", "Up", "Go up by a line; the view follows no more.", palette=False, call="move(-1)"),
        Action("log.page-down", "pagedown,space", "Page down", "Go down by a page.", palette=False, call="page(1)"),
        Action("log.page-up", "pageup,b", "Page up", "Go up by a page.", palette=False, call="page(-1)"),
        Action("log.left", "h,left", "Left", "Show the lines further left.", palette=False, call="aside(-1)"),
        Action("log.right", "l,right", "Right", "Show the lines further right.", palette=False, call="aside(1)"),
        Action("log.clear", "escape", "Clear", "End the search and its marks.", palette=False),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    DEFAULT_CSS = """
    LogPane { layout: vertical; padding: 0 1; }
    LogPane > Input { dock: bottom; display: none; border: none; height: 1; padding: 0 1; background: $boost; }
    LogPane > Input.-shown { display: block; }
    """

    def __init__(self, hub: Hub, logs: LogsService) -> None:
        super().__init__(hub, id="log")
        self._logs = logs
        self._board = LogView()
        self._field = Input(placeholder="find", compact=True, select_on_focus=False)
        self._field.cursor_blink = False
        self._wanted: Path | None = None
        self._opened: Path | None = None
        self._label = ""
        self._port: Viewport | None = None
        self._look = View()
        self._steps: list[Step] = []
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._painted_at = self._counted_at = 0.0
        self._rows: list[Line] = []
        self._captioned = ("", "")
        self._note = ""
        self._before_search: tuple[Place, bool] | None = None

    def show_log(self, path: Path | None, title: str = "") -> None:
        """Show this log; the one that is shown stays until its first page is read.

        Args:
            path: The file, which need not exist yet; None for no log.
            title: Whose log it is, for where there is nothing to show.
        """
        self._wanted = path
        self._label = title
        self._note = ""
        self._hurry()

    def compose(self) -> ComposeResult:
        yield self._board
        yield self._field

    def on_mount(self) -> None:
        self.run_worker(self._drive(), name="log", group="log-drive")

    @on(events.Unmount)
    async def _gone(self) -> None:
        await self._close()

    def revive(self) -> None:
        self._set_pace(shown=True)
        self._hurry()

    def on_hide(self, _event: events.Hide) -> None:
        self._set_pace(shown=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._hurry)  # the board inside has its new size only then

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(-_WHEEL)

    # the task that reads and paints

    async def _drive(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._rest()
            self._urgent.clear()
            steps, self._steps = self._steps, []
            while self._wanted != self._opened:
                await self._switch()
            if self._port is not None:
                self._port.view = replace(
                    self._look, width=self._board.size.width, height=self._board.size.height
                )
                for step in steps:
                    await step(self._port)
            await self._paint()

    async def _rest(self) -> None:
        """Wait until it is time to paint a log that grew; a key ends the wait."""
        left = self._painted_at + _PAINT_EVERY - time.monotonic()
        if left > 0 and not self._urgent.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):  # `wait_for` of 3.11 drops a cancel that comes with the key
                    await self._urgent.wait()

    async def _switch(self) -> None:
        path = self._wanted
        feed = await self._logs.open(path, self._wake.set) if path is not None else None
        before, self._port = self._port, None
        self._opened = path
        self.workers.cancel_group(self, "log-search")
        if feed is not None:
            self._port = Viewport(feed, self._look)
            if before is not None:
                self._port.needle = before.needle
            self._set_pace(shown=self._is_heard)
        if before is not None:
            await before.feed.close()

    async def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            await port.feed.close()

    async def _paint(self) -> None:
        if not self._is_heard or not self._board.size.area:
            return
        port = self._port
        rows = await port.rows() if port is not None else []
        rows = rows or [(Span(self._nothing(port), "muted"),)]
        if rows != self._rows:
            self._rows = rows
            self._painted_at = time.monotonic()
        self._board.paint(rows)
        await self._say(port)

    async def _say(self, port: Viewport | None) -> None:
        """Set the border's texts where they changed: each setting paints the border again."""
        if port is None:
            words = ("", "")
        else:
            number = None if port.follow else await port.feed.number_of(port.mark)
            name = safe_text(self._logs.name_of(port.feed.path))
            words = (detail(port, name, self.size.width), self._note or corner(port, number))
        if words == self._captioned:
            return
        now = time.monotonic()
        counts_on = words[0] == self._captioned[0] and all((words[1], self._captioned[1], not self._note))
        wait = self._counted_at + _COUNT_EVERY - now
        if port is not None and port.follow and counts_on and wait > 0:
            self.set_timer(wait, self._wake.set)
            return
        self._counted_at = now
        self._captioned = words
        self.caption(*words)

    def _nothing(self, port: Viewport | None) -> str:
        if port is None:
            whose = f" of {safe_text(self._label)}" if self._label else ""
            return f"No log{whose}: select a run that writes one"
        name, missing = safe_text(self._logs.name_of(port.feed.path)), port.feed.state.missing
        if not missing:
            return "Nothing is written yet"
        return f"No log yet: {name}" if "no such file" in missing else f"{name} cannot be read: {missing}"

    @property
    def _is_heard(self) -> bool:
        return self._unsubscribe is not None

    def _set_pace(self, *, shown: bool) -> None:
        if self._port is not None:
            self._port.feed.set_pace(shown=shown)

    def _ask(self, step: Step) -> None:
        self._note = ""
        self._steps.append(step)
        self._hurry()

    def _hurry(self) -> None:
        self._urgent.set()
        self._wake.set()

    # moving

    def action_move(self, by: int) -> None:
        self._ask(lambda port: port.move(by))

    def action_page(self, by: int) -> None:
        self._ask(lambda port: port.move(by * max(1, port.view.height - 1)))

    def action_first(self) -> None:
        self._ask(Viewport.first)

    def action_follow(self) -> None:
        self._ask(Viewport.last)

    def action_aside(self, by: int) -> None:
        self._look = replace(self._look, left=max(0, self._look.left + by * _SIDEWAYS))
        self._hurry()

    def action_wrap(self) -> None:
        self._look = replace(self._look, wrap=not self._look.wrap, left=0)
        self._hurry()

    # finding

    def action_find(self) -> None:
        """Open the line in which one types what to find."""
        if self._port is None:
            return
        self._before_search = (self._port.top, self._port.follow)
        self._field.value = ""
        self._field.add_class("-shown")
        self._field.focus()
        self.call_after_refresh(self._hurry)

    def action_clear(self) -> None:
        """End the search; while one types, also go back to where it began."""
        typing, before = self._field.has_focus, self._before_search
        self.workers.cancel_group(self, "log-search")
        self._look_for("")
        if typing and before is not None:
            self._ask(lambda port: _back(port, *before))
        self._close_field()

    def action_next_match(self) -> None:
        self._go_to_match(forward=True)

    def action_previous_match(self) -> None:
        self._go_to_match(forward=False)

    def action_next_error(self) -> None:
        self._search(lambda port: port.find_error(forward=True), "no error after this")

    def action_previous_error(self) -> None:
        self._search(lambda port: port.find_error(forward=False), "no error before this")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if not self._field.has_class("-shown"):
            return
        self._look_for(event.value)
        before = self._before_search
        if event.value and before is not None:
            self._search(lambda port: port.find_from(before[0]), f"not found: {event.value}")

    @on(Input.Submitted)
    def _accepted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_field()

    def _close_field(self) -> None:
        self._field.remove_class("-shown")
        if self._field.has_focus:
            self.focus()
        self.call_after_refresh(self._hurry)

    def _look_for(self, text: str) -> None:
        if self._port is not None:
            self._port.needle = Needle(text)
            self._port.here = None
        self._note = ""
        self._hurry()

    def _go_to_match(self, *, forward: bool) -> None:
        if self._port is None or not self._port.needle:
            self._tell("nothing to find yet: press /")
            return
        where = "after" if forward else "before"
        self._search(lambda port: port.find(forward=forward), f"no {self._port.needle.text!r} {where} this")

    def _search(self, look: Callable[[Viewport], Awaitable[Place | None]], otherwise: str) -> None:
        port = self._port
        if port is not None:
            self._note = "searching…"
            self.set_timer(0.2, self._wake.set)  # a search that is quicker than this is not spoken of
            self.run_worker(self._found(port, look, otherwise), group="log-search", exclusive=True)

    async def _found(
        self, port: Viewport, look: Callable[[Viewport], Awaitable[Place | None]], otherwise: str
    ) -> None:
        place = await look(port)
        if place is None:
            self._tell(otherwise)
        else:
            self._ask(lambda now: _show(now, port, place))

    def _tell(self, note: str) -> None:
        self._note = note
        self._hurry()


async def _show(now: Viewport, searched: Viewport, place: Place) -> None:
    if now is searched:  # another log may be shown by now
        await now.show(place)


async def _back(port: Viewport, top: Place, follow: bool) -> None:
    if follow:
        await port.last()
    else:
        port.go_to(top)
