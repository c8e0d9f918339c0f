"""A pane in which one turns from page to page: what is typed meanwhile is held for the page that comes."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from textual import events
from textual.timer import Timer

from mlws_tui.services.drafts import Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.widgets.editor import MarkdownEditor

log = logging.getLogger(__name__)

#: What is typed is in a recovery file after so long (seconds), or sooner each time so many characters were typed.
DRAFT_AFTER, DRAFT_EVERY = 0.8, 200


class PageEditor(MarkdownEditor):
    """The editor within an app that looks at what keys are bound to before the editor has seen them."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        # To the text area this is the end of the line, as to Emacs; here it is the person's own editor.
        self._bindings.key_to_bindings.pop("ctrl+e", None)

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Keys of vim, of Emacs and of the list of offers are the editor's first; what it does not take comes back."""
        first = not self.read_only and (self.keys != "plain" or self.offering)
        return first or super().check_consume_key(key, character)


class TurningPane(Pane):
    """A pane around an editor whose pages take a while to come.

    Who begins to write while one is being turned writes in the one that comes: what is typed until then is held, and
    kept in a recovery file, and never goes into the page that is on its way out.
    """

    def __init__(self, hub: Hub, drafts: Drafts, *, id: str) -> None:
        super().__init__(hub, id=id)
        self.editor = PageEditor(id=f"{id}-editor")
        self._drafts = drafts
        self._turns = 0
        self._turning = asyncio.Lock()
        self._still = asyncio.Event()  # no page is being turned
        self._still.set()
        self._stays = False  # the page that was asked for did not come
        self._wants_to_edit = False
        self._wants_to_leave = False
        self._held = ""
        self._held_for = ""
        self._held_kept: tuple[str, str] | None = None  # key and part of its recovery file
        self._held_timer: Timer | None = None
        self._keeping = asyncio.Lock()
        self._times_held = 0

    # what a subclass says

    @abstractmethod
    def edit(self, focus: bool = True) -> None:
        """Let the person write."""

    @abstractmethod
    def action_leave(self) -> None:
        """Stop editing; what was typed is saved."""

    @abstractmethod
    def tell(self, word: str = "", trouble: str = "") -> None:
        """Remember what happened to the page, and show it."""

    @property
    @abstractmethod
    def _differs(self) -> bool:
        """Whether the editor holds what is not on disk."""

    @abstractmethod
    def coming_key(self) -> str:
        """The key of the page that is to be shown next, as far as it is known."""

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
            async with self._turning:  # each begins from the page that the one before brought
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
                self.editor.insert(
                    held, maintain_selection_offset=False
                )  # its recovery file goes with the next
            if leaves:
                self.action_leave()
        elif held:  # in the page that stays it would be in the wrong place
            self.notify(held, title="Not written: the page did not come", timeout=15, markup=False)
            self.work(partial(self._keep_for_later, held, self._held_for))
        self.refresh_bindings()

    def on_key(self, event: events.Key) -> None:
        """Hold what is typed for a page that is still to come; else letters would be commands."""
        if not self._wants_to_edit or self._wants_to_leave:
            return
        if event.key == "enter":
            self._hold(self._held + "\n")
        elif event.key == "backspace":
            self._hold(self._held[:-1])
        elif event.is_printable and event.character:
            self._hold(self._held + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """As `on_key`."""
        if self._wants_to_edit and not self._wants_to_leave:
            self._hold(self._held + event.text)
            event.stop()

    def _hold(self, text: str) -> None:
        self._held, self._held_for = text, self.coming_key()
        if self._held_timer is None:
            self._held_timer = self.set_timer(DRAFT_AFTER, self._keep_held_soon)

    def _keep_held_soon(self) -> None:
        self._held_timer = None
        if self._held or self._held_kept is not None:
            self.work(self._keep_held)

    async def _keep_held(self) -> None:
        """Have what is held in a recovery file of the page that it is for."""
        await self._write_held(self._held, self.coming_key())
        if not self._held and not self._differs:  # it was taken back, or saved while this was written
            await self._forget_held()

    async def _write_held(self, held: str, key: str) -> None:
        async with self._keeping:
            part = f"held{self._times_held}"
            if self._held_kept is not None and self._held_kept != (key, part):
                await self._drop_held(self._held_kept)
            self._held_kept = (key, part)
            place = (held.count("\n"), len(held.rpartition("\n")[2]))
            try:
                await asyncio.to_thread(self._drafts.keep, key, "", held, place, part)
            except OSError as error:  # it must not keep anyone from typing
                log.warning("what is typed ahead is in no recovery file: %s", error)

    async def _keep_for_later(self, held: str, key: str) -> None:
        """What has no page now stays in its recovery file, and is offered when the app starts again."""
        await self._write_held(held, key)
        self._held_kept = None
        self._times_held += 1

    async def _forget_held(self) -> None:
        """What was held is somewhere else on the disk now."""
        kept, self._held_kept = self._held_kept, None
        if kept is not None:
            await self._drop_held(kept)

    async def _drop_held(self, kept: tuple[str, str]) -> None:
        try:
            await asyncio.to_thread(self._drafts.drop, *kept)
        except OSError as error:
            log.warning("the recovery file of %s stays: %s", kept[0], error)
