"""What a person does with runs: names, tags, notes, the best of an experiment, the archive, deleting and back."""

from __future__ import annotations

import asyncio
import functools
import getpass
import logging
import os
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from mlws_tui.domain.events import is_run_id
from mlws_tui.domain.runs import Run, RunQuery, RunState
from mlws_tui.services.deletion import Inventory, delete_runs_forever, inventory
from mlws_tui.services.edittimes import EditTimes
from mlws_tui.services.openindex import Parts
from mlws_tui.services.undoing import Changes, Undo, as_read, changed_since
from mlws_tui.sources.processes import short_name

log = logging.getLogger(__name__)

#: The tag of the run that a person holds to be the best of its experiment.
BEST = "best"
#: Characters of a run's name.
LONGEST_NAME = 200
_LONGEST_NOTE = 1 << 20  # bytes
_PATIENCE = 2.0  # how long an index that another process keeps up is waited for (s)
_GLANCE = 0.3
_UNDONE = 100  # acts that can be undone
_EVERY_RUN = 1_000_000
_NAMED = 200
_STAMP = 16  # characters of an id before the name

_P = ParamSpec("_P")
_R = TypeVar("_R")


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


def _in_turn(
    act: Callable[Concatenate[RunActs, _P], Coroutine[Any, Any, _R]],
) -> Callable[Concatenate[RunActs, _P], Coroutine[Any, Any, _R]]:
    """An act that begins when the one before has ended, so that what is typed in one burst is done in its order."""

    @functools.wraps(act)
    async def turn(self: RunActs, /, *given: _P.args, **named: _P.kwargs) -> _R:
        async with self._turn:
            return await act(self, *given, **named)

    return turn


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
        self._times = EditTimes(clock)
        self._patience = patience
        self._done: list[Undo] = []
        self._turn = asyncio.Lock()
        self._writing = asyncio.Lock()

    @_in_turn
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
        if len(called) > LONGEST_NAME:
            raise UsageError(f"A name has at most {LONGEST_NAME} characters; this one has {len(called)}")
        run = await self._run(run_id)
        return await self._set(
            f"renamed to {called}", {run.id: {"name": called}}, {run.id: {"name": run.name}}
        )

    @_in_turn
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

    @_in_turn
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

    @_in_turn
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

    @_in_turn
    async def archive(self, ids: Iterable[str], on: bool = True) -> Act:
        """Put runs into the archive, where lists leave them out, or take them out of it.

        Raises:
            NotFoundError: if a run does not exist.
            StoreError: if it could not be written.
        """
        runs = [run for run in await self._runs(ids) if run.archived is not on]
        words = "archived" if on else "taken out of the archive"
        return await self._set(words, *_flagged(runs, "archived", on))

    @_in_turn
    async def delete(self, ids: Iterable[str], *, even_if_lost: bool = False) -> Act:
        """Take runs out of every list. All of them is kept: `restore` brings them back.

        Args:
            ids: The runs.
            even_if_lost: Also runs of other hosts of which nothing was heard for long: they may go on there.

        Raises:
            MlwsError: if one of them is running, or may be; then nothing is deleted.
            NotFoundError: if a run does not exist.
            StoreError: if it could not be written.
        """
        runs = [run for run in await self._runs(ids) if not run.deleted]
        await self._refuse_running(runs, even_if_lost)
        return await self._set("deleted", *_flagged(runs, "deleted", True))

    @_in_turn
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
        seen = await self._reach(await self._write({run_id: {"status": RunState.STOPPED.value}}))
        return Act("stopped", (run_id,), seen)

    async def what_goes(self, ids: Iterable[str]) -> Inventory:
        """What deleting runs for ever would take away."""
        return await asyncio.to_thread(inventory, self._parts.workspace, tuple(ids))

    @_in_turn
    async def delete_forever(
        self, ids: Iterable[str], *, even_if_lost: bool = False
    ) -> tuple[Act, Inventory]:
        """Delete runs with their streams and their own logs. It cannot be undone, and no rebuild brings them back.

        Args:
            ids: The runs.
            even_if_lost: See `delete`.

        Returns:
            What was done, and what went.

        Raises:
            MlwsError: if one of them is running, or may be; then nothing is deleted.
            NotFoundError: if a run does not exist.
            StoreError: if it could not be written, or a file not be removed.
        """
        runs = await self._runs(ids)
        await self._refuse_running(runs, even_if_lost)
        names = [run.id for run in runs]
        gone = await self.what_goes(names)
        async with self._writing:
            now = await self._times.later(self._parts.store, names)
            places = await delete_runs_forever(
                self._parts.workspace, self._parts.edits, names, by=await user(), clock=lambda: now
            )
        self._done = [undo for undo in self._done if not undo.back.keys() & set(names)]
        return Act("deleted for ever", tuple(names), await self._reach(dict(places))), gone

    @property
    def undoable(self) -> str:
        """What `undo` would take back, in words; empty where there is nothing."""
        return self._done[-1].words if self._done else ""

    @_in_turn
    async def undo(self) -> Act:
        """Take back the last act of this object that can be.

        Raises:
            UsageError: if there is none.
            MlwsError: if what it set was changed again since; that stays, and the act before is the next to take back.
            StoreError: if it could not be written; it can be tried again.
        """
        if not self._done:
            raise UsageError(
                "There is nothing to undo", hint="mlws-tui runs restore RUN brings a deleted run back"
            )
        last = self._done[-1]
        if await self._reach(last.places):  # while the index is behind it tells nothing of what came after
            await self._refuse_changed(last)
        seen = await self._reach(await self._write(last.back))
        self._done.remove(last)
        return Act(f"undone: {last.words}", tuple(last.back), seen)

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
        wanted = tuple(dict.fromkeys(ids))
        if len(wanted) == 1:
            return [await self._run(wanted[0])]
        found = {run.id: run for run in await self._parts.store.runs_of(wanted)}
        for run_id in wanted:
            if run_id not in found:
                raise NotFoundError(f"There is no run {run_id!r}")
        return list(found.values())

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

    async def _refuse_running(self, runs: Sequence[Run], even_if_lost: bool) -> None:
        for run in await self._parts.runs.with_states(runs):
            if run.state is RunState.RUNNING:
                raise MlwsError(
                    f"Run {run.id} is running",
                    hint=f"nothing was deleted; end it first: mlws-tui runs stop {run.id}",
                )
            if run.state is RunState.LOST and not even_if_lost:
                raise MlwsError(
                    f"Run {run.id} is lost, not ended: it may still run on {short_name(run.host or '') or 'its host'}",
                    hint=f"nothing was deleted; if it has ended: mlws-tui runs delete {run.id} --even-if-lost",
                )

    async def _refuse_changed(self, last: Undo) -> None:
        for run in await self._parts.store.runs_of(tuple(last.made)):
            what = changed_since(run, last.made[run.id])
            if what:
                self._done.remove(last)
                raise MlwsError(
                    f"Run {run.id} was changed again since ({what}): it is left as it is",
                    hint="nothing was undone",
                )

    async def _set(self, words: str, changes: Changes, back: Changes) -> Act:
        """Write changes, and remember how to take them back."""
        if not changes:
            return Act(words, ())
        places = await self._write(changes)
        who = next(iter(changes))[_STAMP:] if len(changes) == 1 else f"{len(changes)} runs"
        done = Undo(f"{who}: {words}", as_read(changes), back, places)
        self._done = [*self._done, done][-_UNDONE:]
        return Act(words, tuple(changes), await self._reach(places))

    async def _write(self, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
        """Write what changes; the file, and its size after that."""
        by = await user()
        async with self._writing:
            now = await self._times.later(self._parts.store, changes)
            records = [
                {"type": "set", "ts": now, "by": by, "run": run, **set_} for run, set_ in changes.items()
            ]
            file, size = await asyncio.to_thread(self._parts.edits.append_all, records)
        return {file: size}

    async def _reach(self, places: Mapping[str, int]) -> bool:
        """Whether the index has what was written. It holds in any case: it is on the disk."""
        # An index that this program may not write is kept up by a newer one, if at all: it is not waited for long.
        patience = min(self._patience, _GLANCE) if self._parts.store.read_only else self._patience
        try:
            return await self._parts.ingest.reach(places, patience) == 0
        except MlwsError as error:  # the index's own trouble is told by whoever keeps it
            log.warning("waiting for the index: %s", error)
            return False


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
