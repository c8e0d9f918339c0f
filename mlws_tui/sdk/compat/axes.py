"""Which step a logged value belongs to: the one that the script counts, or a metric that it named as the axis."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from mlws_tui.sdk.notice import warn
from mlws_tui.sdk.values import number


class Axes:
    """Counts steps as wandb and trackio do, and knows the metrics that stand for them.

    Args:
        step: The first one: 0, or the one after the last of a run that goes on.

    Attributes:
        step: The next step that the script gives none for.
        each_completes: Whether all values complete their step, as trackio has it; else those without a step do.
    """

    def __init__(self, step: float = 0) -> None:
        self.step = step
        self.each_completes = False
        self._rules: list[tuple[str, str]] = []
        self._last: dict[str, float] = {}

    def define(self, pattern: str, axis: str) -> None:
        """Let the metrics of that name (or glob) be recorded by the values of another metric."""
        self._rules = [rule for rule in self._rules if rule[0] != pattern]
        self._rules.append((pattern, axis))

    def place(self, values: Mapping[str, Any], step: object, commit: object) -> dict[float, dict[str, Any]]:
        """The values by the step that they are recorded at; counts the step on where they complete it.

        Args:
            values: One level of names and numbers.
            step: The step that the script gives, if it gives one.
            commit: Whether they complete the step; None where the script does not say.
        """
        given = _number(step)
        if step is not None and given is None:
            warn(f"step {step!r:.60} is no number; counting on from the last step")
        at = self.step if given is None else given
        placed: dict[float, dict[str, Any]] = {}
        if given is None and self._rules:
            for name in dict.fromkeys(axis for _, axis in self._rules):
                if (told := _number(values.get(name))) is not None:
                    self._last[name] = told
            everywhere = any(pattern == "*" for pattern, _ in self._rules)
            for name, value in values.items():
                axis = self._axis(name)
                if axis == name and everywhere and len(values) > 1:
                    continue  # it is the axis: as a series it would be a straight line
                placed.setdefault(at if axis is None else self._last.get(axis, at), {})[name] = value
        elif values:
            placed[at] = dict(values)
        complete = (self.each_completes or given is None) if commit is None else bool(commit)
        self.step = at + 1 if complete else max(at, self.step)
        return placed

    def _axis(self, name: str) -> str | None:
        """The axis of a metric: an own rule before a glob, a later one before an earlier one."""
        if any(axis == name for _, axis in self._rules):
            return name if any(pattern == "*" for pattern, _ in self._rules) else None
        fitting = [rule for rule in reversed(self._rules) if fnmatchcase(name, rule[0])]
        exact = [axis for pattern, axis in fitting if pattern == name]
        return next(iter([*exact, *(axis for _, axis in fitting)]), None)


def _number(value: object) -> float | None:
    taken = None if value is None else number(value)
    return taken if isinstance(taken, int | float) else None
