"""A pane that shows one page of what people write: reading it, turning to another, keeping what is not saved."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from mlws_tui.domain.changes import Change, FileChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal_edits import trim_end
from mlws_tui.services.drafts import Draft, Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.services.pages import Conflict, Page, Saved, joined, merge_text
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.widgets.editor import MarkdownEditor
from mlws_tui.ui.widgets.questionline import QuestionLine

log = logging.getLogger(__name__)


class PagedPane(Pane):
    """A pane around a `MarkdownEditor` that shows one page. A subclass says what its pages are.

    Reading a page may take long. Who begins to write while one is being turned writes in the one that comes: what
    is typed until then is held, and never goes into the page that is on its way out.
    """

    def __init__(self, hub: Hub, drafts: Drafts, *, id: str) -> None:
        super().__init__(hub, id=id)
        self.editor = MarkdownEditor(id=f"{id}-editor")
        self._line = QuestionLine()
        self._drafts = drafts
        self._page: Page | None = None
        self._busy = asyncio.Lock()
        self._conflict: Conflict | None = None
        self._looked_for_drafts = False
        self._restored: Draft | None = None  # its recovery file is the only one with that text
        self._word = ""  # the last thing that happened to the page, for the corner
        self._trouble = ""
        self._starter = ""
        self._length = 0
        self._captioned: tuple[str | Content, str] | None = None
        self._turns = 0
        self._turning = asyncio.Lock()
        self._still = asyncio.Event()  # no page is being turned
        self._still.set()
        self._stays = False  # the page that was asked for did not come
        self._wants_to_edit = False
        self._wants_to_leave = False
        self._held = ""

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

    @abstractmethod
    def edit(self, focus: bool = True) -> None:
        """Let the person write."""

    @abstractmethod
    def action_leave(self) -> None:
        """Stop editing; what was typed is saved."""

    async def look_for_drafts(self) -> None:
        """Offer what was typed and not saved before; called once, when the first page is there."""

    def starter(self) -> str:
        """What an empty page begins with when it is edited; blocking, called in a thread."""
        return ""

    # state

    @property
    def unsaved(self) -> bool:
        """Whether something was typed that is not on disk."""
        return bool(self._held) or self._differs

    @property
    def _differs(self) -> bool:
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

    # turning pages

    def turn(self, task: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Do what may bring another page; from now on whoever begins to write does so in that one."""
        self.action_leave()
        self._turn_begins()
        self.work(partial(self._turn, task))

    async def _turn(self, task: Callable[[], Coroutine[Any, Any, object]]) -> None:
        try:
            async with (
                self._turning
            ):  # one after the other: each begins from the page that the last one brought
                await task()
        except BaseException:
            self._stays = True
            raise
        finally:
            self._turn_ends()

    @contextmanager
    def turning(self) -> Iterator[None]:
        """As `turn`, for what is awaited."""
        self._turn_begins()
        try:
            yield
        except BaseException:
            self._stays = True
            raise
        finally:
            self._turn_ends()

    def _turn_begins(self) -> None:
        if not self._turns:
            self._stays = False
        self._turns += 1
        self._still.clear()

    def _turn_ends(self) -> None:
        """The page is there: who wanted to write meanwhile does now, with what they typed."""
        self._turns -= 1
        if self._turns:
            return
        self._still.set()
        wanted, leaves, held = self._wants_to_edit, self._wants_to_leave, self._held
        self._wants_to_edit, self._wants_to_leave, self._held = False, False, ""
        if not wanted:
            return
        if not self._stays:
            self.edit(focus=not leaves)
        if not self.editor.read_only:
            if held:
                self.editor.insert(held, maintain_selection_offset=False)
            if leaves:
                self.action_leave()
        elif held:  # in the page that stays it would be in the wrong place
            self.notify(held, title="Not written: the page did not come", timeout=15, markup=False)
        self.refresh_bindings()

    def on_key(self, event: events.Key) -> None:
        """Hold what is typed for a page that is still to come; else letters would be commands."""
        if not self._wants_to_edit or self._wants_to_leave:
            return
        if event.key == "enter":
            self._held += "\n"
        elif event.key == "backspace":
            self._held = self._held[:-1]
        elif event.is_printable and event.character:
            self._held += event.character
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """As `on_key`."""
        if self._wants_to_edit and not self._wants_to_leave:
            self._held += event.text
            event.stop()

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
        self._starter = ""
        self._conflict = None
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
        known = self._page
        if known is None or page.text == known.text:
            self._page = page
            self.tell(self._word)
            return
        if not self._differs:
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
        self.tell(merged_words(merged.taken))

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
        except Exception:  # whatever it is, the app is on its way out and must restore the terminal
            log.exception("unsaved text could not be kept")


def merged_words(lines: int) -> str:
    """What is said where others' lines came in."""
    return f"merged {lines} outside {'line' if lines == 1 else 'lines'}"
