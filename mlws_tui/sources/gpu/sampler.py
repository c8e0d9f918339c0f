"""Samples all GPUs of one maker: a thread for each, so that a slow or dead one ages alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mlws_tui.domain.gpus import GpuSample, Problem
from mlws_tui.sources.gpu.nvml import NO_GPU, Nvml, NvmlFault, NvmlUnusable, in_container, problem_of
from mlws_tui.sources.gpu.slot import GpuSlot
from mlws_tui.sources.gpu.worker import Worker

#: Ticks to wait before the driver is tried again: doubled each time up to the last.
_FIRST_RETRY, _LAST_RETRY = 2, 64


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The latest of all GPUs, each with the time at which it was taken."""

    driver: str = ""
    problem: Problem | None = None
    gpus: tuple[GpuSample, ...] = ()


class Sampler(Protocol):
    """What takes the figures of one maker's GPUs. No method blocks but `close`."""

    def start(self) -> None:
        """Begin to look for GPUs."""

    def tick(self, done: Callable[[], None], *, processes: bool) -> None:
        """Take a new sample of each GPU that is not still busy with the last one.

        Args:
            done: Called once, on some thread, when all have answered; never, if one hangs.
            processes: Whether the dear list of processes is wanted.
        """

    def snapshot(self) -> Snapshot:
        """The latest of everything."""

    def close(self, timeout: float) -> None:
        """End the threads; one that hangs in the driver is left behind after `timeout` seconds."""


class NvmlSampler:
    """NVIDIA's GPUs. One more thread opens the library, and again when the driver went away."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._nvml = Nvml()
        self._clock = clock
        self._lock = threading.Lock()
        self._slots: list[GpuSlot] = []
        self._workers: dict[int, Worker] = {}
        self._opener = Worker("gpu-driver", self._open_step, lambda: self._finished(-1))
        self._open = False
        self._driver = ""
        self._problem: Problem | None = None
        self._retry_in = 0
        self._patience = _FIRST_RETRY
        self._pending: set[int] = set()
        self._done: Callable[[], None] | None = None
        self._processes = False
        self._closing = False

    def start(self) -> None:
        self._opener.start()

    def tick(self, done: Callable[[], None], *, processes: bool) -> None:
        with self._lock:
            self._done = done
            self._processes = processes
            self._pending = {-1, *self._workers}
            workers = [self._opener, *self._workers.values()]
        for worker in workers:
            worker.ask()

    def snapshot(self) -> Snapshot:
        with self._lock:
            slots = tuple(self._slots)
            driver, problem = self._driver, self._problem
        return Snapshot(driver, problem, tuple(slot.sample for slot in slots))

    def close(self, timeout: float) -> None:
        with self._lock:
            self._closing = True
            workers = [self._opener, *self._workers.values()]
        for worker in workers:
            worker.stop()
        deadline = time.monotonic() + timeout
        ended = [worker.join(max(0.0, deadline - time.monotonic())) for worker in workers]
        if all(ended) and self._open:
            self._nvml.close()

    def _open_step(self) -> None:
        if self._open and any(slot.driver_gone for slot in self._slots):
            self._nvml.close()
            self._open = False
            self._fail(Problem("The NVIDIA driver went away", "it is tried again by itself"))
            return
        if self._open:
            return
        if self._retry_in > 0:
            self._retry_in -= 1
            return
        try:
            self._nvml.open()
        except NvmlUnusable as unusable:
            self._fail(unusable.problem)
            return
        self._opened()

    def _fail(self, problem: Problem) -> None:
        self._retry_in = self._patience
        self._patience = min(_LAST_RETRY, self._patience * 2)
        with self._lock:
            self._problem = problem

    def _opened(self) -> None:
        """Make a slot for each GPU that is new; those known before find their handle again by their UUID."""
        try:
            driver, count = self._nvml.driver(), int(self._nvml.call("nvmlDeviceGetCount"))
        except NvmlFault as fault:
            self._nvml.close()
            self._fail(problem_of(fault.code, in_container()))
            return
        self._open = True
        self._patience = _FIRST_RETRY
        for slot in self._slots:
            slot.reopen()
        with self._lock:
            self._driver = driver
            self._problem = NO_GPU if count == 0 and not self._slots else None
            fresh = [] if self._closing else list(range(len(self._slots), count))
            for index in fresh:
                slot = GpuSlot(self._nvml, index, self._clock)
                self._slots.append(slot)
                self._workers[index] = self._worker(slot, index)
            self._pending |= set(fresh)
            workers = [self._workers[index] for index in fresh]
        for worker in workers:
            worker.start()
            worker.ask()

    def _worker(self, slot: GpuSlot, index: int) -> Worker:
        return Worker(f"gpu-{index}", lambda: slot.step(self._processes), lambda: self._finished(index))

    def _finished(self, index: int) -> None:
        with self._lock:
            self._pending.discard(index)
            done = self._done if not self._pending else None
            if done is not None:
                self._done = None
        if done is not None:
            done()
