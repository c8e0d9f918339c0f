"""A diff to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from mlws_tui.domain.words import counted
from mlws_tui.ui.actions import bindings
from mlws_tui.ui.panes.run_words import short
from mlws_tui.ui.screens.page import COPY, KEYS, MOVES, SECTIONS, PageScreen
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.sections import Row, SectionsView

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

#: Lines that are shown.
_MOST = 5000
_STYLES = (("+++", "strong"), ("---", "strong"), ("+", "add"), ("-", "gone"), ("@@", "live"))


class DiffPage(PageScreen):
    """Shows the lines of a unified diff, a section for each file.

    Args:
        bench: The workbench.
        title: What it is a diff of.
        lines: Its lines.
    """

    TITLE_WORDS: ClassVar[str] = "Diff"
    ACTIONS = (*MOVES, *SECTIONS, COPY, KEYS)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, bench: Workbench, title: str, lines: Sequence[str]) -> None:
        super().__init__(bench)
        self._title_words = title
        self._text = lines
        self._view = SectionsView()

    def body(self) -> Iterable[Widget]:
        return (self._view,)

    @property
    def rows(self) -> SectionsView:
        return self._view

    async def read(self) -> None:
        added = sum(line.startswith("+") and not line.startswith("+++") for line in self._text)
        gone = sum(line.startswith("-") and not line.startswith("---") for line in self._text)
        self.head.show((Span(short(self._title_words), "strong"), Span(f"  +{added:,} −{gone:,}", "muted")))
        self._view.show(list(self._rows()))
        self._view.focus()

    def _rows(self) -> Iterable[Row]:
        file = ""
        for number, line in enumerate(self._text[:_MOST]):
            if line.startswith("diff "):
                file = f"file/{number}"
                yield Row(())
                yield Row(
                    (Span(short(line.rpartition(" b/")[2] or line), "title"),), file, (), None, True, True
                )
                continue
            style = next((style for start, style in _STYLES if line.startswith(start)), "text")
            yield Row((Span(short(line) or " ", style),), f"line/{number}", (file,) if file else ())
        if len(self._text) > _MOST:
            yield Row((Span(f"… {counted(len(self._text) - _MOST, 'line')} more", "muted"),), "more")

    def action_copy(self) -> None:
        self.run_worker(self.copy("\n".join(self._text) + "\n", "the diff"), group="copy")
