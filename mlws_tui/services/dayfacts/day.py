"""A day as the sources of facts see it, and what a source is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mlws_tui.config.workspace import Workspace, can_name_a_file
from mlws_tui.domain.runs import Run
from mlws_tui.sources.processes import hostname

if TYPE_CHECKING:
    from mlws_tui.domain.daysuggestions import Lines

#: Working folders of runs that are looked at, those of the newest runs.
_FOLDERS = 6


@dataclass(frozen=True, slots=True)
class Day:
    """A day.

    Attributes:
        date: Its date.
        first: When it begins, Unix seconds.
        end: When the next one begins.
        recent: Whether it is today or yesterday: of older days the times of files tell nothing.
        runs: The runs that something happened to, the newest first.
    """

    date: date
    first: float
    end: float
    recent: bool
    runs: Sequence[Run] = field(default=(), repr=False)


class Source(Protocol):
    """One kind of facts.

    Attributes:
        rest: Seconds that what it told of a day is good for.
    """

    rest: float

    def stamp(self, day: Day) -> object:
        """Of what its answer depends: asked again as soon as it changes. It does not block."""
        ...

    async def of_day(self, day: Day) -> Sequence[Lines]:
        """What could be said of the day."""
        ...


def work_folders(workspace: Workspace, runs: Sequence[Run]) -> list[Path]:
    """The workspace and the folders on this machine that runs worked in; none that lies in another of them.

    A folder that holds everything, such as a home, is no place of work.
    """
    here = hostname().partition(".")[0]
    told = dict.fromkeys(
        run.cwd for run in runs if run.cwd and (not run.host or run.host.partition(".")[0] == here)
    )
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - it never raises
    given = [Path(cwd) for cwd in told if can_name_a_file(cwd) and Path(cwd).is_absolute()]
    places = [Path(os.path.normpath(one)) for one in given]
    wide = {home, *home.parents}
    found = [workspace.root]
    for place in places:
        if place not in wide and workspace.worktrees not in place.parents and place not in found:
            found.append(place)
    found = found[: _FOLDERS + 1]
    return [one for one in found if not any(other in one.parents for other in found)]


def shown_path(workspace: Workspace, path: Path) -> str:
    """A path as a line of the journal names it: relative to the workspace, else from the home or the root on."""
    if path.is_relative_to(workspace.root):
        return path.relative_to(workspace.root).as_posix()
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - it never raises
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else path.as_posix()
