"""The services: the list of logs, a followed log, and what tells of changed documents."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, FileChanged
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.logquery import Query
from mlws_tui.domain.logs import START
from mlws_tui.services.hub import Hub
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
    await eventually(lambda: heard[1:] and set(heard[1:]) == {workspace.journal})
    heard.clear()
    session.unlink()
    await eventually(lambda: heard == [session])
    await watch.close()
    await watch.close()
