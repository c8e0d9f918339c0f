"""The list of keys, made from the registry and the keymap in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.ui.actions import Action
from mlws_tui.ui.keynames import key_label

#: Columns of the screen from which the keys stand in two columns, and lines that one column may have all the same.
_WIDE, _SHORT = 124, 24
#: Cells of one of two columns, and of the keys in it.
_COLUMN, _KEYS = 67, 13


class KeysScreen(ModalScreen[None]):
    """The keys of the focused pane and those that work everywhere. Any of esc, q and ? closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "Close"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]
    DEFAULT_CSS = """
    KeysScreen { align: center middle; background: $background 60%; }
    KeysScreen Horizontal { height: auto; }
    KeysScreen Static { width: 1fr; }
    KeysScreen.-two > VerticalScroll { width: 148; }
    KeysScreen.-two Static { padding: 0 1 0 0; }
    KeysScreen > VerticalScroll {
        width: 76; max-width: 100%; height: auto; max-height: 94%;
        border: round $primary; background: $surface; padding: 0 2;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, groups: Iterable[tuple[str, Iterable[Action]]], keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._groups = [(title, list(actions)) for title, actions in groups]
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        two = self.app.size.width >= _WIDE
        self.set_class(two, "-two")
        lines = self._lines(_COLUMN if two else max(20, min(76, self.app.size.width) - 7))
        half = -(-len(lines) // 2) if two and len(lines) > _SHORT else len(lines)
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes"
            with Horizontal():
                for column in (lines[:half], lines[half:]):
                    if column:
                        yield Static(Content("\n").join(column), markup=False)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def _lines(self, width: int) -> list[Content]:
        """A line for each action, its help going on below itself where it is longer than the column."""
        lines: list[Content] = []
        for title, actions in self._groups:
            lines += [*([Content("")] if lines else []), Content.styled(title, "bold $primary")]
            for action in actions:
                keys = key_label(self._keymap.get(action.id, action.keys))
                head = f"  {keys:<{_KEYS}} "
                first, *rest = wrap(action.help, max(20, width - len(head))) or [""]
                lines.append(Content.assemble((head, "bold $accent"), (first, "$foreground")))
                lines += [Content.styled(" " * (_KEYS + 3) + more, "$foreground") for more in rest]
        return lines
