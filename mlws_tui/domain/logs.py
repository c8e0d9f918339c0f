"""A log as its readers see it: places, lines, and how its file is doing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """Where a line of a log begins.

    A log that was truncated, replaced or deleted goes on in a new part. The divider that tells of it is the line at
    offset -1 of that part. Places compare in the order of reading.
    """

    part: int
    offset: int


START = Place(-1, 0)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line, as its bytes.

    Attributes:
        place: Where it begins.
        next: Where the line after it begins or will begin.
        data: Its bytes without the line's end; of a very long line a piece.
        whole: Whether its end is written.
        cut: How many of its bytes are not in `data`.
        divider: Whether it is no line of the file, but tells what became of the file.
    """

    place: Place
    next: Place
    data: bytes
    whole: bool = True
    cut: int = 0
    divider: bool = False


@dataclass(frozen=True, slots=True)
class LogPiece:
    """What stands somewhere in a line that is too long to be shown whole.

    Attributes:
        before: Bytes of the line before it.
        data: Its bytes.
        after: Bytes of the line after it.
    """

    before: int
    data: bytes
    after: int


@dataclass(frozen=True, slots=True)
class LogState:
    """How a followed log is doing.

    Attributes:
        end: Where the next line will begin, or where the unfinished one ends.
        revision: Another number whenever there is something new to show.
        appended: Lines counted since it was opened.
        missing: Why nothing can be read, in words; empty if something can.
        lines: Lines of the file as it is now; None while they are not counted.
        errors: Errors that begin in it; None while it is not read or there are too many to count.
        counted: Share of the file that is counted (0–1).
        size: Bytes of the file as it is now.
        warnings: Warnings in it; None while it is not read or there are too many to count.
        visible: Lines of it that pass the filters; None without filters or while they are not counted.
        sifted: Share of it that is looked through for that (0–1).
        matches: Lines of it with what is looked for, as far as it is looked through.
        sought: Share of it that is looked through for that (0–1); 1 where nothing is looked for.
        filled: Share of an archive that is unpacked, or of logs that are merged (0–1); None for a plain file.
        problem: One sentence where unpacking, merging or a regular expression had to stop.
    """

    end: Place
    revision: int
    appended: int
    missing: str
    lines: int | None
    errors: int | None
    counted: float
    size: int
    warnings: int | None = None
    visible: int | None = None
    sifted: float = 1.0
    matches: int = 0
    sought: float = 1.0
    filled: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Density:
    """How many errors, warnings and matches begin in each of equal stretches of a file.

    Attributes:
        errors: By stretch.
        warnings: By stretch.
        matches: By stretch, of what is looked for.
        share: Share of the file that this is known of (0–1).
    """

    errors: tuple[int, ...]
    warnings: tuple[int, ...]
    matches: tuple[int, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Trace:
    """A traceback with those that are chained to it.

    Attributes:
        first: Its first line.
        next: The first line after it.
        lines: How many lines it has.
        exception: Its last line, which names the exception.
    """

    first: Place
    next: Place
    lines: int
    exception: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log file of the workspace. `kind` is its folder below ``logs/``; size in bytes, modified in Unix seconds."""

    path: Path
    kind: str
    size: int
    modified: float
