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
            (``2026-11-20``) for ``journal``; a path relative to the workspace for ``session``; an experiment's id.
    """

    kind: Literal["run", "log", "journal", "session", "compare", "lineage", "experiment"]
    target: str
