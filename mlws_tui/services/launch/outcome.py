"""What an ended command's state comes to in words."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlws_tui.domain.endreasons import LAUNCHERS, OOM_GPU, OOM_HOST, TIME_LIMIT, classify
from mlws_tui.services.launch.evidence import Evidence

_TRACEBACK = re.compile(r"(?P<prefix>\[rank\d+\]: ?|)(?P<head>Traceback \(most recent call last\):)\s*$")
_CHAINED = re.compile(
    r"(During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):"
)
_RAISED = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} - [A-Z]+ - ")
_COMPLAINT = re.compile(
    r"\b(error|fatal|cannot|can't|failed|no such|not found|denied|killed|invalid|usage)\b", re.IGNORECASE
)
_STOPPED_BY = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_MAX_MESSAGE = 2000

_IN_WORDS = {
    OOM_HOST: ", out of memory on the host",
    OOM_GPU: ", out of GPU memory",
    TIME_LIMIT: ", the time limit of its job",
}

#: The type of error of a command that could not be executed.
NOT_RUN = "CommandNotRun"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended.

    Attributes:
        status: ``completed``, ``failed`` or ``stopped``.
        code: What to exit with: its exit code, or 128 plus the signal that killed it.
        exit_code: Its exit code; None if a signal killed it.
        signal: The signal that killed it, if one did.
        error: ``type``, ``message``, ``traceback``, where it failed.
        reason: Why, in one word of `mlws_tui.domain.endreasons`; empty where there is none.
    """

    status: str
    code: int
    exit_code: int | None = None
    signal: int | None = None
    error: dict[str, str] | None = None
    reason: str = ""

    def because(self, tail: Sequence[str], asked: int | None, evidence: Evidence) -> Outcome:
        """The same with its reason.

        Args:
            tail: The last lines of the command's output.
            asked: The signal by which it was asked to end just before, if it was.
            evidence: What was known of the machine when it began.
        """
        if self.status == "completed":
            return self
        number = self.signal or (asked if self.status == "stopped" else None)
        reason = classify(
            self.status,
            exit_code=self.exit_code,
            number=number,
            error=self.error,
            tail=tail,
            oom_killed=evidence.oom_killed(),
            out_of_time=evidence.out_of_time(),
        )
        return replace(self, reason=reason)

    def words(self) -> str:
        """``exit code 0`` or ``killed by signal 9 (SIGKILL), out of memory on the host``."""
        told = f"exit code {self.exit_code}" if self.signal is None else killed_by(self.signal)
        return told + _IN_WORDS.get(self.reason, "")

    def record(self, now: float) -> dict[str, Any]:
        """The ``end`` record."""
        return {
            "type": "end",
            "ts": now,
            "status": self.status,
            "exit_code": self.exit_code,
            "signal": self.signal,
            "error": self.error,
            **({"reason": self.reason} if self.reason else {}),
        }


def killed_by(number: int) -> str:
    """``killed by signal 9 (SIGKILL)``."""
    return f"killed by signal {number} ({signal_name(number)})"


def signal_name(number: int) -> str:
    """``SIGKILL``; real-time signals, which have no name, as ``SIG40``."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def not_run(code: int, reason: str) -> Outcome:
    """The outcome of a command that could not be executed."""
    return Outcome("failed", code, code, error={"type": NOT_RUN, "message": reason, "traceback": ""})


def from_exit(exit_code: int, tail: Sequence[str], asked: int | None) -> Outcome:
    """The outcome of a command that exited.

    Args:
        exit_code: 0 to 255.
        tail: The last lines of its output, unstamped.
        asked: The signal by which it was just asked to end: many programs then exit with a code of their own.
    """
    if exit_code == 0:
        return Outcome("completed", 0, 0)
    stopped = asked is not None or exit_code - 128 in (signal.SIGINT, signal.SIGTERM)
    error = _own_traceback(tail) or {"type": "", "message": _message(exit_code, tail), "traceback": ""}
    return Outcome("stopped" if stopped else "failed", exit_code, exit_code, error=error)


def from_signal(number: int) -> Outcome:
    """The outcome of a command that was killed. By SIGINT, SIGTERM or SIGHUP somebody stopped it."""
    status = "stopped" if number in _STOPPED_BY else "failed"
    error = {"type": signal_name(number), "message": killed_by(number), "traceback": ""}
    return Outcome(status, 128 + number, None, number, error)


def last_traceback(lines: Sequence[str]) -> dict[str, str] | None:
    """The last Python exception in these lines: type, message, and traceback with those that it followed from."""
    start = next((at for at in range(len(lines) - 1, -1, -1) if _TRACEBACK.search(lines[at])), None)
    if start is None:
        return None
    match = _TRACEBACK.search(lines[start])
    prefix = match["prefix"] if match else ""
    bare = [line.removeprefix(prefix).removeprefix(prefix.rstrip()) if prefix else line for line in lines]
    raised_at = next((at for at in range(start + 1, len(bare)) if bare[at][:1].strip()), None)
    if raised_at is None:
        return None
    raised = _RAISED.match(bare[raised_at])
    if raised is None:
        return None
    end = raised_at + 1
    while end < len(bare) and bare[end].strip() and not _STAMP.match(bare[end]) and end - raised_at < 30:
        end += 1
    first = _first_of_chain(bare, start)
    shown = [bare[first][_at_head(bare[first]) :], *bare[first + 1 : end]]
    message = (raised["message"] or "")[:_MAX_MESSAGE]
    return {"type": raised["type"], "message": message, "traceback": "\n".join(shown)}


def _own_traceback(lines: Sequence[str]) -> dict[str, str] | None:
    """The last exception, but that of a process which was started where the last is only its launcher's."""
    last = error = last_traceback(lines)
    while error is not None and error["type"].rpartition(".")[2] in LAUNCHERS:
        start = max(at for at, line in enumerate(lines) if _TRACEBACK.search(line))
        lines = lines[:start]
        error = last_traceback(lines)
    return error or last


def _at_head(line: str) -> int:
    match = _TRACEBACK.search(line)
    return match.start("head") if match else 0


def _first_of_chain(lines: Sequence[str], start: int) -> int:
    """Where the first of the tracebacks that led to the one at `start` begins."""
    at = start
    while True:
        above = at - 1
        while above >= 0 and not lines[above].strip():
            above -= 1
        if above < 0 or not _CHAINED.match(lines[above]):
            return at
        earlier = next((i for i in range(above - 1, -1, -1) if _TRACEBACK.search(lines[i])), None)
        if earlier is None:
            return at
        at = earlier


def _message(exit_code: int, tail: Sequence[str]) -> str:
    """``exit code 2``, with the last line of output where that complains of something."""
    last = next((line.strip() for line in reversed(tail) if line.strip()), "")
    return (
        f"exit code {exit_code}: {last[:_MAX_MESSAGE]}"
        if _COMPLAINT.search(last)
        else f"exit code {exit_code}"
    )
