"""What people ask of experiments beyond the store's calls: which is meant, how they compare, what a deletion takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.experiments import (
    Best,
    Comparison,
    Experiment,
    ExperimentQuery,
    Kin,
    best_of,
    compare,
)
from mlws_tui.domain.runs import Run, RunQuery, RunState
from mlws_tui.domain.runtokens import quote
from mlws_tui.domain.runviews import RunView
from mlws_tui.domain.sweeps import Sweep, sweep
from mlws_tui.services.deletion import Inventory, inventory
from mlws_tui.services.openindex import Parts
from mlws_tui.services.pages import joined, merge_text
from mlws_tui.services.runlists import RunLists

NEWEST = "@last"
_MOST_RUNS = 1000  # of an experiment that are looked at for its best values
_BEST = 50  # of more runs than that: so many of the best are looked at as well
_NAMED = 500


@dataclass(frozen=True, slots=True)
class ExperimentFacts:
    """All that an experiment's page shows.

    Attributes:
        experiment: The experiment.
        kin: What it was forked from, and what was forked from it.
        runs: Its runs side by side; where `total` is more than there are, the newest ones and the best ones.
        total: How many runs it has.
        checkpoint: Its best checkpoint: the one that was set, else that of its best run; empty where there is none.
    """

    experiment: Experiment
    kin: Kin
    runs: Sweep
    total: int
    checkpoint: str


async def find(parts: Parts, ref: str, *, include_deleted: bool = False) -> Experiment:
    """The experiment of an id, of a name (the newest), of the beginning of an id, or the newest of all (``@last``).

    Raises:
        NotFoundError: if there is none.
        UsageError: if several fit.
    """
    if ref == NEWEST:
        newest = await parts.store.list_experiments(ExperimentQuery(limit=1))
        if newest.experiments:
            return newest.experiments[0]
        raise NotFoundError("There are no experiments yet", hint="mlws-tui experiments create NAME makes one")
    exact = await parts.store.get_experiment(ref, include_deleted=include_deleted)
    if exact is None:
        exact = await parts.store.experiment_named(ref)
    if exact is None and include_deleted:
        exact = await _deleted_named(parts, ref)
    if exact is not None:
        return exact
    ids: Sequence[str] = ()
    for prefix in (ref, f"exp-{ref}") if ref else ():
        ids = ids or await parts.store.match_experiments(prefix, 6, include_deleted=include_deleted)
    if len(ids) > 1:
        raise UsageError(f"{ref!r} fits several experiments", hint=f"one of {', '.join(ids[:5])}")
    found = await parts.store.get_experiment(ids[0], include_deleted=include_deleted) if ids else None
    if found is None:
        raise NotFoundError(f"There is no experiment {ref!r}", hint=await _near(parts, ref))
    return found


async def find_deleted(parts: Parts, ref: str) -> Experiment:
    """The deleted experiment of an id, of a name (the newest), or of the beginning of an id.

    Raises:
        NotFoundError: if there is none.
        UsageError: if several fit.
    """
    exact = await parts.store.get_experiment(ref, include_deleted=True)
    if exact is None or not exact.deleted:
        named = await _deleted_named(parts, ref)
        exact = named if named is not None else exact
    return exact if exact is not None else await find(parts, ref, include_deleted=True)


async def runs_of(parts: Parts, experiment: str) -> Sequence[Run]:
    """The newest runs of an experiment, up to a thousand, the running ones first."""
    query = RunQuery(limit=_MOST_RUNS, include_archived=True, experiment=experiment)
    return (await parts.runs.list(query)).runs


async def facts(
    parts: Parts, experiment: str, lists: RunLists | None = None, *, most: int = _MOST_RUNS
) -> ExperimentFacts:
    """What is known of an experiment, of an id or a name, and of its runs.

    Args:
        parts: A workbench, or its like.
        experiment: Id or name.
        lists: Where it has more runs than are looked at, finds the best among all of them and counts their states.
        most: Of how many runs, the newest ones, all is read.

    Raises:
        NotFoundError: if there is none.
        UsageError: if several fit.
        StoreError: if the index cannot be read.
    """
    found = await find(parts, experiment)
    query = RunQuery(limit=most, include_archived=True, experiment=found.id)
    page = await parts.runs.list(query)
    table = await asyncio.to_thread(sweep, page.runs, parts.runs.now())
    if page.total > len(page.runs):
        table = replace(table, gpu_hours=None, began=None)  # of a part they would mislead
        if lists is not None:
            table = await _with_the_best(lists, found, page.runs, table, parts.runs.now())
    best = table.best.get(table.main or "")
    of_best = next((row.run.best_checkpoint for row in table.rows if best and row.run.id == best.run), None)
    checkpoint = found.best_checkpoint or of_best or ""
    return ExperimentFacts(found, await kin_of(parts, found.id), table, page.total, checkpoint)


async def _with_the_best(
    lists: RunLists, experiment: Experiment, newest: Sequence[Run], table: Sweep, now: float
) -> Sweep:
    """The table with the best of all runs beside the newest ones, and the states of all of them."""
    name = experiment.name if experiment.implicit else experiment.id
    which = f"experiment={quote(name)} -is:deleted"
    states = await lists.index(RunView(filter=which, group="state"), everything=True)
    counts = {RunState(group.label): group.count for group in states.groups if group.label in set(RunState)}
    column = next((one for one in table.metrics if one.key == table.main and one.lower is not None), None)
    if column is not None:
        order = f"{'' if column.lower else '-'}metric.{column.key}:best"
        ordered = await lists.index(RunView(filter=which, order=(order,)), everything=True)
        best = await lists.runs(ordered.ids[:_BEST])
        known = {run.id for run in newest}
        runs = [*newest, *(run for run in best if run.id not in known)]
        table = await asyncio.to_thread(sweep, runs, now)
    return replace(table, states=counts, gpu_hours=None, began=None)


async def describe(parts: Parts, experiment: Experiment, text: str) -> None:
    """Set what an experiment is about; what others wrote there since it was read is kept beside it.

    Raises:
        NotFoundError: if it is gone.
        StoreError: if it cannot be written.
    """
    from mlws_tui.services.experiments import ExperimentStore  # it is built on this module

    now = await find(parts, experiment.id)
    merged = merge_text(experiment.description, text, now.description, "\n")
    store = ExperimentStore.over(parts)
    await store.update_experiment(experiment.id, description=joined(merged, "both", "\n"))
    await store.reach()


async def kin_of(parts: Parts, experiment: str) -> Kin:
    """What an experiment was forked from, and what was forked from it."""
    return await parts.store.experiment_kin(experiment)


async def compared(parts: Parts, experiments: Sequence[Experiment]) -> Comparison:
    """Experiments side by side. A metric that was not set as a result is the best that their runs logged."""
    told = []
    for one in experiments:
        best: dict[str, Best] = best_of(await runs_of(parts, one.id))
        values = {name: found.value for name, found in best.items()}
        told.append(replace(one, metrics={**values, **one.metrics}))
    side_by_side = compare(told)
    return replace(side_by_side, experiments=tuple(experiments))


async def what_goes(parts: Parts, experiment: str) -> Inventory:
    """What deleting an experiment for ever takes away."""
    runs = await parts.store.experiment_run_ids(experiment)
    return await asyncio.to_thread(inventory, parts.workspace, runs)


async def _deleted_named(parts: Parts, name: str) -> Experiment | None:
    """The newest deleted one of that name."""
    if not name.strip():
        return None
    query = ExperimentQuery(limit=_NAMED, text=name, include_deleted=True)
    page = await parts.store.list_experiments(query)
    return next((one for one in page.experiments if one.name == name and one.deleted), None)


async def _near(parts: Parts, ref: str) -> str:
    """What the person may have meant."""
    page = await parts.store.list_experiments(ExperimentQuery(limit=_NAMED))
    if not page.experiments:
        return "there are no experiments yet"
    names = list(dict.fromkeys(one.name for one in page.experiments))
    near = get_close_matches(ref, names, n=3, cutoff=0.6)
    return f"near it: {', '.join(near)}" if near else f"the newest are {', '.join(names[:3])}"
