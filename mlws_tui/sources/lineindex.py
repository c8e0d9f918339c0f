"""Counts the lines of a file that may be large and may grow, in steps, the end first."""

from __future__ import annotations

from array import array
from collections.abc import Callable

#: Bytes of one entry: a gigabyte takes 4,000 of them.
BLOCK = 256 * 1024

Read = Callable[[int, int], bytes]


class LineIndex:
    """The number of line ends in each block of a file.

    What is counted is one stretch of the file. It begins at the end that the file had at first, and each step extends
    it: to what was appended, else backwards to the beginning.

    Args:
        size: Bytes of the file that are not to count as appended.
    """

    def __init__(self, size: int) -> None:
        self._low = size // BLOCK  # first block that is counted, from its beginning on
        self._end = self._low * BLOCK
        self._first = size
        self._ends = array("I", bytes(4 * (self._low + 1)))
        self.total = 0
        self.appended = 0

    def step(self, size: int, read: Read) -> tuple[int, bytes] | None:
        """Count one more block or a part of it.

        Args:
            size: Bytes that the file has now.
            read: Gives so many bytes from an offset on, less at the end of the file.

        Returns:
            The offset and the bytes that were counted; None if there is nothing left to count.
        """
        if self._end < size:
            block = self._end // BLOCK
            data = read(self._end, min(size, (block + 1) * BLOCK) - self._end)
            start = self._end
            self._end += len(data)
            if start < self._first < self._end:
                self.appended += data.count(b"\n", self._first - start)
            elif start >= self._first:
                self.appended += data.count(b"\n")
        elif self._low > 0:
            block = self._low - 1
            start = block * BLOCK
            data = read(start, BLOCK)
            self._low = block if data else self._low
        else:
            return None
        if not data:
            return None
        self._add(block, data.count(b"\n"))
        return start, data

    def behind(self, size: int) -> int:
        """How many of the appended bytes are not counted yet."""
        return max(0, size - self._end)

    def share(self, size: int) -> float:
        """How much of the file is counted (0-1)."""
        return 1.0 if not size else max(0, min(self._end, size) - self._low * BLOCK) / size

    def complete(self, size: int) -> bool:
        """Whether all of the file is counted."""
        return self._low == 0 and self._end >= size

    def ends_before(self, offset: int, read: Read) -> int | None:
        """How many lines end before the offset; None where that is not counted yet."""
        if self._low > 0 or offset > self._end:
            return None
        block, rest = divmod(offset, BLOCK)
        return sum(self._ends[:block]) + (read(block * BLOCK, rest).count(b"\n") if rest else 0)

    def start_of(self, number: int, size: int, read: Read) -> int | None:
        """Where a line begins; None where that is not known yet or there is no such line.

        Args:
            number: From 1; a negative one counts from the end, -1 being the last line.
            size: Bytes that the file has now.
            read: Gives bytes of it.
        """
        skip = number - 1
        if number > 0 and self._low > 0:
            return None
        if number < 0:
            if self._end < size:
                return None
            unfinished = bool(size) and read(size - 1, 1) != b"\n"
            skip = self.total + unfinished + number
        if skip <= 0:
            return 0 if number and self._low == 0 and size else None
        for block in range(self._low, len(self._ends)):
            if self._ends[block] >= skip:
                found = _nth_end(read(block * BLOCK, BLOCK), skip)
                return block * BLOCK + found if block * BLOCK + found < size else None
            skip -= self._ends[block]
        return None

    def _add(self, block: int, count: int) -> None:
        while len(self._ends) <= block:
            self._ends.append(0)
        self._ends[block] += count
        self.total += count


def _nth_end(data: bytes, count: int) -> int:
    """The place after so many line ends."""
    at = 0
    for _ in range(count):
        at = data.find(b"\n", at) + 1
    return at


def start_by_counting(number: int, size: int, read: Read) -> int | None:
    """As `LineIndex.start_of`, for a number from 1, by counting from the beginning of the file."""
    at, count = 0, number - 1
    while at < size:
        data = read(at, BLOCK)
        ends = data.count(b"\n")
        if ends >= count:
            found = at + _nth_end(data, count)
            return found if found < size else None
        if not data:
            return None
        count -= ends
        at += len(data)
    return None
