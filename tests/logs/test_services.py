"""The services: the list of logs, a followed log, and what tells of changed documents."""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, FileChanged
from mlws_tui.domain.errors import MlwsError, NotFoundError
from mlws_tui.domain.logquery import Query
from mlws_tui.domain.logs import START
from mlws_tui.services.hub import Hub
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logfillers import MergedLogs
from mlws_tui.services.logs import LogsService
from mlws_tui.services.watching import WatchService
from mlws_tui.sources.logtail import LogTail
from tests.logs.conftest import append, eventually, numbered


async def test_the_list_is_newest_first(workspace: Workspace, log: Path) -> None:
    old = workspace.logs_of("agents") / "old.log"
    for path, at in ((old, 1), (log, 2), (workspace.logs / "loose.txt", 3), (workspace.logs / ".hidden", 4)):
        path.write_text("x")
        os.utime(path, (at, at))
    (workspace.logs / "dangling.log").symlink_to("nowhere")
    entries = await LogsService(workspace).list()
    assert [(entry.path.name, entry.kind, entry.size) for entry in entries] == [
        ("loose.txt", "", 1),
        (log.name, "training", 1),
        ("old.log", "agents", 1),
    ]


async def test_a_feed_tells_of_growth_and_ends_its_thread(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(3))
    news = asyncio.Event()
    feed = await LogsService(workspace).open(log, news.set)
    await eventually(lambda: feed.state.lines == 3)
    news.clear()
    append(log, "more\n")
    async with asyncio.timeout(15):
        await news.wait()
    await feed.settle()
    lines = await feed.after(START, 10)
    assert lines[-1].data == b"more"
    await eventually(lambda: feed.state.appended == 1)
    assert await feed.number_of(lines[-1].place) == 4
    await feed.close()
    await feed.close()
    assert not any(thread.name == f"log {log.name}" for thread in threading.enumerate())
    assert await feed.after(START, 10) == []


def held() -> tuple[int, list[str]]:
    """How many descriptors are open, and what works at logs."""
    names = [thread.name for thread in threading.enumerate()]
    working = [name for name in names if name.startswith(("log ", "unpack ", "merge "))]
    return len(os.listdir("/proc/self/fd")), working


@pytest.mark.parametrize("kind", ["plain", "packed", "merged", "missing"])
async def test_an_opening_that_is_cancelled_leaves_nothing_open(
    workspace: Workspace, log: Path, kind: str
) -> None:
    log.write_text(numbered(1000))
    packed = log.with_name("packed.log.gz")
    packed.write_bytes(gzip.compress(os.urandom(4096) * 1000))
    logs = LogsService(workspace)
    opened: dict[str, Callable[[], Awaitable[LogFeed]]] = {
        "plain": lambda: logs.open(log),
        "packed": lambda: logs.open(packed),
        "merged": lambda: logs.open_merged([("a", log), ("b", packed), ("c", packed)]),
        "missing": lambda: logs.open(log.with_name("none.log")),
    }
    await (await opened[kind]()).close()
    before = held()
    for patience in range(40):
        opening = asyncio.ensure_future(opened[kind]())
        for _ in range(patience):
            await asyncio.sleep(0)
        opening.cancel()
        try:
            feed = await opening
        except asyncio.CancelledError:
            continue
        closing = asyncio.create_task(feed.close())
        await asyncio.sleep(0)
        closing.cancel()
    await eventually(lambda: held() == before, lambda: (before, held()))


async def test_merged_logs_are_there_before_all_is_unpacked(workspace: Workspace, log: Path) -> None:
    log.write_text("2024-10-19 14:30:00 one\n")
    large, small = log.with_name("large.log.gz"), log.with_name("small.log.gz")
    large.write_bytes(gzip.compress(b"\0" * (16 << 20)) * 16)
    small.write_bytes(gzip.compress(b"2024-10-19 14:30:01 two\n"))
    logs, before = LogsService(workspace), held()
    feed = await logs.open_merged([("a", log), ("b", large)])
    assert feed.state.filled is not None
    assert feed.state.filled < 1
    assert feed.state.size == 0
    await feed.close()
    assert held() == before
    feed = await logs.open_merged([("a", log), ("b", small)])
    await eventually(lambda: feed.state.filled is None)
    await feed.settle()
    told = [line.data for line in await feed.after(START, 10)]
    assert told == [b"[a] 2024-10-19 14:30:00 one", b"[b] 2024-10-19 14:30:01 two"]
    await feed.close()


def test_merged_logs_without_room_for_all_give_back_what_they_had(workspace: Workspace, log: Path) -> None:
    packed = log.with_name("packed.log.gz")
    packed.write_bytes(gzip.compress(b"one\n"))
    before = held()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, limits[1]))  # one more
    try:
        with pytest.raises(MlwsError, match="temporary file"):
            MergedLogs(workspace, [("a", packed), ("b", packed)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert held() == before


async def test_a_follower_that_failed_says_so_and_nobody_waits_for_it(
    workspace: Workspace, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_text(numbered(3))
    news = asyncio.Event()
    feed = await LogsService(workspace).open(log, news.set)

    def fail(_tail: LogTail) -> bool:
        raise ValueError("what it never was")

    monkeypatch.setattr(LogTail, "look", fail)
    async with asyncio.timeout(15):
        await eventually(lambda: "what it never was" in feed.state.missing)
        await feed.settle()
        await news.wait()
        await feed.settle()
    await feed.close()


async def test_settling_sees_what_was_written_before(workspace: Workspace, log: Path) -> None:
    log.touch()
    feed = await LogsService(workspace).open(log, count=False)
    feed.set_pace(shown=False)
    for i in range(20):
        append(log, f"{i}\n")
        await feed.settle()
        assert (await feed.before(feed.state.end, 1))[0].data == str(i).encode()
    await feed.close()


async def test_a_search_ends_when_nobody_waits_for_it(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(400_000))
    feed = await LogsService(workspace).open(log, count=False)
    search = asyncio.create_task(feed.find(Query("not there"), START, forward=True))
    await asyncio.sleep(0)
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    found = await feed.find(Query("LINE 399999"), START, forward=True)
    assert found is None
    found = await feed.find(Query("line 399999"), feed.state.end, forward=False)
    assert found is not None
    assert (await feed.after(found, 1))[0].data == b"line 399999"
    await feed.close()


async def test_errors_have_their_line_time_and_traceback(workspace: Workspace, log: Path) -> None:
    log.write_text(
        "2024-10-19 14:52:45 - INFO - start\nstep 1\n"
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: bad\n'
        "2024-10-19 14:52:47 - CRITICAL - gone\n"
    )
    first, second = await LogsService(workspace).errors(log)
    assert (first.line, first.type, first.message, first.ts) == (3, "ValueError", "bad", 1729349565.0)
    assert first.traceback.count("\n") == 2
    assert (second.line, second.level, second.message, second.ts) == (6, "critical", "gone", 1729349567.0)
    with pytest.raises(NotFoundError):
        await LogsService(workspace).errors(log.with_name("other.log"))


async def test_changed_documents_are_told(workspace: Workspace) -> None:
    hub = Hub()
    heard: list[Path] = []

    def hear(change: Change) -> None:
        if isinstance(change, FileChanged):
            heard.append(change.path)

    hub.subscribe(hear)
    watch = WatchService(workspace, hub)
    await watch.start()
    await watch.start()
    session = workspace.sessions / "2026-11-20-x.md"
    (workspace.root / "unrelated").write_text("x")
    (workspace.sessions / "picture.png").write_text("x")
    session.write_text("# Session\n")
    await eventually(lambda: heard == [session])
    with workspace.journal.open("a") as file:
        file.write("## 2026-11-20\n")
    await eventually(lambda: set(heard[1:]) == {workspace.journal})
    heard.clear()
    session.unlink()
    await eventually(lambda: heard == [session])
    await watch.close()
    await watch.close()
