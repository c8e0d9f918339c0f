"""Has logs read for figures and facts, a slice at a time, and puts what they tell into the index."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.chunks import LOG, LOG_END, Ingested, StreamChunk
from mlws_tui.domain.errors import StoreError
from mlws_tui.services.harvest.batch import Batch
from mlws_tui.services.harvest.large import LargeRead
from mlws_tui.services.harvest.roll import Limits, Roll
from mlws_tui.store import Store
from mlws_tui.store.errors import StaleError

if TYPE_CHECKING:
    from mlws_tui.domain.extraction import RuleSet
    from mlws_tui.services.harvest.desk import Desk

log = logging.getLogger(__name__)
_WAIT = 0.03  # seconds between two looks at the process that reads a long log, for one who waits


class Harvester:
    """Reads the logs of one workspace into its index. Only who holds the lease may ask it to.

    Args:
        workspace: Whose logs.
        store: The index.
        tell: Is told what each commit changed.
        limits: How much is done at once.
        clock: Unix seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        tell: Callable[[Ingested], None],
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._tell = tell
        self._limits = limits or Limits()
        self._clock = clock
        self._rules: RuleSet | None = None
        self._roll: Roll | None = None
        self._desk: Desk | None = None
        self._heard: set[str] = set()
        self._batch: Batch | None = None
        self._large: LargeRead | None = None

    @property
    def behind(self) -> int:
        """Bytes of logs that wait to be read."""
        return self._roll.behind if self._roll is not None else 0

    def hear(self, runs: Iterable[str]) -> None:
        """Streams of these runs were taken in."""
        self._heard.update(runs)

    async def step(self, *, everything: bool = False) -> bool:
        """Read one slice and commit it; whether there is more to do at once.

        Args:
            everything: Look at all logs now, also those whose turn it is not.

        Raises:
            StoreError: if the index cannot be read or written; the slice is committed later then.
            OSError: if the folder of the logs cannot be read.
        """
        roll = await self._called()
        if self._batch is not None:
            await self._commit(roll, self._batch)
            return True
        await asyncio.to_thread(roll.look, everything=everything)
        went_on = await self._read_large(roll)
        waiting = await asyncio.to_thread(roll.waiting)
        if waiting:
            desk = await self._seated(roll)
            asked = roll.asked(waiting)
            states = await self._store.log_states(asked) if asked else {}
            batch = self._batch = await asyncio.to_thread(desk.read, waiting, states)
            await self._commit(roll, batch)
        return bool(waiting) or went_on

    async def catch_up(self, seconds: float) -> int:
        """Read for so long, or until all is read; how many bytes still wait.

        Raises:
            StoreError: if the index cannot be read or written.
        """
        deadline = time.monotonic() + seconds
        everything = True
        while time.monotonic() < deadline:
            more = await self.step(everything=everything)
            everything = False
            if more:
                continue
            if self._large is None and (self._desk is None or not self._desk.unpacking):
                break
            await asyncio.sleep(_WAIT)
        return self.behind

    async def targets(self) -> dict[str, int]:
        """For one who does not hold the lease: sizes of the logs that were written just now, and are not yet read."""
        roll = Roll(self._workspace, await self._store.log_standing(), self._limits, self._clock)
        await asyncio.to_thread(roll.look)
        return roll.targets()

    async def reset(self) -> None:
        """Forget where reading stands: the index is asked again before it goes on."""
        desk, self._desk = self._desk, None
        self._roll = self._batch = None
        self._heard.clear()
        if desk is not None:
            await asyncio.to_thread(desk.close)
        large, self._large = self._large, None
        if large is not None:
            await large.close()

    def abandon(self) -> None:
        """End what was begun where the event loop was closed under it."""
        if self._large is not None:
            self._large.abandon()
        if self._desk is not None:
            self._desk.close()
        self._roll = self._desk = self._batch = self._large = None

    async def _called(self) -> Roll:
        if self._roll is None:
            self._heard.clear()
            self._roll = Roll(self._workspace, await self._store.log_standing(), self._limits, self._clock)
        elif self._heard:
            heard, self._heard = self._heard, set()
            self._roll.heard(await self._store.log_claims(sorted(heard)))
        return self._roll

    async def _seated(self, roll: Roll) -> Desk:
        if self._desk is None:
            self._desk = await asyncio.to_thread(self._make_desk, roll)
        return self._desk

    def _make_desk(self, roll: Roll) -> Desk:
        """Only where there is something to read, and in a thread: the engine of the rules takes its time to load."""
        from mlws_tui.config.metricrules import load_rules
        from mlws_tui.services.harvest.desk import Desk

        if self._rules is None:
            self._rules, problems = load_rules(self._workspace)
            for problem in problems:
                log.warning(problem.sentence())
        return Desk(self._workspace, roll, self._rules, self._limits)

    async def _read_large(self, roll: Roll) -> bool:
        """Take what the process that reads a long log has ready; whether there was any. Start one if there is need."""
        if self._large is None:
            waiting = await asyncio.to_thread(roll.large)
            if waiting is None:
                return False
            desk = await self._seated(roll)
            states = await self._store.log_states([waiting.path])
            job = await asyncio.to_thread(desk.job, waiting, states.get(waiting.path))
            if job is None:
                return False
            self._large = await LargeRead.start(job)
        large = self._large
        chunk = await large.poll()
        if chunk is not None:
            await self._take(roll, large, chunk)
        if large.over:
            self._large = None
            await large.close()
            roll.done(large.path, failed=large.failed)
        return chunk is not None

    async def _take(self, roll: Roll, large: LargeRead, chunk: StreamChunk) -> None:
        """Commit what the process read. Once it comes to what it read first of the end, that goes."""
        end = roll.ends.get(large.path)
        batch = Batch([chunk])
        if chunk.before.file.startswith(LOG) and end is not None and chunk.after.offset >= end:
            batch.again.append(LOG_END + large.path)
        self._batch = batch
        await self._commit(roll, batch)

    async def _commit(self, roll: Roll, batch: Batch) -> None:
        """Commit a batch; where that fails for now it waits for the next step."""
        try:
            await self._write(roll, batch)
        except StaleError:
            await self.reset()  # an earlier answer got lost, or another process has read on
            return
        self._batch = None

    async def _write(self, roll: Roll, batch: Batch) -> None:
        if not batch:
            return
        try:
            changed = await self._store.ingest_logs(batch.chunks, batch.again, batch.passed)
        except StoreError:
            raise
        except Exception:
            # Data that the projection does not expect must not hold up the other logs: each by itself.
            parts = batch.parts()
            if len(parts) == 1:
                log.exception("%s cannot be taken in", ", ".join(batch.paths()))
                for path in batch.paths():
                    roll.give_up(path)
                return
            for part in parts:
                await self._write(roll, part)
            return
        roll.committed(batch.chunks, batch.again, batch.passed)
        self._tell(changed)
