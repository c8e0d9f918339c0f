"""What is found out about a run while its command already runs: code, packages, GPUs, data. Threads of low priority."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlws_tui.services.launch.environment import environment, fingerprint
from mlws_tui.services.launch.facts import slow_facts
from mlws_tui.services.launch.recorder import Recorder

_GIT_TIME = 2.0
_GIT_PATIENCE = 1.0  # how much longer than its command a run may take to learn of its code
#: How long after the end of a run the rest may still come: readers look at what follows an end within five seconds.
_LATE = 4.0
_NICE = 10


class Inquiry:
    """Asks in threads, and records the answers on the caller's.

    Args:
        wake: Called from a thread when an answer is there.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._answers: deque[dict[str, Any]] = deque()
        self._threads: list[threading.Thread] = []
        self._code_known = threading.Event()
        self._lock = threading.Lock()
        self._environment: dict[str, Any] = {}

    def begin(self, program: str, cwd: Path, env: Mapping[str, str], data: Sequence[Path]) -> None:
        """Ask about a command that has just been executed.

        Args:
            program: Path of what is executed.
            cwd: Where.
            env: Its environment.
            data: Files whose contents are to be known by their hashes.
        """
        if data:
            self._environment["data"] = [{"path": str(path), "bytes": None, "sha256": None} for path in data]
            self._start("data", lambda: self._ask_data(data))
        self._start("facts", lambda: self._ask(program, cwd, env))

    def record(self, recorder: Recorder) -> None:
        """Write down the answers that have come."""
        while self._answers:
            recorder.add_facts(self._answers.popleft(), time.time())

    def finish(self, recorder: Recorder) -> None:
        """The command has ended: wait a moment for what is known of its code."""
        if self._threads:
            self._code_known.wait(_GIT_PATIENCE)
        self.record(recorder)

    def finish_late(self, recorder: Recorder) -> None:
        """The end is recorded and told: wait a little for the rest, and write down what is known by then."""
        until = time.monotonic() + _LATE
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        unfinished = any(thread.is_alive() for thread in self._threads)
        self.record(recorder)
        if unfinished and self._environment:
            with self._lock:
                recorder.add_facts({"environment": self._environment}, time.time())

    def _start(self, name: str, ask: Callable[[], None]) -> None:
        thread = threading.Thread(target=ask, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _ask(self, program: str, cwd: Path, env: Mapping[str, str]) -> None:
        try:
            self._tell(slow_facts(program, cwd, env, _GIT_TIME))
        finally:
            self._code_known.set()
        _step_back()
        self._tell_environment(environment(program, env))

    def _ask_data(self, data: Sequence[Path]) -> None:
        _step_back()
        self._tell_environment({"data": [fingerprint(path) for path in data]})

    def _tell_environment(self, found: Mapping[str, Any]) -> None:
        """A record holds all that is known, as a later one takes the place of an earlier one."""
        with self._lock:
            self._environment = {**self._environment, **found}
            self._tell({"environment": self._environment})

    def _tell(self, facts: dict[str, Any]) -> None:
        if facts:
            self._answers.append(facts)
            self._wake()


def _step_back() -> None:
    """Leave the processors to the command: on Linux a thread has a priority of its own, and so have its children."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
