"""Which log a person means: a file, or the log or logs of a run, where they lie now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.services.logplaces import find_log, unpacked_name

if TYPE_CHECKING:
    from mlws_tui.domain.runs import Run
    from mlws_tui.services.workbench import Workbench

_SUFFIXES = (".log", ".txt", ".out", ".err", ".jsonl")
_HINT = "start it by mlws-tui run -- COMMAND, or write to its run.logger"


@dataclass(frozen=True, slots=True)
class Target:
    """What is meant.

    Attributes:
        logs: A tag and the file of each log, the run's own first; the files need not exist.
        run: The run, where one was named.
    """

    logs: tuple[tuple[str, Path], ...]
    run: Run | None = None

    @property
    def path(self) -> Path:
        """The log, or the first of several."""
        return self.logs[0][1]


def workspace_of(session: Session) -> Workspace:
    """The workspace; where there is none a file can be read all the same, from the folder one is in."""
    return session.workspace_if_any() or Workspace(Path.cwd())


def file_meant(session: Session, target: str) -> Path | None:
    """The file that is meant: as a path from here, from the workspace, or from its ``logs``; None for a run."""
    here = Path(target)
    workspace = session.workspace_if_any()
    if workspace is None:
        return here.absolute()
    places = [here.absolute(), workspace.root / here, workspace.logs / here]
    found = next((place for place in (find_log(workspace, one) for one in places) if place.is_file()), None)
    if found is not None:
        return found.absolute()
    like_file = len(here.parts) > 1 or Path(unpacked_name(here.name)).suffix in _SUFFIXES
    return here.absolute() if like_file else None


async def find_target(session: Session, target: str, *, every: bool = False) -> Target:
    """The log that is meant, be it there or not.

    Args:
        session: Where to look.
        target: A file or a run, as the person named it.
        every: For a run all of its logs, not only the first.

    Raises:
        NotFoundError: if there is no such run, or it has no log.
        UsageError: if the name fits several runs.
    """
    file = file_meant(session, target)
    if file is not None:
        return Target(((file.stem, file),))
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        try:
            run = await opened.runs.get(target)
        except NotFoundError:
            named = await _called(opened.workspace, target)
            if named is None:
                raise
            return Target(((target, named),))
        return await logs_of(opened, run, every=every)


async def _called(workspace: Workspace, stem: str) -> Path | None:
    """The log whose name is this without what it ends with, as the log of a rank is none of a run of that id."""
    from mlws_tui.services.logs import LogsService

    found = [entry.path for entry in await LogsService(workspace).list()]
    ends = {stem + suffix for suffix in _SUFFIXES}
    return next((path for path in found if unpacked_name(path.name) in ends), None)


async def logs_of(opened: Workbench, run: Run, *, every: bool = False) -> Target:
    """The log of a run, or all of them.

    Raises:
        NotFoundError: if it has none; its text tells a run that may still write one from one that ended without.
    """
    logs: list[tuple[str, Path]] = []
    if every or run.log is None:
        from mlws_tui.services.runlogs import logs_of_run

        logs = list(await asyncio.to_thread(logs_of_run, opened.workspace, run))
    if run.log is not None:
        own = opened.workspace.inside(run.log)
        if all(path != own for _, path in logs):
            logs.insert(0, (own.stem, own))
    if not logs:
        raise NotFoundError(_no_log(run), hint="" if run.state.live else _HINT)
    return Target(tuple(logs) if every else (logs[0],), run)


def _no_log(run: Run) -> str:
    if run.state.live:
        return f"{run.id} is {run.state.value} and has written no log yet"
    return f"{run.id} has ended and wrote no log"
