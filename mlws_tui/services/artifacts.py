"""Whether the files that a run recorded are still there. It looks at disks: call it in a thread."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlws_tui.config.workspace import Workspace, can_name_a_file
from mlws_tui.domain.runpages import Artifact, LogFile
from mlws_tui.domain.runs import Run, RunEvent
from mlws_tui.domain.sizes import size_words
from mlws_tui.services.logplaces import find_log, unpacked_name
from mlws_tui.sources.processes import hostname


def looked_at(workspace: Workspace, run: Run, recorded: Sequence[RunEvent]) -> tuple[Artifact, ...]:
    """The artifacts of a run with what became of each; one that was recorded again is there once, as it was last."""
    newest: dict[str, RunEvent] = {}
    for event in recorded:
        newest.pop(event.name, None)
        newest[event.name] = event
    return tuple(_looked_at(workspace, run, event) for event in newest.values())


def log_of(workspace: Workspace, run: Run) -> LogFile | None:
    """The run's log and whether it is there; None where none is known."""
    if not run.log or not can_name_a_file(run.log):
        return None
    path = find_log(workspace, workspace.root / run.log)
    try:
        size = path.stat().st_size
    except (OSError, ValueError):
        return LogFile(run.log, present=False)
    return LogFile(run.log, present=True, bytes=size, packed=path.name != unpacked_name(path.name))


def _looked_at(workspace: Workspace, run: Run, event: RunEvent) -> Artifact:
    size = event.data.get("bytes")
    known = size if isinstance(size, int) and not isinstance(size, bool) else None
    kind, digest = event.data.get("kind"), event.data.get("sha256")
    present, now, said = _state(workspace, run, event.name, known)
    return Artifact(
        path=event.name,
        kind=kind if isinstance(kind, str) else "",
        bytes=known,
        ts=event.ts,
        rank=event.rank,
        sha256=digest if isinstance(digest, str) else "",
        present=present,
        now=now,
        said=said,
        told=event.data.get("told") == "log",
    )


def _state(
    workspace: Workspace, run: Run, path: str, known: int | None
) -> tuple[bool | None, int | None, str]:
    """Whether it is there, its size now, and what is to be said of that."""
    if not path or not can_name_a_file(path):
        return False, None, "no file can have that name"
    for place in _places(workspace, run, path):
        try:
            status = place.stat()
        except (OSError, ValueError):
            continue
        if stat.S_ISDIR(status.st_mode):
            return True, None, ""
        other = known is not None and known != status.st_size
        return True, status.st_size, f"now {size_words(status.st_size)}" if other else ""
    if _elsewhere(run) and Path(path).is_absolute():
        return None, None, f"on {run.host}: it cannot be seen from here"
    return False, None, "it is not there" if known is None else "it is no longer there"


def _places(workspace: Workspace, run: Run, path: str) -> Iterator[Path]:
    """Where a recorded path leads: from the workspace, and for what a log tells from the folder that it ran in."""
    yield workspace.root / path
    if run.cwd and not Path(path).is_absolute() and can_name_a_file(run.cwd):
        yield Path(run.cwd, path)


def _elsewhere(run: Run) -> bool:
    return bool(run.host) and (run.host or "").partition(".")[0] != hostname().partition(".")[0]
