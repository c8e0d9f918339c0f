"""The list below the cursor of what a word may become; above it where the screen ends."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Offset
from textual.widgets import Static

from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.services.completion import Offer

_ROWS, _WIDEST = 8, 76


class CompletionList(Static):
    """Shows offers; nothing is chosen until `choose`."""

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

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose from."""
        return bool(self.offers)

    def open(self, offers: Sequence[Offer], at: Offset) -> None:
        """Show offers.

        Args:
            offers: What there is, not empty.
            at: Where on the screen the word begins.
        """
        kept = self.offers[self.chosen] if self.chosen >= 0 else None
        self.offers = offers
        self.chosen = offers.index(kept) if kept in offers else -1
        self._at = at
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
        room = min(_WIDEST, self.screen.size.width - 2)
        first = min(max(0, self.chosen - _ROWS + 1), max(0, len(self.offers) - _ROWS))
        shown = self.offers[first : first + _ROWS]
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
        more = len(self.offers) - len(shown)
        if more:
            rows.append(Content.styled(f"{more} more", "$text-muted"))
        self.update(Content("\n").join(rows))
        left = max(0, min(self._at.x - 1, self.screen.size.width - full - 2))
        below = self._at.y + 1
        top = below if below + len(rows) <= self.screen.size.height else max(0, self._at.y - len(rows))
        self.styles.offset = (left, top)


def _cut(text: str, width: int) -> str:
    """The text in so many columns, with a sign where some of it is left out."""
    if cell_width(text) <= width:
        return text
    while text and cell_width(text) >= width:
        text = text[:-1]
    return text + "…" if width > 0 else ""
