"""Where a person wants to go from a page: what the screens that show one run or several answer with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Jump:
    """A place to go to.

    Attributes:
        kind: What is there.
        target: A run's id for ``run``, ``log``, ``compare`` and ``lineage`` (several ids are joined by commas); a date
            (``2026-11-20``) for ``journal``; a path relative to the workspace for ``session`` and ``file``, which
            may be a log that belongs to no run; an experiment's id; an address for ``url``; nothing for ``tasks``,
            ``review``, ``days`` and ``search``; for ``links`` what is linked to, as ``day:2026-11-20``.
        line: The line of the file that is meant, from 1; 0 for none.
    """

    kind: Literal[
        "run",
        "log",
        "journal",
        "session",
        "compare",
        "lineage",
        "experiment",
        "file",
        "url",
        "tasks",
        "review",
        "days",
        "search",
        "links",
    ]
    target: str
    line: int = 0
