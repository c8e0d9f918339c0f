"""The sections of a page, listed beside it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message

from mlws_tui.ui.widgets.cells import CellBoard, Span, fit
from mlws_tui.ui.widgets.sections import Row


class Outline(CellBoard):
    """Names of sections, the one that is read marked; a click goes there."""

    class Picked(Message):
        """The person clicked on the section of that key."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    DEFAULT_CSS = """
    Outline { padding: 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[str] = []

    def show(self, titles: Sequence[Row], current: str) -> None:
        """Show these sections; `current` is the key of the one that is read."""
        self._keys = [row.key for row in titles]
        lines = []
        for row in titles:
            here = row.key == current
            name = row.line[0].text
            lines.append(
                (Span("▌ " if here else "  ", "strong"), Span(fit(name, 20), "strong" if here else "muted"))
            )
        self.paint([(), *lines])

    def on_click(self, event: events.Click) -> None:
        if 0 < event.y <= len(self._keys):
            self.post_message(self.Picked(self._keys[event.y - 1]))
