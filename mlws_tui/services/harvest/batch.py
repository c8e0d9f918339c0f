"""What passes between who reads logs and who commits what was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlws_tui.domain.chunks import LOG, LOG_END, LogMark, StreamChunk, StreamPosition


@dataclass(slots=True)
class Batch:
    """What is to be committed together.

    Attributes:
        chunks: Records that were made of text.
        again: Names of the streams that were made of logs, of which all is to be removed first.
        passed: Logs that are passed over.
    """

    chunks: list[StreamChunk] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    passed: list[LogMark] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.chunks or self.again or self.passed)

    def paths(self) -> list[str]:
        """Of the logs that it is of."""
        named = [chunk.log.path for chunk in self.chunks if chunk.log is not None]
        named += [mark.path for mark in self.passed]
        named += [file.partition(":")[2] for file in self.again]
        return list(dict.fromkeys(named))

    def parts(self) -> list[Batch]:
        """The same, a batch for each log."""
        return [
            Batch(
                [chunk for chunk in self.chunks if chunk.log is not None and chunk.log.path == path],
                [file for file in self.again if file in (LOG + path, LOG_END + path)],
                [mark for mark in self.passed if mark.path == path],
            )
            for path in self.paths()
        ]


@dataclass(frozen=True, slots=True)
class Job:
    """A long log that a process of its own is to read on.

    Attributes:
        root: The workspace's folder.
        path: Of the log, relative to it.
        position: Where to go on.
        state: What was remembered there.
        end: From which byte on its end is to be read first; None where that was done.
        stop: Bytes that it has now: what comes later is left …
        live: … unless it grows fast: then it is read on until it does no more.
        version: A checksum of the rules.
        ending: The record of how its program ended, by its last lines; None while it goes on.
    """

    root: str
    path: str
    position: StreamPosition
    state: str
    end: int | None
    stop: int
    live: bool = False
    version: str = ""
    ending: dict[str, Any] | None = None
