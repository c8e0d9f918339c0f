"""The part of the screen on which log lines stand."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual import events
from textual.message import Message

from mlws_tui.ui.widgets.cells import CellBoard
from mlws_tui.ui.widgets.logrows import TAGS, sgr_style

_OWN = ("error", "find", "here", "sign", "mark", "cursor", "stretch", *(f"tag{i}" for i in range(TAGS)))


class LogView(CellBoard):
    """Shows the rows it is given.

    Besides the board's styles it knows ``error find here sign mark tag0 tag1 …``, the log's own colours, and each of
    all these with ``+cursor`` or ``+stretch`` behind it: on the background of the cursor's line or a marked stretch.
    """

    class Clicked(Message):
        """The person clicked on a row, counted from 0, once or twice."""

        def __init__(self, row: int, twice: bool) -> None:
            super().__init__()
            self.row = row
            self.twice = twice

    STYLES: ClassVar[tuple[str, ...]] = (*CellBoard.STYLES, *_OWN)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{style}" for style in _OWN}
    DEFAULT_CSS = """
    LogView {
        & .board--error { color: $error; }
        & .board--find { color: $warning; text-style: underline; }
        & .board--here { color: $warning; text-style: bold reverse; }
        & .board--tag0 { color: $secondary; }
        & .board--tag1 { color: $accent; }
        & .board--tag2 { color: $primary; }
        & .board--tag3 { color: $success; }
        & .board--sign { color: $primary; }
        & .board--mark { color: $accent; }
        & .board--cursor {
            background: $block-cursor-blurred-background; text-style: $block-cursor-blurred-text-style;
        }
        & .board--stretch { background: $screen-selection-background; }
        &:ansi .board--stretch { background: ansi_default; text-style: reverse; }
    }
    """

    def get_component_rich_style(
        self, *names: str, partial: bool = False, default: Style | None = None
    ) -> Style:
        """The style of a component class, of a colour that a log line brought along, or of either with a tint."""
        name, _, tint = names[0].removeprefix("board--").partition("+")
        own = sgr_style(name)
        known = "board--text" if own is not None else f"board--{name}"
        style = super().get_component_rich_style(known, partial=partial, default=default)
        if tint:
            ground = super().get_component_rich_style(f"board--{tint}")
            style += Style(bgcolor=ground.bgcolor, bold=ground.bold or None, reverse=ground.reverse or None)
        return style if own is None else style + own

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Clicked(event.y, event.chain == 2))
