"""The best that the runs of some days reached, beside the best before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlws_tui.domain.experiments import Best, best_of
from mlws_tui.domain.metricdirection import lower_is_better
from mlws_tui.domain.metricnames import result
from mlws_tui.domain.reviewruns import ReviewRun
from mlws_tui.domain.runs import Run, RunState

FIRST, BETTER, SAME, WORSE = "first", "better", "same", "worse"
#: Of runs with the same value the first of these is told.
_ORDER = (RunState.COMPLETED, RunState.RUNNING, RunState.STOPPED)


@dataclass(frozen=True, slots=True)
class BestLine:
    """The best value that an experiment reached in the days.

    Attributes:
        key: Id of the experiment.
        name: What it is called.
        metric: Which figure.
        value: The best one.
        run: Id of the run that reached it.
        run_name: What that is called.
        before: The best one before the days; None where there was none.
        change: FIRST, BETTER, SAME or WORSE than the one before.
        tried: How many runs of the days have a value.
        state: How the run stood at the end of the days.
    """

    key: str
    name: str
    metric: str
    value: float
    run: str
    run_name: str
    before: float | None
    change: str
    tried: int
    state: RunState


def candidates(runs: Sequence[ReviewRun]) -> dict[str, tuple[str, Best, int]]:
    """Of each experiment the figure that tells how it came out, its best value, and how many runs have one.

    An experiment is left out where the name of the figure does not tell which value is better. Of equal values that of
    a run that came to its end counts.
    """
    groups: dict[str, list[Run]] = {}
    for one in sorted(runs, key=_rank):
        if one.run.experiment:
            groups.setdefault(one.run.experiment, []).append(one.run)
    found = {}
    for key, some in groups.items():
        names = {name for run in some for name in run.latest if lower_is_better(name) is not None}
        metric = result(sorted(names))
        best = best_of(some).get(metric) if metric is not None else None
        if metric is not None and best is not None and best.sure:
            found[key] = (metric, best, sum(metric in run.latest for run in some))
    return found


def best_lines(runs: Sequence[ReviewRun], before: Mapping[str, float]) -> tuple[BestLine, ...]:
    """The best results by experiment; those that got better come first.

    Args:
        runs: Those of the days.
        before: The best value of the same figure before the days, by id of experiment.
    """
    by_id = {one.run.id: one for one in runs}
    lines = []
    for key, (metric, best, tried) in candidates(runs).items():
        old, one = before.get(key), by_id[best.run]
        change = FIRST if old is None else _change(best.value, old, lower=bool(lower_is_better(metric)))
        lines.append(
            BestLine(
                key, one.experiment, metric, best.value, best.run, one.run.name, old, change, tried, one.state
            )
        )
    order = (BETTER, FIRST, SAME, WORSE)
    return tuple(sorted(lines, key=lambda line: (order.index(line.change), line.name)))


def _rank(one: ReviewRun) -> int:
    return _ORDER.index(one.state) if one.state in _ORDER else len(_ORDER)


def _change(value: float, old: float, *, lower: bool) -> str:
    if value == old:
        return SAME
    return BETTER if (value < old) == lower else WORSE
