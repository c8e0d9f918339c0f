"""Deleting runs for ever: first a tombstone that every index honours, then the files.

Where this process dies in between, the tombstones hold already, and `finish_removals` takes the files away later.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.events import KINDS, WAKE_DIR, begun, is_run_id
from mlws_tui.services.logplaces import ARCHIVE, unpacked_name
from mlws_tui.sources.edits import EditsLog
from mlws_tui.store import Store

_LOG_FOLDERS = (*KINDS, ARCHIVE, *(f"{ARCHIVE}/{kind}" for kind in KINDS))
_LOG_SUFFIX = ".log"


@dataclass(frozen=True, slots=True)
class Inventory:
    """What goes when runs are deleted for ever: the runs, their files and how many bytes those have."""

    runs: tuple[str, ...]
    files: tuple[Path, ...]
    size: int


async def delete_run_forever(
    workspace: Workspace, edits: EditsLog, run_id: str, *, by: str, clock: Callable[[], float] = time.time
) -> tuple[str, int]:
    """Delete a run with its streams and its own log, so that no rebuild brings it back. It must not be running.

    Args:
        workspace: Where it is.
        edits: Takes the tombstone.
        run_id: Its id.
        by: Who deletes it.
        clock: Unix seconds.

    Returns:
        The file of the tombstone, relative to the streams folder, and its size after it.

    Raises:
        StoreError: if the tombstone cannot be written (nothing is deleted then), or a file not be removed.
    """
    return (await delete_runs_forever(workspace, edits, [run_id], by=by, clock=clock))[-1]


async def delete_runs_forever(
    workspace: Workspace,
    edits: EditsLog,
    run_ids: Sequence[str],
    *,
    by: str,
    clock: Callable[[], float] = time.time,
) -> list[tuple[str, int]]:
    """`delete_run_forever` for several runs: all tombstones first, then the files."""

    def work() -> list[tuple[str, int]]:
        now = clock()
        tombstone = {"type": "set", "ts": now, "by": by, "deleted": True, "forever": True}
        places = [edits.append_all([{**tombstone, "run": run} for run in run_ids])] if run_ids else []
        _remove_all(workspace, run_ids)
        return places

    return await asyncio.to_thread(work)


async def finish_removals(workspace: Workspace, store: Store) -> tuple[str, ...]:
    """Remove what is still there of runs that were deleted for ever; returns those runs.

    Raises:
        StoreError: if the index cannot be read, or a file not be removed.
    """
    buried = await store.buried_runs()
    return await asyncio.to_thread(_finish, workspace, buried)


def inventory(workspace: Workspace, run_ids: Iterable[str]) -> Inventory:
    """What there is of these runs. It blocks on files."""
    runs = tuple(run_ids)
    files = [file for run in runs for file in _streams_of(workspace, run)]
    files.extend(_logs_of(workspace, frozenset(runs)))
    return Inventory(runs, tuple(files), sum(map(_size, files)))


def _finish(workspace: Workspace, buried: Iterable[str]) -> tuple[str, ...]:
    logs = {_run_of(log) for log in _logs_of(workspace, frozenset(buried))}
    left = tuple(run for run in buried if run in logs or (workspace.streams / run).is_dir())
    _remove_all(workspace, left)
    return left


def _remove_all(workspace: Workspace, run_ids: Sequence[str]) -> None:
    runs = [run for run in run_ids if is_run_id(run)]  # an id from data never leads out of the folder
    problem: OSError | None = None
    _outlive(runs)
    for run in runs:
        folder = workspace.streams / run
        try:
            if folder.is_symlink():
                folder.unlink()
            elif folder.exists():
                _remove_tree(folder)
            (workspace.streams / WAKE_DIR / run).unlink(missing_ok=True)
        except OSError as error:
            problem = error
    for log in _logs_of(workspace, frozenset(runs)):
        try:
            log.unlink(missing_ok=True)
        except OSError as error:
            problem = error
    if problem is not None:
        raise StoreError(
            f"Deleted, but {problem.filename} could not be removed: {problem.strerror or problem}",
            hint="it shows no more; remove the file yourself, or have mlws-tui doctor --fix try again",
        ) from problem


def _remove_tree(folder: Path) -> None:
    """Remove it, also where another process does the same just now."""
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            continue


def _outlive(runs: Iterable[str]) -> None:
    """Wait out the second that an id names: until then a new run could be given it and be hidden."""
    wait = max((begun(run) for run in runs), default=0.0) + 1.0 - time.time()
    if 0 < wait <= 1.0:
        time.sleep(wait)


def _streams_of(workspace: Workspace, run: str) -> Iterator[Path]:
    folder = workspace.streams / run
    if is_run_id(run) and folder.is_dir() and not folder.is_symlink():
        yield from (path for path in folder.iterdir() if path.is_file())


def _logs_of(workspace: Workspace, runs: frozenset[str]) -> Iterator[Path]:
    """The logs that bear the id of one of these runs, packed or not: all others are somebody else's."""
    if not runs:
        return
    for kind in _LOG_FOLDERS:
        folder = workspace.logs / kind
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if _run_of(path) in runs)


def _run_of(log: Path) -> str:
    """The run that a log is named after; empty for other files. A run's own name may hold ``.log``."""
    name = unpacked_name(log.name)
    return name.removesuffix(_LOG_SUFFIX) if name.endswith(_LOG_SUFFIX) else ""


def _size(file: Path) -> int:
    try:
        return file.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
