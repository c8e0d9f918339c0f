"""A line at the foot of the log pane in which one types: what to find, or where to go."""

from __future__ import annotations

from typing import ClassVar, Protocol, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.logfield import LogField

FIND, GOTO = "find", "goto"
#: How many lines that were typed before are kept for each use.
_REMEMBERED = 50


class Host(Protocol):
    """What the bar lies in. It is called at once, before the next key is looked at."""

    def entered(self, use: str, text: str) -> None:
        """The person accepted the text."""

    def action_clear(self) -> None:
        """The person leaves the bar."""

    def action_regex(self) -> None:
        """The person wants the text read in the other way."""


class _BarField(LogField):
    """The field of the bar: what the key that accepts does depends on what it is used for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit_to('find')", "Keep", id="logbar.keep"),
        Binding("enter", "submit_to('goto')", "Go", id="logbar.go"),
        Binding("up", "recall(-1)", "Earlier", id="logbar.earlier"),
        Binding("down", "recall(1)", "Later", show=False),
    ]
    use = ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "submit_to" or parameters == (self.use,)

    async def action_submit_to(self, _use: str) -> None:
        await self.action_submit()

    def action_recall(self, by: int) -> None:
        cast(LogBar, self.parent).recall(by)


class LogBar(Horizontal):
    """A sign, a field and a note. Hidden until `open`; ↑ and ↓ bring back what was typed before for the same use."""

    class Typed(Message):
        """The text changed."""

        def __init__(self, use: str, text: str) -> None:
            super().__init__()
            self.use = use
            self.text = text

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="log.clear"),
        Binding("ctrl+r", "regex", "Regex", id="log.regex"),
    ]
    DEFAULT_CSS = """
    LogBar { height: 1; padding: 0 1; background: $boost; }
    LogBar > Static { width: auto; height: 1; }
    LogBar > #log-bar-sign { color: $accent; padding: 0 1 0 0; text-style: bold; }
    LogBar > #log-bar-note { color: $text-muted; padding: 0 0 0 1; max-width: 50%; }
    LogBar > #log-bar-note.-bad { color: $text-warning; }
    LogBar > Input { width: 1fr; height: 1; border: none; padding: 0; background: $boost; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._sign = Static("", id="log-bar-sign", markup=False)
        self._field = _BarField(self._enter)
        self._note = Static("", id="log-bar-note", markup=False)
        self._said = ("", False)
        self._before: dict[str, list[str]] = {}
        self._at = 0
        self.use = ""

    def compose(self) -> ComposeResult:
        yield self._sign
        yield self._field
        yield self._note

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self._field.value

    @property
    def is_open(self) -> bool:
        """Whether one types here."""
        return bool(self.use)

    def open(self, use: str, sign: str, placeholder: str) -> None:
        """Show the empty field and give it the focus.

        Args:
            use: What for; messages tell it.
            sign: A few letters before the field.
            placeholder: What may be typed.
        """
        self.use = self._field.use = use
        self._field.placeholder = placeholder
        self._field.value = ""
        self._at = len(self._before.get(use, ()))
        self.sign(sign)
        self.say("")
        self.display = True
        self.take_focus()

    def take_focus(self) -> None:
        """Let the person type from the next key on."""
        self._field.take_focus()

    def close(self) -> None:
        """Hide it; the focus is the caller's to give away."""
        self.use = ""
        self.display = False

    def sign(self, sign: str) -> None:
        """Set what stands before the field."""
        self._sign.update(Content(sign))

    def say(self, note: str, *, bad: bool = False) -> None:
        """Set what stands behind the field."""
        if (note, bad) != self._said:
            self._said = (note, bad)
            self._note.update(Content(safe_text(note)))
            self._note.set_class(bad, "-bad")

    def action_leave(self) -> None:
        """Go back to where one was."""
        self._host.action_clear()

    def action_regex(self) -> None:
        """Read the text in the other way."""
        self._host.action_regex()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "regex" or self.use == FIND

    @property
    def _host(self) -> Host:
        return cast(Host, self.parent)

    def recall(self, by: int) -> None:
        """Bring back what was typed before for the same use, or what after that."""
        before = self._before.get(self.use, [])
        self._at = min(max(0, self._at + by), len(before))
        self._field.value = before[self._at] if self._at < len(before) else ""
        self._field.cursor_position = len(self._field.value)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.use:
            self.post_message(self.Typed(self.use, event.value))

    def _enter(self, text: str) -> None:
        if self.use:
            self._remember(text)
            self._host.entered(self.use, text)

    def _remember(self, text: str) -> None:
        before = self._before.setdefault(self.use, [])
        if text:
            before[:] = [*(one for one in before if one != text), text][-_REMEMBERED:]
            self._at = len(before)
