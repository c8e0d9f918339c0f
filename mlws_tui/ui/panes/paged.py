"""A pane that shows one page of what people write: reading it, turning to another, keeping what is not saved."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.document._edit import Edit
from textual.widget import Widget

from mlws_tui.domain.changes import Change, FileChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal_edits import trim_end
from mlws_tui.services.drafts import Draft, Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.services.pages import Conflict, Page, Saved, joined, merge_text
from mlws_tui.ui.panes.writingothers import OthersSteps
from mlws_tui.ui.panes.writingturns import TurningPane
from mlws_tui.ui.widgets.exactdocument import split
from mlws_tui.ui.widgets.questionline import QuestionLine

log = logging.getLogger(__name__)

#: Said for as long as it is so.
CHANGED = "changed on disk as well: saving will ask"


class PagedPane(TurningPane):
    """A pane around a `MarkdownEditor` that shows one page. A subclass says what its pages are."""

    def __init__(self, hub: Hub, drafts: Drafts, *, id: str) -> None:
        super().__init__(hub, drafts, id=id)
        self._line = QuestionLine()
        self._page: Page | None = None
        self._busy = asyncio.Lock()
        self._conflict: Conflict | None = None
        self._looked_for_drafts = False
        self._restored: Draft | None = None  # its recovery file is the only one with that text
        self._others = OthersSteps()
        self._undone_others = False  # what was undone last came from others
        self._word = ""  # the last thing that happened to the page, for the corner
        self._trouble = ""
        self._starter = ""
        self._length = 0
        self._placed = False  # the person has put the cursor somewhere
        self._captioned: tuple[str | Content, str] | None = None

    def caption(self, detail: str | Content = "", corner: str = "") -> None:
        """As in every pane; the border is drawn again only where the words differ."""
        if getattr(self, "_captioned", None) != (detail, corner):
            self._captioned = (detail, corner)
            super().caption(detail, corner)

    def compose(self) -> ComposeResult:
        yield self.editor
        yield self._line

    @property
    def focus_target(self) -> Widget:
        return self.editor

    # what a subclass says

    @abstractmethod
    def load_page(self) -> Page | None:
        """Read the page to be shown; blocking, called in a thread. None where there is none."""

    @abstractmethod
    def page_of(self, key: str) -> Page:
        """Read the page of a key as it is on disk; blocking, called in a thread."""

    @abstractmethod
    def name_of(self, key: str) -> str:
        """What people call the page of a key."""

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
    def turn_to(self, key: str) -> None:
        """Make the page of that key the one to be shown."""

    async def look_for_drafts(self) -> None:
        """Offer what was typed and not saved before; called once, when the first page is there."""

    def starter(self) -> str:
        """What an empty page begins with when it is edited; blocking, called in a thread."""
        return ""

    # state

    @property
    def unsaved(self) -> bool:
        """Whether something was typed that is not on disk."""
        return bool(self.held_text) or self._differs

    @property
    def _differs(self) -> bool:
        """Whether the editor holds what is not on disk."""
        if self._page is None:
            return False
        text = trim_end(self.editor.text)
        return text != self._page.text and not (not self._page.text and self._only_template(text))

    def _only_template(self, text: str) -> bool:
        """Whether a new page says nothing but what its template gave it, or less."""
        return bool(self._starter) and set(split(text)[0]) <= {"", *split(self._starter)[0]}

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
                self._stay()
                self.tell(trouble=error.title)
                return
            if page is None or self._page is None or page.key != self._page.key:
                await self._show(page)
            else:
                self._take_in(page)
        if not self._looked_for_drafts and self._page is not None:
            self._looked_for_drafts = True
            await self.look_for_drafts()

    def _stay(self) -> None:
        """The page that was asked for does not come: go on with the one that is shown, under its own name."""
        self._stays = True
        if self._page is not None:
            self.turn_to(self._page.key)

    async def _show(self, page: Page | None) -> None:
        self.editor.read_only = True
        if not await self._put_away():
            self._stay()
            self.tell(trouble="not saved")
            return
        self._page = page
        self._others.clear()
        self._starter = ""
        self._conflict = None
        self._placed = False
        self._length = len(page.text) if page else 0
        self.editor.show(page.text if page else "", page.newline if page else "\n")
        self.tell()

    async def _put_away(self) -> bool:
        """Save the text that another page is about to replace, or have it in its recovery file; False if neither."""
        if self._page is None or not self._differs:
            return True
        try:
            outcome = await asyncio.to_thread(self.store_page, self._page, trim_end(self.editor.text))
            if isinstance(outcome, Saved):
                await self._drop_draft()
                return True
        except MlwsError as error:
            log.warning("%s could not be saved: %s", self._page.key, error)
        if not await self._write_draft():
            return False
        self.notify(
            "what was typed could not be saved; it is kept and offered when the app starts again",
            severity="warning",
            timeout=15,
        )
        return True

    def _take_in(self, page: Page) -> None:
        """The page as others left it, into the editor."""
        if self._conflict is not None:  # it is compared with the disk again when it is settled
            return
        known = self._page
        if known is None or page.text == known.text:
            self._page = page
            self.tell(self._word)
            return
        if not self._differs:
            self._page = page
            self._others.take_in(self.editor, page.text, known.text, page.text)
            self.tell("changed outside" if known.text else "")
            return
        if known.text and not page.exists:
            self.tell(trouble=CHANGED)
            return
        merged = merge_text(known.text, trim_end(self.editor.text), page.text, page.newline)
        if merged.clashes:
            self.tell(trouble=CHANGED)
            return
        self._page = page
        text = joined(merged, "both", page.newline)
        self._others.take_in(self.editor, text, known.text, page.text)
        self.tell(merged_words(merged.taken))
        self.notify(merged_words(merged.taken), timeout=5, markup=False)  # the corner says that it is unsaved

    # undo

    def retraced(self, edits: Sequence[Edit], back: bool) -> None:
        """A step was undone, or done again: with what others wrote goes what is known of the page."""
        page = self._page
        known = self._others.retraced(edits, page, back) if page is not None else None
        self._undone_others = False
        if page is None or known is None:
            return
        if self.own_step(known.text, page.text) or self.own_step(page.text, known.text):
            self._others.lacking = False
            return
        self._page = known
        self._undone_others = back

    def own_step(self, before: str, after: str) -> bool:
        """Whether what made that of the page was asked for here, though it came by the disk."""
        del before, after
        return False

    # recovery files

    async def _keep_draft(self) -> bool:
        async with self._busy:
            return await self._write_draft()

    async def _write_draft(self) -> bool:
        """Keep what is unsaved in its recovery file. False where that failed."""
        if self._page is None or not self._differs:
            return True
        page, text, cursor = self._page, self.editor.text, self.editor.cursor_location
        try:
            await asyncio.to_thread(self._drafts.keep, page.key, page.text, text, cursor)
        except OSError as error:  # it must not keep anyone from typing or saving
            log.warning("no recovery file of %s: %s", page.key, error)
            self.tell(trouble="unsaved, and no recovery file can be written")
            return False
        await self._forget_held()
        await self._discard_restored(page.key)
        return True

    async def _drop_draft(self) -> None:
        if self._page is None:
            return
        key = self._page.key
        try:
            await asyncio.to_thread(self._drafts.drop, key)
        except OSError as error:
            log.warning("the recovery file of %s stays: %s", key, error)
        await self._forget_held()
        await self._discard_restored(key)

    async def _discard_restored(self, key: str) -> None:
        """Remove the recovery file that was restored, now that its text is somewhere else on the disk."""
        draft = self._restored
        if draft is None or draft.key != key:
            return
        self._restored = None
        try:
            await asyncio.to_thread(self._drafts.discard, draft)
        except OSError as error:
            log.warning("the recovery file of %s stays: %s", key, error)

    def rescue(self) -> None:
        """Put unsaved text into its recovery file at once, blocking; for signals and the way out. Never raises."""
        try:
            if self._page is not None and self._differs:
                page = self._page
                self._drafts.keep(page.key, page.text, self.editor.text, self.editor.cursor_location)
            if self.held_text:
                self._drafts.keep(self.coming_key(), "", self.held_text, (0, 0), f"held{self._times_held}")
        except Exception:  # whatever it is, the app is on its way out and must restore the terminal
            log.exception("unsaved text could not be kept")


def merged_words(lines: int) -> str:
    """What is said where others' lines came in."""
    return f"merged {lines} outside {'line' if lines == 1 else 'lines'}"
