"""``mlws-tui logs errors``: what went wrong, by the logs of a run or by one file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mlws_tui.cli.logtargets import Target, find_target, workspace_of
from mlws_tui.cli.output import Session, emit_json, say
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.levels import LogError
from mlws_tui.domain.text import safe_text
from mlws_tui.services.logproblems import problems


@dataclass(frozen=True, slots=True)
class _Told:
    """What one log tells."""

    path: Path
    problems: Sequence[LogError]


async def show_errors(session: Session, target: str, *, warnings: bool, as_json: bool) -> None:
    """Print the errors of a log, or of all logs of a run; how many there are is said on stderr.

    Args:
        session: Where to look.
        target: A file or a run, as the person named it.
        warnings: Whether to print the warnings, too.
        as_json: Whether to print a document.

    Raises:
        NotFoundError: if no log of them can be read.
    """
    meant = await find_target(session, target, every=True)
    workspace = workspace_of(session)
    told = await _all(workspace, meant, warnings)
    if as_json:
        emit_json({"errors": [_document(workspace, one.path, e) for one in told for e in one.problems]})
    else:
        for one in told:
            _print(workspace, one, several=len(told) > 1)
    say(_counts([problem for one in told for problem in one.problems], warnings))


async def _all(workspace: Workspace, meant: Target, warnings: bool) -> list[_Told]:
    """What each log tells; one of several that cannot be read is passed over, and that is said."""
    told: list[_Told] = []
    missing: list[NotFoundError] = []
    for _, path in meant.logs:
        try:
            told.append(_Told(path, await asyncio.to_thread(problems, workspace, path, warnings=warnings)))
        except NotFoundError as error:
            missing.append(error)
    if not told:
        raise missing[0]
    for one in missing:
        say(one.title)
    return told


def _print(workspace: Workspace, told: _Told, *, several: bool) -> None:
    if several and told.problems:
        click.echo(f"{safe_text(workspace.relative(told.path))}:")
    for problem in told.problems:
        words = ": ".join(filter(None, (problem.type, problem.message))) or problem.level
        words += f" ({problem.told})" if problem.told else ""
        level = "warning: " if problem.level == "warning" else ""
        click.echo("  ".join(filter(None, (f"{problem.line}:", _clock(problem.ts), f"{level}{words}"))))
        for line in problem.traceback.splitlines():
            click.echo(f"    {line}")


def _counts(told: Sequence[LogError], warnings: bool) -> str:
    warned = sum(problem.level == "warning" for problem in told)
    errors = len(told) - warned
    words = [f"{errors or 'no'} error{'' if errors == 1 else 's'}"]
    if warnings:
        words.append(f"{warned or 'no'} warning{'' if warned == 1 else 's'}")
    return ", ".join(words)


def _clock(ts: float | None) -> str:
    """Local date and time; empty where the log tells none."""
    if ts is None:
        return ""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ts))
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return ""


def _document(workspace: Workspace, path: Path, error: LogError) -> dict[str, Any]:
    return {
        "file": workspace.relative(path),
        "line": error.line,
        "ts": error.ts,
        "level": error.level,
        "type": error.type or None,
        "message": error.message,
        "traceback": error.traceback or None,
        "told": error.told or None,
    }
