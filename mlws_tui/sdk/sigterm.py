"""Does something before SIGTERM ends the process, and leaves forked children as if that were not so."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

_last_words: Callable[[], None]
_blocked_here = threading.local()


def before_death(last_words: Callable[[], None]) -> None:
    """Call this once when SIGTERM comes, then let it kill. A handler that the script has set is left alone."""
    global _last_words
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return
    _last_words = last_words
    signal.signal(signal.SIGTERM, _terminated)
    os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_restore)


def _terminated(number: int, _frame: FrameType | None) -> None:
    try:
        _last_words()
    finally:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


# A child dies of SIGTERM at once, also inside C code, where a handler in Python would have to wait. The signal is held
# over the fork because CPython forgets one that reaches a child's handler in its first moments (PyOS_AfterFork_Child).


def _hold() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    _blocked_here.ours = signal.SIGTERM not in before


def _release() -> None:
    if getattr(_blocked_here, "ours", False):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _restore() -> None:
    if signal.getsignal(signal.SIGTERM) is _terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _release()
