"""What was changed here and on disk, place by place and side by side, and what is to be kept of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from mlws_tui.domain.merge import Clash
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted
from mlws_tui.services.pages import Conflict
from mlws_tui.ui.widgets.cells import Line, Span
from mlws_tui.ui.widgets.headline import Headline
from mlws_tui.ui.widgets.linesview import LinesView
from mlws_tui.ui.widgets.sidebyside import beside_each_other, context, side_by_side, wrapped
from mlws_tui.ui.widgets.statusline import StatusLine

_KEYS = (
    *(("m", "mine"), ("d", "disk's"), ("b", "both"), ("n", "next"), ("p", "before")),
    *(("enter", "save"), ("e", "edit"), ("esc", "later")),
)
_CHOSEN = {"mine": ("✓ kept", ""), "theirs": ("", "✓ kept"), "both": ("✓ kept, second", "✓ kept, first")}


@dataclass(frozen=True, slots=True)
class Settled:
    """What the person decided.

    Attributes:
        choices: ``mine``, ``theirs`` or ``both`` for each place; empty for one that is left.
        edit: Whether they want to go over the text before it is saved.
        later: Whether nothing is to be done yet.
    """

    choices: tuple[str, ...]
    edit: bool = False
    later: bool = False


class ConflictScreen(ModalScreen[Settled | None]):
    """Settles a conflict. After esc nothing is done yet, and the choices are answered, to be begun with again.

    Args:
        conflict: What is to be settled.
        name: What the page is called.
        choices: What was chosen before.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "choose('mine')", "Mine"),
        Binding("d", "choose('theirs')", "The disk's"),
        Binding("b", "choose('both')", "Both"),
        Binding("n,j,tab,right_square_bracket", "go(1)", "Next place"),
        Binding("p,k,shift+tab,left_square_bracket", "go(-1)", "Place before"),
        Binding("enter,ctrl+s", "done", "Save"),
        Binding("e", "done(True)", "Edit"),
        Binding("escape,q", "later", "Later"),
    ]
    DEFAULT_CSS = """
    ConflictScreen { background: $background; layout: vertical; }
    """

    def __init__(self, conflict: Conflict, name: str, choices: Sequence[str] = ()) -> None:
        super().__init__()
        self._conflict = conflict
        self._called = name
        self._choices: list[str] = [*choices] or [""] * len(conflict.clashes)
        self._at = 0
        self._places: list[tuple[int, int]] = []  # first line and number of lines of each place
        self._head = Headline()
        self._view = LinesView()
        self._keys = StatusLine(id="conflict-keys")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._view
        yield self._keys

    def on_mount(self) -> None:
        self._keys.show_keys(_KEYS)
        self._view.focus()
        self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(self._bring)

    # what is shown

    def _show(self) -> None:
        places = counted(len(self._choices), "place")
        left = sum(not choice for choice in self._choices)
        self._head.show(
            (
                Span(safe_text(self._called), "strong"),
                Span(f"  changed here and on disk in {places}", "muted"),
            ),
            f"{counted(left, 'place')} left" if left else "all settled: enter saves",
        )
        self._view.show(self._laid_out)
        self.call_after_refresh(self._bring)

    def _bring(self) -> None:
        if self._at < len(self._places):
            self._view.bring(*self._places[self._at])

    def _laid_out(self, width: int) -> Sequence[Line]:
        lines: list[Line] = []
        self._places = []
        parts = self._conflict.merged.parts
        for number, part in enumerate(parts):
            if isinstance(part, Clash):
                start = len(lines)
                lines += self._place(part, len(self._places), width)
                self._places.append((start, len(lines) - start))
            else:
                lines += context(_bare(part), first=number == 0, last=number == len(parts) - 1)
        return lines

    def _place(self, clash: Clash, number: int, width: int) -> list[Line]:
        here = number == self._at
        mine, theirs = _CHOSEN.get(self._choices[number], ("", ""))
        titles = [
            [Span(f"{'▸' if here else ' '} {title} ", "title" if here else "strong"), Span(chosen, "chosen")]
            for title, chosen in (("you wrote", mine), ("on disk", theirs))
        ]
        lines = beside_each_other(titles[0], titles[1], width)
        if not clash.mine or not clash.theirs:
            gone = (Span("(these lines are gone)", "gone"),)
            sides = [
                tuple(Span(safe_text(line)) for line in _bare(side)) for side in (clash.mine, clash.theirs)
            ]
            lines += _stacked(sides[0] or gone, sides[1] or gone, width)
        else:
            lines += side_by_side(_bare(clash.mine), _bare(clash.theirs), width)
        for line in _bare(clash.base):
            lines += wrapped([Span(f"  before: {safe_text(line)}", "gone")], width)
        return [*lines, ()]

    # what the person does

    def action_choose(self, choice: str) -> None:
        """Settle the place that is shown, and go on to the next that is left."""
        self._keys.show_state("")
        self._choices[self._at] = choice
        left = [number for number, chosen in enumerate(self._choices) if not chosen]
        if left:
            self._at = next((number for number in left if number > self._at), left[0])
        self._show()

    def action_go(self, by: int) -> None:
        self._at = (self._at + by) % len(self._choices)
        self._show()

    def action_later(self) -> None:
        """Go back; nothing is written, and what was chosen is kept."""
        self.dismiss(Settled(tuple(self._choices), later=True))

    def action_done(self, edit: bool = False) -> None:
        if all(self._choices):
            self.dismiss(Settled(tuple(self._choices), edit))
            return
        self._at = self._choices.index("")
        self._show()
        self._keys.show_state("this place is left to settle", trouble=True)


def _bare(lines: Sequence[str]) -> list[str]:
    return [line.rstrip("\r\n") for line in lines]


def _stacked(left: Sequence[Span], right: Sequence[Span], width: int) -> list[Line]:
    """Lines of which one side has none, beside each other."""
    lines: list[Line] = []
    for row in range(max(len(left), len(right))):
        lines += beside_each_other(left[row : row + 1], right[row : row + 1], width)
    return lines
