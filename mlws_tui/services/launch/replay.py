"""The last part of a command's output, kept so that a terminal that comes later can show it again."""

from __future__ import annotations

import re
from collections import deque

from mlws_tui.services.launch.protocol import Frame

#: Bytes that are kept.
KEPT = 1 << 18
_CHUNK = 1 << 12
_MODE = re.compile(rb"\x1b\[\?([\d;]{1,40})([hl])")
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:\?[\d;]{0,40})?)?\Z")
#: Private modes of a terminal that outlast the text: cursor keys, mouse, focus, the other screen, pasting.
_TRACKED = frozenset({1, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1047, 1049, 2004})
_CURSOR = 25  # shown unless it is switched off


class TerminalModes:
    """Which modes a program has switched on in its terminal, told from what it wrote."""

    def __init__(self) -> None:
        self._changed: dict[int, None] = {}
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Output of the program, in any pieces."""
        data = self._rest + data
        for numbers, letter in _MODE.findall(data):
            for number in {int(part) for part in numbers.split(b";") if part}:
                if number in _TRACKED or number == _CURSOR:
                    self._set(number, on=letter == b"h")
        unfinished = _UNFINISHED.search(data[-50:])
        self._rest = unfinished[0] if unfinished else b""

    def again(self) -> bytes:
        """What switches another terminal into the same modes."""
        return b"".join(_switch(number, on=number != _CURSOR) for number in self._changed)

    def undo(self) -> bytes:
        """What takes a terminal back to how it was, colours too."""
        return (
            b"".join(_switch(number, on=number == _CURSOR) for number in reversed(self._changed)) + b"\x1b[0m"
        )

    def _set(self, number: int, *, on: bool) -> None:
        if on is (number == _CURSOR):
            self._changed.pop(number, None)
        else:
            self._changed[number] = None


def _switch(number: int, *, on: bool) -> bytes:
    return b"\x1b[?%d%c" % (number, b"h" if on else b"l")


class Replay:
    """Keeps the last `KEPT` bytes of the output, from the beginning of a line where one can be found.

    Args:
        limit: Bytes.
    """

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._chunks: deque[tuple[Frame, bytearray]] = deque()
        self._held = 0
        self._before = TerminalModes()  # as they were where what is kept begins

    def feed(self, kind: Frame, data: bytes) -> None:
        """Output as it came, `Frame.OUT` or `Frame.ERR`."""
        self._held += len(data)
        last = self._chunks[-1] if self._chunks else None
        if last is not None and last[0] is kind and len(last[1]) < _CHUNK:
            last[1].extend(data)
        else:
            self._chunks.append((kind, bytearray(data)))
        while self._held > self._limit:
            self._forget(self._held - self._limit)

    def frames(self) -> list[tuple[Frame, bytes]]:
        """What a terminal that comes now is to be given."""
        modes = self._before.again()
        kept = [(kind, bytes(chunk)) for kind, chunk in self._chunks]
        return [(Frame.OUT, modes), *kept] if modes else kept

    def _forget(self, count: int) -> None:
        kind, chunk = self._chunks[0]
        if count < len(chunk):
            line = chunk.find(b"\n", count, count + _CHUNK)
            count = line + 1 if line >= 0 else count
        gone = bytes(chunk[:count])
        del chunk[:count]
        self._held -= len(gone)
        if not chunk:
            self._chunks.popleft()
        if kind is Frame.OUT:
            self._before.feed(gone)
