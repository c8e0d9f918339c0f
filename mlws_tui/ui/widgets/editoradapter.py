"""The editor as the `Sheet` that the keys of vim and Emacs work on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.document._document import Selection
from textual.geometry import Offset

from mlws_tui.domain.textfind import TextQuery
from mlws_tui.ui.widgets.editorsheet import Asking, Place

if TYPE_CHECKING:
    from mlws_tui.ui.widgets.editor import MarkdownEditor


class EditorSheet:
    """An editor, seen as a text with a cursor."""

    def __init__(self, editor: MarkdownEditor) -> None:
        self._editor = editor

    @property
    def lines(self) -> Sequence[str]:
        return self._editor.exact.lines

    @property
    def cursor(self) -> Place:
        return self._editor.cursor_location

    @cursor.setter
    def cursor(self, place: Place) -> None:
        self._editor.move_cursor(place)

    def select(self, start: Place, end: Place) -> None:
        self._editor.selection = Selection(start, end)
        self._editor.record_cursor_width()

    def replace(self, start: Place, end: Place, text: str) -> Place:
        return self._editor.replace(text, start, end, maintain_selection_offset=False).end_location

    def open_group(self) -> None:
        self._editor.history.open_group()

    def close_group(self) -> None:
        self._editor.history.close_group()

    def undo(self) -> None:
        self._editor.undo()

    def redo(self) -> None:
        self._editor.redo()

    def view(self) -> tuple[int, int]:
        editor = self._editor
        top = editor.scroll_offset.y
        ends = (top, top + max(0, editor.size.height - 1))
        first, last = (editor.wrapped_document.offset_to_location(Offset(0, y))[0] for y in ends)
        return first, last

    def clipboard(self) -> str:
        return self._editor.app.clipboard

    def copy(self, text: str) -> None:
        self._editor.copy_text(text)

    def ask(self, what: Asking) -> None:
        self._editor.post_message(self._editor.Asked(what))

    def open_link(self) -> bool:
        link = self._editor.link_at_cursor
        self._editor.action_open_link()
        return link is not None

    def find(self, back: bool) -> None:
        self._editor.action_open_find(back=back)

    def find_next(self, by: int) -> None:
        if self._editor.sought:
            self._editor.go_to_hit(by)

    def look_for(self, text: str, whole: bool) -> None:
        if text:
            self._editor.look_for(TextQuery(text, word=whole))
        else:
            self._editor.forget_hits()

    def tell(self, sentence: str) -> None:
        self._editor.app.notify(sentence, markup=False)

    def tick(self) -> None:
        self._editor.action_toggle_box()
