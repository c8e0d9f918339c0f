"""One NVIDIA GPU: asks for each figure in the way that this driver knows, once only for what it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from mlws_tui.domain.gpus import GpuFacts, GpuProcess, Reading, Throttle, throttles
from mlws_tui.sources.gpu import nvml as codes
from mlws_tui.sources.gpu.nvml import Nvml, NvmlFault
from mlws_tui.sources.gpu.owners import Owners

T = TypeVar("T")

#: Faults that concern the GPU or the driver as a whole, not one figure.
_OF_THE_WHOLE = frozenset(
    {codes.UNINITIALIZED, codes.DRIVER_NOT_LOADED, codes.GPU_IS_LOST, codes.RESET_REQUIRED}
)
_NEVER_AGAIN = frozenset({codes.NOT_SUPPORTED, codes.FUNCTION_NOT_FOUND})
#: What the driver answers for figures that it does not know (all ones).
_UNKNOWN_MEMORY = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Quick:
    """The figures that are cheap enough to ask for each second."""

    utilization: Reading[float]
    memory_used: Reading[int]
    memory_total: Reading[int]
    temperature: Reading[float]
    power: Reading[float]
    clock_graphics: Reading[int]
    clock_memory: Reading[int]
    throttle: Reading[tuple[Throttle, ...]]


class NvmlDevice:
    """One GPU by its handle. Belongs to one thread; every call may block.

    Each reading raises `NvmlFault` where the GPU or the driver as a whole is at fault (lost, unloaded).
    """

    def __init__(self, nvml: Nvml, handle: Any) -> None:
        self._nvml = nvml
        self._handle = handle
        self._unavailable: dict[str, str] = {}
        self._faults: list[NvmlFault] = []

    def facts(self, index: int) -> GpuFacts:
        """Identity, which is asked once.

        Raises:
            NvmlFault: if the GPU does not even tell its UUID.
        """
        uuid = self._nvml.text("nvmlDeviceGetUUID", self._handle)
        name = self._one(lambda: self._nvml.text("nvmlDeviceGetName", self._handle), "nvmlDeviceGetName")
        return GpuFacts(index, uuid, name.value or "GPU", self._slowdown())

    def quick(self) -> Quick:
        """The figures of each second.

        Raises:
            NvmlFault: also where not one figure came and a call failed: then the whole GPU is unreadable.
        """
        self._faults.clear()
        used, total = self._memory()
        figures = Quick(
            utilization=self._utilization(),
            memory_used=used,
            memory_total=total,
            temperature=self._temperature(),
            power=self._scaled("nvmlDeviceGetPowerUsage", 1000),
            clock_graphics=self._clock("NVML_CLOCK_SM"),
            clock_memory=self._clock("NVML_CLOCK_MEM"),
            throttle=self._throttle(),
        )
        answered = any(getattr(figures, name).value is not None for name in Quick.__slots__)
        if not answered and self._faults:
            raise self._faults[0]
        return figures

    def power_limit(self) -> Reading[float]:
        return self._scaled("nvmlDeviceGetEnforcedPowerLimit", 1000)

    def fan(self) -> Reading[float]:
        """The fan's speed as a share; may exceed 1. GPUs that the chassis cools have none."""
        return self._scaled("nvmlDeviceGetFanSpeed", 100)

    def processes(self, owners: Owners) -> Reading[tuple[GpuProcess, ...]]:
        """Who holds memory, most first. By far the dearest call: some drivers take milliseconds for it."""
        found: dict[int, int | None] = {}
        reasons: list[str] = []
        for kind in ("Compute", "Graphics"):
            function = f"nvmlDeviceGet{kind}RunningProcesses"
            listed: Reading[list[Any]] = self._first(f"{function}_v3", f"{function}_v2")
            if listed.value is None:
                reasons.append(listed.reason)
                continue
            for process in listed.value:
                memory = process.usedGpuMemory
                if found.get(process.pid) is None:
                    found[process.pid] = None if memory in (None, _UNKNOWN_MEMORY) else int(memory)
        if len(reasons) == 2:
            return Reading(reason=reasons[0])
        owners.keep(set(found))
        processes = [_process(pid, memory, owners) for pid, memory in found.items()]
        return Reading(tuple(sorted(processes, key=lambda process: (-(process.memory or 0), process.pid))))

    def _utilization(self) -> Reading[float]:
        rates = self._first("nvmlDeviceGetUtilizationRates")
        if rates.value is None:
            return Reading(reason=rates.reason)
        if rates.value.gpu > 100:  # uninitialised samples of some drivers
            return Reading(reason="the driver gave nonsense")
        return Reading(rates.value.gpu / 100)

    def _memory(self) -> tuple[Reading[int], Reading[int]]:
        def newer() -> Any:
            version = self._nvml.constant("nvmlMemory_v2")
            return self._nvml.call("nvmlDeviceGetMemoryInfo", self._handle, version)

        # The older call counts what the driver reserves as used; the newer one does not.
        info = self._one(newer, "nvmlDeviceGetMemoryInfo_v2")
        if info.value is None:
            info = self._first("nvmlDeviceGetMemoryInfo")
        if info.value is None:
            return Reading(reason=info.reason), Reading(reason=info.reason)
        return Reading(int(info.value.used)), Reading(int(info.value.total))

    def _temperature(self) -> Reading[float]:
        sensor = self._nvml.constant("NVML_TEMPERATURE_GPU")
        return _map(
            self._first("nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature", extra=(sensor,)), float
        )

    def _slowdown(self) -> float | None:
        kind = self._nvml.constant("NVML_TEMPERATURE_THRESHOLD_SLOWDOWN")
        return _map(self._first("nvmlDeviceGetTemperatureThreshold", extra=(kind,)), float).value

    def _clock(self, kind: str) -> Reading[int]:
        def ask() -> Any:
            return self._nvml.call("nvmlDeviceGetClockInfo", self._handle, self._nvml.constant(kind))

        return _map(self._one(ask, kind), int)

    def _throttle(self) -> Reading[tuple[Throttle, ...]]:
        mask = self._first(
            "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"
        )
        return _map(mask, throttles)

    def _scaled(self, function: str, divisor: int) -> Reading[float]:
        return _map(self._first(function), lambda value: value / divisor)

    def _first(self, *functions: str, extra: tuple[Any, ...] = ()) -> Reading[Any]:
        """The answer of the first of these functions that this driver has; newer ones stand first."""
        answer: Reading[Any] = Reading(reason="not asked")
        for function in functions:
            answer = self._one(partial(self._nvml.call, function, self._handle, *extra), function)
            if answer.value is not None or function not in self._unavailable:
                return answer
        return answer

    def _one(self, ask: Callable[[], T], key: str) -> Reading[T]:
        if key in self._unavailable:
            return Reading(reason=self._unavailable[key])
        try:
            return Reading(ask())
        except NvmlFault as fault:
            if fault.code in _OF_THE_WHOLE:
                raise
            if fault.code in _NEVER_AGAIN:
                self._unavailable[key] = fault.words
            else:
                self._faults.append(fault)
            return Reading(reason=fault.words)


def _map(reading: Reading[Any], change: Callable[[Any], T]) -> Reading[T]:
    if reading.value is None:
        return Reading(reason=reading.reason)
    return Reading(change(reading.value))


def _process(pid: int, memory: int | None, owners: Owners) -> GpuProcess:
    owner = owners.of(pid)
    return GpuProcess(pid, memory, owner.user, owner.command, owner.mine, owner.run)
