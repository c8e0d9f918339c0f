"""Child processes of a workload: begun together, waited for no longer than there is time, ended with their parent."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def fork(work: Callable[[], None]) -> int:
    """Do the work in a child, which ends with this process; its pid."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # whoever ends a piece ends all of it
        work()
        status = 0
    except Exception as error:  # nothing of the parent may be run on in the child
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(status)


def begun(ready: int, processes: int, deadline: float) -> int:
    """How many children are about to log: all, or those that came in time and did not die."""
    count = 0
    while count < processes and (left := deadline - time.monotonic()) > 0:
        if select.select([ready], [], [], left)[0]:
            got = os.read(ready, processes)
            if not got:
                break
            count += len(got)
    return count


def wait(children: Iterable[int], deadline: float) -> int:
    """Wait for them all; how many had to be cut off."""
    left = set(children)
    while left and time.monotonic() < deadline:
        left -= {child for child in left if os.waitpid(child, os.WNOHANG)[0]}
        time.sleep(0.005)
    for child in left:
        os.kill(child, signal.SIGKILL)
    for child in left:
        os.waitpid(child, 0)
    return len(left)
