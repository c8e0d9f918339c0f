"""A thread that does one step whenever it is asked to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Worker:
    """One daemon thread for calls that may block for long; asking during a step makes one further step.

    Args:
        name: The thread's name.
        step: What to do; runs on the thread.
        done: Told after each step, on the thread.
    """

    def __init__(self, name: str, step: Callable[[], None], done: Callable[[], None] = lambda: None) -> None:
        self._step = step
        self._done = done
        self._asked = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self) -> None:
        """Have a step done as soon as the thread is free."""
        self._asked.set()

    def stop(self) -> None:
        """Begin no further step."""
        self._stopping = True
        self._asked.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end; returns whether it came. What hangs in the kernel is left behind."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            if self._stopping:
                return
            try:
                self._step()
            except Exception:
                # Whatever goes wrong in a step must not end the thread: its figures would stand still.
                log.exception("a step of %s failed", self._thread.name)
            self._done()
