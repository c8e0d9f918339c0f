"""A question with yes or no, that says in words what will happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.domain.text import safe_text


class ConfirmScreen(ModalScreen[bool]):
    """Asks whether to do something; False after esc.

    Args:
        title: What is asked.
        lines: What will happen.
        yes: What ``y`` does, in a word or two.
        no: What ``n`` and esc do.
        grave: Whether it cannot be taken back: then enter is no answer.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("enter", "enter", "Yes", show=False),
        Binding("escape,n,q", "dismiss(False)", "No"),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmScreen { align: center middle; background: $background 60%; }
    ConfirmScreen > Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 1 1 0 1;
    }
    ConfirmScreen.-grave > Vertical { border: round $error; }
    ConfirmScreen VerticalScroll { height: auto; max-height: 60vh; scrollbar-size-vertical: 1; }
    ConfirmScreen Static { width: 1fr; height: auto; }
    ConfirmScreen #confirm-keys { height: 1; margin: 1 0 0 0; }
    """

    def __init__(
        self, title: str, lines: Sequence[str], *, yes: str = "yes", no: str = "no", grave: bool = False
    ) -> None:
        super().__init__(classes="-grave" if grave else "")
        self._title = title
        self._lines = lines
        self._yes = yes
        self._no = no
        self._grave = grave

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe_text(self._title))
            with VerticalScroll(can_focus=False):
                yield Static(Content("\n".join(map(safe_text, self._lines))), markup=False)
            key = "y" if self._grave else "y or enter"
            keys: list[Content | tuple[str, str]] = [
                (key, "bold $error" if self._grave else "bold $primary"),
                Content(f"  {safe_text(self._yes)}    "),
                ("n or esc", "bold $text-muted"),
                (f"  {safe_text(self._no)}", "$text-muted"),
            ]
            yield Static(Content.assemble(*keys), id="confirm-keys", markup=False)

    def action_enter(self) -> None:
        if not self._grave:
            self.dismiss(True)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
