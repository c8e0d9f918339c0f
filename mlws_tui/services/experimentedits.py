"""Changes of experiments as records in the stream of edits, each made sure of before it counts."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.events import LONGEST_LINE, encode
from mlws_tui.domain.experiments import Experiment, experiment_of, fold, record_of, revised
from mlws_tui.domain.runs import RunState
from mlws_tui.services.openindex import Parts
from mlws_tui.sources.streamlines import parse_line
from mlws_tui.store.resolve import settings_of

_TICK = 1e-6  # what is written later is later by at least this (s), also where the clock jumps back


class ExperimentEdits:
    """Writes changes, and knows how far the index must come for its own to show. One call at a time writes.

    Args:
        clock: Unix seconds.
        patience: How long (s) an index that another process keeps up is waited for.
    """

    def __init__(self, clock: Callable[[], float], patience: float) -> None:
        self._clock = clock
        self._patience = patience
        self._targets: dict[str, int] = {}
        self._own: dict[str, Experiment | None] = {}
        self._last = 0.0
        self._by = ""

    def now(self, after: float = 0.0) -> float:
        """Unix seconds, later than at the last call and than `after`."""
        self._last = max(self._clock(), self._last + _TICK, after + _TICK)
        return self._last

    async def by(self) -> str:
        """The name of who runs this process."""
        if not self._by:
            self._by = await asyncio.to_thread(_user)
        return self._by

    def wrote(self, places: Iterable[tuple[str, int]]) -> None:
        """Remember that this was written: (stream file, its size after that)."""
        for file, size in places:
            self._targets[file] = max(size, self._targets.get(file, 0))

    async def reach(self, parts: Parts) -> None:
        """Wait until the index has what was written here, or for as long as its holder may take."""
        targets = dict(self._targets)
        reached = not targets or not await parts.ingest.reach(targets, self._patience)
        # A file that was removed before anybody read it is not waited for again.
        done = targets if reached else await asyncio.to_thread(_gone, parts.workspace.streams, targets)
        for file, size in done.items():
            if self._targets.get(file) == size:
                del self._targets[file]
        if not self._targets:
            self._own.clear()

    async def get(self, parts: Parts, experiment: str) -> Experiment | None:
        """The experiment; where the index is behind, as it was written here."""
        if experiment in self._own:
            return self._own[experiment]
        return await parts.store.get_experiment(experiment)

    async def create(self, parts: Parts, experiment: str, fields: Mapping[str, Any]) -> Experiment:
        """Write the record that makes an experiment."""
        made = await self._create(parts, {"type": "experiment", "ts": self.now(), "id": experiment, **fields})
        self._own[experiment] = made
        return made

    async def update(self, parts: Parts, experiment: str, changes: Mapping[str, Any]) -> Experiment:
        """Write what changes. `metrics` and `tags` take the place of those before.

        Raises:
            ValueError: if there is no such experiment.
        """
        known = await self.get(parts, experiment)
        if known is None:
            raise ValueError(f"there is no experiment {experiment!r}")
        fields = _as_read({"type": "set", **changes})
        if "metrics" in fields:
            gone = {name: None for name in known.metrics if name not in fields["metrics"]}
            fields["metrics"] = {**gone, **fields["metrics"]}
        if (tags := fields.pop("tags", None)) is not None and tags != known.tags:
            fields["tags_remove"] = [tag for tag in known.tags if tag not in tags]
            fields["tags_add"] = tags
        changed = await self._set(parts, known, fields)
        self._own[experiment] = changed
        return changed

    async def delete(self, parts: Parts, experiment: str) -> bool:
        """Mark an experiment as deleted; whether there was one."""
        known = await self.get(parts, experiment)
        if known is None:
            return False
        await self._set(parts, known, {"deleted": True})
        self._own[experiment] = None
        return True

    async def restore(self, parts: Parts, experiment: str) -> bool:
        """Take the mark off again; whether there was one."""
        known = await parts.store.get_experiment(experiment, include_deleted=True)
        if known is None or not known.deleted:
            return False
        self._own[experiment] = await self._set(parts, known, {"deleted": False})
        return True

    async def bury(self, parts: Parts, experiment: str) -> None:
        """Write the tombstone of an experiment."""
        known = await parts.store.get_experiment(experiment, include_deleted=True)
        if known is None:
            return
        if not known.implicit:
            await self._set(parts, known, {"deleted": True, "forever": True})
        self._own[experiment] = None

    async def refuse_running(self, parts: Parts, runs: Sequence[str]) -> None:
        """Check that none of these runs is running, or may be on a host that is not heard of.

        Raises:
            MlwsError: if one is.
        """
        found = [run for each in runs if (run := await parts.store.get_run(each)) is not None]
        for run in await parts.runs.with_states(found):
            if run.state is RunState.RUNNING:
                raise MlwsError(f"Run {run.id} of it is running", hint="end it first; nothing was deleted")
            if run.state is RunState.LOST:
                raise MlwsError(
                    f"Run {run.id} of it is lost, not ended: it may still run on {run.host or 'its host'}",
                    hint="nothing was deleted; if it has ended: "
                    f"mlws-tui runs delete {run.id} --forever --even-if-lost",
                )

    async def _set(self, parts: Parts, known: Experiment, fields: Mapping[str, Any]) -> Experiment:
        """Write a change. One that only runs named is made first, so that there is something to change."""
        if not any(True for _ in settings_of(fields)):  # say, no results in place of none
            return known
        if known.implicit:
            await self._create(parts, {"ts": known.created_at.timestamp(), **record_of(known)})
        now = self.now(known.updated_at.timestamp())
        record = {"type": "set", "ts": now, "by": await self.by(), "experiment": known.id, **fields}
        return revised(known, settings_of(await self._append(parts, record)), now)

    async def _create(self, parts: Parts, record: Mapping[str, Any]) -> Experiment:
        told = await self._append(parts, record)
        return experiment_of(told["id"], fold(told, ()), record["ts"], record["ts"])

    async def _append(self, parts: Parts, record: Mapping[str, Any]) -> dict[str, Any]:
        """Write a record; returns it as whoever reads the stream will."""
        told = _as_read(record)
        self.wrote([await asyncio.to_thread(parts.edits.append, record)])
        return told


def _as_read(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as whoever reads its stream has it: what JSON cannot hold is text by then."""
    line = encode(record)
    told = parse_line(line) if len(line) <= LONGEST_LINE else None
    if told is None:
        raise ValueError(f"too large, or nested too deep, for a record of a stream ({len(line)} bytes)")
    return told


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return str(os.getuid())


def _gone(streams: Path, targets: Mapping[str, int]) -> dict[str, int]:
    """Those of the targets that cannot be reached: the file is not there, or shorter."""
    gone: dict[str, int] = {}
    for file, size in targets.items():
        try:
            there = (streams / file).stat().st_size >= size
        except OSError:
            there = False
        if not there:
            gone[file] = size
    return gone
