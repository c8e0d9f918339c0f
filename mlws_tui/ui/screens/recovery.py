"""Unsaved text that was found, beside what is on disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.worddiff import beside
from mlws_tui.ui.widgets.cells import Line, Span
from mlws_tui.ui.widgets.exactdocument import split
from mlws_tui.ui.widgets.headline import Headline
from mlws_tui.ui.widgets.linesview import LinesView
from mlws_tui.ui.widgets.sidebyside import beside_each_other, context, side_by_side
from mlws_tui.ui.widgets.statusline import StatusLine

Answer = Literal["restore", "discard"]
_KEYS = (("R", "restore"), ("x", "discard"), ("esc", "back"), ("j/k", "scroll"))


class RecoveryScreen(ModalScreen[Answer | None]):
    """Shows two versions side by side; answers with what is to be done with the one that was found.

    Args:
        found: The unsaved text.
        name: What its page is called.
        when: When it was typed.
        read: Reads what is on disk; it may raise an `MlwsError`, which is shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R,r", "dismiss('restore')", "Restore"),
        Binding("x", "dismiss('discard')", "Discard"),
        Binding("escape,q,C", "dismiss(None)", "Back"),
        Binding("j,down", "scroll(1)", "Down"),
        Binding("k,up", "scroll(-1)", "Up"),
    ]
    DEFAULT_CSS = """
    RecoveryScreen { background: $background; layout: vertical; }
    """

    def __init__(self, found: str, name: str, when: str, read: Callable[[], Awaitable[str]]) -> None:
        super().__init__()
        self._found = split(found)[0]
        self._disk: Sequence[str] = ()
        self._called = name
        self._when = when
        self._read = read
        self._head = Headline()
        self._view = LinesView()
        self._keys = StatusLine(id="recovery-keys")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._view
        yield self._keys

    def on_mount(self) -> None:
        self._head.show(
            (Span(safe_text(self._called), "strong"), Span(f"  unsaved text from {self._when}", "muted"))
        )
        self._keys.show_keys(_KEYS)
        self._view.focus()
        self.run_worker(self._find_out(), name="recovery")

    async def _find_out(self) -> None:
        try:
            self._disk = split(await self._read())[0]
        except MlwsError as error:
            self._keys.show_state(error.sentence(), trouble=True)
        self._view.show(self._laid_out)

    def _laid_out(self, width: int) -> Sequence[Line]:
        titles = [Span("what was found", "title")], [Span("what is on disk", "title")]
        lines: list[Line] = [*beside_each_other(*titles, width), ()]
        runs = [
            (same, [(left, right) for left, right, _ in pairs])
            for same, pairs in groupby(beside(self._found, self._disk), key=lambda pair: pair[2])
        ]
        for number, (same, pairs) in enumerate(runs):
            left = [line for line, _ in pairs if line is not None]
            right = [line for _, line in pairs if line is not None]
            if same:
                lines += context(left, first=number == 0, last=number == len(runs) - 1)
            else:
                lines += side_by_side(left, right, width)
        return lines

    def action_scroll(self, by: int) -> None:
        self._view.scroll_relative(y=by, animate=False)
