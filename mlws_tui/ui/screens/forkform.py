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

from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.forking import edit_command
from mlws_tui.domain.runs import Run
from mlws_tui.domain.settingtext import as_text, changes_in
from mlws_tui.domain.shellwords import quote
from mlws_tui.domain.text import safe_text
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.widgets.linefield import LineField

_KEYS = "enter or ctrl+s makes the run · tab next field · esc cancels"


@dataclass(frozen=True, slots=True)
class Fork:
    """What the person wants; `command` is None where it follows from the settings."""

    name: str
    changes: dict[str, Any]
    command: tuple[str, ...] | None


class ForkForm(ModalScreen[Fork | None]):
    """Asks what a fork of a run shall be; None after esc.

    The command follows the settings until it is changed by hand. Keys that were typed ahead wait for the settings.

    Args:
        bench: The open workspace.
        run: The run to be forked.
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
    ForkForm #fork-told { text-wrap: nowrap; text-overflow: ellipsis; }
    ForkForm #fork-told.-wrong { color: $text-error; text-wrap: wrap; }
    ForkForm Input { border: none; height: 1; padding: 0; background: $boost; margin: 0 0 1 0; }
    ForkForm Input:focus { border: none; background: $panel; }
    ForkForm TextArea { border: none; height: 1fr; padding: 0; background: $boost; margin: 0 0 1 0; }
    ForkForm TextArea:focus { border: none; background: $panel; }
    """

    def __init__(self, bench: Workbench, run: Run) -> None:
        super().__init__()
        self._bench = bench
        self._run = run
        self._free_name = self._text = self._shown = ""
        self._asked = False
        self._called = LineField(self._entered, id="fork-name")
        self._settings = TextArea(compact=True, soft_wrap=False, id="fork-settings")
        self._command = LineField(self._entered, id="fork-command")
        self._about_command = Static(Content("Command"), markup=False)
        self._line = Static("", id="fork-told", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(f"Fork of {safe_text(self._run.name)}")
            box.border_subtitle = _KEYS
            yield Static(Content("Name"), markup=False)
            yield self._called
            yield Static(Content("Settings: change a value, or add a line"), markup=False)
            yield self._settings
            yield self._about_command
            yield self._command
            yield self._line

    async def on_mount(self) -> None:
        self._settings.cursor_blink = False
        self.set_focus(self._settings)
        try:
            self._run = await self._bench.runs.get(self._run.id)
            self._free_name = await self._bench.forking.free_name(self._run.name)
        except MlwsError as error:
            self.notify(safe_text(error.sentence()), severity="error", markup=False)
            self.dismiss(None)
            return
        self._text, self._shown = as_text(self._run.config), _line(self._run.command)
        with self.prevent(TextArea.Changed, Input.Changed):
            self._called.value = self._free_name
            self._settings.load_text(self._text)
            self._command.value = self._shown
        if not all(word.isprintable() for word in self._run.command):
            self._command.disabled = True
            about = "Command: of several lines, changed by the settings alone"
            self._about_command.update(Content(about))
        self._tell()

    @on(TextArea.Changed)
    def _settings_changed(self) -> None:
        self._follow()
        self._tell()

    @on(Input.Changed)
    def _field_changed(self) -> None:
        self._tell()

    def _entered(self, _text: str) -> None:
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
        same = self._settings.text == self._text and self._called.value == self._free_name
        if self._asked or (same and not self._by_hand()):
            self.dismiss(None)
            return
        self._asked = True
        self._say("esc again drops what was changed", wrong=True)

    def _follow(self) -> None:
        """Put the changed settings into the command, unless it was changed by hand."""
        if self._by_hand():
            return
        try:
            changes = changes_in(self._settings.text, self._run.config)
        except UsageError:
            return
        self._shown = _line(edit_command(self._run.command, changes, self._run.config).command)
        self._command.value = self._shown

    def _by_hand(self) -> bool:
        return self._command.value != self._shown

    def _fork(self) -> Fork:
        """What is in the fields.

        Raises:
            UsageError: if it cannot be.
        """
        changes = changes_in(self._settings.text, self._run.config)
        name = self._called.value.strip()
        if not name:
            raise UsageError("The run needs a name")
        if not self._by_hand():
            return Fork(name, changes, None)
        try:
            words = shlex.split(self._command.value)
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
        unnamed = edit_command(self._run.command, fork.changes, self._run.config).unnamed
        if unnamed and fork.command is None:
            told += f"\nnot named by the command: {', '.join(unnamed)} (given as run.config / MLWS_CONFIG)"
        self._say(told)

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self._line.set_class(wrong, "-wrong")
        self._line.update(Content("\n".join(map(safe_text, text.split("\n")))))


def _line(command: Sequence[str]) -> str:
    return " ".join(map(quote, command))
