"""Taking back what was changed of runs, unless somebody changed it again since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlws_tui.domain.events import encode
from mlws_tui.domain.runs import Run
from mlws_tui.sources.streamlines import parse_line

#: What a ``set`` record sets, by run.
Changes = dict[str, dict[str, Any]]

_TOLD = {
    "notes": "its note",
    "best_checkpoint": "its best checkpoint",
    "tags_add": "its tags",
    "tags_remove": "its tags",
    "archived": "whether it is archived",
    "deleted": "whether it is deleted",
}


@dataclass(frozen=True, slots=True)
class Undo:
    """An act that can be taken back.

    Attributes:
        words: What it was, as one says it.
        made: What it set.
        back: What sets it back.
        places: Where it is written: the file's size after it.
    """

    words: str
    made: Changes
    back: Changes
    places: Mapping[str, int]


def as_read(changes: Changes) -> Changes:
    """The changes as whoever reads their records has them."""
    read = parse_line(encode({"type": "set", "runs": changes})) or {}
    runs: Changes = read.get("runs", changes)
    return runs


def changed_since(run: Run, made: Mapping[str, Any]) -> str:
    """What of a run is no longer as it was set, in words; empty where all of it is."""
    return next((_TOLD.get(name, f"its {name}") for name in made if not _is_so(run, name, made[name])), "")


def _is_so(run: Run, name: str, value: Any) -> bool:
    if name == "tags_add":
        return set(value) <= set(run.tags)
    if name == "tags_remove":
        return not set(value) & set(run.tags)
    return bool((getattr(run, name) or type(value)()) == value)
