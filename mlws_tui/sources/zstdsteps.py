"""How a zstd frame is cut: its header, then blocks, of which each holds at most 128 KB of text (RFC 8878)."""

from __future__ import annotations

from collections.abc import Generator

_SKIPPED = (0x184D2A50, 0x184D2A5F)  # first and last magic number of a frame that holds no text
_REPEATED = 1  # type of a block that is one byte, so and so many times
_DICTIONARY = (0, 1, 2, 4)  # bytes of its id, by two bits of the header
_LENGTH = (0, 2, 4, 8)  # bytes of the text's length, the same


class Steps:
    """Tells how many bytes of a frame may be given to a decoder until more than a block could come of them.

    What it is given need not be sound: the decoder says what is wrong.

    Attributes:
        left: Bytes to the end of this step, at least 1.
    """

    def __init__(self) -> None:
        self._frame = _frame()
        self._seen = b""
        self.left = next(self._frame)

    def take(self, data: bytes) -> None:
        """Go on by so many bytes, at most those that are left."""
        self._seen = (self._seen + data)[-8:]  # all that is looked at is shorter
        self.left -= len(data)
        while self.left == 0:
            seen, self._seen = self._seen, b""
            try:
                self.left = self._frame.send(seen)
            except StopIteration:
                self.left = 1  # the decoder is done, or has found that it is no frame


def _frame() -> Generator[int, bytes, None]:
    """Asks for the bytes of a frame, step by step."""
    magic = int.from_bytes((yield 4), "little")
    if _SKIPPED[0] <= magic <= _SKIPPED[1]:
        yield int.from_bytes((yield 4), "little")
        return
    head = (yield 1)[0]
    single, checksum = head >> 5 & 1, head >> 2 & 1
    yield (0 if single else 1) + _DICTIONARY[head & 3] + (_LENGTH[head >> 6] or single)
    last = False
    while not last:
        block = int.from_bytes((yield 3), "little")
        last = bool(block & 1)
        yield 1 if block >> 1 & 3 == _REPEATED else block >> 3
    if checksum:
        yield 4
