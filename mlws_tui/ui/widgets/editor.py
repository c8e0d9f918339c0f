"""The editor of journal entries and session logs: at home in Markdown, with the keys that the person is used to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Protocol

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.document._document import Selection
from textual.message import Message

from mlws_tui.domain.textcount import words_by_section
from mlws_tui.services import clipboard
from mlws_tui.ui.widgets.editorcompletion import OFFER_KEYS
from mlws_tui.ui.widgets.editorfind import FindEditor
from mlws_tui.ui.widgets.editorkeys import done_at_once, handed_on, key_with_sign, passed_on
from mlws_tui.ui.widgets.editorsheet import Asking

Keys = Literal["plain", "vim", "emacs"]

_EDITING = frozenset(
    {"undo", "redo", "indent", "dedent", "toggle_box", "cut", "paste", "move_lines", "complete", "new_line"}
)


class Machine(Protocol):
    """Understands keys: `VimMachine` and `EmacsMachine`."""

    @property
    def words(self) -> str: ...

    @property
    def prompt(self) -> str: ...  # the line that is being typed to it, empty where none is

    @property
    def named(self) -> frozenset[str]: ...  # the keys that are no signs and that it wants now

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def key(self, key: str) -> bool: ...


class MarkdownEditor(FindEditor):
    """Shows one text; edits it unless `read_only`.

    In read mode no key is consumed, so that letters are commands of the pane around it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+home", "document_start", "Start of the text", show=False),
        Binding("ctrl+end", "document_end", "End of the text", show=False),
        Binding("ctrl+shift+home", "document_start(True)", "Select to the start", show=False),
        Binding("ctrl+shift+end", "document_end(True)", "Select to the end", show=False),
        Binding("ctrl+delete", "delete_word_right", "Delete the word", show=False),
        Binding("ctrl+j", "new_line", "New line", show=False),
        # An editor with keys of its own is given all keys first; what the pane does with them is said here then.
        Binding("escape", "normal_mode", "Commands", id="editor.normal"),
        Binding("escape", "pass_on('escape')", "Done", id="editor.leave"),
        Binding("ctrl+s", "pass_on('ctrl+s')", "Save", id="editor.save"),
    ]

    class ModeChanged(Message, namespace="markdown_editor"):
        """`mode_words` are others."""

    class Asked(Message, namespace="markdown_editor"):
        """The keys of vim or Emacs want something of the pane.

        Attributes:
            what: Save; stop writing; throw away what is unsaved; or write in another program.
        """

        def __init__(self, what: Asking) -> None:
            super().__init__()
            self.what = what

    def __init__(self, *, id: str | None = None, keys: Keys = "plain") -> None:
        self._keys: Keys = "plain"
        self._machine: Machine | None = None
        self._told = ""
        super().__init__(id=id)
        # The end of the line to the text area, and to Emacs; with other keys it is the pane's.
        self._bindings.key_to_bindings.pop("ctrl+e", None)
        self.keys = keys

    # the keys that the person is used to

    @property
    def keys(self) -> Keys:
        """Whose keys are understood while one writes."""
        return self._keys

    @keys.setter
    def keys(self, keys: Keys) -> None:
        if self._machine is not None:
            self._machine.stop()
        self._keys, self._machine = keys, None
        if keys != "plain":
            self._machine = self._build(keys)
            if not self.read_only:
                self._machine.start()
        self._tell_mode()

    def _build(self, keys: Keys) -> Machine:
        from mlws_tui.ui.widgets.editoradapter import EditorSheet  # few want them

        if keys == "vim":
            from mlws_tui.ui.widgets.editorvim import VimMachine

            return VimMachine(EditorSheet(self), self._tell_mode)
        from mlws_tui.ui.widgets.editoremacs import EmacsMachine

        return EmacsMachine(EditorSheet(self), self._tell_mode)

    @property
    def mode_words(self) -> str:
        """The mode of vim or the keys that wait for more, in a word; empty in read mode and with plain keys."""
        return "" if self._machine is None or self.read_only else self._machine.words

    def _tell_mode(self) -> None:
        prompt = "" if self._machine is None or self.read_only else self._machine.prompt
        if self.find_line is not None:
            self.find_line.show_command(prompt)
        if self.mode_words != self._told:
            self._told = self.mode_words
            self.post_message(self.ModeChanged())
            self.refresh_bindings()

    def _watch_read_only(self, read_only: bool) -> None:
        super()._watch_read_only(read_only)
        if self._machine is not None:
            (self._machine.stop if read_only else self._machine.start)()
        if read_only:
            self.close_offers()
        self._tell_mode()

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Whether a key is to come here before it is looked for among what keys are bound to."""
        if self.read_only:
            return False
        if self._machine is not None and key in self._machine.named:
            return True
        return (self.offering and key in OFFER_KEYS) or super().check_consume_key(key, character)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing changes the text in read mode; the keys go to whoever is around."""
        if action in ("normal_mode", "pass_on"):
            key = str(parameters[0]) if parameters else "escape"
            if key == "escape" and self.mode_words == "NORMAL":
                return False  # vim's escape leaves nothing; :q does, and going elsewhere
            wanted = self._machine is not None and key in self._machine.named
            return self._machine is not None and not self.read_only and wanted == (action == "normal_mode")
        if self.read_only and (action in _EDITING or (action == "open_find" and parameters == (True,))):
            return False
        return super().check_action(action, parameters)

    async def _on_key(self, event: events.Key) -> None:
        if handed_on(self, event) or self.read_only:
            return
        text = event.is_printable or event.key == "enter"
        if self._taken(event) or (not text and await self._bound(event.key)):
            event.stop()
            event.prevent_default()

    async def _bound(self, key: str) -> bool:
        """Do what a key is bound to here; one that was wanted and then not used is for whoever is around."""
        if await done_at_once(self, key):
            return True
        return (key == "escape" or self.check_consume_key(key)) and await passed_on(self, key)

    def _taken(self, event: events.Key) -> bool:
        """Whether a key was a command and not text."""
        key = key_with_sign(event)
        if self.offer_key(key) and (key != "escape" or self._keys != "vim"):  # vim's ends INSERT too
            return True
        if self._machine is not None and self._machine.key(key):
            return True
        return key == "enter" and self.selection.is_empty and self.continue_list()

    def action_new_line(self) -> None:
        """Begin a new line, as enter does."""
        self._replace_via_keyboard("\n", *self.selection)

    def action_normal_mode(self) -> None:
        """Take commands instead of text: vim's escape."""
        if self._machine is not None:
            self._machine.key("escape")

    async def action_pass_on(self, key: str) -> None:
        """Do what a key means to the pane."""
        await passed_on(self, key)

    def words(self) -> Sequence[tuple[str, int]]:
        """The sections of the text and how many words each has."""
        return words_by_section(self.exact.lines)

    # the clipboard

    def copy_text(self, text: str) -> None:
        """Put a text on the clipboard of the person's own machine, and have it for pasting here."""
        clean = text.encode("utf-8", "replace").decode()
        self.app._clipboard = clean
        self.run_worker(self._send(clean), group="clipboard")

    async def _send(self, text: str) -> None:
        copied = await clipboard.copy(text)
        if copied.sequence and self.app._driver is not None:
            self.app._driver.write(copied.sequence)
        if copied.cut:
            self.app.notify("It is too much for the terminal: only the beginning was copied", markup=False)

    def action_copy(self) -> None:
        """Copy the selection; bytes that are no text become question marks."""
        if not self.selected_text:
            raise SkipAction
        self.copy_text(self.selected_text)

    def action_cut(self) -> None:
        """Cut the selection, or the line of the cursor."""
        if self.selection.is_empty:
            row = self.cursor_location[0]
            last = row == self.document.line_count - 1
            self.selection = Selection((row, 0), self.document.end if last else (row + 1, 0))
        text = self.selected_text
        if self._delete_via_keyboard(*self.selection) is not None and text:
            self.copy_text(text)
