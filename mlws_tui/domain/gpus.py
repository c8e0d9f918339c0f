"""What is known of the GPUs and the host at one moment: figures, or the reasons why there are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from mlws_tui.domain.changes import Change

T = TypeVar("T")

#: States of a GPU. ``waiting``: it has not answered yet; ``unreadable``: it answers with errors only.
OK, WAITING, LOST, RESET_REQUIRED, UNREADABLE = "ok", "waiting", "lost", "reset required", "unreadable"


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A figure, or why there is none: `value` is None exactly where `reason` says why."""

    value: T | None = None
    reason: str = ""
    since: float | None = None
    """Unix time from which the reason holds, where that is known."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """Why a GPU's clocks are lower than they could be; `trouble` where somebody should act on it."""

    bit: int
    words: str
    trouble: bool = False


#: NVML's clock event reasons (``nvmlClocksEventReason*`` in nvml.h). A power cap is normal at full load.
THROTTLES = (
    Throttle(0x002, "application clocks"),
    Throttle(0x004, "power cap"),
    Throttle(0x008, "hardware slowdown", trouble=True),
    Throttle(0x010, "sync boost"),
    Throttle(0x020, "thermal slowdown", trouble=True),
    Throttle(0x040, "hardware thermal slowdown", trouble=True),
    Throttle(0x080, "power brake", trouble=True),
    Throttle(0x100, "display clocks"),
)


def throttles(mask: int) -> tuple[Throttle, ...]:
    """The reasons that a mask of NVML names; idling (0x1) is none."""
    return tuple(reason for reason in THROTTLES if mask & reason.bit)


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process that holds memory on a GPU.

    Attributes:
        memory: Bytes of GPU memory; None where the driver does not say.
        user: Who it belongs to; None where the process cannot be seen from here (a container, another user).
        command: Its words; empty where it cannot be seen.
        mine: Whether it runs as the user of this process.
        run: The run it belongs to, where its environment says so.
    """

    pid: int
    memory: int | None = None
    user: str | None = None
    command: tuple[str, ...] = ()
    mine: bool = False
    run: str | None = None


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """What does not change. `index` is NVML's at first sight and stays even if other GPUs vanish."""

    index: int
    uuid: str = ""
    name: str = ""
    slowdown: float | None = None
    """Temperature in °C at which the hardware slows down, where the driver says."""

    @property
    def key(self) -> str:
        """What tells this GPU from the others for as long as it is known."""
        return self.uuid or f"index {self.index}"


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One GPU at one moment. Shares are 0–1; memory in bytes, power in W, temperature in °C, clock in MHz."""

    facts: GpuFacts
    taken: float | None = None
    state: str = WAITING
    reason: str = "no answer yet"
    hint: str = ""
    since: float | None = None
    utilization: Reading[float] = Reading(reason="no answer yet")
    memory_used: Reading[int] = Reading(reason="no answer yet")
    memory_total: Reading[int] = Reading(reason="no answer yet")
    temperature: Reading[float] = Reading(reason="no answer yet")
    power: Reading[float] = Reading(reason="no answer yet")
    power_limit: Reading[float] = Reading(reason="no answer yet")
    clock_graphics: Reading[int] = Reading(reason="no answer yet")
    clock_memory: Reading[int] = Reading(reason="no answer yet")
    fan: Reading[float] = Reading(reason="no answer yet")
    throttle: Reading[tuple[Throttle, ...]] = Reading(reason="no answer yet")
    processes: Reading[tuple[GpuProcess, ...]] = Reading(reason="not asked yet")

    @property
    def memory_share(self) -> float | None:
        """Used memory as a share of all, where both are known."""
        if self.memory_used.value is None or not self.memory_total.value:
            return None
        return self.memory_used.value / self.memory_total.value

    @property
    def trouble(self) -> str:
        """The throttle reasons that somebody should act on, in words; empty where there are none."""
        return ", ".join(reason.words for reason in self.throttle.value or () if reason.trouble)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there are no GPU figures at all, and what the person can do about it."""

    sentence: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class DiskUse:
    """How full the filesystem of `path` is, in bytes; `used + free` may be below `total`: root's reserve."""

    path: str
    used: int
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class HostSample:
    """The host at one moment. Shares are 0–1, sizes in bytes."""

    taken: float
    cpu: float
    cores: tuple[float, ...]
    memory_used: int
    memory_total: int
    swap_used: int
    swap_total: int
    load: tuple[float, float, float]
    disk: Reading[DiskUse] = Reading(reason="not asked")


@dataclass(frozen=True, slots=True)
class GpuFrame:
    """All of it at one moment: what the pane draws and the command line prints.

    Attributes:
        at: Unix time of the frame; a figure's age is `at` less its sample's `taken`.
        host: The host's name.
        driver: The driver's version; empty where no driver answers.
        problem: Why there are no GPUs, else None.
        system: The host's own figures; None before the first.
    """

    at: float
    host: str
    driver: str = ""
    problem: Problem | None = None
    gpus: tuple[GpuSample, ...] = ()
    system: HostSample | None = None


@dataclass(frozen=True, slots=True)
class GpuFrameReady(Change):
    """A new frame of the GPUs and the host was taken."""

    frame: GpuFrame


class History:
    """The course of one figure, as means over equal slots of time.

    A slot has a fixed number, so whoever draws it at ``slot % width`` rewrites one cell, not a whole line.

    Args:
        span: Seconds that one slot covers.
        capacity: How many slots are kept.
    """

    def __init__(self, span: float = 5.0, capacity: int = 400) -> None:
        self.span = span
        self.capacity = capacity
        self.first: int | None = None
        """The first slot that ever was counted into, from which a drawing may begin."""
        self._slots: dict[int, tuple[float, int]] = {}

    def slot(self, at: float) -> int:
        """The number of the slot that a Unix time falls into."""
        return int(at // self.span)

    def add(self, at: float, value: float) -> None:
        """Count a figure into the slot of its time."""
        slot = self.slot(at)
        if self.first is None:
            self.first = slot
        total, count = self._slots.get(slot, (0.0, 0))
        self._slots[slot] = (total + value, count + 1)
        while len(self._slots) > self.capacity:
            del self._slots[min(self._slots)]

    def mean(self, slot: int) -> float | None:
        """The mean of a slot, or None where nothing was counted."""
        if slot not in self._slots:
            return None
        total, count = self._slots[slot]
        return total / count


_MAKER = re.compile(r"^(NVIDIA|Tesla|Quadro|GeForce)\s+", re.IGNORECASE)
_BUILD = re.compile(r"[- ](SXM\d?|PCIe|HBM\d\w*|\d+ ?GB|Generation)\b", re.IGNORECASE)


def short_name(name: str) -> str:
    """A GPU's name as people say it: ``NVIDIA H100 80GB HBM3`` is an H100."""
    short = name.strip()
    while (match := _MAKER.match(short)) is not None:
        short = short[match.end() :]
    return _BUILD.sub("", short).strip() or name.strip()


def short_command(words: tuple[str, ...]) -> str:
    """A command without interpreter and folder: ``python -u /a/train.py --lr 1`` is ``train.py --lr 1``."""
    rest = list(words)
    if rest and re.match(r"^python[\d.]*$", rest[0].rpartition("/")[2]):
        kept = rest[1:]
        while kept and kept[0].startswith("-") and kept[0] not in ("-m", "-c"):
            kept = kept[1:]
        if kept[:1] == ["-m"]:
            kept = kept[1:]
        rest = kept or rest
    if rest:
        rest[0] = rest[0].rstrip("/").rpartition("/")[2] or rest[0]
    return " ".join(rest)


def run_name(run_id: str) -> str:
    """The name within a run's id: what follows its date and time."""
    return re.sub(r"^\d{8}-\d{6}-", "", run_id)
