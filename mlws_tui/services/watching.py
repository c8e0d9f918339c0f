"""Tells when the journal or a session log was changed by somebody, this app included."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import FileChanged
from mlws_tui.services.hub import Hub
from mlws_tui.sources.watch import changes

Mark = tuple[int, int, int, int]


class WatchService:
    """Publishes `FileChanged` for ``ACTIVITY.md`` and each ``docs/sessions/*.md`` that is written, made or removed."""

    def __init__(self, workspace: Workspace, hub: Hub) -> None:
        self._workspace = workspace
        self._hub = hub
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch. What changes from now on is told."""
        if self._task is None:
            self._stop.clear()
            known = await asyncio.to_thread(self._marks)
            self._task = asyncio.create_task(self._watch(known), name="watch")

    async def close(self) -> None:
        """Stop watching. Safe to call twice."""
        self._stop.set()
        task, self._task = self._task, None
        if task is not None:
            await task

    async def _watch(self, known: dict[Path, Mark]) -> None:
        journal, sessions = self._workspace.journal, self._workspace.sessions
        async with contextlib.aclosing(changes([journal.parent, sessions], stop=self._stop)) as batches:
            async for batch in batches:
                if batch and journal not in batch and not any(path.parent == sessions for path in batch):
                    continue  # something else in the workspace's folder
                now = await asyncio.to_thread(self._marks)
                for path in sorted(path for path in known | now if known.get(path) != now.get(path)):
                    self._hub.publish(FileChanged(path))
                known = now

    def _marks(self) -> dict[Path, Mark]:
        """What tells a file's state from another one."""
        marks: dict[Path, Mark] = {}
        with contextlib.suppress(OSError):  # no sessions yet
            for path in self._workspace.sessions.glob("*.md"):
                _mark(path, marks)
        _mark(self._workspace.journal, marks)
        return marks


def _mark(path: Path, marks: dict[Path, Mark]) -> None:
    with contextlib.suppress(OSError):  # not there: no mark tells that
        found = path.stat()
        marks[path] = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)
