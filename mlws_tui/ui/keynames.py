"""How keys are written for a person."""

from __future__ import annotations

from mlws_tui.config.keymap import SIGNS

_NAMES = {
    **SIGNS,
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}
_MODIFIERS = {"ctrl": "^", "shift": "⇧"}


def key_label(keys: str) -> str:
    """How keys are written for a person: ``j,down`` → ``j ↓``."""
    names = []
    for key in keys.split(","):
        *modifiers, name = key.strip().split("+") if key.strip() != "+" else ("+",)
        names.append("".join(_MODIFIERS.get(one, f"{one}+") for one in modifiers) + _NAMES.get(name, name))
    return " ".join(names)
