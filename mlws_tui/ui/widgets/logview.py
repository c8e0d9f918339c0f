"""The part of the screen on which log lines stand."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style

from mlws_tui.ui.widgets.cells import CellBoard
from mlws_tui.ui.widgets.logrows import sgr_style


class LogView(CellBoard):
    """Shows the rows it is given. Besides the board's styles it knows ``error find here`` and the log's own colours."""

    STYLES: ClassVar[tuple[str, ...]] = (*CellBoard.STYLES, "error", "find", "here")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"board--error", "board--find", "board--here"}
    DEFAULT_CSS = """
    LogView {
        & .board--error { color: $error; }
        & .board--find { color: $warning; text-style: underline; }
        & .board--here { color: $warning; text-style: bold reverse; }
    }
    """

    def get_component_rich_style(
        self, *names: str, partial: bool = False, default: Style | None = None
    ) -> Style:
        """The style of a component class, or of a colour that a log line brought along."""
        own = sgr_style(names[0].removeprefix("board--"))
        if own is not None:
            return own
        return super().get_component_rich_style(*names, partial=partial, default=default)
