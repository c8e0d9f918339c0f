"""One question, and a line of answer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.linefield import LineField


class PromptScreen(ModalScreen[str | None]):
    """Asks for one line of text; the answer is the stripped text, or None after esc.

    Args:
        title: What is asked.
        hint: What the answer is used for, shown below the line.
        value: What stands in the line at first.
        empty: Whether an empty line is an answer; else it counts as none.
        longest: Characters that can be typed.
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

    def __init__(
        self, title: str, hint: str = "", value: str = "", *, empty: bool = False, longest: int | None = None
    ) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._empty = empty
        self._field = LineField(self._accept, value)
        self._field.max_length = longest

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe_text(self._title))
            box.border_subtitle = "enter accepts · esc cancels"
            yield self._field
            if self._hint:
                yield Static(Content(safe_text(self._hint)), markup=False)

    def on_mount(self) -> None:
        self._field.take_focus()

    def _accept(self, text: str) -> None:
        text = text.strip()
        self.dismiss(text if text or self._empty else None)
