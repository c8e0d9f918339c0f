"""The part of a pane that lets one write in its page and saves it."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from textual import events, on

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal_edits import trim_end
from mlws_tui.domain.newbullet import new_bullet
from mlws_tui.services.pages import Conflict, Page, Saved, gone, joined, merge_text
from mlws_tui.ui.panes.paged import PagedPane, merged_words


class EditingPane(PagedPane):
    """A pane whose page can be edited and saved."""

    @abstractmethod
    def _ask(self, conflict: Conflict) -> None:
        """Ask the person what is to be kept where both sides changed the same."""

    @abstractmethod
    def _clear_question(self) -> None:
        """Ask nothing any more, unless something still is to be asked."""

    def on_mount(self) -> None:
        # Which keys do something depends on whether text is edited.
        self.watch(self.editor, "read_only", lambda: self.refresh_bindings(), init=False)

    #: The mark of a bullet where the page has none.
    bullet = "- "

    # editing

    def take_place(self) -> None:
        """Go where one begins to write: to the end."""
        self.editor.move_cursor(self.editor.document.end)

    @property
    def placed(self) -> bool:
        """Whether the person has put the cursor somewhere on this page."""
        return self._placed or self.editor.cursor_location != (0, 0)

    def action_write(self) -> None:
        """Begin to edit, or go on."""
        self.edit()

    def action_add(self) -> None:
        """Begin a new bullet at the end of the section that the person went to, or of the page."""
        if self._turns:
            self._begins = self.action_add  # in the page that comes
        placed = self.placed
        self.edit()
        if self.editor.read_only:  # a question stands, or the page is still to come
            return
        editor = self.editor
        lines = editor.exact.lines
        row, new = new_bullet(lines, editor.cursor_location[0] if placed else None, self.bullet)
        taken = row < len(lines) and not lines[row].strip() and all(not line.strip() for line in lines[row:])
        if taken and len(new) == 1:  # the blank line that the page ends with
            editor.replace(new[0], (row, 0), editor.document.end)
            return
        if row:
            place, text = (row - 1, len(editor.document.get_line(row - 1))), "\n" + "\n".join(new)
        else:
            place, text = (0, 0), "\n".join([*new, ""])
        editor.insert(text, place)
        editor.move_cursor((row + len(new) - 1, len(new[-1])))

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
        if not self.placed:
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
        if self.editor.read_only or self.has_focus_within:
            return
        # who looks at another window or opens the palette comes back to where they were writing
        self.editor.read_only = self.app.app_focus and self.app.screen is self.screen
        self.work(self.save)

    # saving

    def action_save(self) -> None:
        """Save now."""
        self.work(self.save)

    async def save(self) -> bool:
        """Save what is unsaved.

        Returns:
            Whether everything is on disk; if not, the person has been told, and nothing typed is lost.
        """
        await self._still.wait()  # what was typed for a page that is on its way comes with it
        typed = self._typing_held  # then it is one of those keys that saves
        if not typed and not self.editor.read_only and self.editor.keys == "plain":
            self.write_held()
        return await self._save() and (typed or not self.held_text)

    async def _save(self) -> bool:
        async with self._busy:
            page, text = self._page, self.editor.text
            if page is None or not self._differs:
                await self._drop_draft()
                self.describe()
                if self._others.lacking:
                    self.revive()
                return True
            try:
                outcome = await asyncio.to_thread(self._store, page, trim_end(text))
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

    def _store(self, page: Page, text: str) -> Saved | Conflict:
        """Save; where others removed the page meanwhile the person is asked whether to write it again. Blocks."""
        if page.exists and page.text:
            disk = self.page_of(page.key)
            if not disk.exists:
                return gone(disk, page.text, text)
        return self.store_page(page, text)

    def _saved(self, outcome: Saved, stored: str) -> None:
        typed = trim_end(self.editor.text)
        self._page = outcome.page
        newline = outcome.page.newline
        if typed == stored and outcome.page.text != stored:
            self._others.take_in(self.editor, outcome.page.text, stored, outcome.page.text)
        elif typed != stored:  # typing went on while the file was written
            merged = merge_text(stored, typed, outcome.page.text, newline)
            text = joined(merged, "both", newline)
            self._others.take_in(self.editor, text, stored, outcome.page.text)
        self._clear_question()
        self.tell(merged_words(outcome.merged) if outcome.merged else "saved")
