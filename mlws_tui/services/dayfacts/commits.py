"""The person's own commits of a day: in the workspace's repository and in those that runs worked in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.dayfacts import Commit
from mlws_tui.domain.daysuggestions import Lines, of_commits
from mlws_tui.services.dayfacts.day import Day, work_folders
from mlws_tui.sources import git

#: Seconds for all repositories together.
_WITHIN = 3.0
#: Seconds after which a repository is asked again although nothing tells of a commit: there may be one elsewhere.
_AGAIN = 300.0
_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: tuple[int, ...]
    asked: float
    commits: Sequence[Commit]


@dataclass(frozen=True, slots=True)
class CommitsOf:
    """The commits of a repository on a day."""

    repository: git.Repository
    commits: Sequence[Commit]


class Commits:
    """Tells of commits; git is asked again only where something was committed since.

    Args:
        workspace: Whose repository counts, too.
    """

    rest = 15.0

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[tuple[Path, float], _Kept] = {}
        self._repositories: dict[Path, tuple[float, git.Repository | None]] = {}

    def stamp(self, day: Day) -> object:
        return len({run.cwd for run in day.runs})

    async def of_day(self, day: Day) -> Sequence[Lines]:
        told = await asyncio.to_thread(self._look, day)
        return [
            partial(of_commits, str(one.repository.shared), one.repository.name, one.commits) for one in told
        ]

    def _look(self, day: Day) -> list[CommitsOf]:
        deadline = time.monotonic() + _WITHIN
        found: dict[Path, CommitsOf] = {}
        for folder in work_folders(self._workspace, day.runs):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            repository = self._repository(folder, left)
            if repository is not None and repository.shared not in found:
                found[repository.shared] = CommitsOf(repository, self._commits(repository, day, deadline))
        return [one for one in found.values() if one.commits]

    def _repository(self, folder: Path, left: float) -> git.Repository | None:
        asked, known = self._repositories.pop(folder, (0.0, None))
        if not asked or time.monotonic() - asked >= _AGAIN:
            asked, known = time.monotonic(), git.repository(folder, left)
        self._repositories[folder] = asked, known
        _keep_newest(self._repositories)
        return known

    def _commits(self, repository: git.Repository, day: Day, deadline: float) -> Sequence[Commit]:
        key, mark, now = (repository.shared, day.first), repository.mark(), time.monotonic()
        known = self._known.pop(key, None)
        if known is None or known.mark != mark or now - known.asked > _AGAIN:
            left, written = max(0.0, deadline - now), self._written(repository)
            told = git.commits(repository.top, day.first, day.end, left, written)
            if told is None:  # no answer now: what was told before stands, and it is asked again
                return known.commits if known is not None else ()
            known = _Kept(mark, now, told)
        self._known[key] = known
        _keep_newest(self._known)
        return known.commits

    def _written(self, repository: git.Repository) -> list[str]:
        """The journal and the session logs as the repository names them: to commit these is to write, not to work."""
        root = self._workspace.root
        if not root.is_relative_to(repository.top):
            return []
        journal, sessions = self._workspace.journal, self._workspace.sessions
        names = (path.relative_to(repository.top).as_posix() for path in (journal, sessions))
        return [name + end for name, end in zip(names, ("", "/"), strict=True)]


def _keep_newest(known: dict[Any, Any]) -> None:
    while len(known) > _KEPT:
        del known[next(iter(known))]
