"""The journal pane: one day of ``ACTIVITY.md``, today's unless another is asked for."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import partial
from pathlib import Path

from textual.content import Content

from mlws_tui.domain.errors import MlwsError
from mlws_tui.services.hub import Hub
from mlws_tui.services.journal import DayRef, JournalService
from mlws_tui.services.pages import Conflict, Page, Saved
from mlws_tui.services.suggestions import Suggestions
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.panes.journal_offers import OFFER_ACTIONS, OfferingPane
from mlws_tui.ui.panes.writing import writing_actions

#: Seconds between looks at the calendar, so that the pane that shows today goes on to the next day at midnight.
CALENDAR = 30.0


class JournalPane(OfferingPane):
    """Shows an entry of the journal and edits it.

    Args:
        hub: Where changes are told.
        journal: The journal.
        suggestions: What it could say by itself; None where nothing is offered.
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
            *OFFER_ACTIONS,
        ),
        discards="Put the suggested line aside for good, or throw the unsaved text away that was found",
    )
    BINDINGS = bindings(ACTIONS)

    def __init__(self, hub: Hub, journal: JournalService, suggestions: Suggestions | None = None) -> None:
        super().__init__(hub, journal.drafts, suggestions, id="journal")
        self._journal = journal
        self._today = journal.today()
        self._ref = DayRef(self._today)
        self._streak = 0
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
        self._streak = self._journal.streak()
        return self._journal.day(self._ref)

    def store_page(self, page: Page, text: str) -> Saved | Conflict:
        return self._journal.save_day(_ref(page.key), page.text, text)

    def watches(self, path: Path) -> bool:
        return path == self._journal.path

    def draft_prefix(self) -> str:
        return f"{self._journal.path}#"

    def turn_to(self, key: str) -> str:
        self._ref = _ref(key)
        return _name(self._ref.date)

    def starter(self) -> str:
        return self._journal.starter(self._ref)

    def describe(self) -> None:
        words = _name(self._ref.date)
        if self._ref.ordinal:
            words = f"{words} ({self._ref.ordinal + 1})"
        if self._ref.date == self._today and self._streak > 1:
            words = f"{words} · streak {self._streak}"
        self.caption(words, self.corner)
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


def _name(day: date) -> str:
    return f"{day:%a %Y-%m-%d}"


def _ref(key: str) -> DayRef:
    day, _, ordinal = key.rpartition("#")[2].partition(".")
    return DayRef(date.fromisoformat(day), int(ordinal or 0))
