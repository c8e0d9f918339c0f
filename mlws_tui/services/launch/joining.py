"""Starting a run that was made before, as by a fork: what is recorded of it, and whether it still waits for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace, can_name_a_file
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.events import KINDS, LONGEST_LINE, decode, is_run_id


@dataclass(frozen=True, slots=True)
class Planned:
    """A run that nobody has started.

    Attributes:
        given: The settings that its script is to get over its own.
        command: What it is to run; empty where that is not recorded.
        cwd: The folder that it is to run in; empty where that is not recorded.
        data: Files whose contents are to be recorded by their hashes, as far as they are there.
        shims: Trackers whose reports are to be recorded here.
    """

    id: str
    name: str
    kind: str
    given: dict[str, Any]
    command: tuple[str, ...] = ()
    cwd: str = ""
    data: tuple[Path, ...] = ()
    shims: tuple[str, ...] = ()

    def folder(self) -> Path | None:
        """Where its own command runs; None for here.

        Raises:
            UsageError: if that folder is gone.
        """
        if not self.cwd or not can_name_a_file(self.cwd):
            return None
        if not Path(self.cwd).is_dir():
            raise UsageError(
                f"Its folder {self.cwd} is gone",
                hint=f"mlws-tui run --as {self.id} -- COMMAND, in another folder",
            )
        return Path(self.cwd)


def planned(workspace: Workspace, run: str) -> Planned:
    """What is recorded of a run that waits to be started. Blocking.

    Args:
        workspace: Where it is.
        run: Its whole id.

    Raises:
        UsageError: if there is no such run, or it was started already.
        MlwsError: if its stream cannot be read.
    """
    folder = workspace.streams / run
    if not is_run_id(run) or not folder.is_dir():
        raise UsageError(f"There is no run {run!r:.100} to start", hint="mlws-tui runs list shows the ids")
    facts: dict[str, Any] = {}
    given: dict[str, Any] = {}
    try:
        for record in _run_records(folder):
            if record.get("pid") is not None:
                raise UsageError(
                    f"{run} was started already", hint="fork it to run it again: mlws-tui runs fork " + run
                )
            facts |= record
            told = record.get("given", record.get("config"))
            given |= told if isinstance(told, dict) else {}
    except OSError as error:
        raise MlwsError(f"{run} cannot be read: {error.filename}: {error.strerror or error}") from error
    kind, name, cwd = facts.get("kind"), facts.get("name"), facts.get("cwd")
    return Planned(
        run,
        name if isinstance(name, str) and name else run[16:],
        kind if isinstance(kind, str) and kind in KINDS else "training",
        given,
        _words(facts.get("cmd")),
        cwd if isinstance(cwd, str) else "",
        tuple(file for file in map(Path, _words(facts.get("data"))) if file.is_file()),
        _words(facts.get("shims")),
    )


def _words(told: object) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(word, str) and "\0" not in word for word in told):
        return ()
    return tuple(told)


def _run_records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                try:
                    record = decode(line)
                except ValueError:  # a broken line tells nothing, to us as to any reader
                    continue
                if record.get("type") == "run":
                    yield record
