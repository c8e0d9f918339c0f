"""Checkpoints that the runs of a day saved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mlws_tui.domain.daysuggestions import Lines, of_all_checkpoints
from mlws_tui.services.dayfacts.day import Day
from mlws_tui.store import Store


class Checkpoints:
    """Tells one line for each run that saved any.

    Args:
        store: The index.
    """

    rest = 600.0

    def __init__(self, store: Store) -> None:
        self._store = store

    def stamp(self, day: Day) -> object:
        return self._store.generation, hash(tuple((run.id, run.last_seen) for run in day.runs))

    async def of_day(self, day: Day) -> Sequence[Lines]:
        runs = {run.id: run for run in day.runs}
        saved = await self._store.checkpoints_within(list(runs), day.first, day.end) if runs else {}
        return [partial(of_all_checkpoints, [(runs[id], told) for id, told in saved.items()], day.date)]
