"""One question, one line of answer."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mlws_tui.domain.text import safe_text


class PromptScreen(ModalScreen[str | None]):
    """Asks for one line of text; the answer is the stripped text, or None after esc.

    Args:
        title: What is asked.
        hint: What the answer is used for, shown below the line.
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

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__()
        self._title = title
        self._hint = hint

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe_text(self._title))
            field = Input(compact=True)
            field.cursor_blink = False
            yield field
            yield Static(Content(safe_text(self._hint) or "enter accepts · esc cancels"), markup=False)

    @on(Input.Submitted)
    def _accept(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        self.dismiss(text or None)
