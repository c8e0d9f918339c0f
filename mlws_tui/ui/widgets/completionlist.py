"""The list below the cursor of what a word may become; above it where the editor ends."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Offset, Region
from textual.widgets import Static

from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.services.completion import Offer

_ROWS, _LEAST, _WIDEST = 8, 2, 76


class CompletionList(Static):
    """Shows offers. Nothing is chosen until `choose`, but for a list that the person called for."""

    DEFAULT_CSS = """
    CompletionList {
        position: absolute; overlay: screen; width: auto; height: auto; display: none;
        background: $panel; color: $foreground; padding: 0 1;
    }
    CompletionList.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.offers: Sequence[Offer] = ()
        self.chosen = -1
        self._at = Offset(0, 0)
        self._within = Region()

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose from."""
        return bool(self.offers)

    def open(self, offers: Sequence[Offer], at: Offset, within: Region, *, called: bool = False) -> None:
        """Show offers.

        Args:
            offers: What there is, not empty.
            at: Where on the screen the word begins.
            within: The part of the screen that it is to stay in, if it can.
            called: Whether the person called for it: enter then takes the first.
        """
        kept = self.offers[self.chosen] if self.chosen >= 0 else None
        self.offers = offers
        self.chosen = offers.index(kept) if kept in offers else 0 if called else -1
        self._at, self._within = at, within
        self.add_class("-shown")
        self._draw()

    def close(self) -> None:
        """Show nothing."""
        self.offers, self.chosen = (), -1
        self.remove_class("-shown")

    def choose(self, by: int) -> None:
        """Choose the next offer, or with -1 the one before; around the end."""
        self.chosen = (
            (self.chosen + by) % len(self.offers) if self.chosen >= 0 or by > 0 else len(self.offers) - 1
        )
        self._draw()

    def take(self) -> Offer:
        """The chosen offer, or the first where none is; the list is closed."""
        offer = self.offers[max(0, self.chosen)]
        self.close()
        return offer

    def _draw(self) -> None:
        above, below = self._at.y - self._within.y, self._within.bottom - self._at.y - 1
        # where the editor has no room for it, the screen above has, or what is below
        over = above if above > below and below < min(_ROWS, len(self.offers)) + 1 else 0
        count = min(_ROWS, max(_LEAST, (over or below) - 1), len(self.offers))
        first = min(max(0, self.chosen - count + 1), max(0, len(self.offers) - count))
        rows = self._rows(first, count)
        full = max(row.cell_length for row in rows)
        self.update(Content("\n").join(row.pad_right(full - row.cell_length) for row in rows))
        left = max(0, min(self._at.x - 1, self.screen.size.width - full - 2))
        down = not over and self._at.y + 1 + len(rows) <= self.screen.size.height
        self.styles.offset = (left, self._at.y + 1 if down else max(0, self._at.y - len(rows)))

    def _rows(self, first: int, count: int) -> list[Content]:
        """The offers that are shown, and the keys that take one."""
        room = min(_WIDEST, self.screen.size.width - 2)
        shown = self.offers[first : first + count]
        labels = [_cut(safe_text(offer.label or offer.text), room) for offer in shown]
        wide = max(map(cell_width, labels))
        notes = [_cut(safe_text(offer.note), room - wide - 2) for offer in shown]
        full = max(wide + (2 + cell_width(note) if note else 0) for note in notes)
        rows = []
        for number, (label, note) in enumerate(zip(labels, notes, strict=True), first):
            gap = " " * (wide + 2 - cell_width(label)) if note else ""
            end = " " * max(0, full - cell_width(label + gap + note))
            row = Content.assemble(label, gap, (note, "$text-muted"), end)
            rows.append(row.stylize("reverse") if number == self.chosen else row)
        keys = ("enter, tab takes" if self.chosen >= 0 else "tab takes", "esc")
        more = len(self.offers) - len(shown)
        words = (*keys, f"{more} more") if more else keys
        return [*rows, Content.styled(_cut(" · ".join(words), room), "$text-muted")]


def _cut(text: str, width: int) -> str:
    """The text in so many columns, with a sign where some of it is left out."""
    if cell_width(text) <= width:
        return text
    while text and cell_width(text) >= width:
        text = text[:-1]
    return text + "…" if width > 0 else ""
