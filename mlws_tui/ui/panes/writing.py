"""What the journal and the session pane have in common: one page in an editor, saved, merged, never lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial

from textual import events, on
from textual.timer import Timer
from textual.widgets import TextArea

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal_edits import trim_end
from mlws_tui.domain.merge import Clash
from mlws_tui.services.drafts import Draft, Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.services.pages import Conflict, Page, Saved, joined, merge_text
from mlws_tui.ui.actions import Action
from mlws_tui.ui.panes.paged import PagedPane, merged_words

#: A recovery file is written when nothing was typed for so long (seconds), and each time so much was typed.
DRAFT_AFTER, DRAFT_EVERY = 1.0, 200

_CONFLICT = (("m", "keep mine"), ("d", "take the disk's"), ("b", "both"))
_DISCARDS = "Throw the unsaved text away that was found"
_RECOVERY = (("r", "restore"), ("x", "discard"))


def writing_actions(
    scope: str, what: str, saves: str, turns: tuple[Action, ...], *, discards: str = _DISCARDS
) -> tuple[Action, ...]:
    """The actions of a pane in which one writes.

    Args:
        scope: The pane.
        what: What one writes in, after "in".
        saves: What saving does.
        turns: The actions that go to another page.
        discards: What discarding does.
    """

    def action(
        name: str, key: str, title: str, words: str, footer: bool = False, palette: bool = False
    ) -> Action:
        return Action(f"{scope}.{name}", key, title, words, footer=footer, palette=palette)

    return (
        action("edit", "enter", "Write", f"Write in {what}", footer=True, palette=True),
        action("add", "o", "Bullet", "Begin a new bullet at the end", footer=True, palette=True),
        action("leave", "escape", "Done", "Stop writing; what was written is saved", footer=True),
        action("save", "ctrl+s", "Save", saves, footer=True, palette=True),
        *turns,
        action("line-down", "j", "Down", "Go down a line"),
        action("line-up", "k", "Up", "Go up a line"),
        action("first-line", "g", "First line", "Go to the first line"),
        action("last-line", "G", "Last line", "Go to the last line"),
        action("mine", "m", "Keep mine", "Settle a conflict: keep what you wrote"),
        action("disk", "d", "Take the disk's", "Settle a conflict: take what is on disk"),
        action("both", "b", "Keep both", "Settle a conflict: keep both, the disk's first"),
        action("restore", "r", "Restore", "Take up the unsaved text that was found"),
        action("discard", "x", "Discard", discards),
    )


class WritingPane(PagedPane):
    """A pane that shows one page: read it, edit it, save it.

    What is typed and not saved is kept in a recovery file. What others write into the page meanwhile comes in by
    itself where it can; where both changed the same lines the person is asked.
    """

    DEFAULT_CSS = """
    WritingPane { layout: vertical; }
    WritingPane MarkdownEditor { height: 1fr; }
    """

    def __init__(self, hub: Hub, drafts: Drafts, *, id: str) -> None:
        super().__init__(hub, drafts, id=id)
        self._offer: Draft | None = None
        self._draft_timer: Timer | None = None
        self._typed = 0

    def on_mount(self) -> None:
        # Which keys do something depends on whether text is edited.
        self.watch(self.editor, "read_only", lambda: self.refresh_bindings(), init=False)

    def take_place(self) -> None:
        """Go where one begins to write: to the end."""
        self.editor.move_cursor(self.editor.document.end)

    # editing and saving

    def action_edit(self) -> None:
        """Begin to edit, or go on."""
        self.edit()

    def action_add(self) -> None:
        """Begin a new bullet at the end."""
        self.edit()
        if self.editor.read_only:  # a question stands, or the page is still to come
            return
        self.editor.move_cursor(self.editor.document.end)
        row, _ = self.editor.cursor_location
        self.editor.insert("\n- " if self.editor.document.get_line(row).strip() else "- ")

    def edit(self, focus: bool = True) -> None:
        """Let the person write, at once: the next key is a letter. An empty page gets what its template gives.

        While a page is being turned it is that one that is written in, as soon as it is there.
        """
        if self._turns:
            self._wants_to_edit = True
            if focus:
                self.editor.focus()
            self.refresh_bindings()
            return
        if self._page is None or self._conflict is not None:
            return
        if not self._page.text and not self.editor.text:
            self.work(self._begin_from_template)
        self.editor.read_only = False
        if self.editor.cursor_location == (0, 0):  # nobody has chosen a place
            self.take_place()
        if focus:
            self.editor.focus()
        self.describe()

    async def _begin_from_template(self) -> None:
        try:
            self._starter = await asyncio.to_thread(self.starter)
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            return
        if self._starter and not self.editor.text:
            self.editor.apply_text(self._starter)

    def action_leave(self) -> None:
        """Stop editing; what was typed is saved."""
        if self._wants_to_edit:
            self._wants_to_leave = True
        if not self.editor.read_only:
            self.editor.read_only = True
            self.work(self.save)

    def action_save(self) -> None:
        """Save now."""
        self.work(self.save)

    async def save(self) -> bool:
        """Save what is unsaved.

        Returns:
            Whether everything is on disk; if not, the person has been told, and nothing typed is lost.
        """
        await self._still.wait()  # what was typed for a page that is on its way comes with it
        return await self._save()

    async def _save(self) -> bool:
        async with self._busy:
            page, text = self._page, self.editor.text
            if page is None or not self._differs:
                await self._drop_draft()
                self.describe()
                return True
            try:
                outcome = await asyncio.to_thread(self.store_page, page, trim_end(text))
            except MlwsError as error:
                self.tell(trouble="not saved")
                self.notify(error.sentence(), title="Not saved", severity="error", timeout=15, markup=False)
                return False
            if isinstance(outcome, Conflict):
                self._ask(outcome)
                return False
            self._saved(outcome, trim_end(text))
            await self._drop_draft()
            return True

    def _saved(self, outcome: Saved, stored: str) -> None:
        typed = trim_end(self.editor.text)
        self._page = outcome.page
        newline = outcome.page.newline
        if typed == stored and outcome.page.text != stored:
            self.editor.apply_text(outcome.page.text)
        elif typed != stored:  # typing went on while the file was written
            merged = merge_text(stored, typed, outcome.page.text, newline)
            self.editor.apply_text(joined(merged, "both", newline))
        self._clear_question()
        self.tell(merged_words(outcome.merged) if outcome.merged else "saved")

    async def leave_page(self) -> bool:
        """Before another page is shown: save this one. False where it must stay."""
        self.editor.read_only = True
        saved = await self._save()
        self._stays = self._stays or not saved
        return saved

    @on(events.DescendantBlur)
    def _left(self) -> None:
        if self._wants_to_edit and self.app.app_focus and self.app.screen is self.screen:
            self._wants_to_leave = True
        if self.editor.read_only:
            return
        # who looks at another window or opens the palette comes back to where they were writing
        self.editor.read_only = self.app.app_focus and self.app.screen is self.screen
        self.work(self.save)

    # the same lines changed on both sides

    def _ask(self, conflict: Conflict) -> None:
        self._conflict = conflict
        self.editor.read_only = True
        self._line.ask(_clash(conflict), _CONFLICT)
        self.tell(trouble="not saved yet")
        self.refresh_bindings()

    async def _settle(self, choice: str) -> None:
        conflict = self._conflict
        if conflict is None:
            return
        self._conflict = None
        self._page = conflict.page
        self.editor.apply_text(conflict.settled(choice))
        self._clear_question()
        await self.save()

    def action_mine(self) -> None:
        self.work(partial(self._settle, "mine"))

    def action_disk(self) -> None:
        self.work(partial(self._settle, "theirs"))

    def action_both(self) -> None:
        self.work(partial(self._settle, "both"))

    def _clear_question(self) -> None:
        if self._conflict is None and self._offer is None:
            self._line.clear()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A question's keys are there only while it is asked; letters are commands only where no text is edited."""
        if action in ("mine", "disk", "both"):
            return self._conflict is not None
        if action in ("restore", "discard"):
            return self._offer is not None and self.editor.read_only
        if action in ("edit", "add"):
            return self.editor.read_only
        if action in ("leave", "save"):
            return self._wants_to_edit or not self.editor.read_only
        return super().check_action(action, parameters)

    # recovery

    @on(TextArea.Changed)
    def _edited(self) -> None:
        if self._page is None or self.editor.read_only:
            return
        length = len(self.editor.text)
        self._typed += max(1, abs(length - self._length))
        self._length = length
        self._trouble = ""
        self._word = ""
        if self._draft_timer is not None:
            self._draft_timer.stop()
        if self._typed >= DRAFT_EVERY:
            self._keep_soon()
        else:
            self._draft_timer = self.set_timer(DRAFT_AFTER, self._keep_soon)
        self.describe()

    def _keep_soon(self) -> None:
        self._typed = 0
        self.work(self._keep_draft)

    async def look_for_drafts(self) -> None:
        drafts = await asyncio.to_thread(self._drafts.pages, self.draft_prefix())
        if not drafts:
            return
        draft = drafts[0]
        if self._page is not None and draft.key == self._page.key and trim_end(draft.text) == self._page.text:
            await asyncio.to_thread(self._drafts.discard, draft)
            await self.look_for_drafts()
            return
        self._offer = draft
        when = time.strftime("%a %H:%M", time.localtime(draft.saved_at))
        words = len(draft.text.split()) - len(draft.base.split())
        more = f" ({words} more words)" if words > 1 else ""
        self._line.ask(f"Unsaved text from {when} was found{more}.", _RECOVERY)
        self.describe()
        self.refresh_bindings()

    def action_restore(self) -> None:
        """Put the text of the recovery file into the editor, to be read over and saved."""
        self.turn(self._restore)

    def action_discard(self) -> None:
        """Throw the recovery file away."""
        self.work(self._discard)

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
        self.describe()

    async def _discard(self) -> None:
        draft, self._offer = self._offer, None
        if draft is not None:
            await asyncio.to_thread(self._drafts.discard, draft)
        self._clear_question()
        await self.look_for_drafts()

    # moving in read mode

    def action_line_down(self) -> None:
        self.editor.action_cursor_down()

    def action_line_up(self) -> None:
        self.editor.action_cursor_up()

    def action_first_line(self) -> None:
        self.editor.action_document_start()

    def action_last_line(self) -> None:
        self.editor.action_document_end()


def _clash(conflict: Conflict) -> str:
    """What stands on disk where the two sides differ, in one sentence."""
    clashes = [part for part in conflict.merged.parts if isinstance(part, Clash)]
    theirs = clashes[0].theirs[0].strip() if clashes and clashes[0].theirs else ""
    others = len(clashes) - 1
    more = f" (and {others} more {'place' if others == 1 else 'places'})" if others > 0 else ""
    return f"On disk this now reads: {theirs}{more}" if theirs else f"On disk these lines are gone{more}"
