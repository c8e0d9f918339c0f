"""The list of keys, made from the registry and the keymap in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.ui.actions import Action
from mlws_tui.ui.keynames import key_label


class KeysScreen(ModalScreen[None]):
    """The keys of the focused pane and those that work everywhere. Any of esc, q and ? closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "Close")]
    DEFAULT_CSS = """
    KeysScreen { align: center middle; background: $background 60%; }
    KeysScreen > VerticalScroll {
        width: 76; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 2;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, groups: Iterable[tuple[str, Iterable[Action]]], keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._groups = [(title, list(actions)) for title, actions in groups]
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes"
            yield Static(self._text(), markup=False)

    def _text(self) -> Content:
        parts: list[Content | tuple[str, str]] = []
        for title, actions in self._groups:
            parts.append((f"\n{title}\n", "bold $primary"))
            for action in actions:
                keys = key_label(self._keymap.get(action.id, action.keys))
                parts.append((f"  {keys:<14} ", "bold $accent"))
                parts.append((f"{action.help}\n", "$foreground"))
        return Content.assemble(*parts)
