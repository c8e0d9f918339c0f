"""The columns of the list of runs: which there are, and in which order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runcolumns import parse_column
from mlws_tui.ui.screens.runchoice import Choice, choice_lines, fitting
from mlws_tui.ui.widgets.logfield import LogField

_KEYS = "enter on/off · ↑↓ choose · ⇧↑↓ move · ^r as at first · esc closes"


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to show.

    Attributes:
        choices: All columns.
        usual: Those that tell what the app's own row tells; a table begins with them.
        keys: Settings, metrics and results that a run has.
    """

    choices: Sequence[Choice] = ()
    usual: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()


#: Reads what there is; it may raise an `MlwsError`.
Read = Callable[[], Awaitable[Offer]]


class _Field(LogField):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", show=False),
        Binding("down", "screen.move(1)", show=False),
        Binding("shift+up", "screen.carry(-1)", show=False),
        Binding("shift+down", "screen.carry(1)", show=False),
        Binding("ctrl+r", "screen.usual", show=False),
    ]


class RunColumns(ModalScreen[None]):
    """Shows the columns, those in use first; each change holds at once. What is typed finds a column, and nothing else.

    Where there are none the list shows the app's own row. The first column that is chosen comes beside what that row
    tells, so that nothing is gone that the person did not take away.

    Args:
        columns: The columns in use, in their order.
        read: Reads what else there is; its values are columns. Keys that were typed ahead wait for it.
        apply: Called with the columns after each change.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close")]
    DEFAULT_CSS = """
    RunColumns { align: center middle; background: $background 60%; }
    RunColumns > Vertical {
        width: 78; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    RunColumns Static { height: auto; }
    RunColumns Input { border: none; height: 1; padding: 0; margin: 0 0 1 0; background: $boost; }
    RunColumns Input:focus { border: none; }
    RunColumns #run-columns-keys { color: $text-muted; margin: 1 0 0 0; }
    """

    def __init__(self, columns: Sequence[str], read: Read, apply: Callable[[tuple[str, ...]], None]) -> None:
        super().__init__()
        self._columns = list(columns)
        self._next = len(self._columns)  # the place of the next one that is turned on
        self._read = read
        self._offer = Offer()
        self._apply = apply
        self._at = 0
        self._rows: list[Choice] = []
        self._list = Static("", markup=False)
        self._field = _Field(self._accept, "type a part of a name: host, lr, val/loss:min")

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Columns of the runs"
            yield self._field
            yield self._list
            yield Static(_KEYS, id="run-columns-keys", markup=False)

    async def on_mount(self) -> None:
        self._field.take_focus()
        try:
            self._offer = await self._read()
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
        if not self._columns:
            self._begin_anew()
        self._show()

    def _begin_anew(self) -> None:
        self._columns = list(self._offer.usual)
        self._next = min(1, len(self._columns))  # behind the state, so that it is seen however narrow it is

    def action_move(self, by: int) -> None:
        """Go up or down in the list."""
        self._at += by
        self._show()

    def action_carry(self, by: int) -> None:
        """Move the column among those in use."""
        here, there = self._at, self._at + by
        if not self._field.value and here < len(self._columns) and 0 <= there < len(self._columns):
            self._columns[here], self._columns[there] = self._columns[there], self._columns[here]
            self._at = there
            self._changed()

    def action_usual(self) -> None:
        """Show the app's own row."""
        self._begin_anew()
        self._at = 0
        self._changed()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._at = 0
        self._show()

    def _accept(self, _text: str) -> None:
        """Show the chosen column, or show it no longer; be ready for the next."""
        if not self._rows:
            return
        column = self._rows[self._at].value
        if column in self._columns:
            place = self._columns.index(column)
            self._columns.remove(column)
            self._next -= place < self._next
        else:
            self._columns.insert(self._next, column)
            self._next += 1
        self._field.value = ""
        self._changed()

    def _changed(self) -> None:
        self._show()
        columns = tuple(self._columns)
        self._apply(() if columns == self._offer.usual else columns)

    def _show(self) -> None:
        known = {one.value: one for one in self._offer.choices}
        used = [
            Choice(column, column, known[column].note if column in known else self._told(column), "✓")
            for column in self._columns
        ]
        rest = [one for one in self._offer.choices if one.value not in self._columns]
        typed = self._field.value.strip()
        self._rows = fitting([*used, *rest], typed)
        if typed and all(one.value != typed for one in self._rows):
            own = typed_column(typed)
            self._rows += [replace(own, note=self._told(typed))] if own is not None else []
        self._at = max(0, min(self._at, len(self._rows) - 1))
        self._list.update(choice_lines(self._rows, self._at))

    def _told(self, text: str) -> str:
        """What is to be said of a column that is not offered."""
        column = parse_column(text)
        if column.field is not None:
            return column.field.told
        return "as typed" if column.key in self._offer.keys else "no run has it yet"


def typed_column(typed: str) -> Choice | None:
    """What was typed as a column, where it can be one."""
    try:
        parse_column(typed)
    except MlwsError:
        return None
    return Choice(typed, typed, "as typed: a setting or a metric")
