"""Screen updates that send the changed cells alone.

Textual's own partial update (``ChopsUpdate`` in ``textual/_compositor.py``, 8.2.8) crops what it sends on the
right only, so a changed figure at the end of a row sends the whole row again; and it sets and resets the
colours for each piece. Over SSH that is five times the bytes.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

_PLAIN = Style()


class LeanUpdate(ChopsUpdate):
    """The same cells as a `ChopsUpdate`, cropped on both sides and grouped by style."""

    def render_segments(self, console: Console) -> str:
        """The update as bytes for the terminal: each style is set once, and within it the cursor jumps."""
        system = console._color_system or ColorSystem.TRUECOLOR
        grouped: dict[tuple[str, str | None], tuple[Style, list[str]]] = {}
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                start = max(x, x1)
                _collect(grouped, strip.crop(start - x, min(end, x2) - x), start, y, system)
        return "".join(
            Strip.render_style(style, "".join(pieces), system) for style, pieces in grouped.values()
        )


def lean(update: RenderableType | None) -> RenderableType | None:
    """A partial update as a lean one; everything else as it is. Meant for an app's ``_display``."""
    if type(update) is ChopsUpdate:
        return LeanUpdate(update.chops, update.spans, update.chop_ends)
    return update


def _collect(
    grouped: dict[tuple[str, str | None], tuple[Style, list[str]]],
    strip: Strip,
    x: int,
    y: int,
    system: ColorSystem,
) -> None:
    for text, style, control in strip:
        if control or not text:
            continue
        known = style or _PLAIN
        key = (known._ansi or Strip.render_ansi(known, system), known.link)
        grouped.setdefault(key, (known, []))[1].append(f"\x1b[{y + 1};{x + 1}H{text}")
        x += cell_len(text)
