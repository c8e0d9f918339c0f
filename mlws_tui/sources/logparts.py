"""The parts of a log whose file was truncated, replaced or deleted, read as one text."""

from __future__ import annotations

from collections.abc import Sequence

from mlws_tui.domain.ansi import styled
from mlws_tui.domain.levels import Level, begins_error, level_of
from mlws_tui.domain.logs import LogLine, Place
from mlws_tui.sources.lineindex import LineIndex
from mlws_tui.sources.lines import Found, LineReader
from mlws_tui.sources.logfile import LogFile, Remembered
from mlws_tui.sources.logscan import ERROR_WORDS, Words, lines_hit

ERRORS = Words(ERROR_WORDS, ignore_case=True)
_CONTEXT = 6  # lines before one that tell whether an error begins there
_MOST_TRIED = 5_000
_MOST_ERRORS = 2_000


class OpenedFile:
    """A file that parts of a log lie in: its bytes, how its lines count, and the errors that begin in it.

    Args:
        file: The file.
        known: Bytes of it that do not count as appended.
    """

    def __init__(self, file: LogFile, known: int) -> None:
        self.file: LogFile | Remembered = file
        self.identity: tuple[int, int] | None = file.identity
        self.index = LineIndex(known)
        self._whole = Part(-1, "", self, 0)
        self._errors: set[int] = set()
        self._tried = 0

    @property
    def errors(self) -> int | None:
        """How many errors begin in what is counted; None where they are too many to tell."""
        few = self._tried <= _MOST_TRIED and len(self._errors) <= _MOST_ERRORS
        return len(self._errors) if few else None

    def count(self) -> bool:
        """Count one more piece of the file; whether there was one."""
        counted = self.index.step(self.file.size, self.file.read)
        if counted is None:
            return False
        if self.errors is not None:
            for line in lines_hit(self._whole, self._whole.reader, ERRORS, *counted):
                self._tried += 1
                if line.start not in self._errors and begins_error_at(self._whole, line):
                    self._errors.add(line.start)
        return True

    def freeze(self) -> None:
        """Keep only what is remembered of the file's end."""
        self.identity = None
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
        return LogLine(place, following, self.note.encode(), divider=True)


def lines_after(parts: Sequence[Part], place: Place, count: int) -> list[LogLine]:
    """Up to `count` lines from the place on."""
    lines: list[LogLine] = []
    for part in parts:
        if part.number < place.part:
            continue
        here = part.number == place.part
        if part.note and not (here and place.offset >= 0) and len(lines) < count:
            lines.append(part.divider())
        offset = max(place.offset, 0) if here else part.start
        lines += map(part.line, part.reader.after(offset, count - len(lines)))
    return lines


def lines_before(parts: Sequence[Part], place: Place, count: int) -> list[LogLine]:
    """The last `count` lines before the place, in order."""
    lines: list[LogLine] = []
    for part in reversed(parts):
        if part.number > place.part or len(lines) >= count:
            continue
        here = part.number == place.part
        if here and place.offset < 0:
            continue
        found = part.reader.before(place.offset if here else part.size, count - len(lines))
        lines[:0] = map(part.line, found)
        if part.note and len(lines) < count:
            lines.insert(0, part.divider())
    return lines


def begins_error_at(part: Part, line: Found) -> bool:
    """Whether an error begins with this line of a part."""
    text = styled(line.data).text
    level = level_of(text)
    if level is None or level < Level.ERROR:
        return False
    before = part.reader.before(line.start, _CONTEXT)
    return begins_error(text, [styled(other.data).text for other in before])
