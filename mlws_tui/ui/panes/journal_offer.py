"""The line below the journal that offers what it could say, and the keys that take it or put it aside."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from mlws_tui.domain.suggestions import Suggestion
from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.ui.widgets.cells import fit

_KEYS = (("a", "accept"), ("e", "edit"), ("x", "dismiss"))
_MORE = (("s", "next"), ("A", "all"))
_SIGN = "✦ "
#: From so many cells on, line and keys stand side by side.
_WIDE = 130


class OfferLine(Widget):
    """Shows one of several suggestions; gone while there is none."""

    DEFAULT_CSS = """
    OfferLine { height: 2; padding: 0 1; background: $boost; display: none; }
    OfferLine.-shown { display: block; }
    OfferLine.-wide { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._offered: Sequence[Suggestion] = ()
        self._place = 0

    def offer(self, offered: Sequence[Suggestion], place: int) -> None:
        """Show the suggestion at a place among those that there are; none hides the line."""
        if (tuple(offered), place) != (self._offered, self._place):
            self._offered, self._place = tuple(offered), place
            self.refresh()
        self.set_class(bool(offered), "-shown")

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _WIDE, "-wide")

    def render(self) -> Content:
        if not self._offered or not self.size.width:
            return Content("")
        count = len(self._offered)
        what = safe_text(self._offered[self._place].told)
        keys = _keys(self.size.width - 2, count)
        number = f"{self._place + 1} of {count} suggestions  " if count > 1 else "Suggestion  "
        if self.size.width >= _WIDE:
            room = self.size.width - cell_width(_SIGN + number) - len(keys.plain) - 2
            return Content.assemble((_SIGN + number, "$text-accent"), fit(what, room), "  ", keys)
        if cell_width(_SIGN + number + what) > self.size.width:
            number = f"{self._place + 1}/{count}  " if count > 1 else ""
        room = self.size.width - cell_width(_SIGN + number)
        return Content.assemble((_SIGN + number, "$text-accent"), fit(what, room), "\n  ", keys)


def _keys(room: int, count: int) -> Content:
    """The keys that fit, the ones that one needs first."""
    content = Content("")
    for key, meaning in (*_KEYS, *(_MORE if count > 1 else ())):
        gap = " · " if content.plain else ""
        if len(content.plain) + len(f"{gap}{key} {meaning}") > room:
            break
        content = Content.assemble(
            content, (gap, "$text-muted"), (key, "bold"), (f" {meaning}", "$text-muted")
        )
    return content
