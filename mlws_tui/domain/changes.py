"""What changed: typed events that the services publish and the panes listen to. State-like: only the latest counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """Base of all change events."""


@dataclass(frozen=True, slots=True)
class RunsChanged(Change):
    """Facts, state or last values of runs changed. `ids` is None where it is not known which."""

    ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PointsAdded(Change):
    """New metric points of these runs are in the index. `ids` is None where it is not known which."""

    ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class FileChanged(Change):
    """A file that a person reads or writes changed on disk (the journal, a session log): look again."""

    path: Path


@dataclass(frozen=True, slots=True)
class Notice(Change):
    """Something that the person should know, though they did not ask. One sentence.

    Attributes:
        mild: Whether it only reminds of what could be done; else something was done, or is wrong.
    """

    text: str
    mild: bool = False


@dataclass(frozen=True, slots=True)
class IndexState(Change):
    """How the index is doing, for the status line.

    Attributes:
        role: ``holder`` (this process ingests), ``follower`` (another one does) or ``read-only``.
        holder_pid: Pid of the process that ingests, where known.
        behind: Bytes of streams that wait to be ingested.
        logs: Bytes of logs that are still to be read for figures.
        problem: One sentence where something is wrong, else empty.
        hint: What to do about it.
    """

    role: str
    holder_pid: int | None = None
    behind: int = 0
    problem: str = ""
    hint: str = ""
    logs: int = 0
