"""How a run ends when the script does not say so: an exception, a signal, the end of the interpreter."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from mlws_tui.sdk import sigterm
from mlws_tui.sdk.facts import job_is_over

if TYPE_CHECKING:
    from mlws_tui.sdk.running import Run

#: The runs that are not over, oldest first. Held here, so that a script need not keep a run to have it ended.
_open: list[Run] = []
_installed = False
_NOT_CALLED = object()
#: What `sys.exit` was last given.
_exit_code: object = _NOT_CALLED
#: Characters of a traceback that are kept, from its end.
_TRACEBACK = 20_000


def watch(run: Run) -> None:
    """End this run when the process ends, if nobody has by then."""
    global _installed
    _open.append(run)
    if _installed:
        return
    _installed = True
    atexit.register(_at_exit)
    _chain_excepthook()
    _chain_exit()
    sigterm.before_death(_terminated)


def forget(run: Run) -> None:
    """The run has ended."""
    if run in _open:
        _open.remove(run)


def newest() -> Run | None:
    """The run that was begun last and is not over."""
    return next(iter(_open[::-1]), None)


def of_exception(error: BaseException) -> dict[str, Any]:
    """The arguments of `Run.finish` for an exception that leaves the run: ctrl+c stops it, others fail it."""
    if isinstance(error, KeyboardInterrupt):
        return {"status": "stopped", "signal": int(signal.SIGINT)}
    if isinstance(error, SystemExit):
        return _of_exit(error.code)
    import traceback

    try:
        message = str(error)
        text = "".join(traceback.format_exception(error))
    except Exception:  # an exception whose own __str__ fails
        message, text = "", ""
    told = {"type": type(error).__name__, "message": message, "traceback": text[-_TRACEBACK:]}
    return {"status": "failed", "error": told}


def _of_exit(code: object) -> dict[str, Any]:
    """The same for what `sys.exit` was given: a number, nothing, or a text that goes to stderr."""
    if code is None or code == 0:
        return {"status": "completed", "exit_code": 0}
    if isinstance(code, int):
        return {"status": "failed", "exit_code": int(code)}
    told = {"type": "SystemExit", "message": str(code), "traceback": ""}
    return {"status": "failed", "exit_code": 1, "error": told}


def _finish_all(**ending: Any) -> None:
    for run in tuple(_open):
        run.finish(**ending)


def _at_exit() -> None:
    _finish_all(**({} if _exit_code is _NOT_CALLED else _of_exit(_exit_code)))


def _terminated() -> None:
    error = None
    if job_is_over(os.environ, time.time()):
        error = {"type": "TimeLimit", "message": "the time of its job was over", "traceback": ""}
    _finish_all(status="stopped", signal=int(signal.SIGTERM), error=error)


def _chain_excepthook() -> None:
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _finish_all(**of_exception(error))
        before(kind, error, trace)

    sys.excepthook = hook


def _chain_exit() -> None:
    """Remember what `sys.exit` is given: it passes by the excepthook, and at exit the code can't be asked for."""
    before = sys.exit

    def leave(status: Any = None, /) -> NoReturn:
        global _exit_code
        if threading.current_thread() is threading.main_thread():
            _exit_code = status
        before(status)

    sys.exit = leave
