"""Lines of styled text, as a chart is made of them; who shows them decides what a style looks like."""

from __future__ import annotations

from typing import NamedTuple

from mlws_tui.domain.text import cell_width


class Span(NamedTuple):
    """Text in one style: ``text muted strong axis guide trouble cursor mark-KIND line-N band-N sign-N``.

    With ``-cursor`` behind it, it stands under the cursor's line.
    """

    text: str
    style: str = "text"


Line = tuple[Span, ...]


def cut(text: str, width: int) -> str:
    """The text in at most so many columns, with an ellipsis where it is longer."""
    if cell_width(text) <= width:
        return text
    kept, used = "", 0
    for character in text:
        used += cell_width(character)
        if used > width - 1:
            break
        kept += character
    return kept + "…" if width > 0 else ""
