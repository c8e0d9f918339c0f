"""The colours of curves: eight that people of any sight tell apart, on dark, on light and of the terminal's own.

They are no component styles of Textual's: of these each chart of a grid has its own, and a screenful of charts would
spend a tenth of a second on them with every key.
"""

from __future__ import annotations

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

_DARK = ("#5ab0f6", "#ffa657", "#6bd08a", "#f586b0", "#b79bf5", "#3fcfd5", "#f2d65c", "#ff7b72")
_LIGHT = ("#1864ab", "#c2410c", "#2b7a3a", "#b8255f", "#6741d9", "#0b7285", "#8a5a00", "#c92a2a")
_ANSI = ("blue", "yellow", "green", "magenta", "cyan", "red", "bright_blue", "bright_magenta")
#: How much of a curve's colour the band of its raw values has; without shades of colours it has this one.
_BAND, _ANSI_BAND = 0.45, "bright_black"


def curve_style(style: str, base: Style, *, dark: bool, ansi: bool) -> Style | None:
    """How a curve, its band or the letter at its end is drawn.

    Args:
        style: ``line-3``, ``band-3``, ``sign-3``.
        base: The style of plain text, whose background it has.
        dark: Whether the background is dark.
        ansi: Whether colours are the terminal's own.

    Returns:
        The style; None where the name is of no curve.
    """
    part, _, number = style.partition("-")
    if part not in ("line", "band", "sign") or not number.isdigit():
        return None
    band, bold, at = part == "band", part == "sign", int(number) % len(_DARK)
    if ansi:
        return Style(color=_ANSI_BAND if band else _ANSI[at], bgcolor=base.bgcolor, bold=bold, reverse=bold)
    color = Color.parse((_DARK if dark else _LIGHT)[at])
    if band:
        behind = Color.from_rich_color(base.bgcolor or RichColor.parse("black" if dark else "white"))
        color = behind.blend(color, _BAND)
    return Style(color=color.rich_color, bgcolor=base.bgcolor, bold=bold, reverse=bold)
