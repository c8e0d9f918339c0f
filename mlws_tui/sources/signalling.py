"""Signals to recorded processes, each made sure of just before: a pid may be another process's by now."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
from enum import Enum
from pathlib import Path

from mlws_tui.domain.runs import Presence, ProcessRef
from mlws_tui.sources.processes import presence


class Delivery(Enum):
    """What became of a signal."""

    SENT = "sent"
    GONE = "gone"
    DENIED = "denied"  # another user's process
    UNSURE = "unsure"  # the record does not say when it began: it could be any process of that pid


def send(
    process: ProcessRef, number: signal.Signals, *, group: bool = False, spoke: float | None = None
) -> Delivery:
    """Send a signal to a process if it is the one that is recorded. It blocks for a moment: /proc is read.

    Args:
        process: As a stream names it.
        number: The signal.
        group: To its whole group, where it leads one.
        spoke: See `presence`.
    """
    if process.start is None or process.pid <= 1:
        return Delivery.UNSURE
    # The descriptor is of the process that has the pid now; what is found out after that is of the same one.
    descriptor = _descriptor(process.pid)
    try:
        if presence(process, spoke) is not Presence.ALIVE:
            return Delivery.GONE
        if group and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        elif descriptor is not None:
            signal.pidfd_send_signal(descriptor, number)
        else:
            os.kill(process.pid, number)
    except ProcessLookupError:
        return Delivery.GONE
    except PermissionError:
        return Delivery.DENIED
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return Delivery.SENT


def owner(pid: int) -> str:
    """The name of the user whose process it is, the number where it has no name; empty where there is none."""
    try:
        uid = (Path("/proc") / str(pid)).stat().st_uid
    except OSError:
        return ""
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _descriptor(pid: int) -> int | None:
    """A descriptor of the process; None where there is none, or the kernel does not give any (before Linux 5.3)."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
