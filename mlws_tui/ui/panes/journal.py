"""The journal pane: one day of ``ACTIVITY.md``, today's unless another is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.content import Content

from mlws_tui.domain.daytitle import called, retitled
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.journal_style import marker
from mlws_tui.domain.markdown import decode
from mlws_tui.services.hub import Hub
from mlws_tui.services.journal import DayRef, JournalService
from mlws_tui.services.pages import Conflict, Page, Saved
from mlws_tui.services.suggestions import Suggestions
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.journal_offers import OFFER_ACTIONS
from mlws_tui.ui.panes.writing import writing_actions
from mlws_tui.ui.panes.writingrepair import REPAIR_ACTIONS, RepairingPane

if TYPE_CHECKING:
    from mlws_tui.domain.journal import Journal
    from mlws_tui.domain.journal_edits import Splice
    from mlws_tui.ui.widgets.editorcompletion import Completer

#: Seconds between looks at the calendar, so that the pane that shows today goes on to the next day at midnight.
CALENDAR = 30.0


class JournalPane(RepairingPane):
    """Shows an entry of the journal and edits it.

    Args:
        hub: Where changes are told.
        journal: The journal.
        suggestions: What it could say by itself; None where nothing is offered.
        keys: Whose keys the editor has.
        completions: Completes words in it; None for nothing.
    """

    NUMBER = 4
    TITLE = "Journal"
    ACTIONS = writing_actions(
        "journal",
        "the day that is shown",
        "Save the day; other days stay as they are",
        (
            Action(
                "journal.previous-day",
                "left_square_bracket",
                "Earlier day",
                "Go to the day written before",
                footer=True,
            ),
            Action("journal.next-day", "right_square_bracket", "Later day", "Go to the day written after"),
            Action("journal.today", "t", "Today", "Go to today"),
            Action("journal.calendar", "c", "Days", "See the month, and go to a day in it", footer=True),
            Action("journal.title", "H", "Heading", "Change the words of the day's heading"),
            Action("journal.tasks", "T", "Tasks", "See the open tasks of all days"),
            Action("journal.review", "r", "Review", "See what a week was made of"),
            *OFFER_ACTIONS,
            *REPAIR_ACTIONS,
        ),
        discards="Put the suggested line aside for good, or throw the unsaved text away that was found",
    )
    BINDINGS = bindings(ACTIONS)

    def __init__(
        self,
        hub: Hub,
        journal: JournalService,
        suggestions: Suggestions | None = None,
        *,
        keys: Literal["plain", "vim", "emacs"] = "plain",
        completions: Completer | None = None,
    ) -> None:
        super().__init__(hub, journal, suggestions, id="journal")
        self.set_writing(keys, completions)
        self._today = journal.today()
        self._ref = DayRef(self._today)
        self._streak = 0
        self._heading = (self._ref, "")
        self.editor.placeholder = Content("enter: write today's entry")

    def on_mount(self) -> None:
        self.describe()
        self.set_interval(CALENDAR, self._look_at_calendar)

    @property
    def shown(self) -> DayRef:
        """The entry that is shown."""
        return self._ref

    # what the pages are

    def load_page(self) -> Page:
        ref, journal = self._ref, self._journal.read()
        day = journal.day(ref.date, ref.ordinal)
        self._heading = ref, day.heading.title if day is not None else ""
        self._streak = self._journal.streak()
        self.bullet = decode(marker(journal, ()))
        return self._journal.day(ref)

    def store_page(self, page: Page, text: str) -> Saved | Conflict:
        return self._journal.save_day(_ref(page.key), page.text, text)

    def watches(self, path: Path) -> bool:
        return path == self._journal.path

    def draft_prefix(self) -> str:
        return f"{self._journal.path}#"

    def turn_to(self, key: str) -> None:
        self._ref = _ref(key)

    def coming_key(self) -> str:
        return f"{self.draft_prefix()}{self._ref.date.isoformat()}.{self._ref.ordinal}"

    def page_of(self, key: str) -> Page:
        return self._journal.day(_ref(key))

    def name_of(self, key: str) -> str:
        return self._called(_ref(key))

    def _called(self, ref: DayRef) -> str:
        return called(ref.date, self._heading[1] if self._heading[0] == ref else "")

    def link_here(self) -> str:
        return f"day:{self._ref.date.isoformat()}"

    def file_name(self, key: str) -> str:
        return f"{_ref(key).date.isoformat()}.md"

    def starter(self) -> str:
        return self._journal.starter(self._ref)

    def describe(self) -> None:
        words = self._called(self._ref)
        if self._ref.ordinal:
            words = f"{words} ({self._ref.ordinal + 1})"
        if self._ref.date == self._today and self._streak > 1 and self.editor.read_only:
            words = f"{words} · streak {self._streak}"
        self.caption(" · ".join(filter(None, (words, self.counts))), self.corner)
        which = "today's entry" if self._ref.date == self._today else "this day's entry"
        hint = "" if not self.editor.read_only else f"enter: write {which}"
        if self.editor.placeholder != Content(hint):
            self.editor.placeholder = Content(hint)

    # going from day to day

    async def show_day(self, day: DayRef | date) -> None:
        """Show another entry; the one that is shown is saved first."""
        ref = DayRef(day) if isinstance(day, date) else day
        with self.turning():
            if ref == self._ref or not await self.leave_page():
                return
            self._ref = ref
            await self.refresh_page()

    def action_previous_day(self) -> None:
        self.turn(partial(self._step, -1))

    def action_next_day(self) -> None:
        self.turn(partial(self._step, 1))

    def action_today(self) -> None:
        self._today = self._journal.today()
        self.turn(partial(self.show_day, DayRef(self._today)))

    async def show_line(self, line: int) -> None:
        """Show the entry that holds a line of the file, from 1, and put the cursor there."""
        ref, row = await asyncio.to_thread(self._day_of_line, line)
        if ref is not None:
            await self.show_day(ref)
            if self._ref == ref:
                await super().show_line(row)

    def _day_of_line(self, line: int) -> tuple[DayRef | None, int]:
        """Blocks."""
        journal = self._journal.read()
        for day in journal.days:
            if day.line_start < line <= day.line_end:
                above = journal.data[: journal.body_span(day)[0]].count(b"\n")
                return DayRef(day.date, day.ordinal), line - above
        return None, 0

    def action_title(self) -> None:
        """Change the words of the heading; its date stays."""
        from mlws_tui.ui.screens.prompt import PromptScreen

        ref, title = self._ref, self._heading[1] if self._heading[0] == self._ref else ""
        if not title:
            self.tell("write something first: this day has no heading yet")
            return

        def named(text: str | None) -> None:
            if text is not None and text != title:
                self.work(partial(self._retitle, ref, title, text))

        hint = "the date stays; the words around it are yours"
        self.app.push_screen(PromptScreen("Heading of the day", hint, title, empty=True), named)

    async def _retitle(self, ref: DayRef, title: str, text: str) -> None:
        def change(journal: Journal) -> Sequence[Splice]:
            day = journal.day(ref.date, ref.ordinal)
            if day is None or day.heading.title != title:
                raise UsageError("The heading was changed meanwhile", hint="look at it, and change it again")
            return [retitled(journal, day, text)]

        await self.change_beyond(change, "heading changed · u takes it back", "The heading stays as it was")

    async def action_calendar(self) -> None:
        await self.visit(Jump("days", ""))

    async def action_tasks(self) -> None:
        await self.visit(Jump("tasks", ""))

    async def action_review(self) -> None:
        await self.visit(Jump("review", ""))

    def go(self, jump: Jump) -> None:
        """Go somewhere else; to another day by itself."""
        try:
            day = date.fromisoformat(jump.target) if jump.kind == "journal" else None
        except ValueError:
            day = None
        if day is None:
            super().go(jump)
        else:
            self.turn(partial(self.show_day, day))

    async def _step(self, by: int) -> None:
        try:
            days = await asyncio.to_thread(self._journal.days)
        except MlwsError as error:
            self.tell(trouble=error.title)
            return
        today = DayRef(self._journal.today())
        if all(day.date != today.date for day in days):
            days.append(today)  # one can always go to today, written or not
        days.sort(key=_order)
        here = _order(self._ref)
        if by < 0:
            target = next((day for day in reversed(days) if _order(day) < here), None)
        else:
            target = next((day for day in days if _order(day) > here), None)
        if target is not None:
            await self.show_day(target)

    async def _look_at_calendar(self) -> None:
        today = self._journal.today()
        if today == self._today:
            return
        followed = self._ref == DayRef(self._today)
        self._today = today
        if followed and self.editor.read_only and not self.unsaved:
            await self.show_day(DayRef(today))
        self.describe()


def _order(ref: DayRef) -> tuple[date, int]:
    return ref.date, ref.ordinal


def _ref(key: str) -> DayRef:
    day, _, ordinal = key.rpartition("#")[2].partition(".")
    return DayRef(date.fromisoformat(day), int(ordinal or 0))
