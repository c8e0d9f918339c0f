"""A piece of a stream file on its way into the index: what was read, from where to where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


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
class StreamChunk:
    """Whole lines of a stream file, decoded.

    Attributes:
        before: The position it was read from.
        after: The position once it is ingested.
        records: Each record with the offset of its line.
        bad: Lines that did not parse.
        complete: Whether nothing but an unfinished line followed when it was read, and nothing had come for a while.
        problem: One sentence where the file cannot be read any further, else empty.
    """

    before: StreamPosition
    after: StreamPosition
    records: Sequence[tuple[int, dict[str, Any]]] = ()
    bad: int = 0
    complete: bool = True
    problem: str = ""

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
