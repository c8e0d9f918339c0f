"""Which run a framework's training is recorded in, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mlws_tui.sdk import endings
from mlws_tui.sdk.run import run as begin_run
from mlws_tui.sdk.running import Run

#: Seconds between two records of how far a run is.
PACE = 1.0

_ours: Run | None = None


def run_for(given: Run | None, name: str, options: Mapping[str, Any]) -> Run:
    """The run that was given, else one that the script has open, else a new one.

    A new one stays open after training, as what is evaluated then belongs to it too: it ends with the process, with
    whatever ends that, or when another training begins a run.

    Args:
        given: A run of the script's own.
        name: What to call a new run.
        options: Of `mlws.run`, for a new run.
    """
    global _ours
    if given is not None:
        return given
    open_one = endings.newest()
    if open_one is not None and open_one is not _ours:
        return open_one
    if _ours is not None:
        _ours.finish()
    _ours = begin_run(name, **options)
    return _ours


class Pace:
    """Lets something through at most every `PACE` seconds."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self) -> bool:
        """Whether it is time again."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + PACE
        return True


def known(values: Mapping[str, Any]) -> dict[str, Any]:
    """A framework's settings without those that it leaves open: they would bury the others."""
    return {str(name): value for name, value in values.items() if value is not None}
