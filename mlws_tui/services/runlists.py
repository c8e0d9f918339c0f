"""Lists of runs as people ask for them: filtered by a line, sorted, grouped, and kept under a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.experiments import texts
from mlws_tui.domain.runfields import near, parse_column
from mlws_tui.domain.runfilter import Vocabulary, parse_filter
from mlws_tui.domain.runs import Run
from mlws_tui.domain.runviews import RunIndex, RunView, Search, check_view, parse_group, parse_order
from mlws_tui.services.remembered import Remembered
from mlws_tui.services.runs import RunsService
from mlws_tui.store import Store

_KEY = "runs.views"
_MOST = 200


class RunLists:
    """What finds, sorts and groups runs. It holds nothing open.

    Args:
        store: The index.
        runs: Tells the states of runs that have no recorded end.
        remembered: Keeps the views that people saved.
    """

    def __init__(self, store: Store, runs: RunsService, remembered: Remembered) -> None:
        self._store = store
        self._runs = runs
        self._remembered = remembered

    async def index(self, view: RunView, *, everything: bool = False) -> RunIndex:
        """Which runs a view shows, in its order and groups; running ones first where it gives no order.

        Args:
            view: What is asked for.
            everything: Archived and deleted runs too, also where the filter does not ask for them.

        Raises:
            FilterError: if the filter says nothing.
            UsageError: if it is sorted or grouped by what it cannot be.
            StoreError: if the index cannot be read.
        """
        now = self._runs.now()
        asked = Search(
            filter=parse_filter(view.filter, now=now),
            order=parse_order(view.order),
            group=parse_group(view.group),
            now=now,
            states=await self._runs.unfinished_states(),
            everything=everything,
            columns=tuple(map(parse_column, view.columns)),
        )
        return await self._store.search_runs(asked)

    async def runs(self, ids: Sequence[str], columns: Sequence[str] = ()) -> Sequence[Run]:
        """These runs, with their states, in this order; what is gone is left out.

        Args:
            ids: Which.
            columns: Names of columns that are shown of them: their metrics are read even of runs with very many.
        """
        specs = [parse_column(column) for column in columns]
        metrics = [spec.key for spec in specs if spec.kind in ("metric", "any")]
        return await self._runs.with_states(await self._store.runs_of(ids, metrics))

    async def vocabulary(self) -> Vocabulary:
        """The words that the runs know: for completion, and to choose columns from."""
        return await self._store.vocabulary()

    async def views(self) -> Sequence[RunView]:
        """The views that were saved, by their names."""
        kept = await self._remembered.get(_KEY, [])
        found = [_read(one) for one in kept] if isinstance(kept, list) else []
        return sorted((view for view in found if view is not None), key=lambda view: view.name.casefold())

    async def view(self, name: str) -> RunView:
        """The saved view of that name, case aside where only so one fits.

        Raises:
            NotFoundError: if there is none.
        """
        views = await self.views()
        for same in (str, str.casefold):
            for view in views:
                if same(view.name) == same(name):
                    return view
        names = [view.name for view in views]
        hint = near(name, names) or (f"there are {', '.join(names[:8])}" if names else "none is saved yet")
        raise NotFoundError(f"There is no view {name!r}", hint=hint)

    async def save_view(self, view: RunView) -> None:
        """Keep a view under its name, in place of the one that had it.

        Raises:
            UsageError: if it has no name, or asks for what there cannot be.
            StoreError: if it cannot be written.
        """
        checked = check_view(view)
        parse_filter(checked.filter, now=self._runs.now())
        others = [one for one in await self.views() if one.name != checked.name]
        if len(others) >= _MOST:
            raise UsageError(f"There are {_MOST} views already", hint="drop one first")
        await self._remembered.set(_KEY, [_written(one) for one in (*others, checked)])

    async def drop_view(self, name: str) -> None:
        """Forget the view of that name.

        Raises:
            NotFoundError: if there is none.
            StoreError: if it cannot be written.
        """
        gone = await self.view(name)
        kept = [_written(one) for one in await self.views() if one.name != gone.name]
        await self._remembered.set(_KEY, kept)


def _written(view: RunView) -> dict[str, Any]:
    return {
        "name": view.name,
        "filter": view.filter,
        "columns": list(view.columns),
        "order": list(view.order),
        "group": view.group,
    }


def _read(kept: object) -> RunView | None:
    """The view as it was kept; None for what is none, as a newer version may keep more."""
    if not isinstance(kept, dict) or not isinstance(kept.get("name"), str):
        return None
    line, group = (one if isinstance(one := kept.get(key), str) else "" for key in ("filter", "group"))
    columns, order = (texts(kept.get(key)) for key in ("columns", "order"))
    return RunView(kept["name"], line, tuple(columns), tuple(order), group)
