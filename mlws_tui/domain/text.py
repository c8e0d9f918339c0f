"""Text from outside, made safe for a terminal."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: C0 (but for tab), DEL, C1, bidi controls, zero-width and line separators: what must never reach a terminal.
_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NAMES = {"\x1b": "␛", "\x7f": "␡"}


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character in _NAMES:
        return _NAMES[character]
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\ufffd"


def safe_text(text: str, *, tab: str = "    ") -> str:
    """One line of text with every control character shown as a visible sign instead of sent to the terminal.

    Apart from tabs, each character becomes exactly one.

    Args:
        text: Any text; line breaks count as control characters too.
        tab: What a tab becomes.
    """
    return _UNSAFE.sub(_visible, text).replace("\t", tab)


def cell_width(text: str) -> int:
    """How many columns of a terminal the text takes, by UAX #11 (East Asian width); text must be safe already."""
    return len(text) if text.isascii() else sum(map(_width, text))


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
