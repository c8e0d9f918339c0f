"""The columns of the list of runs: which there are, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runcolumns import parse_column
from mlws_tui.ui.screens.runchoice import Choice, Read, choice_lines, fitting, read_or_tell
from mlws_tui.ui.widgets.logfield import LogField

_LIST_KEYS = "space on/off · J K move · a find or add · d own row · esc closes"
_FIELD_KEYS = "enter on/off · ↑↓ choose · esc back to the list"


class _Field(LogField):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", show=False),
        Binding("down", "screen.move(1)", show=False),
    ]


class RunColumns(ModalScreen[None]):
    """Shows the columns, those in use first; each change holds at once.

    Args:
        columns: The columns in use, in their order.
        read: Reads what else there is; its values are columns.
        apply: Called with the columns after each change.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close"),
        Binding("q,o", "dismiss", "Close", show=False),
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("space,enter", "turn", "On/off"),
        Binding("J,shift+down", "carry(1)", "Move down"),
        Binding("K,shift+up", "carry(-1)", "Move up"),
        Binding("a,slash", "find", "Find or add"),
        Binding("d", "none", "The app's own row"),
    ]
    DEFAULT_CSS = """
    RunColumns { align: center middle; background: $background 60%; }
    RunColumns > Vertical {
        width: 78; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    RunColumns Static { height: auto; }
    RunColumns Input { border: none; height: 1; padding: 0; margin: 0 0 1 0; background: $boost; display: none; }
    RunColumns Input:focus { border: none; }
    RunColumns.-finding Input { display: block; }
    RunColumns #run-columns-keys { color: $text-muted; margin: 1 0 0 0; }
    """

    def __init__(self, columns: Sequence[str], read: Read, apply: Callable[[tuple[str, ...]], None]) -> None:
        super().__init__()
        self._columns = list(columns)
        self._read = read
        self._offered: tuple[Choice, ...] = ()
        self._apply = apply
        self._at = 0
        self._rows: list[Choice] = []
        self._list = Static("", markup=False)
        self._field = _Field(self._accept, "a field, a setting or a metric: host, lr, val/loss:min")
        self._keys = Static(_LIST_KEYS, id="run-columns-keys", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Columns of the runs"
            yield self._field
            yield self._list
            yield self._keys

    async def on_mount(self) -> None:
        self._offered = tuple(await read_or_tell(self, self._read))
        self._show()

    def action_move(self, by: int) -> None:
        """Go up or down in the list."""
        self._at += by
        self._show()

    def action_turn(self) -> None:
        """Show the column, or show it no longer."""
        if not self._rows:
            return
        column = self._rows[self._at].value
        if column in self._columns:
            self._columns.remove(column)
        else:
            self._columns.append(column)
        self._changed()

    def action_carry(self, by: int) -> None:
        """Move the column among those in use."""
        here, there = self._at, self._at + by
        if not self._field.value and here < len(self._columns) and 0 <= there < len(self._columns):
            self._columns[here], self._columns[there] = self._columns[there], self._columns[here]
            self._at = there
            self._changed()

    def action_none(self) -> None:
        """Show the app's own row."""
        self._columns.clear()
        self._at = 0
        self._changed()

    def action_find(self) -> None:
        """Type a part of a name."""
        self.add_class("-finding")
        self._keys.update(_FIELD_KEYS)
        self._field.take_focus()

    def action_leave(self) -> None:
        """Leave the field, or else the screen."""
        if not self.has_class("-finding"):
            self.dismiss()
            return
        self._field.value = ""
        self.remove_class("-finding")
        self._keys.update(_LIST_KEYS)
        self.set_focus(None)
        self._show()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._at = 0
        self._show()

    def _accept(self, _text: str) -> None:
        """Take what is chosen, and be ready for the next."""
        self.action_turn()
        self._field.value = ""

    def _changed(self) -> None:
        self._show()
        self._apply(tuple(self._columns))

    def _show(self) -> None:
        known = {one.value: one for one in self._offered}
        used = [
            Choice(column, column, known[column].note if column in known else "", "✓")
            for column in self._columns
        ]
        rest = [one for one in self._offered if one.value not in self._columns]
        typed = self._field.value.strip()
        self._rows = fitting([*used, *rest], typed)
        if (
            typed
            and all(one.value != typed for one in self._rows)
            and (own := typed_column(typed)) is not None
        ):
            self._rows.append(own)
        self._at = max(0, min(self._at, len(self._rows) - 1))
        self._list.update(choice_lines(self._rows, self._at))


def typed_column(typed: str) -> Choice | None:
    """What was typed as a column, where it can be one."""
    try:
        parse_column(typed)
    except MlwsError:
        return None
    return Choice(typed, typed, "as typed: a setting or a metric")
