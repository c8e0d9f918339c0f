"""How a run ends when the script does not say so: an exception, a signal, the end of the interpreter."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import traceback
import weakref
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from mlws_tui.domain.events import decode

if TYPE_CHECKING:
    from mlws_tui.sdk.run import Run

_open: weakref.WeakSet[Run] = weakref.WeakSet()
_installed = False
#: Characters of a traceback that are kept, from its end.
_TRACEBACK = 20_000


def watch(run: Run) -> None:
    """End this run when the process ends, if nobody has by then."""
    global _installed
    _open.add(run)
    if _installed:
        return
    _installed = True
    atexit.register(_at_exit)
    _chain_excepthook()
    _catch_sigterm()


def forget(run: Run) -> None:
    """The run has ended."""
    _open.discard(run)


def of_exception(error: BaseException) -> dict[str, Any]:
    """The arguments of `Run.finish` for an exception that leaves the run: ctrl+c stops it, others fail it."""
    if isinstance(error, KeyboardInterrupt):
        return {"status": "stopped", "signal": int(signal.SIGINT)}
    if isinstance(error, SystemExit):
        code = error.code
        if code is None or code == 0:
            return {"status": "completed", "exit_code": 0}
        exit_code = code if isinstance(code, int) else 1
        told = (
            None if isinstance(code, int) else {"type": "SystemExit", "message": str(code), "traceback": ""}
        )
        return {"status": "failed", "exit_code": exit_code, "error": told}
    text = "".join(traceback.format_exception(error))[-_TRACEBACK:]
    return {
        "status": "failed",
        "error": {"type": type(error).__name__, "message": str(error), "traceback": text},
    }


def last_attempt(folder: str) -> int:
    """The highest attempt that the streams in a run's folder speak of."""
    highest = 1
    for entry in os.listdir(folder):
        if not entry.endswith(".jsonl"):
            continue
        with open(os.path.join(folder, entry), "rb") as file:
            line = file.readline(4_000_000)
        try:
            attempt = decode(line).get("attempt", 1)
        except ValueError:  # a broken head says nothing of attempts
            continue
        if isinstance(attempt, int):
            highest = max(highest, attempt)
    return highest


def _finish_all(**ending: Any) -> None:
    for run in tuple(_open):
        run.finish(**ending)


def _at_exit() -> None:
    _finish_all()


def _chain_excepthook() -> None:
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _finish_all(**of_exception(error))
        before(kind, error, trace)

    sys.excepthook = hook


def _catch_sigterm() -> None:
    """Record the stop, then let SIGTERM do what it does. A handler that the script has set is left alone."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def handler(number: int, _frame: FrameType | None) -> None:
        _finish_all(status="stopped", signal=number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, handler)
