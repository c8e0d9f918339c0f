"""The logs of a workspace: which there are, and each as something to read and to follow."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.ansi import styled
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.levels import LogError, read_error, time_of
from mlws_tui.domain.logs import START, LogEntry
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.sources.logtail import LogTail

_LONGEST_TRACEBACK = 2_000  # lines
_STAMP_WITHIN = 50  # lines before an error in which its time is looked for


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

    async def list(self) -> tuple[LogEntry, ...]:
        """The files below ``logs/``, the one written last first."""
        return await asyncio.to_thread(_entries, self._workspace.logs)

    async def open(self, path: Path, changed: Callable[[], None] = _nobody, *, count: bool = True) -> LogFeed:
        """A log to read and follow. It need not exist yet.

        Args:
            path: The file.
            changed: Called on the event loop after anything about the log changed.
            count: Whether to count its lines and errors, too.
        """
        feed = LogFeed(path, changed, count=count)
        await feed.start()
        return feed

    async def errors(self, path: Path) -> tuple[LogError, ...]:
        """All errors that the log tells, in its order.

        Raises:
            NotFoundError: if there is no such log or it cannot be read.
        """
        return await asyncio.to_thread(_errors, path)


def _entries(logs: Path) -> tuple[LogEntry, ...]:
    entries: list[LogEntry] = []
    for folder, folders, files in os.walk(logs):
        folders[:] = [name for name in folders if not name.startswith(".")]
        kind = Path(folder).relative_to(logs).as_posix().partition("/")[0]
        for name in files:
            path = Path(folder, name)
            try:
                found = path.stat()
            except OSError:  # removed since, or a link that leads nowhere
                continue
            if not name.startswith("."):
                entries.append(LogEntry(path, "" if kind == "." else kind, found.st_size, found.st_mtime))
    return tuple(sorted(entries, key=lambda entry: (-entry.modified, str(entry.path))))


def _errors(path: Path) -> tuple[LogError, ...]:
    tail = LogTail(path)
    try:
        missing = tail.state().missing
        if missing:
            raise NotFoundError(f"{path} cannot be read: {missing}", hint="mlws-tui logs list shows the logs")
        while tail.count():
            continue
        found: list[LogError] = []
        place = tail.find_error(START, forward=True, going=_always)
        while place is not None:
            lines = tail.after(place, _LONGEST_TRACEBACK)
            texts = [styled(line.data).text for line in lines]
            ts = time_of(texts[0])
            if ts is None:
                above = [styled(line.data).text for line in tail.before(place, _STAMP_WITHIN)]
                ts = next((seen for seen in map(time_of, reversed(above)) if seen is not None), None)
            found.append(read_error(tail.number_of(place) or 0, texts, ts))
            place = tail.find_error(lines[0].next, forward=True, going=_always)
        return tuple(found)
    finally:
        tail.close()


def _always() -> bool:
    return True
