"""One question: a line of answer, or a text of several lines."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from mlws_tui.domain.text import safe_text


class PromptScreen(ModalScreen[str | None]):
    """Asks for one line of text; the answer is the stripped text, or None after esc.

    Args:
        title: What is asked.
        hint: What the answer is used for, shown below the line.
        value: What stands in the line at first.
        empty: Whether an empty line is an answer; else it counts as none.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]
    DEFAULT_CSS = """
    PromptScreen { align: center middle; background: $background 60%; }
    PromptScreen > Vertical {
        width: 64; max-width: 100%; height: auto; border: round $primary; background: $surface; padding: 0 1;
    }
    PromptScreen Input { border: none; height: 1; margin: 1 0; padding: 0; background: $boost; }
    PromptScreen Input:focus { border: none; }
    PromptScreen Static { color: $text-muted; }
    """

    def __init__(self, title: str, hint: str = "", value: str = "", *, empty: bool = False) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._value = value
        self._empty = empty

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe_text(self._title))
            field = Input(self._value, compact=True, select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Static(Content(safe_text(self._hint) or "enter accepts · esc cancels"), markup=False)

    @on(Input.Submitted)
    def _accept(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        self.dismiss(text if text or self._empty else None)


class NoteScreen(ModalScreen[str | None]):
    """Asks for a text of several lines, at first as it is; None after esc.

    Args:
        title: What it is about.
        text: The text as it is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", priority=True),
        Binding("ctrl+s", "accept", "Save", priority=True),
    ]
    DEFAULT_CSS = """
    NoteScreen { align: center middle; background: $background 60%; }
    NoteScreen > Vertical {
        width: 88; max-width: 100%; height: 60%; min-height: 10; max-height: 100%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    NoteScreen TextArea { border: none; height: 1fr; padding: 0; background: $surface; }
    NoteScreen TextArea:focus { border: none; }
    NoteScreen Static { height: 1; color: $text-muted; }
    """

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._asked = False

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe_text(self._title))
            yield TextArea(self._text, soft_wrap=True, compact=True)
            yield Static(Content("ctrl+s saves · esc cancels"), markup=False)

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        area.cursor_blink = False
        area.move_cursor(area.document.end)

    def action_accept(self) -> None:
        self.dismiss(self.query_one(TextArea).text)

    def action_leave(self) -> None:
        """Leave; what was typed is not lost to one key."""
        if self.query_one(TextArea).text == self._text or self._asked:
            self.dismiss(None)
            return
        self._asked = True
        self.query_one(Static).update(Content("not saved · ctrl+s saves · esc again drops it"))
