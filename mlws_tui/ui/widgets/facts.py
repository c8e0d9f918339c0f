"""Facts to read: lines of styled text that are wrapped to the width and scroll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mlws_tui.ui.widgets.cells import Line, Span

_STYLES = ("text", "muted", "strong", "title", "live", "good", "warn", "bad")


class FactsView(ScrollView, can_focus=True):
    """Shows lines; the text must be safe for a terminal already. Only lines that changed are sent again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"fact--{style}" for style in _STYLES}
    DEFAULT_CSS = """
    FactsView {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        & .fact--text { color: $foreground; }
        & .fact--muted { color: $text-muted; }
        & .fact--strong { color: $foreground; text-style: bold; }
        & .fact--title { color: $text-primary; text-style: bold; }
        & .fact--live { color: $text-accent; }
        & .fact--good { color: $text-success; }
        & .fact--warn { color: $text-warning; }
        & .fact--bad { color: $text-error; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Line, ...] = ()
        self._rows: list[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; the place that is read stays."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._wrap()

    def on_resize(self) -> None:
        self._wrap()

    def render_line(self, y: int) -> Strip:
        width, index = self.size.width, y + self.scroll_offset.y
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        segments = [
            Segment(span.text, self.get_component_rich_style(f"fact--{span.style}"))
            for span in self._rows[index]
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _wrap(self) -> None:
        width = self.size.width
        if not width:
            return
        before, self._rows = self._rows, [row for line in self._lines for row in wrapped(line, width)]
        self.virtual_size = Size(width, len(self._rows))
        top = self.scroll_offset.y
        changed = [
            Region(0, y, width, 1)
            for y in range(self.size.height)
            if before[y + top : y + top + 1] != self._rows[y + top : y + top + 1]
        ]
        if changed:
            self.refresh(*changed)


def wrapped(line: Line, width: int) -> list[Line]:
    """The line as rows of at most `width` cells, broken after blanks where that is possible.

    Further rows begin below the second span where the first is a label, else below the first word.
    """
    cells = [(character, span.style) for span in line for character in span.text]
    if sum(get_character_cell_size(character) for character, _ in cells) <= width:
        return [line]
    hang = _hang(line)
    indent = hang if hang <= width // 2 else 2 if width > 8 else 0
    rows: list[Line] = []
    while cells:
        room = width - (indent if rows else 0)
        end = _break(cells, max(1, room))
        head, cells = cells[:end], cells[end:]
        while cells and cells[0][0] == " ":
            del cells[0]
        rows.append((*((Span(" " * indent),) if rows and indent else ()), *_spans(head)))
    return rows


def _hang(line: Line) -> int:
    first = line[0].text
    if len(line) > 1 and line[0].style == "muted":
        return sum(map(get_character_cell_size, first))
    return len(first) - len(first.lstrip(" ")) + 2


def _break(cells: Sequence[tuple[str, str]], room: int) -> int:
    """How many of the characters go into a row; at least one."""
    used, blank = 0, 0
    for index, (character, _) in enumerate(cells):
        used += get_character_cell_size(character)
        if used > room:
            return blank if blank > room // 2 else max(1, index)
        if character == " ":
            blank = index + 1
    return len(cells)


def _spans(cells: Sequence[tuple[str, str]]) -> Line:
    spans: list[Span] = []
    for character, style in cells:
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + character, style)
        else:
            spans.append(Span(character, style))
    return tuple(spans)
