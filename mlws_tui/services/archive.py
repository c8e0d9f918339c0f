"""Archives old logs and brings them back, and says when there is something to archive."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.archive import Left, Outcome
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.events import KINDS, is_run_id
from mlws_tui.domain.runs import Run, RunQuery
from mlws_tui.services.archiveguard import Guard
from mlws_tui.services.archivejobs import Archiving, Restoring, Tell, alone
from mlws_tui.services.logplaces import ARCHIVE, find_log, is_file, led_to, log_of
from mlws_tui.services.oldlogs import DAY, is_log_name, offer_today, old_logs
from mlws_tui.services.runs import RunsService

#: How old a log is that is archived where nothing says otherwise (days).
USUAL_AGE = 30.0
_ALL_UNFINISHED = RunQuery(limit=100_000, unfinished=True, include_deleted=True, include_archived=True)


class ArchiveService:
    """Archives the logs of one workspace, and brings them back.

    Args:
        workspace: Whose logs.
        runs: Tells which runs have not ended.
        after: Days after which a log is old (0: the app never offers to archive).
        clock: Unix seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        runs: RunsService,
        after: float,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._workspace = workspace
        self._runs = runs
        self._after = after
        self._clock = clock

    async def offer(self) -> str:
        """One sentence where there is much to archive, at most once a day; else empty."""
        return await asyncio.to_thread(offer_today, self._workspace, self._after, self._clock())

    async def archive(
        self,
        names: Sequence[str] = (),
        *,
        days: float | None = None,
        pack_with: str = "zstd",
        dry_run: bool = False,
        tell: Tell | None = None,
    ) -> Outcome:
        """Pack logs into ``logs/archive``. What is done stays done where this is cancelled.

        Args:
            names: Runs and files; none for all logs that are old.
            days: Only logs that were last written before so many days; by default all that are named, else those that
                the settings call old.
            pack_with: ``zstd`` or ``gzip``.
            dry_run: Only say what would be done.
            tell: See `Tell`; called in a thread.

        Raises:
            NotFoundError: if there is no such log; `UsageError` if it is none of the workspace's.
            StoreError: if the index cannot be read.
            FileError: if another process archives just now.
        """
        named = [await self._log(name) for name in names]
        unfinished = await self._unfinished()

        def work(stop: threading.Event) -> Outcome:
            with nullcontext() if dry_run else alone(self._workspace):
                now = self._clock()
                young: list[Left] = []
                if named:
                    logs, young = _by_age(named, math.inf if days is None else now - days * DAY)
                else:
                    age = (self._after or USUAL_AGE) if days is None else days
                    logs = [log.path for log in old_logs(self._workspace, now - age * DAY)]
                guard = Guard(self._workspace, logs, unfinished, now)
                job = Archiving(self._workspace, guard, pack_with, stop, tell)
                outcome = job.show(logs) if dry_run else job.do(logs)
            return replace(outcome, left=(*outcome.left, *young))

        return await _in_thread(work)

    async def restore(
        self, names: Sequence[str], *, dry_run: bool = False, tell: Tell | None = None
    ) -> Outcome:
        """Bring archived logs back to where they were. Arguments and errors as `archive`."""
        logs = list(dict.fromkeys([await self._log(name) for name in names]))

        def work(stop: threading.Event) -> Outcome:
            job = Restoring(self._workspace, stop, tell)
            if dry_run:
                return job.show(logs)
            with alone(self._workspace):
                return job.do(logs)

        return await _in_thread(work)

    async def _log(self, name: str) -> Path:
        """Where the log that is meant lies while it is not archived."""
        path = await asyncio.to_thread(self._file, name)
        if path is None and not is_run_id(name) and ("/" in name or is_log_name(name)):
            raise NotFoundError(f"There is no log {name}", hint="mlws-tui logs list shows them")
        if path is None:
            run = await self._runs.get(name)
            if run.log is None:
                raise NotFoundError(f"{run.id} has no log", hint="mlws-tui logs list shows the logs")
            path = self._workspace.inside(run.log)
        plain = log_of(self._workspace, path)
        logs = self._workspace.logs
        if not any(plain.is_relative_to(logs / name) for name in (*KINDS, ARCHIVE)):
            kinds = ", ".join(f"logs/{kind}" for kind in KINDS)
            raise UsageError(f"{name} is no log of this workspace", hint=f"those lie in {kinds}")
        return plain

    def _file(self, name: str) -> Path | None:
        root, logs = self._workspace.root, self._workspace.logs
        for place in (Path.cwd() / name, root / name, logs / name, *(logs / kind / name for kind in KINDS)):
            straight = Path(os.path.normpath(place))
            # Its folder may have been reached by a link; the log itself is followed only where it is archived.
            path = led_to(self._workspace, straight.parent) / straight.name
            if is_file(find_log(self._workspace, path)):
                return path if is_file(path) else led_to(self._workspace, path)
        return None

    async def _unfinished(self) -> list[Run]:
        page = await self._runs.list(_ALL_UNFINISHED)
        return [run for run in page.runs if run.state.live]


async def _in_thread(work: Callable[[threading.Event], Outcome]) -> Outcome:
    """Where this task is cancelled the thread is told, and stops at its next piece."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(work, stop)
    finally:
        stop.set()


def _by_age(logs: Iterable[Path], before: float) -> tuple[list[Path], list[Left]]:
    """The logs that were last written before a time, or that cannot be asked; and those that are younger."""
    old: list[Path] = []
    young: list[Left] = []
    for log in dict.fromkeys(logs):
        try:
            modified = log.stat(follow_symlinks=False).st_mtime
        except OSError:  # said by who looks at it more closely
            modified = -math.inf
        if modified < before:
            old.append(log)
        else:
            young.append(Left(log, "was written since then"))
    return old, young
