"""What happened on a day beside the runs themselves: what was committed, written, pulled and saved, as it was found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a person's own.

    Attributes:
        sha: Its whole name.
        ts: When it was written, Unix seconds.
        subject: The first line of its message.
    """

    sha: str
    ts: float
    subject: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file or a folder that came, or was written, on the day.

    Attributes:
        path: Relative to the workspace, else absolute.
        ts: When the newest of it was written, Unix seconds.
        bytes: Of what came that day.
        files: How many files of a folder came that day; 0 for a file.
        grew: Whether the folder held others before.
        more: Whether there is more than was counted.
    """

    path: str
    ts: float
    bytes: int = 0
    files: int = 0
    grew: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model that a model server holds.

    Attributes:
        name: With its tag: ``llama3.1:8b``.
        modified: When it was pulled or created, Unix seconds.
        bytes: Its size; 0 where that is not told.
        parent: The model that it was made from; empty for one that was pulled.
        digest: What tells this version of it from another.
    """

    name: str
    modified: float
    bytes: int = 0
    parent: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that a run recorded.

    Attributes:
        path: As the run told it.
        ts: When, Unix seconds.
        bytes: Its size, where that was told.
    """

    path: str
    ts: float
    bytes: int | None = None
