"""The line below the journal that offers what it could say, and the keys that take it or put it aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from mlws_tui.domain.suggestions import (
    COMMITTED,
    COMPLETED,
    CREATED,
    DATASET,
    FAILED,
    PULLED,
    SAVED,
    STARTED,
    STOPPED,
    WROTE,
    Suggestion,
)
from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.ui.widgets.cells import fit

_KEYS = (("a", "accept"), ("e", "edit"), ("x", "dismiss"))
_MORE = (("s", "next"), ("A", "all"))
_SIGN = "✦ "
#: What tells the kinds apart at a glance, with its colour.
_KINDS = {
    COMPLETED: ("✓", "$text-success"),
    FAILED: ("✗", "$text-error"),
    STOPPED: ("■", "$text-warning"),
    STARTED: ("▸", "$text-primary"),
    PULLED: ("↓", "$text-accent"),
    CREATED: ("↓", "$text-accent"),
    SAVED: ("◆", "$text-accent"),
    DATASET: ("≡", "$text-accent"),
    COMMITTED: ("●", "$text-accent"),
    WROTE: ("✎", "$text-accent"),
}
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

    def offer(self, offered: Sequence[Suggestion], place: int) -> bool:
        """Show the suggestion at a place among those that there are; none hides the line. Whether it came or went."""
        if (tuple(offered), place) != (self._offered, self._place):
            self._offered, self._place = tuple(offered), place
            self.refresh()
        known = self.has_class("-shown")
        self.set_class(bool(offered), "-shown")
        return known != bool(offered)

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _WIDE, "-wide")

    def render(self) -> Content:
        if not self._offered or not self.size.width:
            return Content("")
        count, width = len(self._offered), self.size.width
        shown = self._offered[self._place]
        what = safe_text(shown.told)
        kind, colour = _KINDS.get(shown.kind, ("", ""))
        keys = _keys(width - 2, count)
        number = f"{_SIGN}{self._place + 1} of {count} suggestions  " if count > 1 else f"{_SIGN}Suggestion  "
        wide = width >= _WIDE
        if not wide and cell_width(f"{number}{kind} {what}") > width:
            number = f"{_SIGN}{self._place + 1}/{count}  " if count > 1 else _SIGN
        room = width - cell_width(f"{number}{kind} ")
        head = Content.assemble((number, "$text-accent"), (f"{kind} ", colour))
        if wide:
            room -= len(keys.plain) + 2
            counts = _counts(self._offered, room - cell_width(what) - 2)
            return Content.assemble(
                head, fit(what, room - cell_width(counts)), (counts, "$text-muted"), "  ", keys
            )
        left = width - 2 - len(keys.plain)
        counts = _counts(self._offered, left - 2)
        pad = " " * (left - cell_width(counts))
        return Content.assemble(head, fit(what, room), "\n  ", keys, pad, (counts, "$text-muted"))


def _counts(offered: Sequence[Suggestion], room: int) -> str:
    """How many there are for each section, or of each kind, where there are several and room to say so."""
    if len(offered) < 2:
        return ""
    sections = Counter(one.section for one in offered).items()
    kinds = Counter(_KINDS[one.kind][0] for one in offered if one.kind in _KINDS).items()
    told = (
        " · ".join(f"{section} {count}" for section, count in sections),
        " ".join(f"{sign}{count}" for sign, count in kinds),
    )
    return next((safe_text(words) for words in told if cell_width(words) <= room), "")


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
