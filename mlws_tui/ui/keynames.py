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
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "escape": "esc",
}


def key_label(keys: str) -> str:
    """How keys are written for a person: ``j,down`` → ``j ↓``."""
    names = []
    for key in keys.split(","):
        name = _SIGNS.get(key.strip(), key.strip())
        names.append(name.replace("ctrl+", "^"))
    return " ".join(names)
