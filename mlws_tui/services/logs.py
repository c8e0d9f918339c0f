"""The logs of a workspace: which there are, and each as something to read and to follow."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.levels import LogError
from mlws_tui.domain.logs import LogEntry
from mlws_tui.services.logfeed import Filler, LogFeed
from mlws_tui.services.logplaces import find_log
from mlws_tui.services.logproblems import problems
from mlws_tui.sources.merged import Merging
from mlws_tui.sources.packed import Unpacking, packing_of

_WAIT = 0.02  # seconds between two looks at an archive that is being unpacked


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
        """A log to read and follow, be it packed or archived. It need not exist yet.

        Args:
            path: The file, where it lies or lay.
            changed: Called on the event loop after anything about the log changed.
            count: Whether to count its lines and errors, too.
        """
        place, filler = await asyncio.to_thread(_place_of, self._workspace, path)
        feed = LogFeed(place, changed, count=count, filler=filler)
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
        filler = await asyncio.to_thread(_Merged, self._workspace, logs)
        feed = LogFeed(logs[0][1], changed, count=count, filler=filler)
        await feed.start()
        return feed

    async def errors(self, path: Path) -> tuple[LogError, ...]:
        """All errors that the log tells, in its order; the log may be packed or archived.

        Raises:
            NotFoundError: if there is no such log or it cannot be read.
        """
        return await asyncio.to_thread(problems, self._workspace, path)


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


def _place_of(workspace: Workspace, path: Path) -> tuple[Path, Filler | None]:
    """Where a log lies now, and what unpacks it where it is packed."""
    place = find_log(workspace, path)
    if packing_of(place) is None:
        return place, None
    try:
        return place, Unpacking(place)
    except OSError as error:
        raise NotFoundError(
            f"{place} cannot be unpacked: {error.strerror or error}", hint="make room for temporary files"
        ) from error


class _Merged:
    """Merges logs; what is packed is unpacked whole first, as its lines have to come at their times.

    It blocks; `close` gives everything back.
    """

    def __init__(self, workspace: Workspace, logs: Sequence[tuple[str, Path]]) -> None:
        places = [(tag, *_place_of(workspace, path)) for tag, path in logs]
        self._unpacked = [filler for _, _, filler in places if filler is not None]
        self._merging = Merging([(tag, filler.path if filler else place) for tag, place, filler in places])

    @property
    def path(self) -> Path:
        return self._merging.path

    @property
    def share(self) -> float:
        return self._merging.share

    @property
    def problem(self) -> str:
        return next((one.problem for one in (self._merging, *self._unpacked) if one.problem), "")

    @property
    def done(self) -> bool:
        return self._merging.done

    def start(self) -> None:
        for filler in self._unpacked:
            filler.start()
        while not all(filler.done for filler in self._unpacked):
            time.sleep(_WAIT)
        self._merging.start()

    def close(self) -> None:
        self._merging.close()
        for filler in self._unpacked:
            filler.close()
