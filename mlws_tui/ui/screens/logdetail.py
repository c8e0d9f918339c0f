"""One line of a log, alone and whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.domain.text import safe_text

#: Characters of a line that are laid out; more would take seconds.
_MOST = 50_000


class LogDetail(ModalScreen[None]):
    """Shows facts of a line and all of its text.

    Args:
        title: Which line it is.
        facts: Names and values.
        text: What the line says, over several lines where it is structured.
        copy: Copies the line.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close"),
        Binding("y", "copy", "Copy"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]
    DEFAULT_CSS = """
    LogDetail { align: center middle; background: $background 60%; }
    LogDetail > VerticalScroll {
        width: 90%; max-width: 140; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1; scrollbar-size-vertical: 1;
    }
    LogDetail Static { width: 1fr; height: auto; }
    """

    def __init__(
        self, title: str, facts: Sequence[tuple[str, str]], text: str, copy: Callable[[], None]
    ) -> None:
        super().__init__()
        self._title = title
        self._facts = facts
        self._text = text
        self._copy = copy
        self._box = VerticalScroll()

    def compose(self) -> ComposeResult:
        with self._box:
            self._box.border_title = Content(safe_text(self._title))
            self._box.border_subtitle = "y copies · esc closes"
            yield Static(self._content(), markup=False)

    def action_copy(self) -> None:
        self._copy()
        self.dismiss()

    def action_scroll(self, by: int) -> None:
        self._box.scroll_relative(y=by, animate=False)

    def _content(self) -> Content:
        parts: list[Content | tuple[str, str]] = []
        width = max((len(name) for name, _ in self._facts), default=0)
        for name, value in self._facts:
            parts += [(f"{name:<{width}}  ", "$text-muted"), Content(f"{safe_text(value)}\n")]
        lines = self._text[:_MOST].split("\n")
        parts.append(Content("\n" + "\n".join(safe_text(line) for line in lines)))
        if len(self._text) > _MOST:
            parts.append((f"\n… {len(self._text) - _MOST:,} characters more", "$text-muted"))
        return Content.assemble(*parts)
