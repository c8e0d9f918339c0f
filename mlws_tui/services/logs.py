"""The logs of a workspace: which there are, and each as something to read and to follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.levels import LogError
from mlws_tui.domain.logs import LogEntry
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logfillers import MergedLogs, text_of
from mlws_tui.services.logplaces import entries
from mlws_tui.services.logproblems import problems


def _nobody() -> None:
    """Nobody wants to know."""


class LogsService:
    """Finds and opens the logs of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def name_of(self, path: Path) -> str:
        """How the log is called on the screen: relative to the ``logs`` folder or to the workspace, or its path."""
        logs = self._workspace.logs
        return (
            path.relative_to(logs).as_posix() if path.is_relative_to(logs) else self._workspace.relative(path)
        )

    def key_of(self, path: Path) -> str:
        """The name that no other log has: relative to the workspace, or its path."""
        return self._workspace.relative(path)

    async def list(self) -> tuple[LogEntry, ...]:
        """The files below ``logs/``, the one written last first."""
        return await asyncio.to_thread(entries, self._workspace.logs)

    async def open(self, path: Path, changed: Callable[[], None] = _nobody, *, count: bool = True) -> LogFeed:
        """A log to read and follow, be it packed or archived. It need not exist yet.

        Args:
            path: The file, where it lies or lay.
            changed: Called on the event loop after anything about the log changed.
            count: Whether to count its lines and errors, too.
        """
        workspace = self._workspace
        feed = LogFeed(path, changed, count=count, text=lambda: text_of(workspace, path))
        await feed.start()
        return feed

    async def open_merged(
        self, logs: Sequence[tuple[str, Path]], changed: Callable[[], None] = _nobody, *, count: bool = True
    ) -> LogFeed:
        """Several logs as one text by time, each line behind the tag of its log; they are followed.

        Args:
            logs: A tag and the file of each.
            changed: As above.
            count: As above.
        """
        workspace, first = self._workspace, logs[0][1]
        feed = LogFeed(first, changed, count=count, text=lambda: (first, MergedLogs(workspace, logs)))
        await feed.start()
        return feed

    async def errors(self, path: Path) -> tuple[LogError, ...]:
        """All errors that the log tells, in its order; the log may be packed or archived.

        Raises:
            NotFoundError: if there is no such log or it cannot be read.
        """
        return await asyncio.to_thread(problems, self._workspace, path)
