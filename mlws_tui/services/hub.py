"""The one place where changes are told and heard, on the event loop."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mlws_tui.domain.changes import Change

Listener = Callable[[Change], None]
log = logging.getLogger(__name__)


class Hub:
    """Hands each change to every listener, in the order they came. Call it on the event loop's thread only."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear all changes from now on.

        Returns:
            What to call to hear no more; calling it twice does no harm.
        """
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def publish(self, change: Change) -> None:
        """Tell every listener; one that raises is logged and does not keep the others from hearing."""
        for listener in tuple(self._listeners):
            try:
                listener(change)
            except Exception:
                log.exception("a listener failed on %s", type(change).__name__)
