"""When a change of a run counts as made: after what it changes, whatever the clocks of the hosts say."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable

from mlws_tui.domain.errors import StoreError
from mlws_tui.store import Store

log = logging.getLogger(__name__)

_TICK = 1e-6  # what is written later is later by at least this (s), also where the clock jumps back


class EditTimes:
    """Gives each change of a run a time that is later than all that is known to have changed it.

    Of two changes the one of the later time holds. Without this, what a person does here would be lost in silence
    where another host's clock is ahead.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = 0.0

    async def later(self, store: Store, runs: Iterable[str]) -> float:
        """Unix seconds: now, or just after the newest change of one of these runs, or of the last time given."""
        try:
            newest = await store.edited_at(tuple(runs))
        except StoreError as error:  # a change can be written without the index
            log.warning("the time of the newest change: %s", error)
            newest = 0.0
        self._last = max(self._clock(), _after(self._last), _after(newest))
        return self._last


def _after(ts: float) -> float:
    return max(
        ts + _TICK, math.nextafter(ts, math.inf)
    )  # far in the future a tick is less than a float can tell
