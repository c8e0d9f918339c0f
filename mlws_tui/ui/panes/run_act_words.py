"""What the questions and answers about acts on runs say."""

from __future__ import annotations

from collections.abc import Sequence

from mlws_tui.domain.runs import Run
from mlws_tui.services.stopping import GRACE, StopPlan

_LONGEST = 40  # characters of a name in a sentence


def called(name: str) -> str:
    """A name, cut to what a sentence bears."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def who(runs: Sequence[Run]) -> str:
    """The run's name, or how many there are."""
    return called(runs[0].name) if len(runs) == 1 else f"{len(runs):,} runs"


def names(runs: Sequence[Run]) -> list[str]:
    """A line for each of the first ones."""
    more = [f"and {len(runs) - 8:,} more"] if len(runs) > 8 else []
    return [f"{called(run.name)}  {run.id}" for run in runs[:8]] + more


def words(text: str) -> list[str]:
    """Tags between commas."""
    return list(dict.fromkeys(" ".join(word.split()) for word in text.split(",") if word.strip()))


def left(known: Sequence[str], words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tags to put on and to take off, of what is left of the known ones."""
    return [tag for tag in words if tag not in known], [tag for tag in known if tag not in words]


def signed(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tags to put on and to take off: those with a minus sign."""
    new = [word for word in words if not word.startswith("-")]
    gone = [word[1:].strip() for word in words if word.startswith("-")]
    return new, [word for word in gone if word]


def stages(plans: Sequence[StopPlan], *, now: bool) -> list[str]:
    """Who is signalled, who is not, and with what."""
    lines = [f"{called(plan.run.name)}: {plan.words()}" for plan in plans]
    lines += [f"{', '.join(plan.elsewhere)} goes on" for plan in plans if plan.elsewhere]
    steps = f"SIGINT now, SIGTERM after {GRACE:g} s, SIGKILL after {2 * GRACE:g} s."
    return [*lines, "", "SIGKILL at once: nothing is saved." if now else steps]
