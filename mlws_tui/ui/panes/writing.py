"""What the journal and the session pane have in common: one page, read with keys of its own, written in, never lost."""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Literal

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import TextArea

from mlws_tui.domain.links import TextLink
from mlws_tui.domain.textcount import count_words, words_by_section
from mlws_tui.domain.words import counted
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.writingkeys import OF_CONFLICT, OF_DRAFT, OF_HITS, READING, writing_actions
from mlws_tui.ui.panes.writingothers import undo_own
from mlws_tui.ui.panes.writingoutside import OutsidePane
from mlws_tui.ui.widgets.exactdocument import split
from mlws_tui.ui.widgets.findline import FindLine

if TYPE_CHECKING:
    from mlws_tui.ui.widgets.editor import MarkdownEditor
    from mlws_tui.ui.widgets.editorcompletion import Completer

#: Seconds that a page may take to open before other keys are looked at.
_OPENING = 1.0
#: Seconds between two counts of the words while one types.
_COUNTING = 0.4
_OPEN_TASK = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+\[ \](?=\s|$)")
_BOX = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+\[[ xX]\](?=\s|$)")
_LINE_OF = re.compile(r"(.+?)(?::(\d{1,9}))?")


class WritingPane(OutsidePane):
    """A pane that shows one page: read it, go where it leads, edit it, save it.

    What is typed and not saved is kept in a recovery file. What others write into the page meanwhile comes in by
    itself where it can; where both changed the same lines the person is asked.
    """

    DEFAULT_CSS = """
    WritingPane { layout: vertical; }
    WritingPane MarkdownEditor { height: 1fr; }
    """

    class Jumped(Message):
        """The person wants to go where this pane cannot take them."""

        def __init__(self, jump: Jump) -> None:
            super().__init__()
            self.jump = jump

    def __init__(self, hub: Hub, drafts: Drafts, *, id: str) -> None:
        super().__init__(hub, drafts, id=id)
        self._find = FindLine(self.editor)
        self._said_of_text = (True, "")  # whether one read then, and what was said
        self._count_soon = Coalesced(self, _COUNTING, self._count)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._find

    def on_mount(self) -> None:
        self.watch(self.editor, "read_only", lambda: self._count_soon.ask(now=True), init=False)

    def set_writing(
        self, keys: Literal["plain", "vim", "emacs"], completions: Completer | None = None
    ) -> None:
        """Say whose keys the editor has, and what completes words in it."""
        self.editor.keys = keys
        self.editor.completer = completions

    # what is said of the text

    @property
    def counts(self) -> str:
        """The text in figures: its words while one writes, what is open in it while one reads."""
        reading, said = self._said_of_text
        fits = reading == self.editor.read_only
        return " · ".join(filter(None, (self.editor.mode_words, said if fits else "")))

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _moved(self) -> None:
        self._placed = self._placed or self.editor.cursor_location != (0, 0)
        self._count_soon.ask()

    def on_markdown_editor_mode_changed(self) -> None:
        """INSERT, NORMAL and the like."""
        self.describe()

    async def _count(self) -> None:
        reading = self.editor.read_only
        said = (reading, self._tasks_here() if reading else self._words_here())
        if said != self._said_of_text:
            self._said_of_text = said
            self.describe()

    def _words_here(self) -> str:
        lines = self.editor.exact.lines
        total = count_words("\n".join(lines))
        row = self.editor.cursor_location[0]
        above = words_by_section(lines[: row + 1])
        title = above[-1][0] if above else ""
        words = f"{total} word{'' if total == 1 else 's'}"
        if not title:
            return words
        here = words_by_section(lines)[len(above) - 1 :]
        return f"{words}, {here[0][1]} in {title}" if here and here[0][0] == title else words

    def _tasks_here(self) -> str:
        code = self.editor.code_rows
        lines = enumerate(self.editor.exact.lines)
        count = sum(1 for row, line in lines if row not in code and _OPEN_TASK.match(line))
        return f"{count} open" if count else ""

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A question's keys are there only while it is asked; letters are commands only where no text is edited."""
        if action in OF_CONFLICT:
            return self._conflict is not None and (action != "side_by_side" or self._conflict.page.exists)
        if action in OF_DRAFT:
            return self._offer is not None and self.editor.read_only
        if action in READING:
            return self.editor.read_only and not self._wants_to_edit
        if action == "outside":
            return self.editor.read_only or self.editor.keys != "emacs"
        if action in OF_HITS:
            return self._finding
        if action in ("leave", "save"):
            writing = self._wants_to_edit or not self.editor.read_only
            return writing or (action == "leave" and self._finding)
        return super().check_action(action, parameters)

    def action_edit(self) -> None:
        """Open the link that the person went to, or begin to edit."""
        link = self.editor.link_at_cursor if self.placed and not self._turns else None
        if link is not None:
            self.follow(link)
        else:
            self.edit()

    def on_markdown_editor_asked(self, event: MarkdownEditor.Asked) -> None:
        """What vim's and emacs' commands say."""
        event.stop()
        if event.what == "discard" and self._page is not None:
            self.editor.apply_text(self._page.text)
        if event.what == "save":
            self.action_save()
        elif event.what == "external":
            self.action_outside()
        else:
            self.action_leave()

    def action_line_down(self) -> None:
        self._placed = True
        self.editor.action_cursor_down()

    def action_line_up(self) -> None:
        self._placed = True
        self.editor.action_cursor_up()

    def action_first_line(self) -> None:
        self._placed = True
        self.editor.action_document_start()

    def action_last_line(self) -> None:
        self._placed = True
        self.editor.action_document_end()

    def action_find(self) -> None:
        self._find.open()

    def action_find_next(self) -> None:
        self._go_to_hit(1)

    def action_find_previous(self) -> None:
        self._go_to_hit(-1)

    def _go_to_hit(self, by: int) -> None:
        self._placed = True
        number = self.editor.go_to_hit(by)
        count = len(self.editor.hits().hits)
        self.tell("" if number is None else f"{number + 1} of {count} found")

    @property
    def _finding(self) -> bool:
        """Whether places that were found are marked while one reads."""
        return self.editor.read_only and self.editor.hits_marked

    def action_leave(self) -> None:
        """Stop editing, what was typed is saved; while one reads, mark what was found no more."""
        if self._finding:
            self.editor.forget_hits()
            self.tell()
            self.refresh_bindings()
        super().action_leave()

    def action_next_link(self) -> None:
        self._go_to_link(1)

    def action_previous_link(self) -> None:
        self._go_to_link(-1)

    def _go_to_link(self, by: int) -> None:
        self._placed = True
        if any(self.editor.links(row) for row in range(self.editor.document.line_count)):
            self.editor.action_go_to_link(by)
        else:
            self.tell("nothing here leads anywhere")

    def action_preview(self) -> None:
        """Read the page as it looks."""
        from mlws_tui.ui.screens.preview import PreviewScreen

        name = self.name_of(self._page.key) if self._page is not None else self.TITLE
        self.app.push_screen(PreviewScreen(name, self.editor.text))

    def action_copy(self) -> None:
        """Copy the page to the person's clipboard, also over SSH."""
        text = self.editor.text
        self.editor.copy_text(text)
        self.tell(f"copied {counted(len(split(text)[0]), 'line')}")

    # changes while one reads

    def action_tick(self) -> None:
        """Tick the box of the line; making one is for who writes."""
        box = _BOX.match(self.editor.exact.lines[self.editor.cursor_location[0]])
        self._change(self.editor.action_toggle_box if box else _nothing, "no box to tick in this line")

    def action_undo(self) -> None:
        """Take back the last own change; what others wrote since stays."""
        self._change(partial(undo_own, self.editor, lambda: self._undone_others), "nothing to undo")

    def action_redo(self) -> None:
        self._change(self.editor.redo, "nothing to redo")

    def _change(self, change: Callable[[], object], nothing: str) -> None:
        """Change the text as a person would who writes, and save it; without anything to change say so."""
        if self._page is None or self._turns or self._conflict is not None:
            return
        before = self.editor.text
        change()
        if self.editor.text == before:
            self.tell(nothing)
        else:
            self.work(self.save)

    # going elsewhere

    def on_markdown_editor_link_opened(self, event: MarkdownEditor.LinkOpened) -> None:
        """A link was clicked, or a key of the editor opens it."""
        event.stop()
        self.follow(event.link)

    def follow(self, link: TextLink) -> None:
        """Go where a link leads."""
        self.go(jump_of(link))

    def go(self, jump: Jump) -> None:
        """Go somewhere else, once what was typed here is saved."""
        self.action_leave()
        self.post_message(self.Jumped(jump))

    async def visit(self, jump: Jump) -> None:
        """As `go`, for what opens a page: it is there when this is done, and has the keys that were typed ahead."""
        self.action_leave()
        taken = asyncio.Event()
        self.screen.post_message(self.Jumped(jump))
        if self.screen.call_later(taken.set):
            with suppress(TimeoutError):
                await asyncio.wait_for(taken.wait(), _OPENING)

    async def action_links(self) -> None:
        """See what leads here."""
        target = self.link_here()
        if target:
            await self.visit(Jump("links", target))

    @abstractmethod
    def link_here(self) -> str:
        """What a link to the page has, as ``day:2024-10-19``; empty where there is no page."""

    async def show_line(self, line: int) -> None:
        """Put the cursor on a line of the page, from 1; it is then where one goes on to write."""
        if line < 1:  # the heading of the page, which is no part of it
            return
        self._placed = True
        last = self.editor.document.line_count - 1
        self.editor.move_cursor((min(line - 1, last), 0), center=True)


def _nothing() -> None:
    """Change nothing."""


def jump_of(link: TextLink) -> Jump:
    """Where a link leads to, for whoever can go there."""
    path, line = _with_line(link.target)
    match link.kind:
        case "run":
            return Jump("run", link.target)
        case "log" | "file":
            return Jump("file", path, line)
        case "session":
            return Jump("session", path, line)
        case "day":
            return Jump("journal", link.target)
        case "url":
            return Jump("url", link.target)
        case _:
            return Jump("search", link.target)


def _with_line(target: str) -> tuple[str, int]:
    """A path and the line that is named behind it, as in ``train.log:120``."""
    found = _LINE_OF.fullmatch(target)
    return (found[1], int(found[2] or 0)) if found else (target, 0)


__all__ = ["WritingPane", "jump_of", "writing_actions"]
