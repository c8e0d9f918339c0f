"""A piece of a stream file on its way into the index: what was read, from where to where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: Before the path of a log in the name of the stream that is made of its text, and of the one that is made of its
#: end alone, while a long log is still being read from its beginning. No stream file is called so.
LOG, LOG_END = "log:", "logend:"


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far a stream file is in the index.

    Attributes:
        file: Path relative to the streams folder, ``/`` between its parts.
        run: Id of the run it belongs to; None for edits.
        offset: Bytes that are ingested.
        skipping: Whether the offset lies within a line that is too long and is being passed over.
        inode: Of the file when it was last read; None before.
        head: Checksum of the beginning of its first line; None before.
        tail: Checksum of the last bytes before the offset; None before.
        ended: Whether an ``end`` is among what is ingested.
    """

    file: str
    run: str | None
    offset: int = 0
    skipping: bool = False
    inode: int | None = None
    head: int | None = None
    tail: int | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class LogMark:
    """A log as it was when it was last read, so that one that did not change is not opened again.

    Attributes:
        path: Relative to the workspace, ``/`` between its parts.
        run: Id of the run whose log it is; None where it is passed over.
        size: Bytes that were looked at.
        mtime: Modification time (ns) if those were all, else 0.
        inode: Of the file; with `device` it tells two names of one file.
        device: Of the file.
        passed: Why it is passed over, else empty.
        final: Whether its last line was taken as it is, as no more is to come.
        state: Where its reading stands, as JSON; None before.
        rules: By which rules it was read: a checksum of them.
    """

    path: str
    run: str | None
    size: int
    mtime: int
    inode: int
    device: int
    passed: str = ""
    final: bool = False
    state: str | None = None
    rules: str = ""


@dataclass(frozen=True, slots=True)
class LogClaim:
    """What a stream file says of its run's log: its path, or nothing; and whether that run has ended."""

    run: str
    path: str
    ended: bool


@dataclass(slots=True)
class PointColumn:
    """Points of one series in the order written; the lists have one length. A step of None: the point's number."""

    name: str = ""
    steps: list[int | float | None] = field(default_factory=list)
    ts: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StreamChunk:
    """Whole lines of a stream file, decoded; or of a log, as records that were made of its text.

    Attributes:
        before: The position it was read from.
        after: The position once it is ingested.
        records: Each record with the offset of its line.
        bad: Lines that did not parse.
        complete: Whether nothing but an unfinished line followed when it was read, and nothing had come for a while.
        problem: One sentence where the file cannot be read any further, else empty.
        log: Where it is of a log: what is to be remembered of that.
        points: Beside the records: values of a log, which has too many for a record each.
    """

    before: StreamPosition
    after: StreamPosition
    records: Sequence[tuple[int, dict[str, Any]]] = ()
    bad: int = 0
    complete: bool = True
    problem: str = ""
    log: LogMark | None = None
    points: Sequence[PointColumn] = ()

    @property
    def loses_edits(self) -> bool:
        """Whether edits that are in the index are no longer in their file, which shrank or is another one."""
        return bool(self.problem) and self.before.run is None and self.before.offset > 0


@dataclass(frozen=True, slots=True)
class StreamFolder:
    """The files of a run's folder, and its modification time (ns; 0: it may have changed since)."""

    run: str
    mtime: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a commit changed: runs whose facts or last values are others now, and runs with new points."""

    runs: frozenset[str] = frozenset()
    points: frozenset[str] = frozenset()
