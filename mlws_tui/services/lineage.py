"""The family of a run: what it was forked from, what was forked from it, and how each came out."""

from __future__ import annotations

from mlws_tui.domain.lineage import MOST, Family, Kin, Lineage, family_of, kin_of, tree
from mlws_tui.domain.runs import Run
from mlws_tui.services.runs import RunsService
from mlws_tui.store import Store


class LineageService:
    """Reads how runs hang together.

    Args:
        store: The index.
        runs: Tells of their states.
    """

    def __init__(self, store: Store, runs: RunsService) -> None:
        self._store = store
        self._runs = runs

    async def of(self, ref: str) -> Lineage:
        """The family of a run as a tree, from the first run that is known of it.

        Raises:
            NotFoundError: if there is no such run.
            UsageError: if several fit.
        """
        run = await self._runs.get(ref)
        family = family_of(run.id, await self._store.links())
        kept = _nearest(family, run.id)
        found = {run.id: run}
        unread = [id for id in kept if id != run.id]
        known = [one for id in unread if (one := await self._store.get_run(id)) is not None]
        found |= {one.id: one for one in await self._runs.with_states(known)}
        return tree(run.id, family, found)

    async def kin(self, run: Run) -> Kin:
        """The nearest relations of a run, with the names of those that are known."""
        kin = kin_of(run, await self._store.links())
        some = [id for _, id in kin.relations][:MOST]
        known = [one for id in some if (one := await self._store.get_run(id)) is not None]
        return Kin(kin.relations, {one.id: one.name for one in known})


def _nearest(family: Family, run_id: str) -> list[str]:
    """The members that the tree has rows for."""
    return list(dict.fromkeys((*family.members[:MOST], run_id)))
