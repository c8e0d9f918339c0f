"""What a person does with runs: names, tags, notes, the best of an experiment, the archive, deleting and back."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from mlws_tui.domain.events import is_run_id
from mlws_tui.domain.runs import Run, RunQuery, RunState
from mlws_tui.services.deletion import Inventory, delete_runs_forever, inventory
from mlws_tui.services.openindex import Parts

log = logging.getLogger(__name__)

#: The tag of the run that a person holds to be the best of its experiment.
BEST = "best"
_LONGEST_NAME, _LONGEST_NOTE = 200, 1 << 20  # characters; bytes
_PATIENCE = 2.0  # how long an index that another process keeps up is waited for (s)
_GLANCE = 0.3
_TICK = 1e-6  # what is written later is later by at least this (s), also where the clock jumps back
_UNDONE = 100  # acts that can be undone
_EVERY_RUN = 1_000_000
_NAMED = 200
_STAMP = 16  # characters of an id before the name

#: What a ``set`` record sets, by run.
Changes = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done, and is on the disk.

    Attributes:
        words: What, as one says it: ``renamed to llama``.
        runs: Ids of the runs that changed; those that were so already are not among them.
        seen: Whether the index shows it. If not, whoever keeps the index up has it in a moment.
    """

    words: str
    runs: tuple[str, ...]
    seen: bool = True


@dataclass(frozen=True, slots=True)
class _Undo:
    words: str
    changes: Changes


class RunActs:
    """Changes runs. Each act is one write of all its runs or of none; acts of this object can be undone.

    Args:
        parts: The workspace's open index: a workbench, or its like.
        clock: Unix seconds.
        patience: How long (s) an index that another process keeps up is waited for.
    """

    def __init__(
        self, parts: Parts, *, clock: Callable[[], float] = time.time, patience: float = _PATIENCE
    ) -> None:
        self._parts = parts
        self._clock = clock
        self._patience = patience
        self._done: list[_Undo] = []
        self._last = 0.0
        self._writing = asyncio.Lock()

    async def rename(self, run_id: str, name: str) -> Act:
        """Call a run something else; its id stays.

        Raises:
            UsageError: if the name is empty or longer than 200 characters.
            NotFoundError: if there is no such run.
            StoreError: if it could not be written.
        """
        called = " ".join(name.split())
        if not called:
            raise UsageError("A name cannot be empty")
        if len(called) > _LONGEST_NAME:
            raise UsageError(f"A name has at most {_LONGEST_NAME} characters; this one has {len(called)}")
        run = await self._run(run_id)
        return await self._set(
            f"renamed to {called}", {run.id: {"name": called}}, {run.id: {"name": run.name}}
        )

    async def tag(self, ids: Iterable[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> Act:
        """Put tags on runs and take tags off.

        Raises:
            UsageError: if a tag is empty.
            NotFoundError: if a run does not exist.
            StoreError: if it could not be written.
        """
        put, taken = _tags(add), _tags(remove)
        changes: Changes = {}
        back: Changes = {}
        for run in await self._runs(ids):
            new = [tag for tag in put if tag not in run.tags and tag not in taken]
            gone = [tag for tag in taken if tag in run.tags]
            if new or gone:
                changes[run.id] = {"tags_add": new, "tags_remove": gone}
                back[run.id] = {"tags_add": gone, "tags_remove": new}
        words = [f"tagged {', '.join(put)}"] if put else []
        words += [f"no longer tagged {', '.join(taken)}"] if taken else []
        return await self._set(" and ".join(words) or "tagged", changes, back)

    async def note(self, run_id: str, text: str) -> Act:
        """Write a run's note in place of the one before; an empty one takes it away.

        Raises:
            UsageError: if it is longer than a megabyte.
            NotFoundError: if there is no such run.
            StoreError: if it could not be written.
        """
        size = len(text.encode("utf-8", "replace"))
        if size > _LONGEST_NOTE:
            raise UsageError(
                f"A note has at most {_LONGEST_NOTE >> 10} kB; this one has {size >> 10}",
                hint="nothing was changed; put it in a file, and the file's name in the note",
            )
        run = await self._run(run_id)
        text = text.rstrip()
        if text == run.notes:
            return Act("noted", ())
        words = "noted" if text else "note taken away"
        return await self._set(words, {run.id: {"notes": text}}, {run.id: {"notes": run.notes}})

    async def mark_best(self, run_id: str, checkpoint: str = "") -> Act:
        """Mark a run as the best of its experiment: the tag `BEST` goes to it, and off the experiment's others.

        Args:
            run_id: The run.
            checkpoint: Where its best checkpoint is. If not given: what was set before, else the newest of its
                checkpoints that is called best, else its newest one.

        Raises:
            NotFoundError: if there is no such run.
            StoreError: if it could not be written.
        """
        run = await self._run(run_id)
        best = checkpoint or run.best_checkpoint or await self._newest_checkpoint(run_id) or ""
        changes: Changes = {}
        back: Changes = {}
        if BEST not in run.tags or best != (run.best_checkpoint or ""):
            changes[run.id] = {"tags_add": [BEST], "best_checkpoint": best}
            back[run.id] = {"best_checkpoint": run.best_checkpoint or ""}
            back[run.id] |= {} if BEST in run.tags else {"tags_remove": [BEST]}
        for other in await self._siblings(run):
            changes[other.id] = {"tags_remove": [BEST]}
            back[other.id] = {"tags_add": [BEST]}
        whose = f" of {run.experiment}" if run.experiment else ""
        where = f", best checkpoint {best}" if best else ""
        return await self._set(f"marked as the best{whose}{where}", changes, back)

    async def unmark_best(self, run_id: str) -> Act:
        """Take the mark off again; the best checkpoint that was set stays.

        Raises:
            NotFoundError: if there is no such run.
            StoreError: if it could not be written.
        """
        act = await self.tag([run_id], remove=[BEST])
        return Act("no longer the best", act.runs, act.seen)

    async def archive(self, ids: Iterable[str], on: bool = True) -> Act:
        """Put runs into the archive, where lists leave them out, or take them out of it.

        Raises:
            NotFoundError: if a run does not exist.
            StoreError: if it could not be written.
        """
        runs = [run for run in await self._runs(ids) if run.archived is not on]
        words = "archived" if on else "taken out of the archive"
        return await self._set(words, *_flagged(runs, "archived", on))

    async def delete(self, ids: Iterable[str]) -> Act:
        """Take runs out of every list. All of them is kept: `restore` brings them back.

        Raises:
            MlwsError: if one of them is running; then nothing is deleted.
            NotFoundError: if a run does not exist.
            StoreError: if it could not be written.
        """
        runs = [run for run in await self._runs(ids) if not run.deleted]
        await self._refuse_running(runs)
        return await self._set("deleted", *_flagged(runs, "deleted", True))

    async def restore(self, ids: Iterable[str]) -> Act:
        """Bring deleted runs back.

        Raises:
            NotFoundError: if a run does not exist.
            StoreError: if it could not be written.
        """
        runs = [run for run in await self._runs(ids) if run.deleted]
        return await self._set("restored", *_flagged(runs, "deleted", False))

    async def mark_stopped(self, run_id: str) -> Act:
        """Record that this user stopped a run, whatever its processes say of their end. It cannot be undone.

        Raises:
            StoreError: if it could not be written.
        """
        seen = await self._write({run_id: {"status": RunState.STOPPED.value}})
        return Act("stopped", (run_id,), seen)

    async def what_goes(self, ids: Iterable[str]) -> Inventory:
        """What deleting runs for ever would take away."""
        return await asyncio.to_thread(inventory, self._parts.workspace, tuple(ids))

    async def delete_forever(self, ids: Iterable[str]) -> tuple[Act, Inventory]:
        """Delete runs with their streams and their own logs. It cannot be undone, and no rebuild brings them back.

        Returns:
            What was done, and what went.

        Raises:
            MlwsError: if one of them is running; then nothing is deleted.
            NotFoundError: if a run does not exist.
            StoreError: if it could not be written, or a file not be removed.
        """
        runs = await self._runs(ids)
        await self._refuse_running(runs)
        names = [run.id for run in runs]
        gone = await self.what_goes(names)
        async with self._writing:
            places = await delete_runs_forever(
                self._parts.workspace, self._parts.edits, names, by=await user(), clock=self._now
            )
        self._done = [undo for undo in self._done if not undo.changes.keys() & set(names)]
        return Act("deleted for ever", tuple(names), await self._reach(dict(places))), gone

    @property
    def undoable(self) -> str:
        """What `undo` would take back, in words; empty where there is nothing."""
        return self._done[-1].words if self._done else ""

    async def undo(self) -> Act:
        """Take back the last act of this object that can be.

        Raises:
            UsageError: if there is none.
            StoreError: if it could not be written; it can be tried again.
        """
        if not self._done:
            raise UsageError(
                "There is nothing to undo", hint="mlws-tui runs restore RUN brings a deleted run back"
            )
        last = self._done[-1]
        seen = await self._write(last.changes)
        if last in self._done:
            self._done.remove(last)
        return Act(f"undone: {last.words}", tuple(last.changes), seen)

    async def find_deleted(self, ref: str) -> Run:
        """The deleted run of an id, of the beginning of one, or of a name (the newest).

        Raises:
            NotFoundError: if there is none.
            UsageError: if several ids begin so.
        """
        if is_run_id(ref) and (exact := await self._parts.store.get_run(ref)) is not None:
            return exact
        query = RunQuery(limit=_NAMED, text=ref, include_deleted=True, include_archived=True)
        page = await self._parts.store.list_runs(query)
        deleted = [run for run in page.runs if run.deleted]
        named = [run for run in deleted if run.name == ref][:1]
        found = named or [run for run in deleted if ref and run.id.startswith(ref)]
        if len(found) > 1:
            raise UsageError(
                f"{ref!r} fits several deleted runs", hint=f"one of {', '.join(r.id for r in found[:5])}"
            )
        if not found:
            hint = f"deleted are {', '.join(run.id for run in deleted[:3])}" if deleted else ""
            raise NotFoundError(f"There is no deleted run {ref!r}", hint=hint)
        return found[0]

    async def _run(self, run_id: str) -> Run:
        run = await self._parts.store.get_run(run_id)
        if run is None:
            raise NotFoundError(f"There is no run {run_id!r}")
        return run

    async def _runs(self, ids: Iterable[str]) -> list[Run]:
        """Each of them once."""
        return [await self._run(run_id) for run_id in dict.fromkeys(ids)]

    async def _siblings(self, run: Run) -> Sequence[Run]:
        """The other runs that name its experiment and bear the tag."""
        if not run.experiment:
            return ()
        query = RunQuery(limit=_EVERY_RUN, text=BEST, include_archived=True, include_deleted=True)
        page = await self._parts.store.list_runs(query)
        return [
            other
            for other in page.runs
            if BEST in other.tags and other.experiment == run.experiment and other.id != run.id
        ]

    async def _newest_checkpoint(self, run_id: str) -> str | None:
        happened = await self._parts.store.happenings(run_id)
        paths = [
            str(one.data["path"])
            for one in happened
            if one.type == "artifact" and one.data.get("kind") == "checkpoint" and one.data.get("path")
        ]
        best = [path for path in paths if "best" in path.rpartition("/")[2].lower()]
        return next(reversed(best or paths), None)

    async def _refuse_running(self, runs: Sequence[Run]) -> None:
        for run in await self._parts.runs.with_states(runs):
            if run.state is RunState.RUNNING:
                raise MlwsError(
                    f"Run {run.id} is running",
                    hint=f"nothing was deleted; end it first: mlws-tui runs stop {run.id}",
                )

    async def _set(self, words: str, changes: Changes, back: Changes) -> Act:
        """Write changes, and remember how to take them back."""
        if not changes:
            return Act(words, ())
        seen = await self._write(changes)
        who = next(iter(changes))[_STAMP:] if len(changes) == 1 else f"{len(changes)} runs"
        self._done = [*self._done, _Undo(f"{who}: {words}", back)][-_UNDONE:]
        return Act(words, tuple(changes), seen)

    async def _write(self, changes: Mapping[str, Mapping[str, Any]]) -> bool:
        """Write what changes; whether the index has it."""
        by = await user()
        async with self._writing:
            now = self._now()
            records = [
                {"type": "set", "ts": now, "by": by, "run": run, **set_} for run, set_ in changes.items()
            ]
            file, size = await asyncio.to_thread(self._parts.edits.append_all, records)
        return await self._reach({file: size})

    async def _reach(self, places: Mapping[str, int]) -> bool:
        """Whether the index has what was written. It holds in any case: it is on the disk."""
        # An index that this program may not write is kept up by a newer one, if at all: it is not waited for long.
        patience = min(self._patience, _GLANCE) if self._parts.store.read_only else self._patience
        try:
            return await self._parts.ingest.reach(places, patience) == 0
        except MlwsError as error:  # the index's own trouble is told by whoever keeps it
            log.warning("waiting for the index: %s", error)
            return False

    def _now(self) -> float:
        """Unix seconds, later than at the last call."""
        self._last = max(self._clock(), self._last + _TICK)
        return self._last


async def user() -> str:
    """The name of who runs this process, as changes record it."""
    return await asyncio.to_thread(_user)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return str(os.getuid())


def _tags(given: Iterable[str]) -> list[str]:
    """Each tag once, without blanks around it."""
    tags = list(dict.fromkeys(" ".join(tag.split()) for tag in given))
    if any(not tag for tag in tags):
        raise UsageError("A tag cannot be empty")
    return tags


def _flagged(runs: Sequence[Run], field: str, on: bool) -> tuple[Changes, Changes]:
    return {run.id: {field: on} for run in runs}, {run.id: {field: not on} for run in runs}
