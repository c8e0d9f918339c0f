"""Whose a process is: user, command and run, as the host's process table tells."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil

from mlws_tui.domain.events import ENV_RUN_ID

#: A command line may be megabytes long; more than this is never shown.
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Owner:
    """What can be seen of a process from here; the empty one where it cannot be seen."""

    user: str | None = None
    command: tuple[str, ...] = ()
    mine: bool = False
    run: str | None = None


class Owners:
    """Looks processes up once and remembers them while they live. Blocks: for worker threads."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Owner]] = {}

    def of(self, pid: int) -> Owner:
        """The owner of a process; the empty one if there is no such process in this pid namespace."""
        try:
            process = psutil.Process(pid)
            started = process.create_time()
        except psutil.Error:
            self._known.pop(pid, None)
            return Owner()
        known = self._known.get(pid)
        if known is None or known[0] != started:
            known = started, _look(process)
            self._known[pid] = known
        return known[1]

    def keep(self, pids: set[int]) -> None:
        """Forget all processes but these."""
        self._known = {pid: known for pid, known in self._known.items() if pid in pids}


def _look(process: psutil.Process) -> Owner:
    try:
        user, uid = process.username(), process.uids().real
        command = process.cmdline() or [process.name()]
    except psutil.Error:
        return Owner()
    return Owner(user, _shortened(command), uid == os.getuid(), _run_of(process))


def _shortened(command: list[str]) -> tuple[str, ...]:
    words: list[str] = []
    left = _LONGEST
    for word in command:
        if left <= 0:
            break
        words.append(word[:left])
        left -= len(word) + 1
    return tuple(words)


def _run_of(process: psutil.Process) -> str | None:
    """The run that the process was started under; only the environment of one's own processes can be read."""
    try:
        return process.environ().get(ENV_RUN_ID) or None
    except (psutil.Error, OSError):
        return None
