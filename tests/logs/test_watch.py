"""Watching folders: what is seen, and what happens where the system cannot tell."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mlws_tui.sources.mounts import is_network, mounted_type
from mlws_tui.sources.watch import changes

PATIENCE = 10.0


class Seen:
    """Gathers what `changes` yields, until the test is over."""

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self.ticks = 0
        self._news = asyncio.Event()

    async def gather(self, folders: list[Path], stop: asyncio.Event, tick: float) -> None:
        async for batch in changes(folders, stop=stop, tick=tick):
            self.paths |= batch
            self.ticks += not batch
            self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def watching(*folders: Path, tick: float = 0.05) -> AsyncIterator[Seen]:
    seen, stop = Seen(), asyncio.Event()
    task = asyncio.create_task(seen.gather(list(folders), stop, tick))
    try:
        await seen.until(lambda: seen.ticks > 0)
        yield seen
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await task


async def until_seen(seen: Seen, path: Path) -> None:
    """The first write may fall before the watch stands: write until it is seen."""
    for number in itertools.count():
        path.write_text(str(number))
        ticks = seen.ticks
        await seen.until(lambda since=ticks: path in seen.paths or seen.ticks > since + 3)
        if path in seen.paths:
            return


async def test_a_written_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    async with watching(tmp_path, tick=5) as seen:
        await seen.until(lambda: seen.ticks > 0)
        for word in ("one", "two", "three"):
            file.write_text(word)
        await seen.until(lambda: file in seen.paths)


async def test_only_the_folder_itself_is_watched(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    async with watching(tmp_path) as seen:
        (tmp_path / "deep" / "hidden").write_text("x")
        await until_seen(seen, tmp_path / "here")
        assert tmp_path / "deep" / "hidden" not in seen.paths


async def test_a_folder_that_appears_vanishes_and_comes_again_is_watched(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    async with watching(folder) as seen:
        for name in ("first", "second"):
            folder.mkdir()
            await until_seen(seen, folder / name)
            shutil.rmtree(folder)


async def test_ticks_come_without_any_event(tmp_path: Path) -> None:
    async with watching(tmp_path, tick=0.01) as seen:
        await seen.until(lambda: seen.ticks > 5)
        assert not seen.paths


async def test_with_no_watches_left_it_ticks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_paths: Path, **_options: object) -> AsyncIterator[set[object]]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlws_tui.sources.watch.awatch", none_left)
    async with watching(tmp_path) as seen:
        await seen.until(lambda: seen.ticks > 3)


async def test_cancelling_leaves_the_callers_event_alone(tmp_path: Path) -> None:
    stop, seen = asyncio.Event(), Seen()
    task = asyncio.create_task(seen.gather([tmp_path], stop, 0.05))
    await seen.until(lambda: seen.ticks > 1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert not stop.is_set()


async def test_a_name_that_is_no_text_does_not_end_it(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        with open(os.fsencode(tmp_path) + b"/caf\xe9.txt", "wb"):
            ticks = seen.ticks
        await seen.until(lambda: seen.ticks > ticks + 2)


def test_the_last_of_the_longest_mount_points_counts() -> None:
    table = "\n".join(
        [
            "1 0 8:1 / / rw,relatime - ext4 /dev/sda rw",
            "2 1 0:40 / /home rw shared:1 - nfs4 server:/home rw",
            "3 2 0:41 / /home/my\\040disk rw - ext4 /dev/sdb rw",
            "4 1 0:42 / /data rw - ext4 /dev/sdc rw",
            "5 1 0:43 / /data rw - fuse.sshfs far: rw",
            "garbage",
        ]
    )
    kinds = {
        "/": "ext4",
        "/home": "nfs4",
        "/homes": "ext4",
        "/home/my disk/x": "ext4",
        "/data/x": "fuse.sshfs",
    }
    assert {path: mounted_type(table, Path(path)) for path in kinds} == kinds
    assert mounted_type("", Path("/")) is None


def test_this_machines_own_disk_is_local(tmp_path: Path) -> None:
    assert not is_network(tmp_path / "not" / "there" / "yet")
    assert not is_network(Path("/proc"))
