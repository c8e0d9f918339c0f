"""The place of one GPU: keeps its index, its latest sample, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mlws_tui.domain.gpus import (
    LOST,
    OK,
    RESET_REQUIRED,
    UNREADABLE,
    GpuFacts,
    GpuProcess,
    GpuSample,
    Reading,
)
from mlws_tui.sources.gpu import nvml as codes
from mlws_tui.sources.gpu.device import NvmlDevice
from mlws_tui.sources.gpu.nvml import Nvml, NvmlFault
from mlws_tui.sources.gpu.owners import Owners

#: In how many ticks once: figures that hardly change, the dear list of processes, a GPU that did not answer.
_RARELY, _PROCESSES, _AGAIN = 10, 3, 5
_STATES = {
    codes.GPU_IS_LOST: (LOST, "see dmesg for Xid; a reboot brings it back"),
    codes.RESET_REQUIRED: (RESET_REQUIRED, "nvidia-smi --gpu-reset -i {index}, or reboot"),
    codes.NOT_FOUND: (LOST, "see dmesg for Xid; a reboot brings it back"),
    codes.INVALID_ARGUMENT: (LOST, "see dmesg for Xid; a reboot brings it back"),
}
_MISSING_FIGURES = (
    "utilization",
    "memory_used",
    "memory_total",
    "temperature",
    "power",
    "power_limit",
    "clock_graphics",
    "clock_memory",
    "fan",
    "throttle",
    "processes",
)


class GpuSlot:
    """One GPU as one thread sees it; `sample` may be read from any thread."""

    def __init__(self, nvml: Nvml, index: int, clock: Callable[[], float]) -> None:
        self._nvml = nvml
        self._clock = clock
        self._device: NvmlDevice | None = None
        self._owners = Owners()
        self._ticks = 0
        self._wait = 0
        self._power_limit: Reading[float] = Reading(reason="not asked yet")
        self._fan: Reading[float] = Reading(reason="not asked yet")
        self._processes: Reading[tuple[GpuProcess, ...]] = Reading(reason="not asked yet")
        self._processes_at: int | None = None
        self._reopen = False
        self.sample = GpuSample(GpuFacts(index))
        self.driver_gone = False

    def reopen(self) -> None:
        """The driver is there again: take a fresh handle at the next step, at once."""
        self._reopen = True
        self.driver_gone = False

    def step(self, processes: bool) -> None:
        """Take a sample; one that failed is tried again some ticks later."""
        if self._reopen:
            self._reopen, self._device, self._wait = False, None, 0
        if self.driver_gone:
            return
        if self._wait > 0:
            self._wait -= 1
            return
        try:
            self.sample = self._take(processes)
        except NvmlFault as fault:
            self._failed(fault)

    def _take(self, processes: bool) -> GpuSample:
        facts = self.sample.facts
        if self._device is None:
            self._device = NvmlDevice(self._nvml, self._handle(facts))
            facts = self._device.facts(facts.index)
            self._ticks, self._processes_at = 0, None
        device = self._device
        figures = device.quick()
        if self._ticks % _RARELY == 0:
            self._power_limit, self._fan = device.power_limit(), device.fan()
        if processes and (self._processes_at is None or self._ticks - self._processes_at >= _PROCESSES):
            self._processes = device.processes(self._owners)
            self._processes_at = self._ticks
        self._ticks += 1
        return GpuSample(
            facts=facts,
            taken=self._clock(),
            state=OK,
            reason="",
            utilization=figures.utilization,
            memory_used=figures.memory_used,
            memory_total=figures.memory_total,
            temperature=figures.temperature,
            power=figures.power,
            power_limit=self._power_limit,
            clock_graphics=figures.clock_graphics,
            clock_memory=figures.clock_memory,
            fan=self._fan,
            throttle=figures.throttle,
            processes=self._processes,
        )

    def _handle(self, facts: GpuFacts) -> object:
        """By UUID once that is known: after a GPU fell off the bus, NVML's indices may have moved."""
        if facts.uuid:
            return self._nvml.call("nvmlDeviceGetHandleByUUID", facts.uuid.encode())
        return self._nvml.call("nvmlDeviceGetHandleByIndex", facts.index)

    def _failed(self, fault: NvmlFault) -> None:
        now = self._clock()
        self._device = None
        self._wait = _AGAIN - 1
        self.driver_gone = fault.code in (codes.UNINITIALIZED, codes.DRIVER_NOT_LOADED)
        state, hint = _STATES.get(fault.code, (UNREADABLE, ""))
        before = self.sample
        since = before.since if before.reason == fault.words and before.since is not None else now
        missing: Reading[object] = Reading(reason=fault.words, since=since)
        self.sample = replace(
            GpuSample(before.facts),
            taken=now,
            state=state,
            reason=fault.words,
            hint=hint.format(index=before.facts.index),
            since=since,
            **dict.fromkeys(_MISSING_FIGURES, missing),  # type: ignore[arg-type]  # each is a Reading
        )
