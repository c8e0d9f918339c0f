"""What the store answers of experiments: a part of the facade."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mlws_tui.domain.experiments import Experiment, ExperimentPage, ExperimentQuery, Kin
from mlws_tui.store import burial, experiments

T = TypeVar("T")


class ExperimentReads(ABC):
    """Reads of experiments. Every method raises a `StoreError` where SQLite or the disk fails."""

    @abstractmethod
    async def _read(self, read: Callable[[sqlite3.Connection], T]) -> T: ...

    @abstractmethod
    async def _read_chart(self, read: Callable[[sqlite3.Connection], T]) -> T: ...

    async def list_experiments(self, query: ExperimentQuery = ExperimentQuery()) -> ExperimentPage:  # noqa: B008 - frozen
        """A page of experiments, and how many runs each has.

        Raises:
            UsageError: if there is no such order.
        """
        return await self._read(lambda raw: experiments.list_experiments(raw, query))

    async def get_experiment(self, experiment: str, *, include_deleted: bool = False) -> Experiment | None:
        """One experiment; None if there is none."""
        return await self._read(lambda raw: experiments.get_experiment(raw, experiment, include_deleted))

    async def experiment_named(self, name: str) -> Experiment | None:
        """The newest experiment of that name; None if there is none."""
        return await self._read(lambda raw: experiments.experiment_named(raw, name))

    async def match_experiments(
        self, prefix: str, limit: int = 10, *, include_deleted: bool = False
    ) -> list[str]:
        """Ids of experiments that begin with the prefix, newest first."""
        return await self._read(
            lambda raw: experiments.match_experiments(raw, prefix, limit, include_deleted)
        )

    async def experiment_run_ids(self, experiment: str) -> list[str]:
        """Ids of all runs of an experiment, the deleted ones too."""
        return await self._read(lambda raw: experiments.run_ids(raw, experiment))

    async def beginnings(self, runs: Sequence[str]) -> dict[str, tuple[float, float | None]]:
        """When each run was first written of, and when its first process began, None without one (Unix seconds)."""
        return await self._read(lambda raw: experiments.beginnings(raw, runs))

    async def experiment_kin(self, experiment: str) -> Kin:
        """What an experiment was forked from, and what was forked from it."""
        return await self._read(lambda raw: experiments.kin(raw, experiment))

    async def metric_rows(
        self, run_id: str, start_step: float, end_step: float | None, rank: int
    ) -> list[dict[str, Any]]:
        """The metrics of a run, a row for each record, by step and then in the order written."""
        return await self._read_chart(
            lambda raw: experiments.metric_rows(raw, run_id, start_step, end_step, rank)
        )

    async def buried_runs(self) -> list[str]:
        """Ids of the runs that were deleted for ever."""
        return await self._read(burial.buried_runs)
