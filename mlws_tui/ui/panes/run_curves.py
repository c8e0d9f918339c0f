"""What the chart of a run draws: its metrics in groups, one of which is chosen, as curves."""

from __future__ import annotations

from collections.abc import Sequence

from mlws_tui.domain.metricnames import together
from mlws_tui.domain.runs import Run
from mlws_tui.services.runs import RunsService
from mlws_tui.ui.widgets.plot import MOST_CURVES, Plot

_LEAST_WIDTH = 50


class RunCurves:
    """Reads the curves of one group of metrics: a quantity on training and held-out data."""

    def __init__(self, service: RunsService) -> None:
        self._service = service
        self._rank = 0
        self._names: Sequence[str] = ()
        self._metric = ""

    def turn(self, by: int) -> bool:
        """Choose the group so many further on; whether there are any."""
        groups = together(self._names)
        if not groups:
            return False
        here = next((i for i, group in enumerate(groups) if self._metric in group), 0)
        self._metric = groups[(here + by) % len(groups)][0]
        return True

    async def choose(self, run: Run, name: str) -> None:
        """Choose the group of a metric, where the run has it.

        Raises:
            StoreError: if the index cannot be read.
        """
        await self._read_names(run)
        if name in self._names:
            self._metric = name

    async def read(self, run: Run, width: int) -> list[Plot]:
        """The curves of the chosen group, else of the first one.

        Args:
            run: Whose metrics.
            width: Columns in which they are drawn.

        Raises:
            StoreError: if the index cannot be read.
        """
        await self._read_names(run)
        groups = together(self._names)
        chosen = next((group for group in groups if self._metric in group), groups[0] if groups else ())
        plots = []
        for name in chosen[:MOST_CURVES]:
            curve = await self._service.curve(
                run.id, name, rank=self._rank, width=max(_LEAST_WIDTH, 2 * width)
            )
            plots.append(Plot(name, curve.buckets))
        return plots

    async def _read_names(self, run: Run) -> None:
        """Rank 0 speaks for the run; where it logged nothing, the lowest rank that did."""
        names: Sequence[str] = tuple(run.latest)
        self._rank = 0
        if not names:
            infos = await self._service.series(run.id)
            self._rank = min((info.rank for info in infos), default=0)
            names = tuple(info.name for info in infos if info.rank == self._rank)
        self._names = names
