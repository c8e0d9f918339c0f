"""A pane in which one turns from page to page: what is typed meanwhile is held for the page that comes."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from textual import events
from textual.document._edit import Edit
from textual.timer import Timer

from mlws_tui.services.drafts import Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.ui.keyorder import KeysInOrder, taken_in
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.widgets.editor import MarkdownEditor

log = logging.getLogger(__name__)

#: What is typed is in a recovery file after so long (seconds), or sooner each time so many characters were typed.
DRAFT_AFTER, DRAFT_EVERY = 0.8, 200


class PageEditor(MarkdownEditor):
    """The editor within an app that looks at what keys are bound to before the editor has seen them."""

    def __init__(self, *, id: str, retraced: Callable[[Sequence[Edit], bool], None]) -> None:
        super().__init__(id=id)
        self.retraced = retraced  # told of each step that was undone (True) or done again
        # To the text area this is the end of the line, as to Emacs; here it is the person's own editor.
        self._bindings.key_to_bindings.pop("ctrl+e", None)

    @property
    def hits_marked(self) -> bool:
        """Whether places that were looked for are set off."""
        return bool(self._hits)

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        super()._undo_batch(edits)
        self.retraced(edits, True)

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        super()._redo_batch(edits)
        self.retraced(edits, False)


class TurningPane(Pane):
    """A pane around an editor whose pages take a while to come.

    Who begins to write while one is being turned writes in the one that comes: what is typed until then is held, and
    kept in a recovery file, and never goes into the page that is on its way out.
    """

    def __init__(self, hub: Hub, drafts: Drafts, *, id: str) -> None:
        super().__init__(hub, id=id)
        self.editor = PageEditor(id=f"{id}-editor", retraced=self.retraced)
        self._drafts = drafts
        self._turns = 0
        self._turning = asyncio.Lock()
        self._still = asyncio.Event()  # no page is being turned
        self._still.set()
        self._stays = False  # the page that was asked for did not come
        self._wants_to_edit = False
        self._wants_to_leave = False
        self._begins: Callable[[], None] | None = None  # how the person wanted to begin to write
        self._held: list[events.Key | events.Paste] = []
        self._typing_held = False
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

    @abstractmethod
    def describe(self) -> None:
        """Set the caption and the placeholder by the page that is shown."""

    @property
    @abstractmethod
    def _differs(self) -> bool:
        """Whether the editor holds what is not on disk."""

    @abstractmethod
    def retraced(self, edits: Sequence[Edit], back: bool) -> None:
        """A step was undone, or done again."""

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
            if self._held and not self._typing_held and not self.editor.read_only:
                self.write_held(whole=True)  # it is for the page that is shown
        self._turns += 1
        self._still.clear()

    def _turn_ends(self) -> None:
        """The page is there: who wanted to write meanwhile does now, with what they typed."""
        self._turns -= 1
        if self._turns:
            return
        self._still.set()
        begin, leaves, wanted = self._begins or self.edit, self._wants_to_leave, self._wants_to_edit
        self._wants_to_edit, self._wants_to_leave, self._begins = False, False, None
        if not wanted:
            return
        if not self._stays:
            self.edit(focus=False) if leaves else begin()
        if self.editor.read_only:
            self._give_up_held()
        elif leaves or self.app.focused is not self.editor:
            self.write_held(whole=True)
            if leaves:
                self.action_leave()
        else:
            self.app.call_later(self._type_held)
        self.refresh_bindings()

    # what is typed until then

    @property
    def held_text(self) -> str:
        """What was typed ahead, as text: commands are no part of it."""
        return typed_text(self._held, self.editor.keys == "plain")

    def hold(self, event: events.Key | events.Paste) -> bool:
        """Keep what is typed for a page that is still to come; it is typed there, key by key, when it has come."""
        if self._typing_held or not (self._held or self._wants_to_edit) or self._wants_to_leave:
            return False
        self._held.append(event)
        self._held_for = self.coming_key()
        if self._held_timer is None:
            self._held_timer = self.set_timer(DRAFT_AFTER, self._keep_held_soon)
        self.describe()
        return True

    async def _type_held(self) -> None:
        """Let the app deal with each key as if it were typed now; what turns to another page makes the rest wait."""
        app = self.app
        self._typing_held = True
        try:
            while self._held and not self._wants_to_edit and isinstance(app, KeysInOrder):
                await app.deal_with(self._held.pop(0))
            await taken_in(self.editor)
        finally:
            self._typing_held = False
        self.describe()

    def write_held(self, whole: bool = False) -> None:
        """Put what was typed ahead into the page as text, where it cannot wait until it is typed there.

        Args:
            whole: Whether the keys go that are no text; else they are still to come, and what is behind them.
        """
        texts = len(self._held)
        if not whole:
            texts = next((n for n, key in enumerate(self._held) if not typed_text([key])), texts)
        text = typed_text(self._held[:texts], self.editor.keys == "plain")
        del self._held[:texts]
        if text:
            self.editor.insert(text, maintain_selection_offset=False)  # its recovery file goes with the next

    def _give_up_held(self) -> None:
        """In the page that stays it would be in the wrong place."""
        text, self._held = self.held_text, []
        if text:
            self.notify(text, title="Not written: the page did not come", timeout=15, markup=False)
            self.work(partial(self._keep_for_later, text, self._held_for))

    def _keep_held_soon(self) -> None:
        self._held_timer = None
        if self._held or self._held_kept is not None:
            self.work(self._keep_held)

    async def _keep_held(self) -> None:
        """Have what is held in a recovery file of the page that it is for."""
        await self._write_held(self.held_text, self.coming_key())
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


def typed_text(keys: Sequence[events.Key | events.Paste], plain: bool = True) -> str:
    """The text that these keys give.

    Args:
        keys: What was typed.
        plain: Whether escape ends the text, and what is behind it are commands.
    """
    text = ""
    for event in keys:
        if isinstance(event, events.Paste):
            text += event.text
        elif event.key in ("enter", "ctrl+j"):
            text += "\n"
        elif event.key == "backspace":
            text = text[:-1]
        elif event.is_printable and event.character:
            text += event.character
        elif event.key == "escape" and plain:
            break
    return text
