"""What people ask of experiments beyond the store's calls: which is meant, how they compare, what a deletion takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
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
from mlws_tui.domain.runs import Run, RunQuery
from mlws_tui.services.deletion import Inventory, inventory
from mlws_tui.services.openindex import Parts

NEWEST = "@last"
_MOST_RUNS = 1000  # of an experiment that are looked at for its best values
_NAMED = 500


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
