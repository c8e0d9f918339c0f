"""Why a run ended, in one word, told from its signal, exit code, error and last lines."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Mapping
from typing import Any

OOM_HOST, OOM_GPU = "oom-host", "oom-gpu"
INTERRUPTED, TERMINATED, HANGUP = "interrupted", "terminated", "hangup"
TIME_LIMIT, KILLED = "time-limit", "killed"
#: All words there are; a run without any has the empty one.
REASONS = frozenset({OOM_HOST, OOM_GPU, INTERRUPTED, TERMINATED, HANGUP, TIME_LIMIT, KILLED})

_GPU = re.compile(
    r"CUDA out of memory|CUDA error: out of memory|\bOutOfMemoryError\b|CUDA_ERROR_OUT_OF_MEMORY|HIP out of memory"
    r"|CU(?:BLAS|DNN|SOLVER|SPARSE)_STATUS_(?:ALLOC_FAILED|NOT_ENOUGH_MEMORY)"
    r"|RESOURCE_EXHAUSTED: Out of memory|OOM when allocating tensor"
)
_HOST = re.compile(
    r"\bMemoryError\b|\bstd::bad_alloc\b|DefaultCPUAllocator: (?:can't|not enough)|Cannot allocate memory"
    r"|oom[-_]kill event|out-of-memory handler|task \d+: Out Of Memory"
)
#: Other causes that a program names in its last words.
_OTHER = re.compile(
    r"No space left on device|quota exceeded|Read-only file system|No such file or directory|Permission denied"
    r"|Connection (?:refused|reset)|No module named|unrecognized arguments|can't open file",
    re.IGNORECASE,
)
#: A line that tells so tells of a complaint which was got over.
_GOES_ON = re.compile(r"\b(?:retry|retries|retrying|fall(?:ing|s)? back|recovered)\b", re.IGNORECASE)
#: Lines before the end in which a complaint counts; a launcher says much after what went wrong.
_LAST_WORDS, _LAUNCHER_WORDS = 20, 200
_TIME = re.compile(r"DUE TO TIME LIMIT")
_KILLED_BELOW = re.compile(r"killed by signal: Killed|SIGKILL|exitcode\s*:?\s*-9\b|signal 9\b")
#: Errors of programs that start others: why those failed stands above, in the output.
LAUNCHERS = ("ChildFailedError", "ProcessRaisedException", "ProcessExitedException", "CalledProcessError")
_BY_SIGNAL = {
    int(signal.SIGINT): INTERRUPTED,
    int(signal.SIGTERM): TERMINATED,
    int(signal.SIGHUP): HANGUP,
    int(signal.SIGKILL): KILLED,
}


def classify(
    status: str | None,
    *,
    exit_code: int | None = None,
    number: int | None = None,
    error: Mapping[str, Any] | None = None,
    tail: Iterable[str] = (),
    oom_killed: bool = False,
    out_of_time: bool = False,
) -> str:
    """One of `REASONS`, or nothing where there is none to tell.

    Args:
        status: ``completed``, ``failed`` or ``stopped``.
        exit_code: The exit code, if it exited; above 128 it tells of a signal, as shells do.
        number: The signal that ended it or that it was asked to end by.
        error: ``type``, ``message`` and ``traceback``.
        tail: The last lines of its output.
        oom_killed: Whether the kernel killed something of its cgroup for want of memory while it ran.
        out_of_time: Whether its job's time was over when it ended.
    """
    if status not in ("failed", "stopped"):
        return ""
    told = {key: str(value or "") for key, value in (error or {}).items()}
    words = f"{told.get('type', '')}: {told.get('message', '')}"
    ended_by = number or (exit_code - 128 if exit_code is not None and 128 < exit_code <= 192 else 0)
    why = _BY_SIGNAL.get(ended_by, "")
    above = "" if _speaks_for_itself(told) else "\n".join(tail)
    over = told.get("type") == "TimeLimit" or _TIME.search(f"{words}\n{above}")
    if over or (out_of_time and why in (TERMINATED, KILLED)):
        return TIME_LIMIT
    if status == "stopped" and why != KILLED:
        return why or (INTERRUPTED if told.get("type") == "KeyboardInterrupt" else "")
    if oom_killed and (why == KILLED or _KILLED_BELOW.search(f"{words}\n{above}")):
        return OOM_HOST
    return _of_memory(words, _last_words(told, above)) or why


def _last_words(error: Mapping[str, str], above: str) -> str:
    """The lines just before the end, without those of which the program made something."""
    if _OTHER.search(error.get("message", "")):
        return ""
    lines = [line for line in above.splitlines() if line.strip()]
    count = _LAUNCHER_WORDS if _is_launcher(error) else _LAST_WORDS
    return "\n".join(line for line in lines[-count:] if not _GOES_ON.search(line))


def _of_memory(words: str, last_words: str) -> str:
    """What an error's words and the lines before it tell of memory; the error itself is believed first."""
    for text in (words, last_words):
        if _GPU.search(text):
            return OOM_GPU
        if _HOST.search(text):
            return OOM_HOST
    return ""


def _speaks_for_itself(error: Mapping[str, str]) -> bool:
    """Whether an error is an exception of the program itself, so that older lines do not matter."""
    return bool(error.get("traceback")) and not _is_launcher(error)


def _is_launcher(error: Mapping[str, str]) -> bool:
    return error.get("type", "").rpartition(".")[2] in LAUNCHERS
