"""Templates of what people write: the workspace's own, then the person's, then ours.

They are filled by `rendering`, in a process with bounds: a template is a small program, and may be a stranger's.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from mlws_tui.config.resources import shipped, user_folder
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import ConfigError, UsageError
from mlws_tui.domain.events import slug
from mlws_tui.domain.runs import Run
from mlws_tui.domain.sessions import TYPES
from mlws_tui.domain.text import safe_text

_MODULE = "mlws_tui.services.rendering"
#: Seconds until one is given up whose process does not even use the processor, such as at a dead network disk.
_PATIENCE = 30.0


class _MissingError(Exception):
    """There is no template of the name that is the argument."""


class Templates:
    """The templates that are in force in a workspace. The methods block while a process fills them."""

    def __init__(self, workspace: Workspace) -> None:
        folders = [workspace.marker / "templates", user_folder() / "templates", shipped("templates")]
        self._folders = [str(folder.absolute()) for folder in folders]

    def day(self, when: date) -> str:
        """What a new day of the journal begins with, below its heading; empty where the template is.

        Raises:
            ConfigError: if the template cannot be rendered.
        """
        context = {"date": when.isoformat(), "weekday": f"{when:%A}"}
        try:
            return self._render("journal.md", context).strip("\n")
        except _MissingError as error:
            raise ConfigError(f"The template {error} is missing") from error

    def session(self, title: str, session_type: str, when: date, runs: Sequence[Run]) -> str:
        """A new session log.

        Raises:
            UsageError: if there is no template of that type.
            ConfigError: if the template cannot be rendered.
        """
        wanted = session_type.strip()
        known = next((name for name in TYPES if name.casefold() == wanted.casefold()), wanted)
        context = {
            "title": safe_text(title),
            "type": safe_text(known),
            "date": when.isoformat(),
            "runs": [_run(run) for run in runs],
        }
        try:
            return self._render(f"session-{slug(known).lower()}.md", context)
        except _MissingError as error:
            if not str(error).startswith("session-"):
                raise ConfigError(f"The template {safe_text(str(error))} is missing") from error
            raise UsageError(
                f"There is no template for sessions of type {wanted!r}", hint=f"one of {', '.join(TYPES)}"
            ) from error

    def _render(self, name: str, context: Mapping[str, Any]) -> str:
        answer = _filled({"folders": self._folders, "name": name, "context": context}, name)
        if "text" in answer:
            return str(answer["text"])
        if "missing" in answer:
            raise _MissingError(answer["missing"])
        where = answer["file"] or f"The template {name}"
        line = f", line {answer['line']}" if answer["line"] else ""
        raise ConfigError(f"{where}{line}: {safe_text(answer['problem'])}")


def _filled(request: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What the process answers.

    Raises:
        ConfigError: if it does not come to an answer.
    """
    # -P: a file of the person's folder must not stand in for a module of the standard library.
    command = [sys.executable, "-P", "-m", _MODULE]
    try:
        done = subprocess.run(
            command, input=json.dumps(request).encode(), capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"The template {name} takes too long", hint="look for a loop in it") from error
    except OSError as error:
        raise ConfigError(f"The template {name} could not be filled: {error.strerror or error}") from error
    if done.returncode in (-signal.SIGKILL, -signal.SIGXCPU):
        raise ConfigError(f"The template {name} takes too long", hint="look for a loop in it")
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ConfigError(f"The template {name} could not be filled: {safe_text(last) or 'it failed'}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _run(run: Run) -> dict[str, Any]:
    """A run as templates see it: text from scripts, made safe to stand inside Markdown code marks."""
    return {
        "id": run.id,
        "name": _code(run.name),
        "state": run.state.value,
        "started": _time(run.started),
        "duration": _duration(run.duration(time.time())),
        "model": _code(run.model or ""),
        "dataset": _code(run.dataset or ""),
        "command": _code(" ".join(run.command)),
        "log": _code(run.log or ""),
        "config": {_code(key): _code(str(value)) for key, value in run.config.items()},
        "results": {_code(key): _figure(latest.last) for key, latest in run.latest.items()},
        "error": _code(f"{run.error.type}: {run.error.message}") if run.error else "",
    }


def _code(text: str) -> str:
    return safe_text(text).replace("`", "'").replace("|", "¦").strip()


def _figure(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else str(value)


def _time(stamp: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(stamp)) if stamp is not None else ""


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {rest:02d}s"
