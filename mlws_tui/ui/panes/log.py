"""The log pane: what its keys do with the window on a log."""

from __future__ import annotations

import time
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message

from mlws_tui.domain.levels import Level
from mlws_tui.domain.logquery import Filter
from mlws_tui.domain.logs import Place
from mlws_tui.services import clipboard
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.panes import log_reading, log_search
from mlws_tui.ui.panes.log_drive import Source
from mlws_tui.ui.panes.log_keys import LOG_ACTIONS
from mlws_tui.ui.panes.log_searching import SEARCH, LogSearching
from mlws_tui.ui.panes.log_viewport import Viewport
from mlws_tui.ui.screens.logdetail import LogDetail
from mlws_tui.ui.screens.logfilters import LogFilters
from mlws_tui.ui.widgets.logbar import FIND, GOTO, LogBar
from mlws_tui.ui.widgets.logstrip import DensityStrip
from mlws_tui.ui.widgets.logview import LogView


class LogPane(LogSearching, can_focus=True):
    """The log of the selected run: followed live, read back, searched, filtered, marked and copied."""

    class Moment(Message):
        """The person wants to see in the chart when a line was written.

        Attributes:
            ts: Unix seconds; None where the log tells no times.
            step: The step that the line names, if it names one.
            name: The metric that it is about; empty where that is not known.
        """

        def __init__(self, ts: float | None, step: float | None, name: str) -> None:
            super().__init__()
            self.ts = ts
            self.step = step
            self.name = name

    NUMBER: ClassVar[int] = 3
    TITLE: ClassVar[str] = "Log"
    ACTIONS: ClassVar[tuple[Action, ...]] = LOG_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    #: The line that was shown in the chart last.
    _asked: tuple[Viewport, log_search.Moment, Place] | None = None

    def go_to_moment(self, ts: float | None, step: float | None, name: str) -> None:
        """Go to the line of a moment: by its time, else by its step.

        Args:
            ts: Unix seconds.
            step: The step of the training.
            name: The metric that it is about.
        """

        async def begin(
            _port: Viewport,
        ) -> None:  # a step, so that a log that was just asked for is open by then
            self._search(find)

        async def find(port: Viewport) -> log_search.Goal:
            asked = self._asked
            if asked is not None and asked[:2] == (port, log_search.Moment(ts, step)):
                return log_search.Goal(asked[2])
            return await log_search.at_moment(port, ts, step, name)

        self._ask(begin)

    def go_to_line(self, line: int) -> None:
        """Put the cursor on a line, from 1, of the log that was asked for last."""

        async def begin(_port: Viewport) -> None:  # a step, as for a moment
            self._search(lambda port: log_search.goal_of(port, str(line), time.time()))

        self._ask(begin)

    @on(LogView.Clicked)
    def _clicked(self, event: LogView.Clicked) -> None:
        event.stop()
        self._ask(lambda port: port.point_at(event.row))
        if event.twice:
            self.action_open()

    @on(DensityStrip.Picked)
    def _picked(self, event: DensityStrip.Picked) -> None:
        event.stop()
        self._search(lambda port: log_search.at_share(port, event.share))

    def action_first(self) -> None:
        """Go to the first line that is shown."""
        port = self._drive.port
        if port is not None and port.sifting:
            self._search(log_search.first_line)
        else:
            self._ask(Viewport.first)

    # finding

    def action_find(self) -> None:
        """Open the line in which one types what to find."""
        if self._drive.port is not None:
            self._note, self._trouble = "", False
            self._finder.open(self._drive.port)
            self._laid_out()

    def action_goto(self) -> None:
        """Open the line in which one types where to go."""
        if self._drive.port is not None:
            self._note, self._trouble = "", False
            self._bar.open(GOTO, ":", "1200 · -100 · 50% · 14:30 · yesterday 9:00 · +10m")
            self._laid_out()

    def action_regex(self) -> None:
        self._finder.flip()
        if self._bar.use == FIND:
            self._find_again()
        else:
            self._tell("finding regular expressions" if self._finder.regex else "finding plain text")
            self._drive.ask(self._finder.renew)

    def action_clear(self) -> None:
        """Leave what one types and go back; else end the selection, else the search."""
        self.workers.cancel_group(self, SEARCH)
        port, use = self._drive.port, self._bar.use
        if use:
            self._close_bar()
        if use == GOTO:
            self._tell("")
        elif port is not None and port.anchor is not None:
            port.anchor = None
            self._tell("")
        elif use == FIND or self._finder.text:
            self._finder.text = ""
            self._ask(self._finder.back if use else self._forget)

    async def _forget(self, port: Viewport) -> None:
        await log_search.look_for(port, "", regex=False)

    @on(LogBar.Typed)
    def _typed(self, event: LogBar.Typed) -> None:
        event.stop()
        self._note = ""
        if self._bar.use == FIND:
            self._find_typed(self._bar.text)

    def _find_typed(self, text: str) -> None:
        if text != self._finder.text:
            self._finder.text = text
            self._find_again()

    def entered(self, use: str, text: str) -> None:
        """Take what was typed."""
        if use == FIND and text:  # nothing typed: what was sought before holds
            self._find_typed(text)
        if use == GOTO and text.strip():
            self.screen.set_focus(self)  # keys that were typed ahead are the pane's
            self._search(lambda port: log_search.goal_of(port, text, time.time()), close=True)
        else:
            self._close_bar()

    def _find_again(self) -> None:
        """Find what is typed now, and count it when nothing more is typed for a moment."""
        port = self._drive.port
        self._search(self._finder.look)
        if port is not None:
            self._behind(partial(self._finder.count, port), "log-count")

    def action_next_match(self) -> None:
        self._go_to_match(forward=True)

    def action_previous_match(self) -> None:
        self._go_to_match(forward=False)

    def _go_to_match(self, *, forward: bool) -> None:
        if self._finder.text:
            self._step(lambda port: log_search.next_match(port, forward=forward))
        else:
            self._tell("nothing to find yet: press /")

    def action_next_error(self) -> None:
        self._step(lambda port: log_search.next_level(port, Level.ERROR, forward=True))

    def action_previous_error(self) -> None:
        self._step(lambda port: log_search.next_level(port, Level.ERROR, forward=False))

    def action_next_warning(self) -> None:
        self._step(lambda port: log_search.next_level(port, Level.WARNING, forward=True))

    def action_previous_warning(self) -> None:
        self._step(lambda port: log_search.next_level(port, Level.WARNING, forward=False))

    def action_next_mark(self) -> None:
        self._step(lambda port: log_search.next_mark(port, self._marks, forward=True))

    def action_previous_mark(self) -> None:
        self._step(lambda port: log_search.next_mark(port, self._marks, forward=False))

    # which lines are shown

    def action_filters(self) -> None:
        """Show the filters of the workspace."""
        offer = "" if self._finder.regex else self._finder.text
        self.app.push_screen(LogFilters(self._filters.all, self._change_filters, offer))

    def action_filters_off(self) -> None:
        """Show all lines, or only those that pass the filters again."""
        if not any(one.on for one in self._filters.all):
            self._tell("no filter is on: press f")
            return
        self._filters.off = not self._filters.off
        self._sift()

    def _change_filters(self, filters: tuple[Filter, ...]) -> None:
        self._filters.change(filters)
        self._sift()
        self._behind(self._keep_filters, "log-keep")

    def _sift(self) -> None:
        self._drive.halt()
        self._ask(lambda port: port.set_filters(self._filters.in_force))

    async def _keep_filters(self) -> None:
        await self._kept(self._filters.keep())

    def action_fold(self) -> None:
        """Fold all tracebacks, or unfold them."""

        async def fold(port: Viewport) -> None:
            folded = port.records.turn_all()
            self._note = "tracebacks are folded" if folded else "tracebacks are unfolded"

        self._ask(fold)

    def action_density(self) -> None:
        self._overview.on = not self._overview.on
        self._drive.hurry()

    # which log is shown

    def action_merge(self) -> None:
        """Merge all logs of the run by time, or show one of them again."""
        if len(self._family) < 2:
            self._tell("the run has no other log")
        elif self._drive.source.merged:
            self._drive.want(Source(self._main))
        else:
            self._drive.want(Source(merged=self._family))

    def action_other(self, by: int) -> None:
        """Show the next log of the run, or the one before."""
        paths = [path for _, path in self._family]
        path = self._drive.source.path
        if len(paths) < 2:
            self._tell("the run has no other log")
        else:
            at = paths.index(path) + by if path in paths else 0
            self._note = ""
            self._drive.want(Source(paths[at % len(paths)]))

    # one line

    def action_open(self) -> None:
        """Fold the traceback at the cursor, or show the line alone."""

        async def open_line(port: Viewport) -> None:
            line = await port.take()
            if line is None or line.divider:
                return
            trace = await port.records.trace_of(line)
            if trace is not None and port.cursor is not None:
                port.records.turn(trace)
                return
            title, facts = await log_reading.facts_of(port, line, self._name_of(port))
            text = await log_reading.whole_text(port, line)
            self.app.push_screen(LogDetail(title, facts, text, self.action_copy))

        self._ask(open_line)

    def action_mark(self) -> None:
        """Mark the line, or take its mark away."""

        async def mark(port: Viewport) -> None:
            line = await port.take()
            if line is not None and not line.divider:
                await self._kept(self._marks.turn(line))

        self._ask(mark)

    def action_stretch(self) -> None:
        self._ask(Viewport.begin_stretch)

    def action_copy(self) -> None:
        """Copy the selected lines, or the one with the cursor."""

        async def begin(port: Viewport) -> None:  # a step, so that what was just selected is
            self._behind(partial(self._copied, port), "log-copy")

        self._ask(begin)

    async def _copied(self, port: Viewport) -> None:
        text, lines = await log_reading.text_to_copy(port)
        if not lines:
            return
        copied = await clipboard.copy(text)
        if copied.sequence and self.app._driver is not None:
            self.app._driver.write(copied.sequence)
        port.anchor = None
        if self._bar.is_open:  # the person types something else by now
            self._drive.hurry()
            return
        what = "the line" if lines == 1 else f"{lines:,} lines"
        self._tell(f"copied {what}" + (", cut: it is too much for the terminal" if copied.cut else ""))

    def action_moment(self) -> None:
        """Show in the chart when the line was written."""

        async def post(port: Viewport) -> None:
            line, moment = await port.take(), await log_search.moment_of(port)
            if line is None or moment is None or moment == (None, None):
                self._note = "the log does not tell when that was"
            else:
                self._asked = port, moment, line.place
                self.post_message(self.Moment(moment.ts, moment.step, ""))

        self._ask(post)
