"""One question, and a line of answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.domain.errors import MlwsError
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
        selected: Whether what is typed first replaces the value.
        judge: Raises an `MlwsError` for what is no answer: its sentence is shown, and the line can be mended.
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
    PromptScreen Static.-wrong { color: $text-error; }
    """

    def __init__(
        self,
        title: str,
        hint: str = "",
        value: str = "",
        *,
        empty: bool = False,
        longest: int | None = None,
        selected: bool = False,
        judge: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._hint = Static(Content(safe_text(hint)), markup=False)
        self._hint.display = bool(hint)
        self._empty = empty
        self._field = LineField(self._accept, value)
        self._field.max_length = longest
        self._selected = selected
        self._judge = judge

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe_text(self._title))
            box.border_subtitle = "enter accepts · esc cancels"
            yield self._field
            yield self._hint

    def on_mount(self) -> None:
        self._field.take_focus()
        if self._selected:
            self._field.select_all()

    def _accept(self, text: str) -> None:
        text = text.strip()
        if self._judge is not None and (text or self._empty):
            try:
                self._judge(text)
            except MlwsError as error:
                self._hint.update(Content(safe_text(error.sentence())))
                self._hint.add_class("-wrong")
                self._hint.display = True
                return
        self.dismiss(text if text or self._empty else None)
