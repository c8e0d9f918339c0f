"""The part of a pane that hands its page to the person's own editor, and takes it back."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

from textual.app import SuspendNotSupported

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal_edits import trim_end
from mlws_tui.domain.text import safe_text
from mlws_tui.services.drafts import Draft, Lent
from mlws_tui.services.externaleditor import Ended, at_line, editor_command, run
from mlws_tui.services.pages import Page
from mlws_tui.ui.panes.writingrecovery import RecoveringPane


class OutsidePane(RecoveringPane):
    """A pane whose page can be edited with another program.

    The page is in a file of its own as long as that takes, and until its text is saved: what is written there
    outlives our app.
    """

    def action_outside(self) -> None:
        """Edit the page with ``$VISUAL`` or ``$EDITOR``; what comes back is one change, and is saved."""
        if self._page is not None and self._conflict is None and not self._turns:
            self.work(partial(self._go_outside, self._page))

    def file_name(self, key: str) -> str:
        """What the file is called that another program gets."""
        return f"{Path(key).stem}.md"

    async def _go_outside(self, page: Page) -> None:
        try:
            command = await asyncio.to_thread(editor_command)
            async with self._busy:  # what others write meanwhile is merged when the text is back
                lent = await self._lend(self._page or page)
                row = self.editor.cursor_location[0] if self.placed else self.editor.document.end[0]
                words = await asyncio.to_thread(at_line, command, lent.short, row + 1)
                ended = await self._hand_over(words)
                question = await self._look_at(lent, ended)
        except MlwsError as error:
            self.notify(error.sentence(), severity="error", timeout=15, markup=False)
            return
        if question:
            self._ask_to_take(lent, *question)
        elif self._restored is not None:
            await self._save()

    async def _lend(self, page: Page) -> Lent:
        text = self.editor.text
        if not page.text and not text:
            self._starter = text = await asyncio.to_thread(self.starter)
        try:
            return await asyncio.to_thread(
                self._drafts.lend, page.key, page.text, text, self.file_name(page.key), page.newline
            )
        except OSError as error:
            raise MlwsError(
                f"No file can be made for the editor: {(error.strerror or str(error)).lower()}",
                hint=f"make room in {self._drafts.folder}",
            ) from error

    async def _hand_over(self, words: list[str]) -> Ended:
        """Let the editor have the terminal. Our app goes on meanwhile, and shows nothing."""
        try:
            with self.app.batch_update(), self.app.suspend():
                return await run(words)
        except SuspendNotSupported:
            raise MlwsError("This terminal cannot be handed to an editor") from None

    async def _look_at(self, lent: Lent, ended: Ended) -> tuple[str, str] | None:
        """Take the text back; where it may not be what the person wants, title and words of the question."""
        if ended.code is None:
            await self._give_back(lent)
            raise MlwsError(ended.problem, hint="export EDITOR=nano, for example")
        try:
            text = await asyncio.to_thread(lent.read)
        except MlwsError as error:
            raise MlwsError(
                error.title, hint="the text here is as it was; the editor's file is kept"
            ) from error
        if text == lent.text:
            await self._give_back(lent)
            why = f"the editor {ended.words}" if ended.code else "nothing was changed"
            self.tell(why)
            return None
        if ended.code:
            meant = ", which most do when all is to be undone" if ended.code > 0 else ""
            return "Take what the editor left?", f"It {ended.words}{meant}."
        if not text.strip() and lent.text.strip():
            return "Is this page to be empty?", "The file came back without any text."
        self._take_back(lent, text)
        return None

    def _ask_to_take(self, lent: Lent, title: str, words: str) -> None:
        from mlws_tui.ui.screens.confirm import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(partial(self._take_after_all, lent))
            else:
                self._say_where(lent)

        lines = (words, f"The text here is as it was; the file stays: {lent.path}")
        self.app.push_screen(ConfirmScreen(title, lines, yes="take it", no="leave it", grave=True), answered)

    async def _take_after_all(self, lent: Lent) -> None:
        try:
            text = await asyncio.to_thread(lent.read)
        except MlwsError as error:
            self.notify(error.sentence(), severity="error", timeout=15, markup=False)
            return
        async with self._busy:
            self._take_back(lent, text)
        await self._save()

    def _take_back(self, lent: Lent, text: str) -> None:
        """Have the text in the editor, as one change of the page that was lent."""
        if self._page is None or self._page.key != lent.key or self._conflict is not None:
            self._say_where(lent)
            return
        self.editor.apply_text(trim_end(text))
        # Its file is removed like a recovery file: as soon as the text is somewhere else on the disk.
        self._restored = Draft(lent.key, lent.base, text, (0, 0), time.time(), lent.path.parent)

    def _say_where(self, lent: Lent) -> None:
        self.notify(
            safe_text(str(lent.path)), title="What was edited is in this file", timeout=30, markup=False
        )

    async def _give_back(self, lent: Lent) -> None:
        try:
            await asyncio.to_thread(self._drafts.give_back, lent)
        except OSError as error:
            raise MlwsError(f"{lent.path} stays: {(error.strerror or str(error)).lower()}") from error
