"""The list of what a search found: two lines for each hit, the words that fit set off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import fit

if TYPE_CHECKING:
    from mlws_tui.services.search import Hit

_STYLES = {
    "journal": "$text-primary",
    "session": "$text-accent",
    "run": "$text-success",
    "error": "$text-error",
}
_EACH = 2  # lines of a hit
_DAY, _KIND = 11, 8  # cells of a hit's day, and of the word that tells where it is from
_MARK = "$text-warning bold reverse"


class HitList(Static):
    """Shows the hits around the cursor.

    Attributes:
        cursor: Which one is chosen.
        today: Which day is told by its name.
    """

    class Picked(Message):
        """The person clicked on the hit with the cursor."""

    DEFAULT_CSS: ClassVar[str] = """
    HitList { height: 1fr; width: 1fr; background: $background; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__("", markup=False, id=id)
        self.cursor = 0
        self.today = date.min
        self._hits: tuple[Hit, ...] = ()
        self._empty = Content("")
        self._first = 0

    @property
    def chosen(self) -> Hit | None:
        """The hit with the cursor."""
        return self._hits[self.cursor] if self._hits else None

    @property
    def rows(self) -> int:
        """How many hits there is room for."""
        return max(1, self.size.height // _EACH)

    def show(self, hits: Sequence[Hit], empty: Content) -> None:
        """Show these hits, or the words where there are none; the cursor stays on its hit."""
        before = self.chosen
        self._hits, self._empty = tuple(hits), empty
        self.cursor = self._hits.index(before) if before in self._hits else 0
        self._paint()

    def move(self, by: int) -> None:
        """Move the cursor by so many hits."""
        self.cursor = max(0, min(self.cursor + by, len(self._hits) - 1))
        self._paint()

    def on_resize(self) -> None:
        self._paint()

    def on_click(self, event: events.Click) -> None:
        place = self._first + event.y // _EACH
        if place < len(self._hits):
            again = place == self.cursor
            self.move(place - self.cursor)
            if again:
                self.post_message(self.Picked())

    def _paint(self) -> None:
        if not self._hits:
            self.update(self._empty)
            return
        self._first = max(0, min(self._first, self.cursor, len(self._hits) - self.rows))
        self._first = max(self._first, self.cursor - self.rows + 1)
        shown = self._hits[self._first : self._first + self.rows]
        lines: list[Content] = []
        day: date | None = date.max
        for place, hit in enumerate(shown, self._first):
            lines += self._lines(hit, place == self.cursor, tells_day=hit.day != day)
            day = hit.day
        self.update(Content("\n").join(lines))

    def _lines(self, hit: Hit, here: bool, *, tells_day: bool) -> tuple[Content, Content]:
        width = max(20, self.size.width)
        bar = ("▌" if here else " ", "$primary")
        day = self._day(hit.day) if tells_day else ""
        name = fit(safe_text(place_words(hit)), max(1, width - _DAY - _KIND - 2))
        head = Content.assemble(
            bar,
            (f"{day:<{_DAY}}", "$text-muted"),
            (f"{hit.kind:<{_KIND}}", _STYLES[hit.kind]),
            (name.rstrip(), "bold" if here else "$foreground"),
        )
        told = Content.assemble(bar, " " * _DAY, *marked(hit.snippet, hit.marks, width - _DAY - 2))
        return head, told

    def _day(self, day: date | None) -> str:
        if day is None:
            return ""
        return "today" if day == self.today else day.isoformat()


def place_words(hit: Hit) -> str:
    """Where a hit is, in a few words."""
    if hit.kind == "journal":
        return hit.title or "Journal"
    if hit.kind == "session":
        return f"{hit.name} · {hit.title}" if hit.title and hit.title not in hit.name else hit.name
    return f"{hit.name}  {hit.run}" if hit.kind == "run" else f"{hit.name}  failed"


def marked(text: str, marks: Sequence[tuple[int, int]], width: int) -> list[tuple[str, str]]:
    """The text, cut to so many cells, with the marked columns set off; the first of them is always seen."""
    first, end = marks[0] if marks else (0, 0)
    if cell_len(safe_text(text[:end])) >= width:
        begin = max(0, min(first, end - width // 2))
        moved = [(max(0, start - begin) + 1, stop - begin + 1) for start, stop in marks]
        text, marks = f"…{text[begin:]}", moved
    parts: list[tuple[str, str]] = []
    at = 0
    for start, end in (*marks, (len(text), len(text))):
        parts += [(safe_text(text[at:start]), ""), (safe_text(text[start:end]), _MARK)]
        at = end
    kept: list[tuple[str, str]] = []
    for words, style in parts:
        room = width - sum(cell_len(one) for one, _ in kept)
        if cell_len(words) > room:
            kept += [(set_cell_size(words, max(0, room - 1)), style), ("…", "$text-muted")]
            break
        kept.append((words, style))
    return [one for one in kept if one[0]]
