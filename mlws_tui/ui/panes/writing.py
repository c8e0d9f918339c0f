"""What the journal and the session pane have in common: one page in an editor, saved, merged, never lost."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea
from textual.widgets.text_area import Location

from mlws_tui.domain.changes import Change, FileChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal_edits import trim_end
from mlws_tui.domain.merge import Clash
from mlws_tui.services.drafts import Draft, Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.services.pages import Conflict, Page, Saved, joined, merge_text
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.widgets.editor import MarkdownEditor
from mlws_tui.ui.widgets.questionline import QuestionLine

log = logging.getLogger(__name__)

#: A recovery file is written when nothing was typed for so long (seconds), and each time so much was typed.
DRAFT_AFTER, DRAFT_EVERY = 1.0, 200

_CONFLICT = (("m", "keep mine"), ("d", "take the disk's"), ("b", "both"))
_RECOVERY = (("r", "restore"), ("x", "discard"))


class WritingPane(Pane):
    """A pane around a `MarkdownEditor` that shows one page: read it, edit it, save it.

    What is typed and not saved is kept in a recovery file. What others write into the page meanwhile comes in by
    itself where it can; where both changed the same lines the person is asked. A subclass says what its pages are.
    """

    DEFAULT_CSS = """
    WritingPane { layout: vertical; }
    WritingPane MarkdownEditor { height: 1fr; }
    """

    def __init__(self, hub: Hub, drafts: Drafts, *, id: str) -> None:
        super().__init__(hub, id=id)
        self.editor = MarkdownEditor(id=f"{id}-editor")
        self._line = QuestionLine()
        self._drafts = drafts
        self._page: Page | None = None
        self._busy = asyncio.Lock()
        self._conflict: Conflict | None = None
        self._offer: Draft | None = None
        self._looked_for_drafts = False
        self._word = ""  # the last thing that happened to the page, for the corner
        self._trouble = ""
        self._starter = ""
        self._draft_timer: Timer | None = None
        self._typed = 0
        self._length = 0
        self._captioned: tuple[str, str] | None = None

    def caption(self, detail: str = "", corner: str = "") -> None:
        """As in every pane; the border is drawn again only where the words differ."""
        if getattr(self, "_captioned", None) != (detail, corner):
            self._captioned = (detail, corner)
            super().caption(detail, corner)

    def compose(self) -> ComposeResult:
        yield self.editor
        yield self._line

    def on_mount(self) -> None:
        # Which keys do something depends on whether text is edited.
        self.watch(self.editor, "read_only", lambda: self.refresh_bindings(), init=False)

    @property
    def focus_target(self) -> Widget:
        return self.editor

    # what a subclass says

    @abstractmethod
    def load_page(self) -> Page | None:
        """Read the page to be shown; blocking, called in a thread. None where there is none."""

    @abstractmethod
    def store_page(self, page: Page, text: str) -> Saved | Conflict:
        """Save a page; blocking, called in a thread."""

    @abstractmethod
    def watches(self, path: Path) -> bool:
        """Whether a change of that file may concern the page."""

    @abstractmethod
    def draft_prefix(self) -> str:
        """What the keys of all pages of this pane begin with."""

    @abstractmethod
    def turn_to(self, key: str) -> str:
        """Make the page of that key the one to be shown; returns its name for people."""

    @abstractmethod
    def describe(self) -> None:
        """Set the caption and the placeholder by the page that is shown."""

    def starter(self) -> str:
        """What an empty page begins with when it is edited; blocking, called in a thread."""
        return ""

    # state

    @property
    def unsaved(self) -> bool:
        """Whether the editor holds what is not on disk."""
        if self._page is None:
            return False
        text = trim_end(self.editor.text)
        return text != self._page.text and not (not self._page.text and text == self._starter)

    @property
    def corner(self) -> str:
        """The state of the page in a few words."""
        if self._trouble:
            return self._trouble
        if self.unsaved:
            return "unsaved"
        return self._word or ("" if self.editor.read_only else "editing")

    def tell(self, word: str = "", trouble: str = "") -> None:
        """Remember what happened to the page, and show it."""
        self._word, self._trouble = word, trouble
        self.describe()

    def work(
        self,
        task: Callable[[], Coroutine[Any, Any, object]],
        *,
        group: str = "default",
        exclusive: bool = False,
    ) -> None:
        """Do something that may wait for the disk without keeping any key waiting."""
        self.run_worker(self._guarded(task), group=group, exclusive=exclusive)

    async def _guarded(self, task: Callable[[], Coroutine[Any, Any, object]]) -> None:
        try:
            await task()
        except Exception:  # a fault of ours must cost the person neither the app nor what they typed
            log.exception("the page could not be kept up to date")
            self.tell(trouble="something went wrong here: see app.log")

    # loading

    def changed(self, change: Change) -> None:
        if isinstance(change, FileChanged) and self.watches(change.path):
            self.revive()

    def revive(self) -> None:
        self.work(self.refresh_page, group="reload", exclusive=True)

    async def load(self) -> None:
        """Have the page there, so that it can be written in at once."""
        await self._guarded(self.refresh_page)

    async def refresh_page(self) -> None:
        """Take in what is on disk now: show it, or merge it into what is being typed."""
        async with self._busy:
            try:
                page = await asyncio.to_thread(self.load_page)
            except MlwsError as error:
                self.tell(trouble=error.title)
                return
            if page is None or self._page is None or page.key != self._page.key:
                self._show(page)
            else:
                self._take_in(page)
        if not self._looked_for_drafts and self._page is not None:
            self._looked_for_drafts = True
            await self._look_for_drafts()

    def _show(self, page: Page | None) -> None:
        self._page = page
        self._starter = ""
        self._conflict = None
        self._length = len(page.text) if page else 0
        self.editor.show(page.text if page else "", page.newline if page else "\n")
        self.tell()

    def _take_in(self, page: Page) -> None:
        """The page as others left it, into the editor."""
        known = self._page
        if known is None or page.text == known.text:
            self._page = page
            self.tell(self._word)
            return
        if not self.unsaved:
            self._page = page
            self.editor.apply_text(page.text)
            self.tell("changed outside" if known.text else "")
            return
        merged = merge_text(known.text, trim_end(self.editor.text), page.text, page.newline)
        if merged.clashes:
            self.tell(trouble="changed on disk as well: saving will ask")
            return
        self._page = page
        self.editor.apply_text(joined(merged, "both", page.newline))
        self.tell(_merged(merged.taken))

    def place_to_write(self) -> Location:
        """Where one begins to write: at the end."""
        return self.editor.document.end

    # editing and saving

    def action_edit(self) -> None:
        """Begin to edit, or go on."""
        self.edit()

    def edit(self) -> None:
        """Let the person write, at once: the next key is a letter. An empty page gets what its template gives."""
        if self._page is None or self._conflict is not None:
            return
        if not self._page.text and not self.editor.text:
            self.work(self._begin_from_template)
        self.editor.read_only = False
        if self.editor.cursor_location == (0, 0):  # nobody has chosen a place
            self.editor.move_cursor(self.place_to_write())
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
        async with self._busy:
            page, text = self._page, self.editor.text
            if page is None or not self.unsaved:
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
        self.tell(_merged(outcome.merged) if outcome.merged else "saved")

    async def leave_page(self) -> bool:
        """Before another page is shown: save this one. False where it must stay."""
        self.editor.read_only = True
        return await self.save()

    @on(events.DescendantBlur)
    def _left(self) -> None:
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
        if action == "edit":
            return self.editor.read_only
        if action in ("leave", "save"):
            return not self.editor.read_only
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

    async def _keep_draft(self) -> None:
        async with self._busy:
            if self._page is None or not self.unsaved:
                return
            page, text, cursor = self._page, self.editor.text, self.editor.cursor_location
            try:
                await asyncio.to_thread(self._drafts.keep, page.key, page.text, text, cursor)
            except OSError as error:  # it must not keep anyone from typing or saving
                log.warning("no recovery file of %s: %s", page.key, error)
                self.tell(trouble="unsaved, and no recovery file can be written")

    async def _drop_draft(self) -> None:
        if self._page is None:
            return
        try:
            await asyncio.to_thread(self._drafts.drop, self._page.key)
        except OSError as error:
            log.warning("the recovery file of %s stays: %s", self._page.key, error)

    def rescue(self) -> None:
        """Put unsaved text into its recovery file at once, blocking; for signals and the way out. Never raises."""
        try:
            if self._page is not None and self.unsaved:
                page = self._page
                self._drafts.keep(page.key, page.text, self.editor.text, self.editor.cursor_location)
        except Exception:  # whatever it is, the app is on its way out and must restore the terminal
            log.exception("unsaved text could not be kept")

    async def _look_for_drafts(self) -> None:
        drafts = await asyncio.to_thread(self._drafts.pages, self.draft_prefix())
        if not drafts:
            return
        draft = drafts[0]
        if self._page is not None and draft.key == self._page.key and trim_end(draft.text) == self._page.text:
            await asyncio.to_thread(self._drafts.discard, draft)
            await self._look_for_drafts()
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
        self.work(self._restore)

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
            self._page = Page(draft.key, "", exists=False)
        disk = self._page
        self._page = replace(disk, text=draft.base)
        self.editor.apply_text(draft.text)
        self._take_in(disk)
        self.editor.read_only = False
        self.editor.focus()
        self.editor.move_cursor(draft.cursor)
        await self._keep_draft()
        await asyncio.to_thread(self._drafts.discard, draft)
        self._clear_question()
        self.describe()

    async def _discard(self) -> None:
        draft, self._offer = self._offer, None
        if draft is not None:
            await asyncio.to_thread(self._drafts.discard, draft)
        self._clear_question()
        await self._look_for_drafts()

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


def _merged(lines: int) -> str:
    return f"merged {lines} outside {'line' if lines == 1 else 'lines'}"
