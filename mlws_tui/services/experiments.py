"""The experiment store: experiments, their runs and metrics for programs, the command line and the app.

Each change is a record in a stream before the call returns; the index follows. Who writes through a store reads what it
wrote.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mlws_tui.config.workspace import MARKER, locate
from mlws_tui.domain.events import plain
from mlws_tui.domain.experiments import (
    Comparison,
    Experiment,
    ExperimentPage,
    ExperimentQuery,
    ExperimentRun,
    Kin,
    experiment_run,
    new_id,
)
from mlws_tui.domain.runs import Run, RunQuery, RunState
from mlws_tui.services.deletion import delete_runs_forever, finish_removals
from mlws_tui.services.experimentedits import ExperimentEdits
from mlws_tui.services.experimentviews import compared, kin_of
from mlws_tui.services.index import INDEX_NAME
from mlws_tui.services.openindex import LazyIndex, Parts
from mlws_tui.services.recording import Recording, ending

_EVERY_RUN = 1_000_000
_PATIENCE = 5.0  # how long an index that another process keeps up is waited for (s)
_stores: list[ExperimentStore] = []


class ExperimentStore:
    """Experiments, their runs and metrics. It opens itself at the first call; `close` it, or use ``async with``.

    Args:
        db_path: The index file; by default that of the workspace that a command would work on. For any file but a
            workspace's ``.mlws/index.db`` what is recorded lies beside it, in ``<file name>.streams``.

    Every method raises a `StoreError` where the disk or SQLite fails, and a `WorkspaceError` where there is no
    workspace.
    """

    def __init__(self, db_path: Path | str | None = None) -> None:
        if str(db_path) in ("", ":memory:"):
            raise ValueError("an experiment store needs a file: what it records must outlive the program")
        path = None if db_path is None else _absolute(db_path)
        self._setup(LazyIndex(path), None, time.time, _PATIENCE)

    @classmethod
    def over(
        cls, parts: Parts, *, clock: Callable[[], float] = time.time, patience: float = _PATIENCE
    ) -> Self:
        """The experiments of a workspace that is open already; who opened it closes it.

        Args:
            parts: A workbench, or its like.
            clock: Unix seconds.
            patience: How long (s) an index that another process keeps up is waited for.
        """
        store = cls.__new__(cls)
        store._setup(None, parts, clock, patience)
        return store

    def _setup(
        self, index: LazyIndex | None, parts: Parts | None, clock: Callable[[], float], patience: float
    ) -> None:
        self._index = index
        self._parts = parts
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writing = asyncio.Lock()
        self._edits = ExperimentEdits(clock, patience)
        self._recording: Recording | None = None
        self._pending: dict[str, Run] = {}
        self._joined: dict[str, Run] = {}

    async def open(self) -> Self:
        """Open it now, rather than at the first call."""
        await self._open()
        return self

    async def close(self) -> None:
        """Close the streams of the runs that were logged to, and the index. Safe to call twice."""
        async with self._writing:
            if self._recording is not None:
                await asyncio.to_thread(self._recording.close)
            self._joined.clear()
            if self._index is not None:
                await self._index.close()

    def __await__(self) -> Generator[Any, None, Self]:
        return self.open().__await__()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def create_experiment(
        self,
        name: str,
        base_model: str,
        method: str,
        description: str = "",
        tags: Iterable[str] | None = None,
        config: Mapping[str, Any] | None = None,
        parent_experiment_id: str | None = None,
    ) -> Experiment:
        """Make an experiment; it gets an id that no other one has. Names may come again.

        Raises:
            ValueError: if the name or a tag is empty.
        """
        fields: dict[str, Any] = {
            "name": _filled("name", name),
            "base_model": str(base_model),
            "method": str(method),
            "description": str(description),
            "tags": _tags(tags or ()),
            "config": dict(config or {}),
            "parent": parent_experiment_id or "",
        }
        parts = await self._open()
        async with self._writing:
            experiment = new_id(fields["name"], self._clock(), os.urandom(4))
            return await self._edits.create(parts, experiment, fields)

    async def get_experiment(self, id: str) -> Experiment | None:
        """The experiment of that id; None if there is none, or it is deleted."""
        return await self._edits.get(await self._reached(), id)

    async def get_experiment_by_name(self, name: str) -> Experiment | None:
        """The newest experiment of that name; None if there is none."""
        return await (await self._reached()).store.experiment_named(name)

    async def list_experiments(
        self,
        limit: int = 50,
        offset: int = 0,
        status: str | None = None,
        tag: str | None = None,
        *,
        text: str = "",
        order: str = "-created",
        include_deleted: bool = False,
    ) -> list[Experiment]:
        """A page of experiments, newest first.

        Args:
            limit: How many at most.
            offset: How many of the first to leave out.
            status: Only those of exactly this status.
            tag: Only those with exactly this tag.
            text: Only those whose id, name, tags, base model, method, description or status hold each word of it.
            order: ``created``, ``updated``, ``name`` or ``status``; with ``-`` before it, the last first.
            include_deleted: Deleted ones too.

        Raises:
            UsageError: if there is no such order.
        """
        query = ExperimentQuery(max(0, limit), max(0, offset), status, tag, text, order, include_deleted)
        return list((await self.page(query)).experiments)

    async def page(self, query: ExperimentQuery = ExperimentQuery()) -> ExperimentPage:  # noqa: B008 - frozen
        """What `list_experiments` gives, how many there are in all, and how many runs each has."""
        return await (await self._reached()).store.list_experiments(query)

    async def update_experiment(
        self,
        id: str,
        status: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        best_checkpoint: str | None = None,
        tags: Iterable[str] | None = None,
        *,
        description: str | None = None,
    ) -> Experiment:
        """Change an experiment; returns it as it is then. None leaves a field, an empty value empties it.

        Args:
            id: Its id.
            status: What to call where it stands.
            metrics: Its results, in place of those before.
            best_checkpoint: Where the best checkpoint is.
            tags: Its tags, in place of those before.
            description: What it is about.

        Raises:
            ValueError: if there is no such experiment, or a tag is empty.
        """
        given = {"status": status, "best_checkpoint": best_checkpoint, "description": description}
        changes: dict[str, Any] = {name: str(value) for name, value in given.items() if value is not None}
        if metrics is not None:
            changes["metrics"] = dict(metrics)
        if tags is not None:
            changes["tags"] = _tags(tags)
        parts = await self._reached()
        async with self._writing:
            return await self._edits.update(parts, id, changes)

    async def delete_experiment(self, id: str, forever: bool = False) -> bool:
        """Delete an experiment, and its runs with it; whether there was one.

        Args:
            id: Its id.
            forever: Remove the runs' streams and logs, too, also of one that is deleted already. Without it,
                nothing is removed, and `restore_experiment` brings all of it back.

        Raises:
            MlwsError: if it is to go for ever and one of its runs is running.
        """
        parts = await self._reached()
        async with self._writing:
            if not forever:
                return await self._edits.delete(parts, id)
            if await parts.store.get_experiment(id, include_deleted=True) is None:
                return False
            runs = await parts.store.experiment_run_ids(id)
            await self._edits.refuse_running(parts, runs)
            await self._edits.bury(parts, id)
            places = await delete_runs_forever(
                parts.workspace, parts.edits, runs, by=await self._edits.by(), clock=self._clock
            )
            self._edits.wrote(places)
            for run in runs:
                self._pending.pop(run, None)
            await finish_removals(parts.workspace, parts.store)  # of those that an earlier one did not get to
            return True

    async def restore_experiment(self, id: str) -> bool:
        """Take a deletion back, for the experiment and the runs that went with it; whether it was deleted."""
        parts = await self._reached()
        async with self._writing:
            return await self._edits.restore(parts, id)

    async def fork_experiment(
        self, id: str, new_name: str | None = None, config_overrides: Mapping[str, Any] | None = None
    ) -> Experiment:
        """Make an experiment from another one: model, method, description, tags and config go along.

        Args:
            id: The one that is forked: the new one's parent.
            new_name: Its name; by default ``<name>-fork``.
            config_overrides: What is different in its config, by key.

        Raises:
            ValueError: if there is no such experiment.
        """
        source = await self.get_experiment(id)
        if source is None:
            raise ValueError(f"there is no experiment {id!r}")
        return await self.create_experiment(
            name=new_name or f"{source.name}-fork",
            base_model=source.base_model,
            method=source.method,
            description=source.description,
            tags=source.tags,
            config={**source.config, **(config_overrides or {})},
            parent_experiment_id=id,
        )

    async def compare_experiments(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Name, model, method, status, metrics and config of each of these; unknown ids are left out."""
        found = [await self.get_experiment(id) for id in ids]
        return {
            one.id: {
                "name": one.name,
                "model": one.base_model,
                "method": one.method,
                "status": one.status,
                "metrics": one.metrics,
                "config": one.config,
            }
            for one in found
            if one is not None
        }

    async def compare(self, ids: Iterable[str]) -> Comparison:
        """Experiments side by side: in which settings they differ, and which has the best of each metric.

        A metric that was not set as a result is the best that the runs logged; unknown ids are left out.
        """
        parts = await self._reached()
        found = [await self._edits.get(parts, id) for id in ids]
        return await compared(parts, [one for one in found if one is not None])

    async def lineage(self, id: str) -> Kin:
        """What an experiment was forked from, the nearest first, and what was forked from it."""
        return await kin_of(await self._reached(), id)

    async def create_run(self, experiment_id: str, config: Mapping[str, Any] | None = None) -> ExperimentRun:
        """Make a run that is pending until something is logged to it.

        Raises:
            ValueError: if there is no such experiment.
        """
        parts = await self._reached()
        async with self._writing:
            experiment = await self._edits.get(parts, experiment_id)
            if experiment is None:
                raise ValueError(f"there is no experiment {experiment_id!r}")
            fields = {
                "kind": "experiments",
                "experiment": experiment.id if not experiment.implicit else experiment.name,
                "config": plain(dict(config or {})),
                "model": experiment.base_model,
            }
            now = self._edits.now()
            made, place = await asyncio.to_thread(self._recorder(parts).create, experiment.name, fields, now)
            self._edits.wrote([place])
            run = Run(
                made, experiment.name, "experiments", RunState.CREATED, started=now, config=fields["config"]
            )
            self._pending[made] = run
            return experiment_run(run, experiment_id, None, None)

    async def log_metrics(self, run_id: str, step: float, metrics: Mapping[str, Any]) -> None:
        """Record metrics of a step: numbers by name. The run is running from the first on, as long as this process is.

        Raises:
            ValueError: if there is no such run, or the step or a metric is no number.
        """
        if not metrics:
            return
        parts = await self._open()
        async with self._writing:
            run = await self._joining(parts, run_id)
            recorder = self._recorder(parts)
            place = await asyncio.to_thread(recorder.log, run, step, metrics, self._clock())
            self._edits.wrote([place])

    async def end_run(
        self,
        run_id: str,
        status: str = "completed",
        error: BaseException | Mapping[str, str] | str | None = None,
    ) -> None:
        """Record how a run ended: ``completed``, ``failed`` or ``stopped``, and why.

        Raises:
            ValueError: if there is no such run, or a run does not end so.
        """
        told = ending(status, error)
        parts = await self._open()
        async with self._writing:
            run = await self._joining(parts, run_id)
            place = await asyncio.to_thread(self._recorder(parts).end, run, told, self._clock())
            self._joined.pop(run_id, None)
            self._edits.wrote([place])

    async def list_runs(self, experiment_id: str) -> list[ExperimentRun]:
        """The runs of an experiment, newest first."""
        parts = await self._reached()
        query = RunQuery(limit=_EVERY_RUN, include_archived=True, experiment=experiment_id)
        runs = await parts.runs.with_states((await parts.store.list_runs(query)).runs)
        beginnings = await parts.store.beginnings([run.id for run in runs])
        unknown = (None, None)
        return [experiment_run(run, experiment_id, *beginnings.get(run.id, unknown)) for run in runs]

    async def get_run_metrics(
        self, run_id: str, start_step: float = 0, end_step: float | None = None, *, rank: int = 0
    ) -> list[dict[str, Any]]:
        """The metrics of a run, a row for each record: ``{"step": 1, "timestamp": <aware, UTC>, "loss": 0.5}``.

        Rows come by step, those of one step in the order written. A metric called ``step`` or ``timestamp`` is left
        out.

        Args:
            run_id: The run; of one that there is not, or that is deleted, there are no rows.
            start_step: The first step.
            end_step: The last step, included; None for all.
            rank: Whose metrics, of a run of many processes.
        """
        parts = await self._reached()
        return await parts.store.metric_rows(run_id, start_step, end_step, rank)

    async def reach(self) -> None:
        """Wait until the index has what was written through this store; five seconds at most."""
        await self._reached()

    async def _open(self) -> Parts:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._writing = loop, asyncio.Lock()
        if self._parts is not None:
            return self._parts
        assert self._index is not None  # noqa: S101 - one of the two is there
        return await self._index.get()

    async def _reached(self) -> Parts:
        """The parts, once the index has what this store wrote, or a while later."""
        parts = await self._open()
        await self._edits.reach(parts)
        return parts

    def _recorder(self, parts: Parts) -> Recording:
        if self._recording is None:
            self._recording = Recording(parts.workspace)
        return self._recording

    async def _joining(self, parts: Parts, run_id: str) -> Run:
        """The run, for this process to log to."""
        if run_id not in self._joined:
            await self._edits.reach(parts)
            found = await parts.store.get_run(run_id)
            run = found or self._pending.get(run_id)
            if run is None:
                raise ValueError(f"there is no run {run_id!r}")
            (self._joined[run_id],) = await parts.runs.with_states([run])
            self._pending.pop(run_id, None)
        return self._joined[run_id]


def get_experiment_store(db_path: Path | str | None = None) -> ExperimentStore:
    """The experiment store of a path (see `ExperimentStore`): the same one each time on the same event loop.

    Raises:
        WorkspaceError: if no path is given and there is no workspace.
    """
    path = _absolute(db_path) if db_path is not None else locate().root / MARKER / INDEX_NAME
    try:
        loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    for store in _stores:
        index = store._index
        if index is not None and index.db_path == path and index.usable(loop):
            return store
    store = ExperimentStore(path)
    _stores.append(store)
    return store


def _absolute(path: Path | str) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - links are followed when it is opened


def _filled(what: str, value: object) -> str:
    told = str(value)
    if not told.strip():
        raise ValueError(f"an experiment needs a {what}")
    return told


def _tags(given: Iterable[str]) -> list[str]:
    """Each tag once, in the order given; one text is one tag."""
    tags = dict.fromkeys(str(tag) for tag in ([given] if isinstance(given, str) else given))
    if any(not tag.strip() or "\0" in tag for tag in tags):
        raise ValueError("a tag cannot be empty or hold a NUL")
    return list(tags)
