"""One look at a workspace: what several checks need of it, read once."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.chunks import LOG, LOG_END
from mlws_tui.domain.errors import ConfigError
from mlws_tui.domain.runs import Presence
from mlws_tui.services.doctor.survey import Survey, survey
from mlws_tui.services.index import IndexPlace, index_place
from mlws_tui.sources.processes import presence
from mlws_tui.store.checks import IndexReport, StreamStanding, examine


@dataclass(frozen=True, slots=True)
class Known:
    """What the app offers, which settings and keys are checked against.

    Attributes:
        actions: Every action's id with its default keys.
        themes: Names of the themes.
        problems: What was wrong with the theme files.
    """

    actions: Mapping[str, str] = field(default_factory=dict)
    themes: Collection[str] = ()
    problems: Sequence[ConfigError] = ()


class Case:
    """A workspace under examination. Its attributes are read when they are first asked for; all of them block.

    Args:
        workspace: Which one.
        known: What the app offers.
        deep: Check every page and count of the index, however long that takes.
        now: Unix seconds; the present time by default.
    """

    def __init__(
        self, workspace: Workspace, known: Known, *, deep: bool = False, now: float | None = None
    ) -> None:
        self.workspace = workspace
        self.known = known
        self.deep = deep
        self.now = time.time() if now is None else now

    @cached_property
    def place(self) -> IndexPlace:
        """Where the index lies, or would, and why not in the workspace."""
        return index_place(self.workspace)

    @property
    def index(self) -> Path:
        """The index file."""
        return self.place.path

    @cached_property
    def report(self) -> IndexReport:
        """What the index says of itself and of the streams."""
        return examine(self.index, deep=self.deep)

    @cached_property
    def streams_read(self) -> Mapping[str, StreamStanding]:
        """What the index says of each stream file, by its path relative to the streams folder."""
        files = self.report.files
        return {file: one for file, one in files.items() if not file.startswith((LOG, LOG_END))}

    @cached_property
    def texts_read(self) -> Mapping[str, StreamStanding]:
        """What the index says of each log that it took figures from, by its path relative to the workspace."""
        files = self.report.files
        return {file.removeprefix(LOG): one for file, one in files.items() if file.startswith(LOG)}

    @cached_property
    def survey(self) -> Survey:
        """What lies in the streams folder."""
        return survey(self.workspace.streams)

    def alive(self, run: str) -> bool:
        """Whether a process of the run lives, or may live where it cannot be seen from here."""
        processes = self.report.unfinished.get(run, ())
        return any(presence(process) is not Presence.GONE for process in processes)
