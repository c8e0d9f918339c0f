"""One run for two trackers: a trainer that reports to both tells each the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlws_tui.sdk.running import Run


class Shared:
    """A run and how many trackers have it open. It ends when the last of them finishes it.

    Args:
        run: The run.
        asked: What the script asked to call it; empty where it did not.
        tracker: Whose run it is at first.
        resumed: Whether it goes on with what was recorded before.
        step: The first one that the script gives none for.
    """

    def __init__(
        self, run: Run, asked: str, tracker: object, *, resumed: bool = False, step: float = 0
    ) -> None:
        self.run = run
        self.resumed = resumed
        self.step = step
        self._asked = asked
        self._trackers = [tracker]
        self._users = 1
        self._told: dict[str, tuple[float, Any]] = {}

    @property
    def open(self) -> bool:
        """Whether somebody still records in it."""
        return self._users > 0 and not self.run.finished

    def fits(self, asked: str, tracker: object) -> bool:
        """Whether another tracker means the same run by that name."""
        return self.open and self._asked == asked and tracker not in self._trackers

    def join(self, tracker: object) -> Shared:
        """Another tracker records in it, too."""
        self._users += 1
        self._trackers.append(tracker)
        return self

    def log(self, values: Mapping[str, Any], step: float) -> None:
        """Record metrics, but not what the other tracker has just told of that step."""
        told = {name: (step, value) for name, value in values.items()}
        if len(self._trackers) > 1:
            values = {name: value for name, value in values.items() if self._told.get(name) != told[name]}
        self._told.update(told)
        if values:
            self.run.log(values, step=step)

    def leave(self, status: str, exit_code: int | None) -> None:
        """One tracker is through; a failure ends the run at once."""
        self._users -= 1
        if self._users <= 0 or status == "failed":
            self.run.finish(status, exit_code)
