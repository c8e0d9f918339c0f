"""The demo: a workspace of its own with three programs that really run, and nothing of them left at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.domain.events import decode
from mlws_tui.domain.runs import Presence, ProcessRef
from mlws_tui.services.journal import JournalService
from mlws_tui.services.launch import LaunchOptions, launch_background
from mlws_tui.services.workspace import init
from mlws_tui.sources.processes import presence
from mlws_tui.sources.streams import list_folder, list_runs

#: Seconds that the programs have to end after SIGTERM, and after SIGKILL.
_POLITE, _FORCED = 5.0, 2.0
#: How often the folder is removed where something is still being written in it, and the seconds between.
_TRIES, _BETWEEN = 5, 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the demo's programs take.

    Attributes:
        minutes: The training's length at least; the other two take less. 0 is as fast as the machine can.
        epochs: The training's passes over its text; None for its own default.
    """

    minutes: float = 2.0
    epochs: int | None = None


class Demo:
    """A demo workspace and the programs that were started in it. Always `close` it.

    The caller sees to it that no signal's exception comes while it is made and started: a program that was just started
    has not yet written down by which processes it can be ended.

    Args:
        keep: Where to make the workspace; it stays. In a temporary folder, which goes, if None.

    Raises:
        WorkspaceError: if the workspace cannot be made.
    """

    def __init__(self, keep: Path | None = None) -> None:
        self.runs: list[str] = []
        try:
            self._temporary = None if keep is not None else Path(tempfile.mkdtemp(prefix="mlws-demo-"))
        except OSError as error:
            raise WorkspaceError(
                f"The demo has no place for a temporary folder: {error.strerror or error}",
                hint="give it one with --keep",
            ) from error
        try:
            self.workspace: Workspace = init(keep or self._temporary or Path()).workspace
        except WorkspaceError:
            self._clear_away()
            raise

    def start(self, pace: Pace | None = None) -> None:
        """Start the three programs, each as ``mlws-tui run`` would, and note them in the journal.

        Raises:
            MlwsError: if one cannot be started.
        """
        pace = pace or Pace()
        share = pace.minutes / Pace().minutes
        epochs = [] if pace.epochs is None else ["--epochs", str(pace.epochs)]
        failing = self._launch("sine-adapter", "training", ["fails", "--seconds", str(8 * share)])
        agent = self._launch("workspace-agent", "agents", ["agent", "--pause", str(5 * share)])
        # Last, so that it stands first in the list of runs and is the one that the app opens on.
        training = self._launch("char-lm", "training", ["train", "--minutes", str(pace.minutes), *epochs])
        journal = JournalService(self.workspace)
        journal.append("Experiments", f"Started: {training} (character model)")
        journal.append("Experiments", f"Started: {failing} (regression)")
        journal.append("Agents", f"Started: {agent} (tool calls)")
        journal.append("Next Steps", "Compare the training loss with the validation loss", task=True)

    def close(self) -> None:
        """End what still runs and remove the temporary folder.

        Raises:
            WorkspaceError: if the folder cannot be removed.
        """
        self._end(signal.SIGTERM, _POLITE)
        self._end(signal.SIGKILL, _FORCED)
        self._clear_away()

    def _clear_away(self) -> None:
        if self._temporary is None:
            return
        for left in reversed(range(_TRIES)):
            try:
                shutil.rmtree(self._temporary)
            except FileNotFoundError:
                if not self._temporary.exists():
                    return
            except OSError as error:
                if not left:
                    raise WorkspaceError(
                        f"The demo's folder {self._temporary} could not be removed: {error.strerror or error}"
                    ) from error
            else:
                return
            time.sleep(_BETWEEN)

    def _launch(self, name: str, kind: str, program: list[str]) -> str:
        module, *arguments = program
        options = LaunchOptions(
            name=name, kind=kind, experiment="demo", tags=("demo",), cwd=self.workspace.root
        )
        command = [sys.executable, "-m", f"mlws_tui.demo.{module}", *arguments]
        run = launch_background(self.workspace, command, options)
        self.runs.append(run)
        return run

    def _started(self) -> Sequence[str]:
        """The runs to end: in a folder of our own all that there are, in one that stays those that we know."""
        if self._temporary is None:
            return self.runs
        try:
            return list_runs(self.workspace.streams)
        except OSError:
            return self.runs

    def _end(self, number: signal.Signals, patience: float) -> None:
        """Signal every process of ours that lives, and wait until none does or the patience is at its end.

        The streams are read again each time: a program that was just started names its processes a moment later.
        """
        told: set[int] = set()
        end = time.monotonic() + patience
        while time.monotonic() < end:
            recorded = {run: self._processes(run) for run in self._started()}
            alive = [p for processes in recorded.values() for p in processes if presence(p) is Presence.ALIVE]
            if not alive and all(recorded.values()):
                return
            for process in alive:
                # The supervisor ends by itself once its command has, and writes down how it ended.
                waits = number == signal.SIGTERM and process.role == "wrapper"
                if process.pid not in told and not waits:
                    told.add(process.pid)
                    _signal(process, number)
            time.sleep(0.05)

    def _processes(self, run: str) -> list[ProcessRef]:
        folder = list_folder(self.workspace.streams, run, time.time_ns())
        files = folder.files if folder is not None else ()
        return [process for file in files for process in _recorded(self.workspace.streams / file)]


def _recorded(path: Path) -> Iterator[ProcessRef]:
    """The processes that a stream names in its ``run`` records."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:  # the folder was cleared by hand: then there is nothing to end by it
        return
    for line in lines:
        if b'"type":"run"' not in line:
            continue
        try:
            record = decode(line)
        except ValueError:  # the line is still being written
            continue
        for prefix, role in (("", str(record.get("role", "rank"))), ("command_", "command")):
            pid, start = record.get(f"{prefix}pid"), record.get(f"{prefix}pid_start")
            if isinstance(pid, int) and isinstance(start, int):
                place = (record.get("host", ""), record.get("boot_id"), record.get("pid_ns"))
                yield ProcessRef(pid, start, *place, role=role)


def _signal(process: ProcessRef, number: signal.Signals) -> None:
    """Signal a process, with its group where it leads one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)
