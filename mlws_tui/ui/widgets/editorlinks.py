"""Links in the editor: underlined, gone to with a key or a click."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from mlws_tui.domain.links import TextLink, links_of
from mlws_tui.ui.widgets.editorlists import ListEditor


@lru_cache(maxsize=2048)
def _links(line: str) -> tuple[TextLink, ...]:
    return tuple(links_of(line))


class LinkEditor(ListEditor):
    """The editor's links."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4,alt+enter", "open_link", "Open the link", show=False),
    ]

    class LinkOpened(Message, namespace="markdown_editor"):
        """The person wants to go where a link leads."""

        def __init__(self, link: TextLink) -> None:
            super().__init__()
            self.link = link

    def links(self, row: int) -> Sequence[TextLink]:
        """The links of a line; none inside code."""
        return () if row in self.code_rows else _links(self.document[row])

    def link_at(self, row: int, column: int) -> TextLink | None:
        """The link at a place, if there is one."""
        return next((link for link in self.links(row) if link.start <= column < link.end), None)

    @property
    def link_at_cursor(self) -> TextLink | None:
        """The link under the cursor, or which ends there; None where there is none."""
        row, column = self.cursor_location
        return self.link_at(row, column) or (self.link_at(row, column - 1) if column else None)

    def action_open_link(self) -> None:
        """Go where the link under the cursor leads."""
        link = self.link_at_cursor
        if link is not None:
            self.post_message(self.LinkOpened(link))

    def action_go_to_link(self, by: int = 1) -> None:
        """Go to the next link of the text, or with -1 to the one before; around the end."""
        here = self.cursor_location
        places = [(row, link.start) for row in range(self.document.line_count) for link in self.links(row)]
        if not places:
            return
        if by > 0:
            place = next((place for place in places if place > here), places[0])
        else:
            place = next((place for place in reversed(places) if place < here), places[-1])
        self.move_cursor(place)

    async def _on_click(self, event: events.Click) -> None:
        if not (event.ctrl or self.read_only) or not self.selection.is_empty:
            return
        row, column = self.get_target_document_location(event)
        link = self.link_at(row, column)
        if link is not None:
            self.post_message(self.LinkOpened(link))

    def _look(self, raw: str, code: bool) -> Text:
        line = super()._look(raw, code)
        if not code:
            for link in _links(raw):
                line.stylize(self._style_of("link"), link.start, link.end)
        return line
