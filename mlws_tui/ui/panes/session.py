"""The session pane: one session log, the latest unless another is asked for."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual import on
from textual.content import Content
from textual.timer import Timer
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.sessions import SessionFacts, placeholders
from mlws_tui.services.hub import Hub
from mlws_tui.services.pages import Conflict, Page, Saved
from mlws_tui.services.sessions import SessionsService
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.panes.writing import WritingPane, writing_actions

if TYPE_CHECKING:
    from mlws_tui.ui.widgets.editorcompletion import Completer

#: Seconds without typing after which the sections that are left are counted again.
COUNT_AFTER = 0.5


class SessionPane(WritingPane):
    """Shows a session log and edits it.

    Args:
        hub: Where changes are told.
        sessions: The session logs.
        keys: Whose keys the editor has.
        completions: Completes words in it; None for nothing.
    """

    NUMBER = 5
    TITLE = "Session"
    ACTIONS = writing_actions(
        "session",
        "the session log that is shown",
        "Save the session log",
        (
            Action(
                "session.previous",
                "left_square_bracket",
                "Earlier session",
                "Go to the session log before",
                footer=True,
            ),
            Action("session.next", "right_square_bracket", "Later session", "Go to the session log after"),
        ),
    )
    BINDINGS = bindings(ACTIONS)

    def __init__(
        self,
        hub: Hub,
        sessions: SessionsService,
        *,
        keys: Literal["plain", "vim", "emacs"] = "plain",
        completions: Completer | None = None,
    ) -> None:
        super().__init__(hub, sessions.drafts, id="session")
        self.set_writing(keys, completions)
        self._sessions = sessions
        self._name: str | None = None
        self._facts: SessionFacts | None = None
        self._count_timer: Timer | None = None

    def on_mount(self) -> None:
        self.describe()

    @property
    def shown(self) -> str | None:
        """Name of the session log that is shown."""
        return self._name

    # what the pages are

    def load_page(self) -> Page | None:
        name = self._name
        if name is None:
            latest = self._sessions.list()
            if not latest:
                return None
            name = latest[0].name
        page = self._sessions.page(name)
        if self._name is None:  # else another one may have been asked for meanwhile
            self._name = name
        if self._name == name:
            self._facts = self._sessions.facts_of(name, page.text)
        return page

    def store_page(self, page: Page, text: str) -> Saved | Conflict:
        name = Path(page.key).stem
        outcome = self._sessions.save(name, page.text, text)
        if isinstance(outcome, Saved):
            self._facts = self._sessions.facts_of(name, outcome.page.text)
        return outcome

    def watches(self, path: Path) -> bool:
        if self._name is None:
            return path.parent == self._sessions.folder
        return path.parent == self._sessions.folder and path.stem == self._name

    def draft_prefix(self) -> str:
        return f"{self._sessions.folder}/"

    def turn_to(self, key: str) -> None:
        self._name = Path(key).stem

    def coming_key(self) -> str:
        return str(self._sessions.folder / f"{self._name}.md")

    def page_of(self, key: str) -> Page:
        return self._sessions.page(Path(key).stem)

    def name_of(self, key: str) -> str:
        return Path(key).stem

    def link_here(self) -> str:
        return f"session:{self._name}" if self._name is not None else ""

    def take_place(self) -> None:
        """Select the first placeholder, so that what is typed takes its place; with none left go to the end."""
        for row, line in enumerate(self.editor.text.split("\n")):
            if found := placeholders(line):
                shown = f"[{found[0]}]"
                start = line.index(shown)
                self.editor.selection = Selection((row, start), (row, start + len(shown)))
                return
        super().take_place()

    def describe(self) -> None:
        if self._name is None or self._facts is None:
            self.caption("", self.corner)
            self._hint("n: begin a session log")
            return
        left = self._facts.left
        count = (
            "" if not left else "1 section left to write" if left == 1 else f"{left} sections left to write"
        )
        title = " · ".join(filter(None, (self._facts.title or self._name, self.counts)))
        self.caption(title, " · ".join(filter(None, (self.corner, count))))
        self._hint("enter: write" if self.editor.read_only else "")

    def _hint(self, text: str) -> None:
        if self.editor.placeholder != Content(text):
            self.editor.placeholder = Content(text)

    @on(TextArea.Changed)
    def _count_what_is_left(self) -> None:
        if self._count_timer is not None:
            self._count_timer.stop()
        self._count_timer = self.set_timer(COUNT_AFTER, self._see_what_is_left)

    def _see_what_is_left(self) -> None:
        if self._name is not None:
            self._facts = self._sessions.facts_of(self._name, self.editor.text)
            self.describe()

    # going from one to another

    async def show_session(self, name: str, line: int = 0) -> None:
        """Show another session log; the one that is shown is saved first.

        Args:
            name: Its name.
            line: The line of its file to go to, from 1; 0 for none.
        """
        with self.turning():
            if name != self._name:
                if not await self.leave_page():
                    return
                self._name = name
                await self.refresh_page()
        if line and self._name == name:
            await self.show_line(line)

    async def new_session(self, title: str, session_type: str = "Experiment") -> None:
        """Make a session log from the template of its type and begin to write in it."""
        try:
            session = await asyncio.to_thread(self._sessions.new, title, session_type)
        except MlwsError as error:
            self.notify(error.sentence(), severity="error", timeout=10, markup=False)
            return
        with self.turning():
            await self.show_session(session.name)
            if self._name == session.name:
                self.edit()

    def action_previous(self) -> None:
        self.turn(partial(self._step, 1))

    def action_next(self) -> None:
        self.turn(partial(self._step, -1))

    async def _step(self, by: int) -> None:
        names = [session.name for session in await asyncio.to_thread(self._sessions.list)]
        if self._name not in names:
            target = names[0] if names else None
        else:
            index = names.index(self._name) + by
            target = names[index] if 0 <= index < len(names) else None
        if target is not None:
            await self.show_session(target)
