"""Counts the lines of a file that pass a test, in steps, the end first; and fetches them past all that hold none."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from mlws_tui.sources.lineindex import BLOCK
from mlws_tui.sources.lines import Found
from mlws_tui.sources.sift import Condition, Going
from mlws_tui.sources.stretch import Source

#: Bytes that are looked through at once when lines are fetched.
PIECE = 32 * 1024
#: Lines of which the places are kept; of more only their number in each block is.
_MOST_PLACES = 20_000
_UNKNOWN = -1


class Tally:
    """How many lines that pass begin in each block of a file.

    What is counted is one stretch of the file, which grows with each step: to what was appended, else backwards.

    Args:
        test: What lines have to pass.
        source: The whole file.
    """

    def __init__(self, test: Condition, source: Source) -> None:
        self.test = test
        self._source = source
        self._low = (
            self.test.settled(self._source) // BLOCK
        )  # first block that is counted, from its beginning on
        self._end = self._low * BLOCK
        self._counts = array("i", [_UNKNOWN]) * self._low
        self._places: dict[int, array[int]] | None = {}
        self.total = 0

    def step(self) -> bool:
        """Look through one more block or a part of it; whether there was one.

        Raises:
            TooSlowError: if the test is a regular expression that takes too long.
        """
        whole = self.test.settled(self._source)
        if self._end < whole:
            block = self._end // BLOCK
            end = min(whole, (block + 1) * BLOCK)
            self._add(block, self.test.hits(self._source, self._end, end))
            self._end = end  # only now: readers pass over a block of which all is known
        elif self._low > 0:
            block = self._low - 1
            self._add(block, self.test.hits(self._source, block * BLOCK, self._low * BLOCK))
            self._low = block
        else:
            return False
        return True

    def with_rest(self) -> int:
        """How many whole lines pass, those included that are not settled yet."""
        rest = self.test.hits(self._source, self._end, self._source.size)
        return self.total + sum(line.whole for line in rest)

    def share(self) -> float:
        """How much of the file is looked through (0-1)."""
        size = self._source.size
        return 1.0 if not size else max(0, min(self._end, size) - self._low * BLOCK) / size

    def complete(self) -> bool:
        """Whether all whole lines of the file are looked through."""
        return self._low == 0 and self._end >= self.test.settled(self._source)

    def empty(self, block: int) -> bool:
        """Whether no line that passes begins in the block, as far as is known of it as a whole."""
        known = block < len(self._counts) and (block + 1) * BLOCK <= self._end
        return known and self._counts[block] == 0

    def before(self, offset: int) -> int | None:
        """How many lines that pass begin before the offset; None where that is not known yet."""
        if self._low > 0 or offset > self._end:
            return None
        block, rest = divmod(offset, BLOCK)
        count = sum(max(0, number) for number in self._counts[:block])
        if not rest or block >= len(self._counts) or self._counts[block] <= 0:
            return count
        if self._places is not None and block in self._places:
            return count + bisect_left(self._places[block], offset)
        return count + len(self.test.hits(self._source, block * BLOCK, offset))

    def density(self, columns: int) -> list[int]:
        """How many lines that pass begin in each of so many equal stretches of the file, as far as it is known."""
        size = max(1, self._source.size)
        told = [0] * columns
        for block, count in enumerate(self._counts):
            if count <= 0:
                continue
            places = None if self._places is None else self._places.get(block)
            if places is not None:
                for place in places:
                    told[min(columns - 1, place * columns // size)] += 1
                continue
            first = block * BLOCK * columns // size
            last = max(first, min(columns - 1, ((block + 1) * BLOCK - 1) * columns // size))
            for column in range(first, last + 1):
                told[column] += max(1, count // (last - first + 1))
        return told

    def _add(self, block: int, found: Sequence[Found]) -> None:
        while len(self._counts) <= block:
            self._counts.append(_UNKNOWN)
        self._counts[block] = max(0, self._counts[block]) + len(found)
        self.total += len(found)
        if self._places is None or not found:
            return
        if self.total > _MOST_PLACES:
            self._places = None
            return
        self._places.setdefault(block, array("Q")).extend(line.start for line in found)


def forward(
    source: Source,
    test: Condition,
    offset: int,
    going: Going,
    tally: Tally | None = None,
    piece: int = 0,
) -> Iterator[Found]:
    """The lines that begin at the offset or later and pass.

    Args:
        source: What is looked through.
        test: What lines have to pass.
        offset: Beginning of a line.
        going: Asked now and then; once it says no, no more come.
        tally: What is known of the whole file, to pass over blocks without any.
        piece: Bytes that are looked through at once; fewer than a block where the nearest lines are wanted soon.
    """
    piece = piece or PIECE
    at = max(offset, source.start)
    while at < source.size and going():
        end = (at // piece + 1) * piece
        if tally is not None and tally.empty(at // BLOCK):
            end = (at // BLOCK + 1) * BLOCK
        else:
            yield from test.hits(source, at, min(end, source.size))
        at = end


def backward(
    source: Source,
    test: Condition,
    offset: int,
    going: Going,
    tally: Tally | None = None,
    piece: int = 0,
) -> Iterator[Found]:
    """The lines that begin before the offset and pass, the last first; arguments as above."""
    piece = piece or PIECE
    end = min(offset, source.size)
    while end > source.start and going():
        start = max(source.start, (end - 1) // piece * piece)
        if tally is not None and tally.empty((end - 1) // BLOCK):
            start = max(source.start, (end - 1) // BLOCK * BLOCK)
        else:
            yield from reversed(test.hits(source, start, end))
        end = start
