"""Data of a day: what came into folders of data, and data sets that a run used for the first time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from pathlib import PurePosixPath

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.dayfacts import Arrived
from mlws_tui.domain.daysuggestions import Lines, of_datasets, of_first_use
from mlws_tui.domain.runs import Run
from mlws_tui.services.dayfacts.day import Day, shown_path, work_folders
from mlws_tui.sources import newfiles
from mlws_tui.store import Store

_FOLDERS = ("data", "datasets")
#: Seconds that the disks are looked at.
_WITHIN = 1.0
#: Names of data sets of a day that are looked up.
_NAMES = 20


class Datasets:
    """Tells of new data.

    Args:
        workspace: Whose folders of data count, too.
        store: The index.
    """

    rest = 30.0

    def __init__(self, workspace: Workspace, store: Store) -> None:
        self._workspace = workspace
        self._store = store
        self._used: dict[tuple[str, float], bool] = {}

    def stamp(self, day: Day) -> object:
        return frozenset((run.dataset, run.cwd) for run in day.runs)

    async def of_day(self, day: Day) -> Sequence[Lines]:
        arrived = await asyncio.to_thread(self._look, day) if day.recent else []
        known = {PurePosixPath(one.path).name for one in arrived}
        used = [
            partial(of_first_use, run, name)
            for name, run in await self._first_uses(day)
            if PurePosixPath(name).name not in known
        ]
        return [partial(of_datasets, arrived, day.date), *used]

    def _look(self, day: Day) -> list[Arrived]:
        budget = newfiles.Budget(time.monotonic() + _WITHIN)
        return [
            Arrived(shown_path(self._workspace, one.path), one.ts, one.bytes, one.files, one.grew, one.more)
            for folder in work_folders(self._workspace, day.runs)
            for name in _FOLDERS
            for one in newfiles.data(folder / name, day.first, day.end, budget)
        ]

    async def _first_uses(self, day: Day) -> list[tuple[str, Run]]:
        """Names of data sets that no run used before the day, with the first run of it."""
        users: dict[str, Run] = {}
        for run in reversed(day.runs):
            if run.dataset and run.started is not None and day.first <= run.started < day.end:
                users.setdefault(run.dataset, run)
        found = []
        for name, run in list(users.items())[:_NAMES]:
            key = (name, day.first)
            if key not in self._used:
                self._used[key] = await self._store.used_before(name, day.first)
            if not self._used[key]:
                found.append((name, run))
        return found
