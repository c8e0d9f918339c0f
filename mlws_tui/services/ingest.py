"""Keeps the index up with the streams: one process ingests, the others notice what it wrote."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import IndexState, Notice, PointsAdded, RunsChanged
from mlws_tui.domain.chunks import Ingested, StreamChunk, StreamFolder, StreamPosition
from mlws_tui.domain.errors import MlwsError, StoreError
from mlws_tui.domain.events import EDITS_DIR, WAKE_DIR
from mlws_tui.services.backlog import Backlog
from mlws_tui.services.harvest import Harvester, Limits
from mlws_tui.services.hub import Hub
from mlws_tui.services.lease import Lease, lease_path
from mlws_tui.sources.watch import changes, is_network
from mlws_tui.store import Store
from mlws_tui.store.errors import BusyError, DamagedError, FullError, OvergrownError, StaleError, TouchedError

log = logging.getLogger(__name__)
_LOOK = 1.0  # how often it is checked that the index is still the one that was opened (s)
_TAKEOVER = 1.0  # how often a follower tries to take the lease (s)
_FOLLOW = 0.25  # how often a follower looks for what the holder wrote (s)
_REPORT = 0.5  # how often a falling backlog is told (s)
_BUSY_RETRY = 0.5  # how soon it is tried again where another program holds the index locked (s)
_STALE_MOST = 3  # times in a row that the place in the streams is asked for again
_REGISTER = 500  # folders in one commit


class IngestService:
    """Ingests while it holds the lease, else follows who does. Publishes what changed, after the commit.

    After `close` it may be started again: that is how an app gives up the lease while it is suspended.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        hub: Hub,
        *,
        poll: float = 0.25,
        retry: float = 5.0,
        limits: Limits | None = None,
    ) -> None:
        self._streams = workspace.streams
        self._store = store
        self._hub = hub
        self._poll = poll
        self._retry = retry
        self._lease = Lease(lease_path(store.path))
        self._harvester = Harvester(workspace, store, self._changed, limits)
        self._backlog: Backlog | None = None
        self._turn = asyncio.Lock()
        self._stop = asyncio.Event()
        self._nudge = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._state: IndexState | None = None
        self._told_at = 0.0
        self._try_lease_at = 0.0
        self._look_at = 0.0
        self._stale = 0
        self._check: asyncio.Task[None] | None = None
        self._checked = -1

    @property
    def state(self) -> IndexState:
        """How the index is doing, as last told."""
        return self._state or IndexState("read-only" if self._store.read_only else "follower")

    async def start(self) -> None:
        """Begin to keep the index up, until `close`."""
        if self._task is None:
            self._stop.clear()
            self._task = asyncio.create_task(self._run(), name="ingest")
            self._watching = asyncio.create_task(self._watch(), name="ingest-watch")

    async def close(self) -> None:
        """Stop and give up the lease. Safe to call twice."""
        self._stop.set()
        self._nudge.set()
        if self._check is not None:
            self._check.cancel()
        tasks = [task for task in (self._task, self._watching, self._check) if task is not None]
        self._task = self._watching = self._check = None
        try:
            for task, ended in zip(tasks, await asyncio.gather(*tasks, return_exceptions=True), strict=True):
                if isinstance(ended, Exception):
                    log.error("%s ended by itself", task.get_name(), exc_info=ended)
            async with self._turn:
                await self._harvester.reset()
        finally:  # also where this is given up because a commit hangs: the others must be able to go on
            self._backlog = None
            self._lease.release()

    def abandon(self) -> None:
        """Give up the lease where the event loop was closed under this: its tasks are no more."""
        self._harvester.abandon()
        self._task = self._watching = self._check = self._backlog = None
        self._lease.release()

    async def catch_up(self, timeout: float = 1.0, *, logs: float = 1.5) -> IndexState:  # noqa: ASYNC109 - part of the answer, not a limit
        """Bring the index up to what the streams hold now, for a command that is about to read it.

        With no other holder everything that waits is ingested, however long that takes, and then logs are read for at
        most `logs` seconds, the newest first. With one, this waits for it, at most `timeout` seconds. `behind` and
        `logs` of the answer tell how many bytes are left. Where the index is locked, or there is no room, `problem`
        says so: what it holds already can be read.

        Raises:
            StoreError: if the index cannot be read or written.
        """
        try:
            return await self._catch_up(timeout, logs)
        except (DamagedError, TouchedError):
            await self._mend()
            return await self._catch_up(timeout, logs)
        except (
            BusyError,
            FullError,
            OvergrownError,
        ) as error:  # what the index holds can be read all the same
            await self._make_room(error)
            return self._tell(replace(self._holder_state(), problem=error.title, hint=error.hint))

    async def reach(self, targets: Mapping[str, int], timeout: float = 5.0) -> int:  # noqa: ASYNC109 - see catch_up
        """Bring the index up to these places in the streams, for one who has just written there.

        Args:
            targets: Size (bytes) to be reached by file, relative to the streams folder.
            timeout: How long (s) another process that ingests is waited for.

        Returns:
            How many bytes are still missing: 0 where all is in the index.

        Raises:
            StoreError: if the index cannot be read or written.
        """
        deadline = time.monotonic() + timeout
        behind = await self._missing(targets)
        everything = False  # a file that came to a folder of old is found by looking at all of them
        while behind:
            async with self._turn:
                if await self._hold(now=True):
                    before, more = behind, await self._ingest_once(everything=everything)
                    behind = await self._missing(targets)
                    if behind == before and not more and everything:
                        return behind
                    everything = not more
                    continue
            if time.monotonic() >= deadline:
                return behind
            await asyncio.sleep(0.03)
            behind = await self._missing(targets)
        return 0

    async def _catch_up(self, timeout: float, logs: float) -> IndexState:  # noqa: ASYNC109 - see catch_up
        async with self._turn:
            if await self._hold(now=True):
                more = await self._ingest_what_is_there()
                if logs > 0:
                    await self._harvester.catch_up(logs)
                    # Meanwhile a process may have ended: without its last record it would count as crashed.
                    more = await self._ingest_what_is_there()
                state = self._tell(self._holder_state())
                return replace(state, behind=0) if more else state
        return await self._wait_for_holder(timeout)

    async def _ingest_what_is_there(self) -> bool:
        """Ingest all that is there now; whether more has come meanwhile, as of a writer that is faster than this."""
        known: Backlog | None = None
        marks: dict[str, int] = {}
        more = True
        while more:
            fresh, known = self._backlog is not known, self._backlog
            more = await self._ingest_once(everything=fresh)
            if (
                known is not None and self._backlog is known
            ):  # else it was made anew, and all is looked at again
                marks = known.marks() if fresh else marks
                if known.reached(marks):
                    break
        return more

    async def _missing(self, targets: Mapping[str, int]) -> int:
        return _left(targets, await self._store.offsets(list(targets)))

    async def _run(self) -> None:
        while not self._stop.is_set():
            pause = await self._guarded_step()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudge.wait(), pause)
            self._nudge.clear()

    async def _watch(self) -> None:
        """Look at once when a stream is opened or a person changes something; the rest is found by looking."""
        folders = [self._streams / WAKE_DIR, self._streams / EDITS_DIR]
        async with contextlib.aclosing(changes(folders, stop=self._stop)) as batches:
            async for batch in batches:
                if batch:
                    self._nudge.set()

    async def _guarded_step(self) -> float:
        """One step; seconds until the next. A failure is told and tried again, it never ends the task."""
        try:
            async with self._turn:
                return await self._step()
        except MlwsError as error:
            await self._make_room(error)
            self._tell(replace(self.state, problem=error.title, hint=error.hint))
            if isinstance(error, BusyError):
                return _BUSY_RETRY
        except OSError as error:
            problem = f"The streams in {self._streams} cannot be read: {error.strerror or error}"
            self._tell(replace(self.state, problem=problem, hint="check the folder"))
        except Exception:
            log.exception("ingest failed")
            self._tell(
                replace(self.state, problem="Ingesting the streams failed", hint="the app's log says why")
            )
            self._backlog = None
        return self._retry

    async def _step(self) -> float:
        await self._look_at_index()
        try:
            return await self._work()
        except (DamagedError, TouchedError):
            return 0.0  # the next step mends it

    async def _work(self) -> float:
        if self._store.read_only or not await self._hold():
            await self._follow()
            return _FOLLOW
        if self._store.unclean and self._checked != self._store.generation:
            self._checked = self._store.generation
            self._check = asyncio.create_task(self._look_through(), name="check")
        if await self._ingest_once():
            self._tell(self._holder_state())
            return 0.0
        await self._harvester.step()
        self._tell(self._holder_state())
        return self._harvester.rest(self._poll)

    async def _look_at_index(self) -> None:
        """SQLite goes on writing to a file that was removed: nobody else would ever see what it holds."""
        now = time.monotonic()
        if now >= self._look_at or self._store.ailing:
            self._look_at = now + _LOOK
            await self._mend()

    async def _mend(self) -> None:
        """Have the index opened anew where it must be; then all is read again that the new one does not have."""
        generation = self._store.generation
        told = await self._store.mend()
        if self._store.generation != generation:
            self._backlog = None
            await self._harvester.reset()
            log.warning(told)
            self._hub.publish(Notice(told))
            self._hub.publish(RunsChanged(None))
            self._hub.publish(PointsAdded(None))

    async def _make_room(self, error: MlwsError) -> None:
        """On a full disk give the reserve back, so that SQLite can at least finish what it has begun."""
        if isinstance(error, FullError) and await self._store.make_room():
            log.warning("the reserve on the disk of %s was given back", self._store.path)

    async def _look_through(self) -> None:
        """The index was not closed in order: see whether it is sound, beside all else."""
        try:
            found = await self._store.check()
        except MlwsError as error:
            log.warning("the index could not be looked through: %s", error)
            return
        if found:
            log.warning("the index is damaged: %s", found)
            self._nudge.set()

    async def _hold(self, *, now: bool = False) -> bool:
        """Whether this process may ingest; the lease is taken if it is free."""
        if self._store.read_only:
            return False
        if not self._lease.held:
            if not now and time.monotonic() < self._try_lease_at:
                return False
            self._try_lease_at = time.monotonic() + _TAKEOVER
            if not await asyncio.to_thread(self._lease.acquire):
                return False
            self._backlog = None
            await self._harvester.reset()
        if self._backlog is None:
            self._backlog = await self._load()
        return True

    async def _load(self) -> Backlog:
        network = await asyncio.to_thread(is_network, self._streams)
        return Backlog(self._streams, await self._store.standing(), network=network)

    async def _ingest_once(self, *, everything: bool = False) -> bool:
        """Look, read and commit one pass; whether there is more to do at once."""
        backlog = self._backlog
        if backlog is None:
            return False
        folders, chunks = await asyncio.to_thread(backlog.look, everything=everything)
        if folders:
            await self._register(backlog, folders)
            chunks = await asyncio.to_thread(backlog.take)
        if not chunks:
            return False
        try:
            await self._commit(backlog, chunks)
        except StaleError as error:
            # An earlier answer got lost, or the lock file was removed under its holder.
            self._stale += 1
            if self._stale > _STALE_MOST:
                self._stale, self._backlog = 0, None  # the next try asks again where the other one has got to
                raise StoreError(
                    "Another process writes the same index",
                    detail=error.title,
                    hint="close the other mlws-tui",
                ) from error
            self._backlog = await self._load()
            return True
        self._stale = 0
        lost = [chunk for chunk in chunks if chunk.loses_edits]
        if lost:
            log.warning("%s: all edits are read again", "; ".join(chunk.problem for chunk in lost))
            self._backlog = await self._load()
            await self._harvester.reset()
        return True

    async def _register(self, backlog: Backlog, folders: Sequence[StreamFolder]) -> None:
        for i in range(0, len(folders), _REGISTER):
            some = folders[i : i + _REGISTER]
            positions = await self._store.register(some)
            await asyncio.to_thread(backlog.registered, some, positions)

    async def _commit(self, backlog: Backlog, chunks: Sequence[StreamChunk]) -> None:
        try:
            changed = await self._store.ingest(chunks)
        except StoreError:
            raise
        except Exception as error:
            # Data that the projection does not expect must not hold up the other files: each by itself.
            if len(chunks) == 1:
                log.exception("%s cannot be ingested", chunks[0].before.file)
                backlog.give_up(chunks[0].before.file, f"{chunks[0].before.file} cannot be ingested: {error}")
                return
            for chunk in chunks:
                await self._commit(backlog, [chunk])
            return
        backlog.committed(chunks)
        self._harvester.hear(changed.runs)
        self._changed(changed)

    def _changed(self, changed: Ingested) -> None:
        if changed.runs:
            self._hub.publish(RunsChanged(changed.runs))
        if changed.points:
            self._hub.publish(PointsAdded(changed.points))

    async def _follow(self) -> None:
        if await self._store.changed_elsewhere():
            self._hub.publish(RunsChanged(None))
            self._hub.publish(PointsAdded(None))
        self._tell(await self._follower_state(0))

    async def _wait_for_holder(self, timeout: float) -> IndexState:  # noqa: ASYNC109 - see catch_up
        deadline = time.monotonic() + timeout
        backlog = await self._load()
        targets = await asyncio.to_thread(_targets, backlog)
        logs = await self._harvester.targets()
        while True:
            behind = _left(targets, await self._store.offsets(list(targets)))
            unread = _left(logs, await self._store.log_sizes(list(logs)))
            if not (behind or unread) or time.monotonic() >= deadline:
                return self._tell(replace(await self._follower_state(behind), logs=unread))
            await asyncio.sleep(0.03)

    def _holder_state(self) -> IndexState:
        backlog = self._backlog
        if backlog is None:
            return IndexState("holder")
        logs = self._harvester.behind
        problem = next(iter(backlog.problems.values()), "")
        hint = "the other streams are read on" if problem else ""
        return IndexState("holder", None, backlog.behind, problem, hint, logs)

    async def _follower_state(self, behind: int) -> IndexState:
        if self._store.read_only:
            return IndexState("read-only", None, behind, self._store.notice)
        return IndexState("follower", await asyncio.to_thread(self._lease.holder), behind)

    def _tell(self, state: IndexState) -> IndexState:
        """Publish the state if it changed; where only the backlog did, twice a second."""
        before, self._state = self._state, state
        now = time.monotonic()
        alike = before is not None and replace(state, behind=0, logs=0) == replace(before, behind=0, logs=0)
        if before is not None and alike:
            left, left_before = (state.behind, state.logs), (before.behind, before.logs)
            begins_or_ends = [bool(some) for some in left] != [bool(some) for some in left_before]
            if left == left_before or (not begins_or_ends and now - self._told_at < _REPORT):
                return state
        self._told_at = now
        self._hub.publish(state)
        return state


def _left(targets: Mapping[str, int], reached: Mapping[str, int]) -> int:
    """Bytes that are missing to what is to be reached."""
    return sum(max(0, target - reached.get(name, 0)) for name, target in targets.items())


def _targets(backlog: Backlog) -> dict[str, int]:
    """What is to be reached, files of new folders included."""
    for folder in backlog.scan(everything=True):
        backlog.registered([folder], [StreamPosition(file, folder.run) for file in folder.files])
    return backlog.targets()
