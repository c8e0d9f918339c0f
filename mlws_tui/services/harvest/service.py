"""Has logs read for figures and facts, a slice at a time, and puts what they tell into the index."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.chunks import LOG, LOG_END, Ingested, StreamChunk
from mlws_tui.domain.errors import StoreError
from mlws_tui.services.harvest.batch import Batch
from mlws_tui.services.harvest.large import LargeRead
from mlws_tui.services.harvest.pace import Pace
from mlws_tui.services.harvest.roll import Limits, Roll
from mlws_tui.store import Store
from mlws_tui.store.errors import StaleError

if TYPE_CHECKING:
    from mlws_tui.domain.extraction import RuleSet
    from mlws_tui.services.harvest.desk import Desk
    from mlws_tui.services.harvest.roll import Log
    from mlws_tui.services.harvest.version import RulesVersion

log = logging.getLogger(__name__)
_BREATH = 0.04  # pause between two slices (s): who types goes first
_GATHER = 0.5  # pause where all is read (s): each commit has the screen drawn anew
_SETTINGS = 5.0  # how often it is looked whether settings or rules have changed (s)
_TOGETHER = 4  # pieces of a long log in one commit
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
        self._pace = Pace(self._limits.share, self._limits.burst)
        self._more = False
        self._due_at = 0.0
        self._rules_version: RulesVersion | None = None
        self._rules_of: str | None = None
        self._rules_at = 0.0

    @property
    def behind(self) -> int:
        """Bytes of logs that wait to be read."""
        return self._roll.behind if self._roll is not None else 0

    def hear(self, runs: Iterable[str]) -> None:
        """Streams of these runs were taken in."""
        self._heard.update(runs)

    def rest(self, idle: float) -> float:
        """Seconds until the next step, for one who has others to think of.

        Args:
            idle: How long where there is nothing more to read for now.
        """
        return max(_BREATH, min(idle, self._due_at - time.monotonic())) if self._more else idle

    async def step(self, *, everything: bool = False, patient: bool = False) -> bool:
        """Read one slice and commit it, if it is time for that; whether anything was read.

        Args:
            everything: Look at all logs now, also those whose turn it is not.
            patient: Somebody waits for what is read: it is always time, and only the longest logs go to a process of
                their own.

        Raises:
            StoreError: if the index cannot be read or written; the slice is committed later then.
            OSError: if the folder of the logs cannot be read.
        """
        if not patient and time.monotonic() < self._due_at:
            return False
        read = await self._step(everything, patient)
        pause = _BREATH if self._more else _GATHER if read else 0.0
        self._due_at = time.monotonic() + max(pause, self._pace.rest())
        return read

    async def _step(self, everything: bool, patient: bool) -> bool:
        roll = await self._called()
        self._more = True
        if self._batch is not None:
            await self._commit(roll, self._batch)
            return True
        waiting, long = await asyncio.to_thread(_look, roll, everything, patient)
        went_on = await self._read_large(roll, long)
        self._more = went_on or (self._large is not None and not self._large.at_end)
        if waiting:
            desk = await self._seated(roll)
            asked = roll.asked(waiting)
            states = await self._store.log_states(asked) if asked else {}
            batch, took = await asyncio.to_thread(_timed, desk, waiting, states)
            self._batch = batch
            self._pace.spend(took)
            # What is all read needs no further look before it is time to look for more.
            done = {chunk.log.path for chunk in batch.chunks if chunk.log is not None and chunk.complete}
            self._more = self._more or any(one.path not in done for one in waiting)
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
            more = await self.step(everything=everything, patient=True)
            everything = False
            if more:
                continue
            if self._large is None and (self._desk is None or not self._desk.unpacking):
                break
            await asyncio.sleep(_WAIT)
        return self.behind

    async def targets(self) -> dict[str, int]:
        """For one who does not hold the lease: sizes of the logs that were written just now, and are not yet read."""
        version = await asyncio.to_thread(self._version)
        roll = Roll(self._workspace, await self._store.log_standing(), self._limits, self._clock, version)
        await asyncio.to_thread(roll.look)
        return roll.targets() if version is not None else {}

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
        if self._roll is None or time.monotonic() >= self._rules_at:
            self._rules_at = time.monotonic() + _SETTINGS
            version = await asyncio.to_thread(self._version)
            if self._roll is not None and version != self._roll.version:
                await self.reset()
            if version != self._rules_of:
                self._rules, self._rules_of = None, version
        if self._roll is None:
            self._heard.clear()
            standing = await self._store.log_standing()
            self._roll = Roll(self._workspace, standing, self._limits, self._clock, self._rules_of)
        elif self._heard:
            heard, self._heard = self._heard, set()
            self._roll.heard(await self._store.log_claims(sorted(heard)))
        return self._roll

    def _version(self) -> str | None:
        """A checksum of the rules; None where the settings say that no log is to be read for figures."""
        from mlws_tui.config.load import load_settings
        from mlws_tui.services.harvest.version import RulesVersion

        if not load_settings(self._workspace)[0].logs.metrics:
            return None
        if self._rules_version is None:
            self._rules_version = RulesVersion(self._workspace)
        return self._rules_version.now()

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

    async def _read_large(self, roll: Roll, long: Log | None) -> bool:
        """Take what the process that reads a long log has ready; whether there was any. Start one if there is need."""
        if self._large is None:
            if long is None:
                return False
            desk = await self._seated(roll)
            states = await self._store.log_states([long.path])
            job = await asyncio.to_thread(desk.job, long, states.get(long.path))
            if job is None:
                return False
            self._large = await LargeRead.start(job)
        large = self._large
        if roll.is_wrong(large.path) or (
            long is not None and large.at_end
        ):  # it only follows: another's turn
            self._large = None
            await large.close()
            roll.done(large.path, failed=False)
            return True
        chunks: list[StreamChunk] = []
        while len(chunks) < _TOGETHER and (chunk := await large.poll(_WAIT if chunks else 0.0)) is not None:
            chunks.append(chunk)
            if large.at_end or chunk.before.file.startswith(
                LOG_END
            ):  # what is read first is to be seen first
                break
        if chunks:
            await self._take(roll, large, chunks)
        if large.over:
            self._large = None
            await large.close()
            roll.done(large.path, failed=large.failed)
        return bool(chunks) or large.over

    async def _take(self, roll: Roll, large: LargeRead, chunks: list[StreamChunk]) -> None:
        """Commit what the process read. Once it comes to what it read first of the end, that goes."""
        end = roll.ends.get(large.path)
        batch = Batch(chunks)
        last = chunks[-1]
        if last.before.file.startswith(LOG) and end is not None and last.after.offset >= end:
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
        began = time.monotonic()
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
        self._pace.spend(time.monotonic() - began)
        roll.committed(batch.chunks, batch.again, batch.passed)
        self._tell(changed)


def _look(roll: Roll, everything: bool, patient: bool) -> tuple[list[Log], Log | None]:
    """What is to be read next: here, and by a process of its own."""
    roll.wait_for(patient=patient)
    roll.look(everything=everything)
    return roll.waiting(), roll.large()


def _timed(desk: Desk, logs: Sequence[Log], states: Mapping[str, str]) -> tuple[Batch, float]:
    """What was read, and how many seconds of the processor it took."""
    began = time.thread_time()
    batch = desk.read(logs, states)
    return batch, time.thread_time() - began
