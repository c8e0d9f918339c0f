"""Whether a recorded process still runs, as far as that can be seen from here. Facts: proc(5)."""

from __future__ import annotations

import math
import os
import socket
from functools import cache
from pathlib import Path

from mlws_tui.domain.runs import Presence, ProcessRef

_PROC = Path("/proc")
_DEAD = frozenset("ZXx")


def presence(process: ProcessRef, spoke: float | None = None) -> Presence:
    """Alive or gone by pid and start time, or elsewhere where host, boot or pid namespace are not ours.

    A zombie is gone: it waits to be reaped and writes nothing more.

    Args:
        process: As a stream names it.
        spoke: When its run was last heard of (Unix seconds). After this boot: then it is not of a boot before this
            one, but of another machine that has the same name.
    """
    if process.boot_id is not None and process.boot_id == boot_id():
        if process.pid_ns is not None and process.pid_ns != pid_namespace():
            return Presence.ELSEWHERE
    elif short_name(process.host) != short_name(hostname()):
        return Presence.ELSEWHERE
    elif process.boot_id is not None and boot_id() is not None:
        other = spoke is not None and spoke > booted_at()
        return Presence.ELSEWHERE if other else Presence.GONE  # this host was started again since
    return _local(process)


def _local(process: ProcessRef) -> Presence:
    if process.pid <= 0:
        return Presence.GONE
    try:
        line = (_PROC / str(process.pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return _hidden(process.pid)
    except OSError:
        return Presence.ALIVE
    # The name in parentheses may hold anything, parentheses too: what follows begins after the last one.
    fields = line[line.rfind(b")") + 2 :].split()
    if fields[0].decode() in _DEAD:
        return Presence.GONE
    same = process.start is None or int(fields[19]) == process.start
    return Presence.ALIVE if same else Presence.GONE


def _hidden(pid: int) -> Presence:
    """With ``hidepid`` other users' processes have no folder in /proc; signal 0 tells whether one exists."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return Presence.ALIVE
    except (OSError, OverflowError):
        return Presence.GONE
    return Presence.ALIVE


@cache
def boot_id() -> str | None:
    """The id of this boot, None where the kernel does not tell."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None


@cache
def booted_at() -> float:
    """When this boot began (Unix seconds); infinity where the kernel does not tell."""
    try:
        lines = (_PROC / "stat").read_bytes().splitlines()
    except OSError:
        return math.inf
    return next((float(line.split()[1]) for line in lines if line.startswith(b"btime ")), math.inf)


@cache
def pid_namespace() -> str | None:
    """The pid namespace of this process, as ``pid:[4026531836]``."""
    try:
        return str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return None


@cache
def hostname() -> str:
    """This host's name."""
    return socket.gethostname()


def short_name(host: str) -> str:
    """The name without its domain: some programs record the one, some the other."""
    return host.partition(".")[0]
