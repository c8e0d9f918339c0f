"""What the commands share: the workspace they work on, and how they answer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mlws_tui.domain.errors import MlwsError, WorkspaceError
from mlws_tui.domain.events import ENV_WORKSPACE
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from mlws_tui.config.schema import Settings
    from mlws_tui.config.workspace import Workspace
    from mlws_tui.domain.changes import Change
    from mlws_tui.services.workbench import Workbench

T = TypeVar("T")


class Session:
    """One call of the command line: what was asked for before the command, found when a command needs it.

    Args:
        given: The path after ``--workspace``, if any.
    """

    def __init__(self, given: str | None = None) -> None:
        self.given = given
        self._workspace: Workspace | None = None
        self._settings: Settings | None = None

    def workspace(self) -> Workspace:
        """The workspace to work on.

        Raises:
            WorkspaceError: if there is none; its hint says how to make one.
        """
        if self._workspace is None:
            from mlws_tui.config.workspace import locate

            self._workspace = locate(self.given)
        return self._workspace

    def workspace_if_any(self) -> Workspace | None:
        """The workspace; None where there is none and none was asked for by name.

        Raises:
            WorkspaceError: if one was named that is none.
        """
        try:
            return self.workspace()
        except WorkspaceError:
            if self.named:
                raise
            return None

    @property
    def named(self) -> bool:
        """Whether the person said which workspace: by ``--workspace`` or ``MLWS_WORKSPACE``."""
        return bool(self.given or os.environ.get(ENV_WORKSPACE))

    def use(self, workspace: Workspace) -> None:
        """Work on this one from now on."""
        self._workspace = workspace
        self._settings = None

    def settings(self) -> Settings:
        """The workspace's settings; what is wrong with them is said once, on stderr."""
        if self._settings is None:
            from mlws_tui.config.load import load_settings

            self._settings, problems = load_settings(self.workspace())
            for problem in problems:
                say(problem.sentence())
        return self._settings


@asynccontextmanager
async def bench(session: Session) -> AsyncIterator[Workbench]:
    """The workspace, opened for one command and closed after it. Nothing runs in the background.

    Raises:
        MlwsError: if there is no workspace, or its index cannot be opened.
    """
    from mlws_tui.services.workbench import Workbench

    async with await Workbench.open(session.workspace(), session.settings()) as opened:
        if opened.notice:
            say(opened.notice)
        opened.hub.subscribe(_tell)
        yield opened


def _tell(change: Change) -> None:
    from mlws_tui.domain.changes import Notice

    if isinstance(change, Notice):
        say(change.text)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end."""
    import asyncio

    return asyncio.run(work)


def emit_json(document: Mapping[str, Any]) -> None:
    """Print a JSON document: UTF-8, one line.

    Raises:
        ValueError: if it holds NaN or an infinity, which must be written as their strings.
    """
    # JSON leaves C1 and bidirectional controls as they are; a terminal would obey them.
    ascii_only = sys.stdout.isatty()
    text = json.dumps(document, ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":"))
    out = sys.stdout.buffer
    out.write(text.encode("utf-8", "replace") + b"\n")
    out.flush()


def say(sentence: str) -> None:
    """Tell the person something beside the answer: one line on stderr."""
    click.echo(f"mlws-tui: {safe_text(sentence)}", err=True)


def fail(error: MlwsError) -> int:
    """Tell the person what went wrong, with its notes in lines of their own; the exit code for it."""
    say(error.sentence())
    for note in getattr(error, "__notes__", ()):
        click.echo(note, err=True)
    return error.exit_code


def is_terminal() -> bool:
    """Whether a person sits at both ends: stdin and stdout are terminals."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty()
