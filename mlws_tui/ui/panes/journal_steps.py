"""Which suggestions were taken into an entry by which change of its text, so that undoing it offers them again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from mlws_tui.domain.suggestions import Suggestion
from mlws_tui.services.journal import DayRef

#: Times that suggestions were taken which can be undone.
_STEPS = 100


@dataclass(slots=True)
class Step:
    """What an entry said before and after suggestions were taken into it, and whether they stand there now."""

    day: DayRef
    before: str
    after: str
    answered: Sequence[Suggestion]
    stands: bool = True


class Steps:
    """The last times that suggestions were taken."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque(maxlen=_STEPS)

    def add(self, day: DayRef, before: str, after: str, answered: Sequence[Suggestion]) -> None:
        """Suggestions were just taken."""
        self._steps.append(Step(day, before, after, answered))

    def retraced(self, day: DayRef, before: str, after: str) -> Step | None:
        """The step that this change of an entry takes back, or makes again; None where it does neither."""
        for step in reversed(self._steps):
            told = (step.after, step.before) if step.stands else (step.before, step.after)
            if step.day == day and told == (before, after):
                step.stands = not step.stands
                return step
        return None

    def made(self, day: DayRef, before: str, after: str) -> bool:
        """Whether taking suggestions made that change of an entry."""
        return any((step.day, step.before, step.after) == (day, before, after) for step in self._steps)
