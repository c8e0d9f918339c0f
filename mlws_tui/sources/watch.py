"""Tells when files in folders may have changed, whatever the filesystem can tell of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from watchfiles import awatch

from mlws_tui.sources.mounts import is_network as is_network

log = logging.getLogger(__name__)

#: Seconds between two ticks where no events can be had.
POLL = 0.25
_DEBOUNCE = 50  # how long events that follow one another are gathered (ms)
_STEP = 20  # how soon a single one is handed on (ms)

Identity = tuple[int, int] | None


class _Stop:
    """An event for `awatch`, which sets the one it is given when its task is cancelled; the caller's stays its own."""

    def __init__(self, outer: asyncio.Event) -> None:
        self._outer = outer
        self._own = False

    def set(self) -> None:
        self._own = True

    def is_set(self) -> bool:
        return self._own or self._outer.is_set()


async def changes(
    folders: Sequence[Path], *, stop: asyncio.Event, tick: float = 1.0
) -> AsyncGenerator[frozenset[Path], None]:
    """Paths directly inside the folders that may have changed, until `stop` is set.

    An event means no more than "look now": some are lost, and none come for what other hosts write or for the target of
    a symbolic link. So an empty set comes at least each `tick` seconds, and means "look for yourself". Where a folder
    is on a network filesystem or the system has no watches left, the ticks are all there is, and come each `POLL`
    seconds. Folders that do not exist yet, vanish or are replaced are picked up at a tick.

    Args:
        folders: Folders to watch, not the ones inside them.
        stop: Ends the iteration soon after it is set.
        tick: Seconds.
    """
    remote = [await asyncio.to_thread(is_network, folder) for folder in folders]
    local = [folder for folder, away in zip(folders, remote, strict=True) if not away]
    if any(remote):
        tick = min(tick, POLL)
    broken: dict[Path, Identity] | None = None
    while not stop.is_set():
        known = await asyncio.to_thread(_identities, local)
        if not any(known.values()) or known == broken:
            batches = _ticks(local, known, stop, min(tick, POLL) if broken else tick)
        else:
            batches = _events(local, known, stop, tick)
        try:
            async with contextlib.aclosing(batches):
                async for batch in batches:
                    yield batch
        except* (OSError, RuntimeError, ValueError) as group:
            # No watches left (fs.inotify.max_user_watches), or a folder that vanished just now or is not ours to
            # read. RuntimeError is how watchfiles tells of what the system says otherwise, and ValueError of a file
            # whose name is no UTF-8; what its own tasks raise comes as a group.
            log.warning("watching %s failed, polling instead: %s", ", ".join(map(str, local)), _first(group))
            broken = known


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _events(
    folders: Sequence[Path], known: dict[Path, Identity], stop: asyncio.Event, tick: float
) -> AsyncGenerator[frozenset[Path], None]:
    """What the system tells, until one of the folders is another one than before."""
    present = [folder for folder in folders if known[folder] is not None]
    yield frozenset()  # what changed before the watch stood
    ticked = time.monotonic()
    batches = awatch(
        *present,
        watch_filter=None,
        debounce=_DEBOUNCE,
        step=_STEP,
        stop_event=_Stop(stop),
        rust_timeout=max(1, int(tick * 1000)),
        yield_on_timeout=True,
        recursive=False,
    )
    async with contextlib.aclosing(batches):
        async for batch in batches:
            paths = frozenset(Path(path) for _, path in batch)
            if paths:
                yield paths
            if not paths.isdisjoint(present):  # removed; a new one in its place may have the same inode
                return
            if not batch or time.monotonic() - ticked >= tick:
                ticked = time.monotonic()
                yield frozenset()
                if await asyncio.to_thread(_identities, folders) != known:
                    return


async def _ticks(
    folders: Sequence[Path], known: dict[Path, Identity], stop: asyncio.Event, tick: float
) -> AsyncGenerator[frozenset[Path], None]:
    """Empty sets alone, until one of the folders is another one than before."""
    while not stop.is_set():
        yield frozenset()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), tick)
        if await asyncio.to_thread(_identities, folders) != known:
            return


def _identities(folders: Sequence[Path]) -> dict[Path, Identity]:
    return {folder: _identity(folder) for folder in folders}


def _identity(folder: Path) -> Identity:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
