"""The host's own figures: processors, memory, load and the disk of the workspace."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from mlws_tui.domain.gpus import DiskUse, HostSample, Reading


class HostProbe:
    """Reads the host. Every method blocks: for worker threads.

    Args:
        disk: Any path on the filesystem whose fill is wanted; None for none.
    """

    def __init__(self, disk: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._disk = disk
        self._clock = clock
        self._before: list[tuple[float, float]] = []

    def sample(self, disk: Reading[DiskUse]) -> HostSample:
        """The present figures; processor shares are means since the last call (since boot at the first).

        Args:
            disk: What `disk_use` last said; that has its own thread, as a dead network filesystem hangs.
        """
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        cores = self._cores()
        return HostSample(
            taken=self._clock(),
            cpu=sum(cores) / len(cores) if cores else 0.0,
            cores=cores,
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            swap_used=swap.used,
            swap_total=swap.total,
            load=os.getloadavg(),
            disk=disk,
        )

    def disk_use(self) -> Reading[DiskUse]:
        """How full the workspace's filesystem is, as a user without root's reserve sees it."""
        if self._disk is None:
            return Reading(reason="no workspace")
        try:
            use = psutil.disk_usage(str(self._disk))
        except OSError as error:
            return Reading(reason=error.strerror or str(error))
        return Reading(DiskUse(str(self._disk), use.used, use.free, use.total))

    def _cores(self) -> tuple[float, ...]:
        """Busy shares by own differences: psutil's ``cpu_percent`` has one state for the whole process."""
        now = [
            (sum(times[:8]), times.idle + getattr(times, "iowait", 0.0))
            for times in psutil.cpu_times(percpu=True)
        ]
        before = self._before if len(self._before) == len(now) else [(0.0, 0.0)] * len(now)
        self._before = now
        shares = []
        for (all_now, idle_now), (all_before, idle_before) in zip(now, before, strict=True):
            passed = all_now - all_before
            shares.append(min(1.0, max(0.0, 1 - (idle_now - idle_before) / passed)) if passed > 0 else 0.0)
        return tuple(shares)
