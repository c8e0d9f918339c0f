"""Completion in the editor: asked for while one types, shown when it comes, never waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.document._document import EditResult, Location, Selection
from textual.geometry import Offset

from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.services.completion import Offer
from mlws_tui.ui.widgets.completionlist import CompletionList
from mlws_tui.ui.widgets.editorlinks import LinkEditor

#: The keys that the list of offers takes while it is shown.
OFFER_KEYS = frozenset({"up", "down", "tab", "enter", "escape"})


class Completer(Protocol):
    """Knows what a word may become; see `mlws_tui.services.completion.Completions`."""

    async def offers(self, line: str, column: int, *, asked: bool = False) -> Sequence[Offer]: ...


class CompletionEditor(LinkEditor):
    """The editor's list of offers.

    Attributes:
        completer: Who is asked; nothing is offered where it is None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,alt+slash", "complete", "Complete the word", show=False),
    ]

    completer: Completer | None = None
    _list: CompletionList | None = None
    _called = False  # whether the list that is shown was called for by the person
    _wanted: bool | None = None  # whether offers are asked for, and if so whether by the person
    _asking = False
    _typing = False

    @property
    def offering(self) -> bool:
        """Whether offers are shown."""
        return self._list is not None and self._list.is_open

    def action_complete(self) -> None:
        """Show what the word before the cursor may become."""
        self._ask_offers(asked=True)

    def close_offers(self) -> None:
        """Show no offers, also none that are on their way."""
        self._wanted = None
        if self._list is not None and self._list.is_open:
            self._list.close()

    def _replace_via_keyboard(self, insert: str, start: Location, end: Location) -> EditResult | None:
        self._typing = True
        try:
            result = super()._replace_via_keyboard(insert, start, end)
        finally:
            self._typing = False
        if len(insert) == 1 and insert != "\n":
            self._ask_offers()
        else:
            self.close_offers()
        return result

    def _delete_via_keyboard(self, start: Location, end: Location) -> EditResult | None:
        self._typing = True
        try:
            result = super()._delete_via_keyboard(start, end)
        finally:
            self._typing = False
        if self.offering:
            self._ask_offers()
        return result

    def _watch_selection(self, previous_selection: Selection, selection: Selection) -> None:
        super()._watch_selection(previous_selection, selection)
        if not self._typing:
            self.close_offers()

    def _ask_offers(self, asked: bool = False) -> None:
        if self.completer is None or self.read_only:
            return
        self._wanted = asked
        if not self._asking:
            self._asking = True
            self.run_worker(self._show_offers(self.completer), group="completion")

    async def _show_offers(self, completer: Completer) -> None:
        """Ask for the word as it is now, again as long as more was typed meanwhile."""
        try:
            while self._wanted is not None:
                asked, self._wanted = self._wanted, None
                place = self.cursor_location
                line = self.document[place[0]]
                row_is_code = place[0] in self.code_rows and not asked
                offers = () if row_is_code else await completer.offers(line, place[1], asked=asked)
                if self._wanted is not None or not self.is_attached:
                    continue
                called = asked or line[offers[0].start : place[1]].startswith("@") if offers else False
                if (
                    offers
                    and self.cursor_location == place
                    and self.document[place[0]] == line
                    and self.has_focus
                ):
                    self._called = called or (self._called and self.offering)
                    await self._open_list(offers)
                elif self._list is not None:
                    self._list.close()
        finally:
            self._asking = False

    async def _open_list(self, offers: Sequence[Offer]) -> None:
        if self._list is None or not self._list.is_attached:
            self._list = CompletionList()
            await self.screen.mount(self._list)
        row, column = self.cursor_location
        word = cell_width(safe_text(self.document[row][offers[0].start : column]))
        cursor = self.cursor_screen_offset
        place = Offset(max(0, cursor.x - word), cursor.y)
        self._list.open(offers, place, self.region, called=self._called)

    def offer_key(self, key: str) -> bool:
        """Give a key to the list.

        Returns:
            Whether it was one for the list; others are for the text, as though there were no list.
        """
        shown = self._list
        if shown is None or not shown.is_open:
            return False
        if key in ("up", "down"):
            shown.choose(-1 if key == "up" else 1)
        elif key == "tab" or (key == "enter" and shown.chosen >= 0):
            self._take(shown.take())
        elif key == "escape":
            self.close_offers()
        else:
            return False
        return True

    def _take(self, offer: Offer) -> None:
        row, column = self.cursor_location
        line = self.document[row]
        typed = line[offer.start : column].casefold().strip("@#[")
        if column < offer.start or typed not in f"{offer.text} {offer.label} {offer.note}".casefold():
            return  # another word was typed before the list could follow
        if offer.text.endswith("]]") and line[column:].startswith("]]"):
            column += 2
        with self.history.group():
            self._replace_via_keyboard(offer.text, (row, offer.start), (row, column))
        self.close_offers()

    def _on_blur(self, event: events.Blur) -> None:
        self.close_offers()

    def _on_unmount(self) -> None:
        shown, self._list = self._list, None
        if shown is not None and shown.is_attached:
            shown.remove()
