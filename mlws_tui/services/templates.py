"""Templates of what people write: Jinja2 in a sandbox; the workspace's own, then the person's, then ours."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mlws_tui.config.resources import shipped, user_folder
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import ConfigError, UsageError
from mlws_tui.domain.events import slug
from mlws_tui.domain.runs import Run
from mlws_tui.domain.sessions import TYPES
from mlws_tui.domain.text import safe_text


class Templates:
    """The templates that are in force in a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        folders = [workspace.marker / "templates", user_folder() / "templates", shipped("templates")]
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )

    def day(self, when: date) -> str:
        """What a new day of the journal begins with, below its heading; empty where the template is.

        Raises:
            ConfigError: if the template cannot be rendered.
        """
        return self._render("journal.md", {"date": when.isoformat(), "weekday": f"{when:%A}"}).strip("\n")

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
        except TemplateNotFound as error:
            if error.name and not error.name.startswith("session-"):
                raise ConfigError(f"The template {error.name} is missing") from error
            raise UsageError(
                f"There is no template for sessions of type {wanted!r}", hint=f"one of {', '.join(TYPES)}"
            ) from error

    def _render(self, name: str, context: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(context)
        except TemplateNotFound:
            raise
        except TemplateSyntaxError as error:
            raise ConfigError(f"{error.filename or name}, line {error.lineno}: {error.message}") from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ConfigError(f"The template {name} could not be filled: {error}") from error


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
