"""What is pasted stays text.

Textual's parser takes an escape character in a paste for a key, and what follows for more. A text with ``ESC P q``
would so leave the editor and end the app (``textual/_xterm_parser.py``, 8.2.8). Most terminals take escape characters
out of what they paste; tmux's own paste buffer does not.
"""

from __future__ import annotations

import codecs

_ESC = "\x1b"
_START = "\x1b[200~"
_END = "\x1b[201~"
_SHOWN = "\u241b"


class PasteGuard:
    """Puts the sign ``␛`` in the place of each escape character between the two marks of a paste."""

    def __init__(self) -> None:
        self._inside = False
        self._seen = ""  # the end of what was handed on: a mark may come in two reads
        self._held = ""  # in a paste, what may become its end mark

    def __call__(self, text: str) -> str:
        """The text that came, safe to parse. Outside of a paste all of it is handed on at once."""
        text, self._held = self._held + text, ""
        kept: list[str] = []
        while text:
            take = self._within if self._inside else self._before
            piece, text = take(text)
            kept.append(piece)
        return "".join(kept)

    def _before(self, text: str) -> tuple[str, str]:
        joined = self._seen + text
        at = joined.find(_START)
        if at < 0:
            self._seen = joined[-(len(_START) - 1) :]
            return text, ""
        end = at + len(_START) - len(self._seen)
        self._seen, self._inside = "", True
        return text[:end], text[end:]

    def _within(self, text: str) -> tuple[str, str]:
        at = text.find(_END)
        if at >= 0:
            self._inside = False
            return text[:at].replace(_ESC, _SHOWN) + _END, text[at + len(_END) :]
        held = next((n for n in range(len(_END) - 1, 0, -1) if text.endswith(_END[:n])), 0)
        cut = len(text) - held
        self._held = text[cut:]
        return text[:cut].replace(_ESC, _SHOWN), ""


class GuardedDecoder:
    """A decoder of bytes from the keyboard that forgives wrong ones and guards pastes."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._guard = PasteGuard()

    def decode(self, data: bytes, final: bool = False) -> str:
        """As of an incremental decoder."""
        return self._guard(self._decoder.decode(data, final))
