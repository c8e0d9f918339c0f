"""Says which logs must stay as they are: those that somebody writes, or may write."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import Run
from mlws_tui.services.logplaces import led_to
from mlws_tui.sources.mounts import is_network
from mlws_tui.sources.openfiles import Holders, holders, is_written, process_name
from mlws_tui.sources.packed import packing_of

_FRESH = 3600.0  # seconds after its last line in which a log may have a writer that cannot be seen


class Guard:
    """Looks at the processes once, when it is made, and then at each log. Its methods block.

    Args:
        workspace: Whose logs they are.
        logs: Those that will be asked for.
        unfinished: The runs that have not ended.
        now: Unix seconds.
    """

    def __init__(
        self, workspace: Workspace, logs: Collection[Path], unfinished: Collection[Run], now: float
    ) -> None:
        self._workspace = workspace
        self._now = now
        self._holders = holders({log.name for log in logs})
        self._shared = is_network(workspace.logs)
        # A run that is known by its text alone has no end on record: its log tells how it stands by its age.
        self._runs = [run for run in unfinished if (workspace.streams / run.id).is_dir()]
        # A run may name its log by a link to it.
        self._named = {led_to(workspace, workspace.root / run.log): run for run in self._runs if run.log}

    def reason(self, log: Path) -> str:
        """Why the log must stay, in a few words; empty where it may be archived."""
        try:
            status = log.stat(follow_symlinks=False)
            return self._nature(log, status) or self._run(log) or self._use(log, status)
        except FileNotFoundError:
            return "is gone"
        except OSError as error:
            return f"cannot be read: {(error.strerror or str(error)).lower()}"

    def is_still_unused(self, place: Path) -> bool:
        """Look once more, where the kernel does not tell: whether nobody has the log open, where it lies just then."""
        try:
            status = place.stat(follow_symlinks=False)
        except OSError:
            return False
        return not self._unseen(status, holders({place.name}))

    def _nature(self, log: Path, status: os.stat_result) -> str:
        if stat.S_ISLNK(status.st_mode):
            return "is a link"
        if not stat.S_ISREG(status.st_mode):
            return "is no plain file"
        if status.st_nlink > 1:
            return "has a second name (a hard link)"
        if status.st_size == 0:
            return "is empty"
        return "is packed already" if packing_of(log) else ""

    def _run(self, log: Path) -> str:
        own = (run for run in self._runs if log.name.startswith(f"{run.id}."))
        run = self._named.get(led_to(self._workspace, log)) or next(own, None)
        return "" if run is None else f"its run {run.id} has not ended"

    def _use(self, log: Path, status: os.stat_result) -> str:
        pid = self._holders.of(status)
        if pid is not None:
            return f"is open in {process_name(pid)}"
        descriptor = os.open(log, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            written = is_written(descriptor)
        finally:
            os.close(descriptor)
        if written is None:
            return self._unseen(status, self._holders)
        return "is open for writing in a process that cannot be seen" if written else ""

    def _unseen(self, status: os.stat_result, seen: Holders) -> str:
        """Where the kernel does not tell who writes it: what speaks against a log that has no writer in sight."""
        if seen.of(status) is not None:
            return "is open in a process"
        if seen.complete and not self._shared:
            return ""
        if status.st_uid != os.geteuid():
            return "belongs to another user, whose processes cannot be seen"
        if self._now - status.st_mtime < _FRESH:
            return "was written within the last hour, perhaps by a process that cannot be seen"
        return ""
