"""What comes from the keyboard: Alt as most terminals send it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual import constants
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

_ESC = "\x1b"
#: What may follow an escape character in a sequence; anything else is a key of its own.
_GOES_ON = frozenset("[O]P_^X\\" + _ESC)
#: An escape character with an arrow or a key; of replies such as ``ESC P … ESC \`` none.
_ALT = re.compile(r"\x1b(?:\x1b[\[O]([A-D])|([^\x00\x1b\x1c-\x1f\[O\]P_^X\\]))")
_CODES = {"\n": "13", "\r": "13", "\t": "9", "\x08": "127", "\x7f": "127"}
_ALT_BIT, _SHIFT_BIT, _CTRL_BIT = 2, 1, 4


class KeyParser(XTermParser):
    """Textual's parser, which takes ``ESC a`` for the letter, and ``ESC :`` too when a person types the two.

    An escape character and a key that come in one read are that key with Alt: so tmux, xterm, PuTTY and others send
    it. In two reads they are two keys, however fast they follow each other. What Textual knows as a sequence stays it.
    """

    _lone = False  # the last that came was an escape character, of which nothing is known yet

    def feed(self, data: str) -> Iterable[Message]:
        """As of Textual's parser: the messages of what came in one read."""
        if self._lone and data and data[0] not in _GOES_ON and self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from self.tick()
        if data:
            self._lone = data.endswith(_ESC)
        yield from super().feed(data if constants.DISABLE_KITTY_KEY else _ALT.sub(_with_alt, data))


def _with_alt(found: re.Match[str]) -> str:
    """A key with Alt, in the words of the terminals that tell it from all others."""
    arrow, key = found.groups()
    if arrow:
        return f"{_ESC}[1;{1 + _ALT_BIT}{arrow}"
    if found[0] in ANSI_SEQUENCES_KEYS and key != "\x7f":  # that one it knows for ctrl+w
        return found[0]
    code, bits = _CODES.get(key, ""), _ALT_BIT
    if not code and key < " ":
        code, bits = str(ord(key) + 96), _ALT_BIT | _CTRL_BIT
    elif not code and key.lower() != key and len(key.lower()) == 1:
        code, bits = str(ord(key.lower())), _ALT_BIT | _SHIFT_BIT
    return f"{_ESC}[{code or ord(key)};{1 + bits}u"


def tell_alt_from_escape() -> None:
    """Let Textual's driver read keys with `KeyParser`; it has no setting for that."""
    linux_driver.XTermParser = KeyParser  # type: ignore[attr-defined]  # an import of its own
