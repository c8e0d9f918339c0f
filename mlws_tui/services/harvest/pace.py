"""How much of the processor reading logs takes where nobody waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """An account of seconds of work: it fills up slowly, and who has spent it rests.

    Args:
        share: Of a core that may be spent in the long run.
        burst: Seconds of work that may be spent at once after a long rest.
        clock: Seconds that never go back.
    """

    def __init__(self, share: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._burst = self._left = burst
        self._clock = clock
        self._at = clock()

    def spend(self, seconds: float) -> None:
        """So much was worked."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._share) - seconds
        self._at = now

    def rest(self) -> float:
        """Seconds until work may go on."""
        left = self._left + (self._clock() - self._at) * self._share
        return max(0.0, -left / self._share)
