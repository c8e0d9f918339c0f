"""How a run stands, in words that tell a stop from a crash and a crash from a lack of memory."""

from __future__ import annotations

import re
import signal
import time

from mlws_tui.domain.endreasons import (
    HANGUP,
    INTERRUPTED,
    KILLED,
    OOM_GPU,
    OOM_HOST,
    TERMINATED,
    TIME_LIMIT,
)
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.runs import Run, RunState

_WORDS = {OOM_HOST: "out of memory", OOM_GPU: "out of memory", TIME_LIMIT: "time limit", KILLED: "killed"}
_FAULTS = {
    int(signal.SIGSEGV): "segmentation fault",
    int(signal.SIGBUS): "bus error",
    int(signal.SIGFPE): "arithmetic fault",
    int(signal.SIGILL): "illegal instruction",
    int(signal.SIGABRT): "aborted",
}
#: What the state's word has said already, before how much was asked for.
_NO_MEMORY = re.compile(r"(?:[\w.]+: )?(?:CUDA|HIP)(?: error:)? out of memory(?:\.\s*|\Z)")
_KILLED_BY = "killed by signal "  # what the wrapper says where nothing else is known


def word(run: Run) -> str:
    """The one word (or two) of its state for lists: ``out of memory`` instead of ``failed`` where it is that."""
    if run.state is RunState.FAILED or (run.state is RunState.STOPPED and run.reason == TIME_LIMIT):
        return _WORDS.get(run.reason, run.state.value)
    return run.state.value


def told(run: Run, now: float | None = None) -> str:
    """How it stands in one line: ``running``, ``failed: ValueError: …``, ``stopped by you (SIGINT)`` and so on.

    Args:
        run: The run, with its state.
        now: Unix seconds, for how long a lost run has been silent; the clock's by default.
    """
    if run.state is RunState.RUNNING and run.attempt > 1 and not run.reason:
        return f"running again, attempt {run.attempt}"
    why = reason(run, now)
    if run.state is RunState.STOPPED:
        return f"stopped{_glue(run)}{why}" if why else "stopped"
    if run.state is RunState.FAILED and run.reason == OOM_GPU:
        return f"out of GPU memory: {why}" if why else "out of GPU memory"
    if run.state is RunState.FAILED and run.reason in (OOM_HOST, KILLED):
        return f"killed: {why}" if _died_by_kill(run) else f"failed: {why}"
    if run.state is RunState.RUNNING and why:
        return f"running, but {why}"
    return f"{run.state.value}: {why}" if why else run.state.value


def reason(run: Run, now: float | None = None) -> str:
    """What stands behind the state's word, in one line: its error, its signal, or what is known of its silence."""
    if run.state is RunState.CRASHED:
        since = f" since {_clock(run.ended, now)}" if run.ended is not None else ""
        return _at_step(run, f"its processes are gone{since}")
    if run.state is RunState.LOST:
        silence = "" if run.ended is None else f" for {duration(_now(now) - run.ended)}"
        return _at_step(run, f"nothing heard from {run.host or 'its host'}{silence}")
    if run.state is RunState.STOPPED:
        return _who_stopped(run)
    if run.state is RunState.FAILED:
        return _why_failed(run)
    return run.reason if run.state is RunState.RUNNING else ""


def _why_failed(run: Run) -> str:
    code = run.exit_code if run.exit_code is not None else 128 + run.signal if run.signal else None
    if run.reason == OOM_HOST:
        if _died_by_kill(run):
            return f"out of memory on the host (exit {code})"
        return f"out of memory on the host: {_error(run)}".removesuffix(": ")
    if run.reason == KILLED:
        return f"{_signal(run) or 'SIGKILL'}, perhaps out of memory on the host (exit {code})"
    if run.reason == TIME_LIMIT:
        return "time limit of its job"
    if run.signal in _FAULTS:
        return f"{_FAULTS[run.signal]} ({_signal(run)}){_where(run)}"
    if words := _error(run):
        return words
    if run.signal:
        return f"{_signal(run)}{_where(run)}"
    return f"exit code {run.exit_code}{_where(run)}" if run.exit_code is not None else _where(run).strip()


def _who_stopped(run: Run) -> str:
    if run.reason == TIME_LIMIT:
        return "time limit of its job"
    if run.reason == HANGUP:
        return f"its terminal went ({_signal(run) or 'SIGHUP'})"
    by_person = any(claim.speaker == "person" and claim.status == RunState.STOPPED for claim in run.claims)
    number = _signal(run) or {INTERRUPTED: "SIGINT", TERMINATED: "SIGTERM"}.get(run.reason, "")
    if by_person or run.reason == INTERRUPTED:
        return f"by you ({number})" if number else "by you"
    return f"by {number}" if number else ""


def _glue(run: Run) -> str:
    return ": " if run.reason in (TIME_LIMIT, HANGUP) else " "


def _died_by_kill(run: Run) -> bool:
    return run.signal == signal.SIGKILL or run.exit_code == 128 + signal.SIGKILL


def _error(run: Run) -> str:
    """The last line of its error with the type before it; an exit code alone counts as none."""
    if run.error is None:
        return ""
    lines = [line.strip() for line in run.error.message.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    if run.reason == OOM_GPU:
        return _NO_MEMORY.sub("", lines[0]) if lines else ""
    if run.signal and last.startswith(_KILLED_BY):
        return ""
    return ": ".join(part for part in (run.error.type, last) if part)


def _signal(run: Run) -> str:
    number = run.signal
    if not number and run.exit_code is not None and 128 < run.exit_code <= 192:
        number = run.exit_code - 128
    if not number:
        return ""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def _at_step(run: Run, words: str) -> str:
    where = _where(run).strip()
    return f"{where}: {words}" if where else words


def _where(run: Run) -> str:
    steps = [latest.step for latest in run.latest.values() if latest.step is not None]
    if run.progress is not None and run.progress.step is not None:
        steps.append(run.progress.step)
    return f" at step {figure(max(steps), 4)}" if steps else ""


def _clock(moment: float, now: float | None) -> str:
    """The local time, with its day where that is another one."""
    try:
        then, today = time.localtime(moment), time.localtime(_now(now))
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return "–"
    if then.tm_year > 9999:
        return "–"
    day = "" if then[:3] == today[:3] else time.strftime("%Y-%m-%d ", then)
    return day + time.strftime("%H:%M", then)


def _now(now: float | None) -> float:
    return time.time() if now is None else now
