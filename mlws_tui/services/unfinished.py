"""The states of the runs without a recorded end. Those whose processes are gone for good are not looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.store import Store
from mlws_tui.store.unfinished import Mark

#: State and reason.
Standing = tuple[RunState, str]
#: States that stay until something else is known: the processes are gone, or where nobody here sees them.
_SETTLED = frozenset(RunState) - {RunState.CREATED, RunState.RUNNING}


class Unfinished:
    """Remembers what was read of these runs, so that thousands that crashed cost next to nothing.

    Args:
        store: The index.
        derive: The runs with the states that their processes tell; it blocks.
    """

    def __init__(self, store: Store, derive: Callable[[Sequence[Run]], Sequence[Run]]) -> None:
        self._store = store
        self._derive = derive
        self._lock = asyncio.Lock()
        self._marks: Mapping[str, Mark] = {}
        self._open: dict[str, Run] = {}
        self._settled: dict[str, Standing] = {}
        self._news: dict[str, Standing] = {}
        self._forgotten: set[str] = set()

    @property
    def ids(self) -> frozenset[str]:
        """The runs that the index had at the last `read`."""
        return frozenset(self._marks)

    async def read(self) -> None:
        """Ask the index what changed.

        Raises:
            StoreError: if it cannot be read.
        """
        async with self._lock:
            forgotten, self._forgotten = self._forgotten, set()
            known = {run: mark for run, mark in self._marks.items() if run not in forgotten}
            try:
                self._marks, changed = await self._store.unfinished_runs(known)
            except MlwsError:
                self._forgotten |= forgotten
                raise
            self._open = {run: known for run, known in self._open.items() if run in self._marks}
            self._open.update(changed)
            self._settled = {
                run: known
                for run, known in self._settled.items()
                if run in self._marks and run not in changed
            }

    async def look(self) -> Mapping[str, Standing]:
        """Look at the processes of the runs that may live. The others are left out."""
        async with self._lock:
            derived = await asyncio.to_thread(self._derive, list(self._open.values()))
            told = {run.id: (run.state, run.reason) for run in derived}
            for run, standing in told.items():
                if standing[0] in _SETTLED:
                    self._settled[run] = self._news[run] = standing
                    del self._open[run]
            return told

    def forget(self, ids: Iterable[str]) -> None:
        """Have the next `read` read these runs, also where they were not heard of since: a clock may be behind."""
        self._forgotten.update(ids)

    def news(self) -> Mapping[str, Standing]:
        """The runs of which a look, whoever asked for it, found since the last call that they live no longer."""
        news, self._news = self._news, {}
        return news

    async def states(self) -> Mapping[str, RunState]:
        """The states of all of them, as they are now.

        Raises:
            StoreError: if the index cannot be read.
        """
        await self.read()
        found = {**self._settled, **await self.look()}
        return {run: state for run, (state, _) in found.items()}
