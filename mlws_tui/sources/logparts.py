"""The parts of a log whose file was truncated, replaced or deleted, read as one text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from mlws_tui.domain.logs import LogLine, Place
from mlws_tui.domain.logtimes import Times
from mlws_tui.sources.lineindex import LineIndex
from mlws_tui.sources.lines import Found, LineReader
from mlws_tui.sources.logday import times_of
from mlws_tui.sources.logfile import LogFile, Remembered
from mlws_tui.sources.sift import ERRORS, WARNINGS, Condition, Filtered, Going
from mlws_tui.sources.tally import Tally, backward, forward

_MOST_ERRORS = 20_000  # lines of which it is told; a log with more has other troubles
#: Seconds after which what is found of the lines asked for is given. What is looked through meanwhile is remembered by
#: the tallies, so that asking again finds more.
_PATIENCE = 0.3


class OpenedFile:
    """A file that parts of a log lie in: its bytes, how its lines count, and which of them pass what tests.

    Args:
        file: The file.
        path: Its name.
        known: Bytes of it that do not count as appended.
        sifted: What lines must pass to be shown; None for all.
        sought: What lines are looked for; None for none.
    """

    def __init__(
        self, file: LogFile, path: Path, known: int, sifted: Filtered | None, sought: Condition | None
    ) -> None:
        self.file: LogFile | Remembered = file
        self.identity: tuple[int, int] | None = file.identity
        self.index = LineIndex(known)
        self.whole = Part(-1, "", self, 0)
        self.errors = Tally(ERRORS, self.whole)
        self.warnings = Tally(WARNINGS, self.whole)
        self.sifted: Tally | None = None
        self.sought: Tally | None = None
        self._path = path
        self._times: Callable[[], Times] | None = None
        self.sift(sifted)
        self.seek(sought)

    def times(self) -> Times:
        """What reads the times of its lines, from any of them on."""
        if self._times is None:
            modified = self.file.modified if isinstance(self.file, LogFile) else time.time()
            self._times = times_of(self.whole, self._path, modified)
        return self._times()

    @property
    def known_errors(self) -> int | None:
        """How many errors begin in what is counted; None where they are too many to tell."""
        return self.errors.total if self.errors.total <= _MOST_ERRORS else None

    @property
    def known_warnings(self) -> int | None:
        """How many warnings stand in what is counted; None where they are too many to tell."""
        return self.warnings.total if self.warnings.total <= _MOST_ERRORS else None

    def sift(self, test: Filtered | None) -> None:
        """Count the lines that pass, too, or none."""
        self.sifted = Tally(test, self.whole) if test is not None else None

    def seek(self, test: Condition | None) -> None:
        """Count the lines that are looked for, too, or none."""
        self.sought = Tally(test, self.whole) if test is not None else None

    def count(self, *, everything: bool = True) -> bool:
        """Count one more piece of the file for one who waits for it; whether there was one.

        Args:
            everything: Also what nobody asked for: its lines, errors and warnings.

        Raises:
            TooSlowError: if a regular expression takes too long.
        """
        for tally in (self.sifted, self.sought):
            if tally is not None and tally.step():
                return True
        if not everything:
            return False
        if self.index.step(self.file.size, self.file.read) is not None:
            return True
        if self.known_errors is not None and self.errors.step():
            return True
        return self.known_warnings is not None and self.warnings.step()

    def freeze(self) -> None:
        """Keep only what is remembered of the file's end."""
        self.identity = None
        self.sifted = self.sought = None
        if isinstance(self.file, LogFile):
            self.file = self.file.freeze()


class Part:
    """A stretch of a file with one divider before it.

    Args:
        number: Its place among the parts of a log.
        note: What the divider says; empty for none.
        opened: The file.
        begin: Its first byte.
    """

    def __init__(self, number: int, note: str, opened: OpenedFile, begin: int) -> None:
        self.number = number
        self.note = note
        self.opened = opened
        self.begin = begin
        self.end: int | None = None  # set once nothing more comes to it
        self.reader = LineReader(self)

    @property
    def start(self) -> int:
        """The first byte that can still be read."""
        return max(self.begin, self.opened.file.start)

    @property
    def size(self) -> int:
        """The offset after the last byte."""
        size = self.opened.file.size
        return max(self.start, size if self.end is None else min(size, self.end))

    def read(self, offset: int, count: int) -> bytes:
        """Bytes from the offset on."""
        return self.opened.file.read(offset, count)

    def line(self, found: Found) -> LogLine:
        """A line of this part as the readers of a log know it."""
        place, following = Place(self.number, found.start), Place(self.number, found.end)
        return LogLine(place, following, found.data, found.whole, found.cut)

    def divider(self) -> LogLine:
        """The line before the first one, which tells what became of the file."""
        place, following = Place(self.number, -1), Place(self.number, self.start)
        return LogLine(place, following, self.note.encode("utf-8", "replace"), divider=True)

    def after(self, offset: int, count: int, test: Filtered | None, going: Going) -> Iterator[Found]:
        """Up to `count` lines from the offset on that pass; perhaps fewer where `going` says no."""
        if test is None:
            return iter(self.reader.after(offset, count))
        return islice(forward(self, test, offset, going, self.opened.sifted), count)

    def before(self, offset: int, count: int, test: Filtered | None, going: Going) -> list[Found]:
        """The last `count` lines before the offset that pass, in order; perhaps fewer as above."""
        if test is None:
            return self.reader.before(offset, count)
        return list(islice(backward(self, test, offset, going, self.opened.sifted), count))[::-1]


def lines_after(
    parts: Sequence[Part], place: Place, count: int, test: Filtered | None = None
) -> list[LogLine]:
    """Up to `count` lines from the place on that pass; dividers always do."""
    lines: list[LogLine] = []
    going = _for_a_while()
    for part in parts:
        if part.number < place.part:
            continue
        here = part.number == place.part
        if part.note and not (here and place.offset >= 0) and len(lines) < count:
            lines.append(part.divider())
        if len(lines) < count:
            offset = max(place.offset, 0) if here else part.start
            lines += map(part.line, part.after(offset, count - len(lines), test, going))
    return lines


def lines_before(
    parts: Sequence[Part], place: Place, count: int, test: Filtered | None = None
) -> list[LogLine]:
    """The last `count` lines before the place that pass, in order; dividers always do."""
    lines: list[LogLine] = []
    going = _for_a_while()
    for part in reversed(parts):
        if part.number > place.part or len(lines) >= count:
            continue
        here = part.number == place.part
        if here and place.offset < 0:
            continue
        found = part.before(place.offset if here else part.size, count - len(lines), test, going)
        lines[:0] = map(part.line, found)
        if part.note and len(lines) < count:
            lines.insert(0, part.divider())
    return lines


def _for_a_while() -> Going:
    until = time.monotonic() + _PATIENCE
    return lambda: time.monotonic() < until
