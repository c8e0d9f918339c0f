"""The part of a pane that keeps what is typed in recovery files, and offers what was found in them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from textual import on
from textual.timer import Timer
from textual.widgets import TextArea

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal_edits import trim_end
from mlws_tui.domain.words import counted
from mlws_tui.services.drafts import Draft, Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.services.pages import Page, Saved
from mlws_tui.ui.panes.paged import CHANGED
from mlws_tui.ui.panes.writingconflict import ConflictPane
from mlws_tui.ui.panes.writingturns import DRAFT_AFTER, DRAFT_EVERY

#: From so many words on that are in no other place, throwing them away is asked about.
_WORTH_A_QUESTION = 20
_RECOVERY = (("R", "restore"), ("C", "compare"), ("x", "discard"))


class RecoveringPane(ConflictPane):
    """A pane that loses at most the last second of what is typed, whatever ends the app."""

    def __init__(self, hub: Hub, drafts: Drafts, *, id: str) -> None:
        super().__init__(hub, drafts, id=id)
        self._offer: Draft | None = None
        self._draft_timer: Timer | None = None
        self._typed = 0
        self._more_drafts = False

    # while one types

    @on(TextArea.Changed)
    def _edited(self) -> None:
        if self._page is None or self.editor.read_only:
            return
        length = len(self.editor.text)
        self._typed += max(1, abs(length - self._length))
        self._length = length
        self._trouble = CHANGED if self._trouble == CHANGED else ""
        self._word = ""
        if self._typed >= DRAFT_EVERY:
            self._keep_soon()
        elif self._draft_timer is None:  # never put off by more typing
            self._draft_timer = self.set_timer(DRAFT_AFTER, self._keep_soon)
        self.describe()

    def _keep_soon(self) -> None:
        self._typed = 0
        if self._draft_timer is not None:
            self._draft_timer.stop()
            self._draft_timer = None
        self.work(self._keep_draft)

    # what was found

    async def look_for_drafts(self) -> None:
        drafts = await asyncio.to_thread(self._wanted_drafts)
        if not drafts:
            self._clear_question()
            return
        draft = self._offer = drafts[0]
        when = time.strftime("%a %H:%M", time.localtime(draft.saved_at))
        more = _new_words(draft)
        words = f", {counted(more, 'new word')}" if more > 0 else ""
        others = f" · 1 of {len(drafts)}" if len(drafts) > 1 else ""
        self._line.ask(f"Unsaved text of {self.name_of(draft.key)}, from {when}{words}{others}", _RECOVERY)
        self.describe()
        self.refresh_bindings()

    def _wanted_drafts(self) -> list[Draft]:
        """What was found and is on disk nowhere else; the rest of the recovery files is removed. Blocks."""
        drafts = []
        for draft in self._drafts.pages(self.draft_prefix()):
            try:
                known = trim_end(draft.text) == self.page_of(draft.key).text
            except MlwsError:  # it cannot be read now: the more reason to offer what was typed
                known = False
            if known:
                self._drafts.discard(draft)
            else:
                drafts.append(draft)
        return drafts

    def _saved(self, outcome: Saved, stored: str) -> None:
        super()._saved(outcome, stored)
        if self._more_drafts:
            self._more_drafts = False
            self.work(self.look_for_drafts)

    def _clear_question(self) -> None:
        if self._conflict is None and self._offer is None:
            self._line.clear()
        self.refresh_bindings()

    def action_restore(self) -> None:
        """Put the text of the recovery file into the editor, to be read over and saved."""
        self.turn(self._restore)

    async def _restore(self) -> None:
        draft = self._offer
        if draft is None or not await self.leave_page():
            return
        self._offer = None
        self.turn_to(draft.key)
        await self.refresh_page()
        if self._page is None or self._page.key != draft.key:
            # It cannot be read now: what is on disk is looked at when the text is saved.
            if not await self._put_away():
                self._offer = draft
                return
            self.turn_to(draft.key)
            disk = Page(draft.key, draft.base, exists=False)
        else:
            disk = self._page
        self._stays = False
        self._page = replace(disk, text=draft.base)
        self.editor.apply_text(draft.text)
        self._take_in(disk)
        self.editor.read_only = False
        self.editor.focus()
        self.editor.move_cursor(draft.cursor)
        self._restored = draft  # until the text is in a recovery file of our own, or saved
        await self._keep_draft()
        if not self._differs:
            await self._discard_restored(draft.key)
        self._clear_question()
        self._more_drafts = True  # perhaps; they are offered when this one is saved
        self.describe()

    def action_compare(self) -> None:
        """Show what was found beside what is on disk."""
        from mlws_tui.ui.screens.recovery import Answer, RecoveryScreen

        draft = self._offer
        if draft is None:
            return

        async def read() -> str:
            return (await asyncio.to_thread(self.page_of, draft.key)).text

        def answered(answer: Answer | None) -> None:
            if self._offer is draft and answer == "restore":
                self.action_restore()
            elif self._offer is draft and answer == "discard":
                self._ask_to_discard(draft)

        when = time.strftime("%a %Y-%m-%d %H:%M", time.localtime(draft.saved_at))
        self.app.push_screen(RecoveryScreen(draft.text, self.name_of(draft.key), when, read), answered)

    def action_discard(self) -> None:
        """Throw the recovery file away."""
        if self._offer is not None:
            self._ask_to_discard(self._offer)

    def _ask_to_discard(self, draft: Draft) -> None:
        """Throw a recovery file away, at once where little is lost by it."""
        from mlws_tui.ui.screens.confirm import ConfirmScreen

        words = _new_words(draft)
        if words <= _WORTH_A_QUESTION:
            self.work(self._discard)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(self._discard)

        title = f"Throw {counted(words, 'word')} away?"
        lines = (f"They were typed in {self.name_of(draft.key)} and are saved nowhere else.",)
        self.app.push_screen(
            ConfirmScreen(title, lines, yes="throw away", no="keep them", grave=True), answered
        )

    async def _discard(self) -> None:
        draft, self._offer = self._offer, None
        if draft is not None:
            await asyncio.to_thread(self._drafts.discard, draft)
        await self.look_for_drafts()


def _new_words(draft: Draft) -> int:
    """How many words were typed that the page did not have."""
    return len(draft.text.split()) - len(draft.base.split())
