"""How keys are written for a person."""

from __future__ import annotations

_SIGNS = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "space": "space",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "equals_sign": "=",
    "asterisk": "*",
    "less_than_sign": "<",
    "greater_than_sign": ">",
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
        names.append("".join(_MODIFIERS.get(one, f"{one}+") for one in modifiers) + _SIGNS.get(name, name))
    return " ".join(names)
