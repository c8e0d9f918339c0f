"""The part of the journal pane that offers lines about what happened, and writes the ones that are wanted."""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from functools import partial
from typing import Any

from textual.app import ComposeResult

from mlws_tui.domain.changes import Change, RunsChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.suggestions import Suggestion, uncovered
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.services.journal import DayRef
from mlws_tui.services.suggestions import Suggestions
from mlws_tui.ui.actions import Action
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.panes.journal_offer import OfferLine
from mlws_tui.ui.panes.journal_steps import Steps
from mlws_tui.ui.panes.writing import WritingPane

log = logging.getLogger(__name__)

#: Seconds between two looks at what the day could say; and after which one looks though nothing of ours changed.
_PAUSE, _ELSEWHERE = 2.0, 30.0
#: Seconds that what is known is kept back for what other programs and disks tell.
_PATIENCE = 0.3
#: Seconds in which a day's first suggestions come together: until then the first of them is shown, whichever it is.
_COMING = 3.0
_Act = Callable[[Sequence[Suggestion], date], Coroutine[Any, Any, None]]
_OFFERED = frozenset({"accept", "accept_all", "amend", "next_suggestion"})

OFFER_ACTIONS = (
    Action("journal.accept", "a", "Accept", "Write the suggested line into its section (when there is one)"),
    Action(
        "journal.amend",
        "e",
        "Edit the suggestion",
        "Edit the suggested line before it is saved (when there is one)",
    ),
    Action(
        "journal.next-suggestion",
        "s",
        "Next suggestion",
        "See the next suggested line (when there are several)",
        palette=False,
    ),
    Action(
        "journal.accept-all",
        "A",
        "Accept all",
        "Write all suggested lines of the day (when there are several)",
    ),
)


class OfferingPane(WritingPane):
    """A pane of days that offers suggestions for the one that is shown, while nobody writes in it.

    Args:
        hub: Where changes are told.
        drafts: Keeps what is not saved.
        suggestions: Tells what is offered; None for nothing.
    """

    def __init__(self, hub: Hub, drafts: Drafts, suggestions: Suggestions | None, *, id: str) -> None:
        super().__init__(hub, drafts, id=id)
        self._suggestions = suggestions
        self._offered: Sequence[Suggestion] = ()
        self._offered_for: date | None = None
        self._offered_at = 0.0
        self._chose = False  # the person has gone on to another one
        self._nth = 0
        self._taken: set[str] = set()  # keys of what was answered; the index may still be behind
        self._amended: Suggestion | None = None  # what stands in the editor and is not saved yet
        self._proposed = ""  # the text that its line came in with; empty once the person wanted it saved
        self._back = ""  # key of what was just taken back: it is shown first
        self._steps = Steps()
        # what was dismissed here, each with the entry and the step of the text that was the last one then
        self._dismissed: list[tuple[Suggestion, DayRef, object]] = []
        self._offer_line = OfferLine()
        self._look = Coalesced(self, _PAUSE, self._look_for_suggestions)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._offer_line

    def on_mount(self) -> None:
        self.watch(self.editor, "read_only", self._draw_offer, init=False)
        self.set_interval(_ELSEWHERE, self._look_elsewhere)

    # what a subclass says

    @property
    @abstractmethod
    def shown(self) -> DayRef:
        """The entry that is shown."""

    @abstractmethod
    async def show_day(self, day: DayRef | date) -> None:
        """Show another entry; the one that is shown is saved first."""

    # what is offered

    def changed(self, change: Change) -> None:
        super().changed(change)
        if isinstance(change, RunsChanged):
            self._look_soon()

    async def refresh_page(self) -> None:
        await super().refresh_page()
        self._draw_offer()
        self._look_soon(now=True)

    def _look_soon(self, *, now: bool = False) -> None:
        if self._suggestions is not None:
            self._look.ask(now=now)

    def _look_elsewhere(self) -> None:
        """Nobody tells when a file is written, a model pulled, or something committed."""
        if self._unsubscribe is not None:  # the pane is seen
            self._look_soon()

    async def _look_for_suggestions(self) -> None:
        if self._suggestions is None:
            return
        day, chosen = self.shown.date, self._chosen
        try:
            found = await self._suggestions.of_day(day, within=_PATIENCE)
        except MlwsError as error:  # the status line tells of the index, the caption of the journal
            log.warning("no suggestions: %s", error)
            found = ()
        if day != self.shown.date:
            self._look_soon(now=True)
            return
        if self._suggestions.unfinished(day):
            self._look_soon()
        self._offered = uncovered([one for one in found if one.key not in self._taken])
        if self._offered_for != day:
            self._offered_for, self._offered_at = day, time.monotonic()
        settled = self._chose or time.monotonic() - self._offered_at > _COMING
        chosen = chosen if settled else None
        keys = [one.key for one in self._offered]
        wanted = self._back if self._back in keys else chosen.key if chosen is not None else ""
        self._nth, self._back = keys.index(wanted) if wanted in keys else 0, ""
        self._draw_offer()

    @property
    def _chosen(self) -> Suggestion | None:
        return self._offered[self._nth] if self._nth < len(self._offered) else None

    @property
    def _offering(self) -> bool:
        """Whether suggestions are shown: only those of the day, not while one writes, nor beside a question."""
        if self._offered_for != self.shown.date:
            return False
        free = self.editor.read_only and not self._turns and not self._wants_to_edit
        return bool(self._offered) and free and self._conflict is None and self._offer is None

    def _draw_offer(self) -> None:
        offered = self._offered if self._offering else ()
        if self._offer_line.offer(offered, self._nth):
            self.call_after_refresh(
                self.editor.scroll_cursor_visible
            )  # there is more or less room for it now
        self.refresh_bindings()

    def _turn_ends(self) -> None:
        super()._turn_ends()
        self._draw_offer()

    def _clear_question(self) -> None:
        super()._clear_question()
        self._draw_offer()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of a suggestion are there only while it is shown."""
        if action in _OFFERED or (action == "discard" and self._offer is None):
            return self._offering
        return super().check_action(action, parameters)

    # what is done with it

    def action_next_suggestion(self) -> None:
        self._chose = True
        self._nth = (self._nth + 1) % max(1, len(self._offered))
        self._draw_offer()

    def action_accept(self) -> None:
        self._take(self._accept, [self._chosen])

    def action_accept_all(self) -> None:
        self._take(self._accept, self._offered)

    def action_discard(self) -> None:
        """Put the suggested line aside, or throw the unsaved text away that was found: never both are asked."""
        if self._offer is not None:
            super().action_discard()
        elif self._chosen is not None:
            self._dismissed.append((self._chosen, self.shown, self._last_step))
            self._take(self._dismiss, [self._chosen])

    @property
    def _last_step(self) -> object:
        """The last change of the text that can be taken back."""
        steps = self.editor.history.undo_stack
        return steps[-1][0] if steps else None

    def action_undo(self) -> None:
        """Take back what was done last: a change of the text, or that a suggestion was dismissed."""
        one, day, step = self._dismissed[-1] if self._dismissed else (None, None, None)
        if one is None or day != self.shown or not (step is self._last_step or self._last_step is None):
            super().action_undo()
            return
        self._dismissed.pop()
        self._taken.discard(one.key)
        self._back = one.key
        self.work(partial(self._answer, self._offer_again, [one], self.shown.date))

    def action_amend(self) -> None:
        chosen = self._chosen
        if chosen is not None:
            self.work(partial(self._amend, chosen, self.shown.date))

    def action_save(self) -> None:
        self._proposed = ""
        super().action_save()

    def action_leave(self) -> None:
        """Stop editing. A suggested line that nobody changed goes again, and is offered as before."""
        self._withdraw()
        super().action_leave()

    @property
    def _untouched(self) -> bool:
        """Whether the editor holds a suggested line as it came in, and nobody asked to save it."""
        return self._amended is not None and bool(self._proposed) and self.editor.text == self._proposed

    @property
    def corner(self) -> str:
        """A suggested line as it came in is nothing yet that is lost where it is not saved."""
        return "suggested, not taken" if self._untouched else super().corner

    def _withdraw(self) -> None:
        if self._untouched and self._page is not None:
            self._amended, self._proposed = None, ""
            self.editor.apply_text(self._page.text)
            self.tell("not taken: offered again")

    def _take(self, act: _Act, chosen: Sequence[Suggestion | None]) -> None:
        """Answer these: they are offered no more, unless it fails."""
        answered = [one for one in chosen if one is not None]
        self._taken.update(one.key for one in answered)
        self._offered = [one for one in self._offered if one.key not in self._taken]
        self._nth = min(self._nth, max(0, len(self._offered) - 1))
        self._draw_offer()
        self.work(partial(self._answer, act, answered, self.shown.date))

    async def _answer(self, act: _Act, answered: Sequence[Suggestion], day: date) -> None:
        try:
            await act(answered, day)
        except MlwsError as error:
            self._taken.difference_update(one.key for one in answered)
            self._refused(error)
        self._look_soon(now=True)

    async def _accept(self, answered: Sequence[Suggestion], day: date) -> None:
        if self._suggestions is None:
            return
        await super().refresh_page()  # what others wrote meanwhile is a step of its own
        before, page = self.shown, self._page
        try:
            titles = await self._suggestions.accept_all(answered, day)
        finally:
            await super().refresh_page()
        if page is not None and self._page is not None and before == self.shown:
            self._steps.add(before, page.text, self._page.text, answered)
        count = f"{len(answered)} lines " if len(answered) > 1 else ""
        places = " and ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:])))
        self.tell(f"{count}added under {places}")
        self._go_to_line(answered[-1].text if answered else "")

    async def _dismiss(self, answered: Sequence[Suggestion], _day: date) -> None:
        if self._suggestions is not None:
            await self._suggestions.put_aside(answered)
            self.tell("dismissed: u offers it again")

    async def _offer_again(self, answered: Sequence[Suggestion], day: date) -> None:
        if self._suggestions is not None:
            await self._suggestions.take_back(answered, day)
            self.tell("offered again")

    async def _amend(self, chosen: Suggestion, day: date) -> None:
        """Put the line into the editor, in its place; it is on the disk only when it is saved."""
        if self._suggestions is None:
            return
        try:
            proposal = await self._suggestions.propose(chosen, day)
        except MlwsError as error:
            self._refused(error)
            return
        if proposal.ref != self.shown:
            await self.show_day(proposal.ref)
        if self._page is None or self._page.text != proposal.base:
            await super().refresh_page()
        if self._page is None or self._differs or self._page.text != proposal.base:
            self.notify(
                "Save what is unsaved first, then edit the suggestion", severity="warning", markup=False
            )
            return
        self._amended = chosen
        self.editor.apply_text(proposal.text)
        self._proposed = self.editor.text
        self.editor.read_only = False
        self.editor.focus()
        self.editor.move_cursor(self.editor.exact.location(proposal.end))
        self.describe()

    async def _save(self) -> bool:
        if self._untouched and not self.editor.read_only:  # the person only looks at something else
            return True
        self._withdraw()
        before = self._page.text if self._page is not None else ""
        saved = await super()._save()
        if saved and self._page is not None and self._page.text != before:
            await self._retrace(before, self._page.text)
        amended = self._amended
        if saved and amended is not None and self._suggestions is not None:
            self._amended = None
            if self._page is not None and self._page.text != before:  # else it was undone
                try:
                    await self._suggestions.put_aside([amended])
                except MlwsError as error:  # it is in the journal; at worst it is offered again
                    log.warning("a suggestion may be offered again: %s", error)
            self._look_soon(now=True)
        return saved

    async def _retrace(self, before: str, after: str) -> None:
        """Offer again what was just taken back, and no more what was just put there again."""
        if self._suggestions is None:
            return
        step = self._steps.retraced(self.shown, before, after)
        if step is None:
            return
        keys = [one.key for one in step.answered]
        try:
            if step.stands:
                self._taken.update(keys)
                await self._suggestions.put_aside(step.answered)
            else:
                self._taken.difference_update(keys)
                self._back = keys[0]
                await self._suggestions.take_back(step.answered, step.day.date)
        except MlwsError as error:  # the text is as the person wants it
            log.warning("what is offered does not follow what was undone: %s", error)
        self._look_soon(now=True)

    def own_step(self, before: str, after: str) -> bool:
        """Lines that were accepted here came by the disk, and are taken back like those that were typed."""
        return self._steps.made(self.shown, before, after)

    def _go_to_line(self, text: str) -> None:
        rows = [row for row, line in enumerate(self.editor.exact.lines) if text and text in line]
        if rows and self.editor.read_only:
            self.editor.move_cursor((rows[-1], 0))

    def _refused(self, error: MlwsError) -> None:
        self.notify(error.sentence(), title="The suggestion was not taken", severity="error", markup=False)
