"""One log under way: a piece of its text after the other, each as records and the place where the next begins."""

from __future__ import annotations

import os
import stat
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from mlws_tui.domain.chunks import LogMark, PointColumn, StreamChunk, StreamPosition
from mlws_tui.domain.extraction import Extractor, RuleSet
from mlws_tui.services.harvest.naming import last_time
from mlws_tui.services.harvest.records import Memory, Records, records_of

#: Bytes at the beginning, and before the place read to, by which it is known that a log still holds what was read.
_CHECKED = 256
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
#: A log that grew within so many seconds was written just now.
_JUST_NOW = 5.0
#: Seconds between two signs of life of a log whose lines tell no time.
_SELDOM = 10.0
_memories = msgspec.json.Decoder(Memory)


class ReplacedError(Exception):
    """The log does not hold any more what was read of it."""


class HastyError(ReplacedError):
    """What was taken for the last line of the log was not whole."""


class LogReading:
    """Reads one log on. Its methods block.

    Attributes:
        position: How far its text is taken in.
        memory: What is remembered of it.
        at_end: Whether the last look saw nothing more to read: what comes then comes just now.

    Args:
        root: The workspace's folder.
        path: Of the log, relative to it.
        position: Where to go on.
        memory: What was remembered there; a new one at the beginning.
        rules: What to recognise.
        header: Facts that the first record tells.
        final: Whether its last line was taken as it was.
        text: Where its text is, of one that is archived.
        version: A checksum of the rules.
    """

    def __init__(
        self,
        root: Path,
        path: str,
        position: StreamPosition,
        memory: Memory,
        rules: RuleSet,
        header: dict[str, Any] | None = None,
        *,
        final: bool = False,
        text: Path | None = None,
        version: str = "",
    ) -> None:
        self.position = position
        self.memory = memory
        self.at_end = False
        self._path = path
        self._whole = text or root / path
        self._header = header
        self._extractor = Extractor(rules, memory.text or None)
        self._version = version
        self._read_to = position.offset
        self._final = final
        self._arrived = 0.0

    def take(self, limit: int, *, final: bool = False) -> StreamChunk:
        """The next piece. What is not whole yet waits, unless it is the last.

        Args:
            limit: Bytes at most.
            final: Whether the log's end may be taken as it is.

        Raises:
            ReplacedError: if what was read is not in the file any more.
            OSError: if it cannot be read.
        """
        descriptor = os.open(self._whole, _OPEN)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or not holds(descriptor, found.st_size, self.position):
                raise ReplacedError(self._path)
            grew = found.st_size > self._read_to
            if (
                self._final
                and grew
                and os.pread(descriptor, 1, self.position.offset - 1) not in (b"\n", b"\r")
            ):
                raise HastyError(self._path)
            data = os.pread(descriptor, limit, self._read_to)
            followed = self.at_end and time.time() - found.st_mtime < _JUST_NOW
            self._read_to += len(data)
            self.memory.grew = self.memory.grew or (self.at_end and bool(data))
            self.at_end = self._read_to >= found.st_size
            closing = final and self.at_end
            extracted = self._extractor.feed(data, final=closing)
            made, points = records_of(extracted, self.memory, found.st_mtime if followed else None)
            if self.at_end and data:
                heard = self._heard(data, found.st_mtime if followed else None)
                made += [] if heard is None else [(self._read_to, {"type": "alive", "ts": heard})]
            return self._chunk(descriptor, found, made, points, closing)
        finally:
            os.close(descriptor)

    def _heard(self, data: bytes, arrived: float | None) -> float | None:
        """When the newest line was written: it may tell nothing but that the program lives. None for nothing new."""
        told = last_time(data)
        if told is None and arrived is not None and arrived >= self._arrived + _SELDOM:
            self._arrived = told = arrived
        return told

    def _chunk(
        self,
        descriptor: int,
        found: os.stat_result,
        records: Records,
        points: list[PointColumn],
        closing: bool,
    ) -> StreamChunk:
        before = self.position
        if self._header is not None:
            records = [(0, {"type": "run", "ts": self.memory.begun, **self._header}), *records]
            self._header = None
        self.memory.text = self._extractor.state()
        self._final = closing
        offset = self._read_to if closing else self._extractor.offset
        head, tail = _checksums(descriptor, offset)
        self.position = replace(before, offset=offset, inode=found.st_ino, head=head, tail=tail)
        mark = self._mark(found, closing)
        return StreamChunk(before, self.position, records, complete=self.at_end, log=mark, points=points)

    def _mark(self, found: os.stat_result, closing: bool) -> LogMark:
        return LogMark(
            self._path,
            self.position.run,
            self._read_to,
            found.st_mtime_ns if self.at_end else 0,
            found.st_ino,
            found.st_dev,
            final=closing,
            state=msgspec.json.encode(self.memory).decode(),
            rules=self._version,
        )


def remembered(state: str | None) -> Memory | None:
    """What was remembered of a log; None where nothing usable was."""
    if state is None:
        return None
    try:
        return _memories.decode(state)
    except msgspec.DecodeError:  # of an older version: the log is read anew
        return None


def holds(descriptor: int, size: int, position: StreamPosition) -> bool:
    """Whether an open log still holds what was read of it."""
    if size < position.offset:
        return False
    if position.head is None or position.tail is None:
        return True
    return _checksums(descriptor, position.offset) == (position.head, position.tail)


def _checksums(descriptor: int, offset: int) -> tuple[int, int]:
    """Of the first bytes, and of those before the offset."""
    count = min(_CHECKED, offset)
    head, tail = os.pread(descriptor, count, 0), os.pread(descriptor, count, offset - count)
    return zlib.crc32(head), zlib.crc32(tail)
