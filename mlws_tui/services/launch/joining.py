"""Starting a run that was made before, as by a fork: what is recorded of it, and whether it still waits for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.events import KINDS, LONGEST_LINE, decode, is_run_id


@dataclass(frozen=True, slots=True)
class Planned:
    """A run that nobody has started. `given`: the settings that its script is to get over its own."""

    id: str
    name: str
    kind: str
    given: dict[str, Any]


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
    kind, name = facts.get("kind"), facts.get("name")
    return Planned(
        run,
        name if isinstance(name, str) and name else run[16:],
        kind if isinstance(kind, str) and kind in KINDS else "training",
        given,
    )


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
