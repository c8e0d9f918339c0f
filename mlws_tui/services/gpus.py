"""Keeps the latest frame of GPUs and host, and tells when there is a new one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path

from mlws_tui.domain.gpus import DiskUse, GpuFrame, GpuFrameReady, History, HostSample, Reading
from mlws_tui.services.hub import Hub
from mlws_tui.sources.gpu.sampler import NvmlSampler, Sampler
from mlws_tui.sources.gpu.worker import Worker
from mlws_tui.sources.host import HostProbe

log = logging.getLogger(__name__)

#: Seconds between two frames while nobody looks, for a frame to wait for a slow GPU, for closing.
_HIDDEN, _GRACE, _CLOSING = 5.0, 0.3, 1.0
#: In how many frames the disk is asked once.
_DISK_EVERY = 10


class GpuService:
    """Samples in threads of its own and publishes `GpuFrameReady` on the event loop.

    Args:
        interval: Seconds between two frames while the pane is shown.
        disk: A path on the filesystem whose fill belongs to the host's figures: the workspace.
        sampler: Where the GPUs' figures come from.
        clock: Unix time.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        interval: float = 1.0,
        disk: Path | None = None,
        sampler: Sampler | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.interval = interval
        self._hub = hub
        self._clock = clock
        self._sampler = sampler or NvmlSampler(clock)
        self._probe = HostProbe(disk, clock)
        self._host = socket.gethostname()
        self._system: HostSample | None = None
        self._disk: Reading[DiskUse] = Reading(reason="not asked yet")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answers = 0
        self._answered = asyncio.Event()
        self._workers = (
            Worker("host", self._read_host, self._answer),
            Worker("host-disk", self._read_disk),
        )
        self._task: asyncio.Task[None] | None = None
        self._repaced = asyncio.Event()
        self._shown = False
        self._started = False
        self._stopping = False
        self._frames = 0
        self._histories: dict[str, History] = {}
        self.frame = GpuFrame(at=clock(), host=self._host)

    async def start(self) -> None:
        """Begin to sample; the first frame comes as soon as the driver has answered."""
        self._begin()
        self._task = asyncio.create_task(self._run(), name="gpus")
        self._task.add_done_callback(_report)

    async def close(self) -> None:
        """End the task and the threads; takes a second at most, also when a driver hangs."""
        self._stopping = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})  # how it ended is told by `_report`; the threads end in any case
        if self._started:
            self._started = False
            await asyncio.to_thread(self._end)

    def set_pace(self, shown: bool) -> None:
        """Say whether somebody looks: else a frame comes each 5 s, without a new list of processes."""
        if shown != self._shown:
            self._shown = shown
            self._repaced.set()

    def history(self, key: str) -> History:
        """The course of a figure: a GPU's, by its key, or ``cpu``, ``memory``, ``load`` of the host."""
        return self._histories.setdefault(key, History())

    async def once(self, patience: float = 5.0) -> GpuFrame:
        """One frame with everything in it, for who does not stay; waits `patience` seconds for slow GPUs.

        The service is started and closed for it where it was not running.
        """
        if self._task is not None:
            return self.frame
        self._begin()
        try:
            await self._sample(patience, processes=True)
            self._compose()
        finally:
            await self.close()
        return self.frame

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started = True
        self._sampler.start()
        for worker in self._workers:
            worker.start()
        self._workers[1].ask()

    def _end(self) -> None:
        for worker in self._workers:
            worker.stop()
        self._sampler.close(_CLOSING)
        self._workers[0].join(_CLOSING)

    async def _run(self) -> None:
        while not self._stopping:
            began = time.monotonic()
            await self._sample(_GRACE, processes=self._shown)
            self._compose()
            self._hub.publish(GpuFrameReady(self.frame))
            self._repaced.clear()
            pace = self.interval if self._shown else max(self.interval, _HIDDEN)
            pause = max(pace / 4, pace - (time.monotonic() - began))
            await _within(pause, self._repaced)

    async def _sample(self, patience: float, *, processes: bool) -> None:
        self._answers = 2
        self._answered.clear()
        self._workers[0].ask()
        if self._frames % _DISK_EVERY == 0:
            self._workers[1].ask()
        self._sampler.tick(self._answer, processes=processes)
        await _within(patience, self._answered)

    def _compose(self) -> None:
        snapshot = self._sampler.snapshot()
        self.frame = GpuFrame(
            self._clock(), self._host, snapshot.driver, snapshot.problem, snapshot.gpus, self._system
        )
        self._frames += 1
        for gpu in snapshot.gpus:
            if gpu.utilization.value is not None and gpu.taken is not None:
                self.history(gpu.facts.key).add(gpu.taken, gpu.utilization.value)
        if (system := self._system) is not None:
            self.history("cpu").add(system.taken, system.cpu)
            self.history("memory").add(system.taken, system.memory_used / max(1, system.memory_total))
            self.history("load").add(system.taken, min(1.0, system.load[0] / max(1, len(system.cores))))

    def _read_host(self) -> None:
        self._system = self._probe.sample(self._disk)

    def _read_disk(self) -> None:
        self._disk = self._probe.disk_use()

    def _answer(self) -> None:
        """On a worker's thread: one of the two that a frame waits for has answered."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(self._count_down)
        except RuntimeError:  # the loop closed while a driver was slow: nobody waits any more
            return

    def _count_down(self) -> None:
        self._answers -= 1
        if self._answers <= 0:
            self._answered.set()


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, or for so long. Not with `wait_for`: in 3.11 it drops a cancel that comes with the event."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the sampling of GPUs ended", exc_info=error)
