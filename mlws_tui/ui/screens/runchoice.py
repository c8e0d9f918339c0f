"""Choosing one thing of many by typing a part of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.logfield import LogField

_ROWS = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose.

    Attributes:
        value: What is answered.
        title: What is shown; data.
        note: A few more words.
        sign: Shown before it: how it is in force now.
    """

    value: str
    title: str
    note: str = ""
    sign: str = ""


#: Reads choices; it may raise an `MlwsError`.
Read = Callable[[], Awaitable[Sequence[Choice]]]


async def read_or_tell(screen: Screen[Any], read: Read | None) -> Sequence[Choice]:
    """The choices that are read; where they cannot be, none, and the screen says why."""
    try:
        return () if read is None else await read()
    except MlwsError as error:
        screen.notify(error.sentence(), severity="warning", markup=False)
        return ()


def fitting(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """The choices that have all the typed words in them, those that begin with the first one before the others."""
    words = typed.lower().split()
    found = [one for one in choices if all(word in f"{one.title} {one.note}".lower() for word in words)]
    return sorted(found, key=lambda one: not one.title.lower().startswith(words[0])) if words else found


def choice_lines(choices: Sequence[Choice], at: int, rows: int = _ROWS) -> Content:
    """The choices around the chosen one, and how many more there are."""
    if not choices:
        return Content.assemble(("  nothing fits", "$text-muted"))
    first = max(0, min(at - rows // 2, len(choices) - rows))
    seen = choices[first : first + rows]
    wide = min(36, max(cell_len(safe_text(one.title)) for one in seen))
    lines: list[Content] = []
    for place, one in enumerate(seen, first):
        title = safe_text(one.title)
        lines.append(
            Content.assemble(
                ("▌" if place == at else " ", "$primary"),
                (f"{one.sign or ' '} ", "$accent"),
                (title + " " * max(0, wide - cell_len(title)), "bold" if place == at else ""),
                (f"  {safe_text(one.note)}", "$text-muted"),
            )
        )
    more = len(choices) - len(seen)
    if more:
        lines.append(Content.assemble((f"   {more:,} more: type to find one", "$text-muted")))
    return Content("\n").join(lines)


class _Field(LogField):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", show=False),
        Binding("down", "screen.move(1)", show=False),
        Binding("pageup", f"screen.move(-{_ROWS})", show=False),
        Binding("pagedown", f"screen.move({_ROWS})", show=False),
    ]


class ChoiceScreen(ModalScreen[str | None]):
    """Offers choices and a field that narrows them; answers with a value, or None after esc.

    Args:
        title: What is chosen.
        choices: What there is to choose.
        free: Makes a choice of what was typed, where it is none of them; it raises nothing and answers None where the
            text means nothing.
        read: Reads more choices. Keys that were typed ahead wait for them, so that none goes to what lies below.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]
    DEFAULT_CSS = """
    ChoiceScreen { align: center middle; background: $background 60%; }
    ChoiceScreen > Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    ChoiceScreen Input { border: none; height: 1; padding: 0; margin: 0 0 1 0; background: $boost; }
    ChoiceScreen Input:focus { border: none; }
    ChoiceScreen Static { height: auto; }
    ChoiceScreen #choice-keys { color: $text-muted; margin: 1 0 0 0; }
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        free: Callable[[str], Choice | None] | None = None,
        read: Read | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = tuple(choices)
        self._free = free
        self._read = read
        self._found: list[Choice] = []
        self._at = 0
        self._field = _Field(self._accept, "type a part of the name")
        self._list = Static("", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe_text(self._title))
            yield self._field
            yield self._list
            yield Static("↑↓ choose · enter takes · esc cancels", id="choice-keys", markup=False)

    async def on_mount(self) -> None:
        self._field.take_focus()
        self._choices += tuple(await read_or_tell(self, self._read))
        self._found = list(self._choices)
        self._at = next((i for i, one in enumerate(self._choices) if one.sign), 0)
        self._show()

    def action_move(self, by: int) -> None:
        """Go up or down in the list."""
        self._at = max(0, min(self._at + by, len(self._found) - 1))
        self._show()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        typed = event.value.strip()
        self._found = fitting(self._choices, typed)
        if typed and self._free is not None and all(one.value != typed for one in self._found):
            own = self._free(typed)
            if own is not None:
                self._found.append(own)
        self._at = 0
        self._show()

    def _accept(self, _text: str) -> None:
        if self._found:
            self.dismiss(self._found[self._at].value)

    def _show(self) -> None:
        self._list.update(choice_lines(self._found, self._at))
