"""The lines that lead to a day or a session log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from mlws_tui.domain.changes import Change, FileChanged
from mlws_tui.domain.runpages import Mention
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.page import KEYS, MOVES, PageScreen
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.sections import Row, SectionsView

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench


class LinksScreen(PageScreen):
    """Shows what links to one place; enter goes to the line.

    Args:
        bench: The workbench.
        kind: What the place is, as a `TextLink` has it.
        target: The place, as a `TextLink` has it.
    """

    TITLE_WORDS: ClassVar[str] = "Links"
    ACTIONS: ClassVar[tuple[Action, ...]] = (*MOVES, KEYS)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, bench: Workbench, kind: str, target: str) -> None:
        super().__init__(bench)
        self._kind = kind
        self._target = target
        self._view = SectionsView()

    def body(self) -> Iterable[Widget]:
        yield self._view

    @property
    def rows(self) -> SectionsView:
        return self._view

    def on_mount(self) -> None:
        self._view.focus()

    def concerns(self, change: Change) -> bool:
        return isinstance(change, FileChanged)

    async def read(self) -> None:
        found = await self.bench.links.to(self._kind, self._target)
        self.head.show(
            (Span("Links to ", "title"), Span(safe_text(self._target), "strong")),
            counted(len(found), "line"),
        )
        self._view.show(_rows(found))


def _rows(found: Sequence[Mention]) -> list[Row]:
    if not found:
        return [Row((Span("No line of the journal or of a session log leads here", "muted"),))]
    return [
        Row(
            (Span(f"{_where(one):<24}  ", "muted"), Span(safe_text(one.snippet))),
            f"{one.path}:{one.line}",
            (),
            _jump(one),
        )
        for one in found
    ]


def _where(one: Mention) -> str:
    if one.kind == "journal" and one.when is not None:
        return f"{one.when:%a %Y-%m-%d}"
    return safe_text(one.path.rpartition("/")[2].removesuffix(".md"))


def _jump(one: Mention) -> Jump:
    if one.kind == "journal":
        return Jump("journal", one.when.isoformat() if one.when is not None else "", one.line)
    return Jump("session", one.path, one.line)
