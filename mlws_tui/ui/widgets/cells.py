"""A board of styled cells that sends only the cells that changed to the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

#: Unchanged cells between two changed ones that are cheaper to send again than to jump over.
_WORTH_A_JUMP = 8


class Span(NamedTuple):
    """Text in one of the board's styles: ``text muted strong good warn bad bar bar-alt course``."""

    text: str
    style: str = "text"


Line = tuple[Span, ...]


class CellBoard(Widget):
    """Shows lines of spans. What to show is given by `paint`; text must be safe for a terminal already."""

    STYLES: ClassVar[tuple[str, ...]] = (
        "text",
        "muted",
        "strong",
        "good",
        "warn",
        "bad",
        "bar",
        "bar-alt",
        "course",
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{style}" for style in STYLES}
    DEFAULT_CSS = """
    CellBoard {
        height: 1fr;
        width: 1fr;
        & .board--text { color: $foreground; }
        & .board--muted { color: $text-muted; }
        & .board--strong { color: $foreground; text-style: bold; }
        & .board--good { color: $text-success; }
        & .board--warn { color: $text-warning; }
        & .board--bad { color: $text-error; text-style: bold; }
        & .board--bar { color: $primary; background: $panel; }
        & .board--bar-alt { color: $secondary; background: $panel; }
        & .board--course { color: $primary 70%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}

    def paint(self, lines: Sequence[Line]) -> None:
        """Show these lines; only cells that differ from the shown ones are sent again."""
        before, self._lines = self._lines, list(lines)
        regions: list[Region] = []
        for y in range(max(len(before), len(lines))):
            old, new = _line(before, y), _line(self._lines, y)
            if old == new:
                continue
            self._strips.pop(y, None)
            regions += [Region(x1, y, x2 - x1, 1) for x1, x2 in changed_stretches(old, new)]
        visible = self.size.region
        shown = [region for region in (region.intersection(visible) for region in regions) if region]
        if shown:
            self.refresh(*shown)

    def render_line(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None:
            segments = [
                Segment(span.text, self.get_component_rich_style(f"board--{span.style}"))
                for span in _line(self._lines, y)
            ]
            base = self.get_component_rich_style("board--text")
            strip = Strip(segments).adjust_cell_length(self.size.width, base)
            self._strips[y] = strip
        return strip

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        self._strips.clear()


def changed_stretches(old: Line, new: Line) -> list[tuple[int, int]]:
    """The stretches of cells ``[x1, x2)`` in which two lines differ, with near ones taken together."""
    before, after = list(_cells(old)), list(_cells(new))
    length = max(len(before), len(after))
    before += [(" ", "")] * (length - len(before))
    after += [(" ", "")] * (length - len(after))
    stretches: list[tuple[int, int]] = []
    for x in range(length):
        if before[x] == after[x]:
            continue
        if stretches and x - stretches[-1][1] < _WORTH_A_JUMP:
            stretches[-1] = (stretches[-1][0], x + 1)
        else:
            stretches.append((x, x + 1))
    return stretches


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Text in exactly this many cells: padded, or cut with an ellipsis; to the right if asked so."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        kept = ""
        for character in text:
            if cell_len(kept + character) > width - 1:
                break
            kept += character
        text = kept + "…"
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def _line(lines: Sequence[Line], y: int) -> Line:
    return lines[y] if y < len(lines) else ()


def _cells(line: Line) -> Iterator[tuple[str, str]]:
    """One entry a cell: a wide character has two that differ from all others; combining ones are left out."""
    for text, style in line:
        if text.isascii():
            for character in text:
                yield character, style
            continue
        for character in text:
            width = get_character_cell_size(character)
            if width:
                yield character, style
            if width == 2:
                yield "\0" + character, style
