"""The form of a fork: its name, its settings, its command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.forking import edit_command
from mlws_tui.domain.runs import Run
from mlws_tui.domain.settingtext import as_text, changes_in
from mlws_tui.domain.shellwords import quote
from mlws_tui.domain.text import safe_text

_KEYS = "enter or ctrl+s makes the run · tab next field · esc cancels"


@dataclass(frozen=True, slots=True)
class Fork:
    """What the person wants; `command` is None where it follows from the settings."""

    name: str
    changes: dict[str, Any]
    command: tuple[str, ...] | None


class ForkForm(ModalScreen[Fork | None]):
    """Asks what a fork of a run shall be; None after esc.

    The command follows the settings until it is changed by hand.

    Args:
        run: The run to be forked, with its config and command.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", priority=True),
        Binding("ctrl+s", "accept", "Make", priority=True),
    ]
    DEFAULT_CSS = """
    ForkForm { align: center middle; background: $background 60%; }
    ForkForm > Vertical {
        width: 96; max-width: 100%; height: 80%; min-height: 16; max-height: 100%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    ForkForm Static { height: 1; color: $text-muted; }
    ForkForm #fork-told { height: auto; max-height: 3; margin: 1 0 0 0; color: $foreground; }
    ForkForm #fork-told.-wrong { color: $text-error; }
    ForkForm Input { border: none; height: 1; padding: 0; background: $boost; margin: 0 0 1 0; }
    ForkForm Input:focus { border: none; background: $panel; }
    ForkForm TextArea { border: none; height: 1fr; padding: 0; background: $boost; margin: 0 0 1 0; }
    ForkForm TextArea:focus { border: none; background: $panel; }
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self._text = as_text(run.config)
        self._shown = _line(run.command)
        self._asked = False

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(f"Fork of {safe_text(self._run.name)}")
            box.border_subtitle = _KEYS
            yield Static(Content("Name"), markup=False)
            yield Input(self._run.name, compact=True, id="fork-name", select_on_focus=False)
            yield Static(Content("Settings: change a value, or add a line"), markup=False)
            yield TextArea(self._text, compact=True, soft_wrap=False, id="fork-settings")
            yield Static(Content("Command"), markup=False)
            yield Input(self._shown, compact=True, id="fork-command", select_on_focus=False)
            yield Static("", id="fork-told", markup=False)

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        area.cursor_blink = False
        for field in self.query(Input):
            field.cursor_blink = False
        command = self.query_one("#fork-command", Input)
        # A command of several lines cannot be edited in one: it is shown, and stays as it is.
        command.disabled = not all(word.isprintable() for word in self._run.command)
        area.focus()
        self._tell()

    @on(TextArea.Changed)
    def _settings_changed(self) -> None:
        self._follow()
        self._tell()

    @on(Input.Changed)
    def _field_changed(self) -> None:
        self._tell()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        try:
            fork = self._fork()
        except UsageError:
            self._tell()
            return
        self.dismiss(fork)

    def action_leave(self) -> None:
        """Leave; what was changed is not lost to one key."""
        if self._asked or (self.query_one(TextArea).text == self._text and not self._by_hand()):
            self.dismiss(None)
            return
        self._asked = True
        self._say("esc again drops what was changed", wrong=True)

    def _follow(self) -> None:
        """Put the changed settings into the command, unless it was changed by hand."""
        if self._by_hand():
            return
        try:
            changes = changes_in(self.query_one(TextArea).text, self._run.config)
        except UsageError:
            return
        self._shown = _line(edit_command(self._run.command, changes).command)
        self.query_one("#fork-command", Input).value = self._shown

    def _by_hand(self) -> bool:
        return self.query_one("#fork-command", Input).value != self._shown

    def _fork(self) -> Fork:
        """What is in the fields.

        Raises:
            UsageError: if it cannot be.
        """
        changes = changes_in(self.query_one(TextArea).text, self._run.config)
        name = self.query_one("#fork-name", Input).value.strip()
        if not name:
            raise UsageError("The run needs a name")
        if not self._by_hand():
            return Fork(name, changes, None)
        try:
            words = shlex.split(self.query_one("#fork-command", Input).value)
        except ValueError as error:
            raise UsageError(f"The command cannot be read: {str(error).lower()}") from error
        return Fork(name, changes, tuple(words))

    def _tell(self) -> None:
        """Say what will be, or what is wrong."""
        self._asked = False
        try:
            fork = self._fork()
        except UsageError as error:
            self._say(error.sentence(), wrong=True)
            return
        if not fork.changes:
            self._say("no setting is changed: the same once more")
            return
        told = f"changed: {', '.join(f'{key} = {value}' for key, value in fork.changes.items())}"
        unnamed = edit_command(self._run.command, fork.changes).unnamed
        if unnamed and fork.command is None:
            told += f"\nnot named by the command: {', '.join(unnamed)} (given as run.config / MLWS_CONFIG)"
        self._say(told)

    def _say(self, text: str, *, wrong: bool = False) -> None:
        line = self.query_one("#fork-told", Static)
        line.set_class(wrong, "-wrong")
        line.update(Content("\n".join(map(safe_text, text.split("\n")))))


def _line(command: Sequence[str]) -> str:
    return " ".join(map(quote, command))
