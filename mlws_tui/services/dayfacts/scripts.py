"""Scripts and settings that were written on a day and that no commit tells of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.dayfacts import Arrived
from mlws_tui.domain.daysuggestions import Lines, of_scripts
from mlws_tui.services.dayfacts.day import Day, shown_path, work_folders
from mlws_tui.sources import git, newfiles

#: Seconds that the disks are looked at.
_WITHIN = 1.0


class Scripts:
    """Tells of scripts. In a repository only those count that git neither tracks nor ignores: the others are changes.

    Args:
        workspace: Whose folder counts, too.
    """

    rest = 30.0

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def stamp(self, day: Day) -> object:
        return len({run.cwd for run in day.runs})

    async def of_day(self, day: Day) -> Sequence[Lines]:
        written = await asyncio.to_thread(self._look, day) if day.recent else []
        return [partial(of_scripts, written, day.date)]

    def _look(self, day: Day) -> list[Arrived]:
        budget = newfiles.Budget(time.monotonic() + _WITHIN)
        found: dict[Path, newfiles.Found] = {}
        for folder in work_folders(self._workspace, day.runs):
            written = newfiles.scripts(folder, day.first, day.end, budget)
            new = self._untracked(folder, [one.path for one in written])
            found.update((one.path, one) for one in written if one.path in new)
        return [Arrived(shown_path(self._workspace, one.path), one.ts, one.bytes) for one in found.values()]

    def _untracked(self, folder: Path, paths: Sequence[Path]) -> frozenset[Path]:
        """Those that are new; outside of any repository all are, and none where git does not tell."""
        repository = git.repository(folder) if paths else None
        if repository is None:
            kept = any((place / ".git").exists() for place in (folder, *folder.parents))
            return frozenset(() if kept else paths)
        # git names files by their real place, which a link in the folder's own path hides
        real = {path: folder.resolve() / path.relative_to(folder) for path in paths}
        told = git.untracked(repository.top, list(real.values()))
        known = frozenset(told or ())
        return frozenset(path for path, place in real.items() if place in known)
