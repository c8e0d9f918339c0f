"""What a reader asks of an open log: filters, counts, places by number, share and time, tracebacks, packed logs."""

from __future__ import annotations

import gzip
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.levels import Level
from mlws_tui.domain.logquery import Filter, Query
from mlws_tui.domain.logs import START, Place
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logs import LogsService
from tests.logs.conftest import append, eventually, numbered

ERROR = """2024-10-19 14:52:45 - ERROR - training failed
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    step()
RuntimeError: CUDA out of memory
"""
SLOW = "(a|a)+$"


@asynccontextmanager
async def opened(workspace: Workspace, path: Path) -> AsyncIterator[LogFeed]:
    feed = await LogsService(workspace).open(path)
    try:
        yield feed
    finally:
        await feed.close()


async def texts(feed: LogFeed) -> list[str]:
    return [line.data.decode() for line in await feed.after(START, 1000)]


async def test_filters_hide_lines_and_count_the_rest(workspace: Workspace, log: Path) -> None:
    log.write_text("epoch 1\nnoise\nepoch 2\nnoise epoch\n")
    async with opened(workspace, log) as feed:
        await feed.set_filters([Filter("epochs", "epoch"), Filter("noise", "noise", out=True)])
        assert await texts(feed) == ["epoch 1", "epoch 2"]
        await eventually(lambda: feed.state.visible == 2)
        append(log, "epoch 3\nnoise\n")
        await eventually(lambda: feed.state.visible == 3)
        assert [line.data for line in await feed.before(feed.state.end, 1)] == [b"epoch 3"]
        await feed.set_filters([Filter("epochs", "epoch", on=False)])
        assert len(await texts(feed)) == 6
        assert feed.state.visible is None


async def test_what_is_found_is_shown(workspace: Workspace, log: Path) -> None:
    log.write_text("epoch 1\nnoise 2\nepoch 2\n" + ERROR)
    async with opened(workspace, log) as feed:
        await feed.set_filters([Filter("epochs", "epoch"), Filter("oom", "out of memory")])
        found = await feed.find(Query("2"), START, forward=True)
        assert found is not None
        assert (await feed.after(found, 1))[0].data == b"epoch 2"
        found = await feed.find(Query("training failed"), START, forward=True)  # shown, as its traceback is
        assert found is not None
        await eventually(lambda: feed.state.lines is not None)
        assert await feed.number_of(found) == 4


async def test_matches_are_counted_and_numbered(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(30))
    async with opened(workspace, log) as feed:
        query = Query(r"line \d*5$", regex=True)
        feed.look_for(query)
        await eventually(lambda: feed.state.matches == 3)
        second = await feed.find(query, (await feed.after(START, 8))[-1].place, forward=True)
        assert second is not None
        assert await feed.ordinal(second) == 2
        assert sum((await feed.density(10)).matches) == 3
        feed.look_for(Query())
        await eventually(lambda: feed.state.matches == 0)


async def test_an_expression_that_takes_too_long_is_given_up_and_said(
    workspace: Workspace, log: Path
) -> None:
    log.write_text("a" * 60 + "!\nb\n")
    async with opened(workspace, log) as feed:
        await feed.set_filters([Filter("a", "a")])
        assert await feed.find(Query(SLOW, regex=True), START, forward=True) is None
        assert await texts(feed) == ["a" * 60 + "!"]  # the filter is none of its
        await eventually(lambda: "takes too long" in feed.state.problem)
        await feed.set_filters([Filter("slow", SLOW, regex=True)])
        await eventually(lambda: "takes too long" in feed.state.problem)
        assert await texts(feed) == ["a" * 60 + "!", "b"]


async def test_places_by_number_share_and_time(workspace: Workspace, log: Path) -> None:
    log.write_text("".join(f"2024-10-19 14:{minute:02}:00 - INFO - m {minute}\n" for minute in range(60)))
    async with opened(workspace, log) as feed:
        await eventually(lambda: feed.state.lines == 60)

        async def text_at(place: Place | None) -> str:
            assert place is not None
            return (await feed.after(place, 1))[0].data.decode().rpartition(" ")[2]

        assert await text_at(await feed.place_of(7)) == "6"
        assert await text_at(await feed.place_of(-1)) == "59"
        assert await feed.place_of(61) is None
        assert await text_at(await feed.place_at(0.5)) == "30"
        ts = await feed.time_at(await feed.place_at(0.5))
        assert ts is not None
        assert await text_at(await feed.place_at_time(ts + 1)) == "31"


async def test_a_bare_clock_is_found_on_the_day_that_the_name_tells(workspace: Workspace) -> None:
    log = workspace.logs_of("training") / "20241019-230000-night.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(f"{(23 + hour) % 24:02}:00:00 INFO hour {hour}\n" for hour in range(6)))
    async with opened(workspace, log) as feed:
        late = (await feed.before(feed.state.end, 1))[0].place
        ts = await feed.time_at(late)
        assert ts == datetime(2024, 10, 20, 4).timestamp()
        assert await feed.place_at_time(ts) == late


async def test_errors_and_warnings_are_jumped_to_and_strewn(workspace: Workspace, log: Path) -> None:
    log.write_text("ok\nWARNING: a\nok\n" + ERROR + "ok\n")
    async with opened(workspace, log) as feed:
        await eventually(lambda: (feed.state.errors, feed.state.warnings) == (1, 1))
        warning = await feed.find_level(START, forward=True, level=Level.WARNING)
        error = await feed.find_level(feed.state.end, forward=False, level=Level.ERROR)
        assert warning is not None
        assert error is not None
        assert await feed.number_of(warning) == 2
        assert await feed.number_of(error) == 4
        density = await feed.density(200)
        assert (sum(density.errors), sum(density.warnings), density.share) == (1, 1, 1.0)
        assert density.errors.index(1) > density.warnings.index(1)


async def test_a_traceback_is_one_record(workspace: Workspace, log: Path) -> None:
    log.write_text("ok\n" + ERROR + "ok\n")
    async with opened(workspace, log) as feed:
        lines = await feed.after(START, 10)
        for line in lines[2:6]:
            trace = await feed.trace_at(line.place)
            assert trace is not None
            assert (trace.first, trace.next) == (lines[2].place, lines[6].place)
            assert (trace.lines, trace.exception) == (4, "RuntimeError: CUDA out of memory")
        assert await feed.trace_at(lines[1].place) is None
        assert await feed.trace_at(lines[6].place) is None
        await feed.set_filters([Filter("oom", "out of memory")])
        assert await texts(feed) == ERROR.splitlines()


async def test_a_traceback_that_is_written_line_by_line_is_counted_whole(
    workspace: Workspace, log: Path
) -> None:
    log.write_text("ok\n")
    async with opened(workspace, log) as feed:
        await feed.set_filters([Filter("oom", "out of memory")])
        for number, line in enumerate(ERROR.splitlines(keepends=True), 2):
            append(log, line)
            await eventually(lambda number=number: feed.state.lines == number)  # type: ignore[misc]
        await eventually(lambda: feed.state.visible == 5)
        assert await texts(feed) == ERROR.splitlines()


async def test_a_link_may_lead_to_any_name(workspace: Workspace, log: Path) -> None:
    first, second = log.with_name("a.log"), log.with_name("b.log")
    first.write_text("a\n")
    os.symlink(first, log)
    async with opened(workspace, log) as feed:
        odd = os.fsencode(log.parent) + b"/\xff.log"
        second.write_text("b, later\n")
        os.rename(second, odd)
        os.unlink(log)
        os.symlink(odd, os.fsencode(log))
        await eventually(lambda: feed.state.end.offset == len("b, later\n"))
        lines = await feed.after(START, 10)
        assert [line.data for line in lines if not line.divider] == [b"a", b"b, later"]


async def test_filters_hold_in_a_file_that_was_rotated(workspace: Workspace, log: Path) -> None:
    log.write_text("keep 1\ndrop\n")
    async with opened(workspace, log) as feed:
        await feed.set_filters([Filter("keep", "keep")])
        log.rename(log.with_name("old.log"))
        log.write_text("drop\nkeep 2 as well\n")
        await eventually(lambda: feed.state.end.offset == len("drop\nkeep 2 as well\n"))
        lines = await feed.after(START, 10)
        assert [line.data for line in lines if not line.divider] == [b"keep 1", b"keep 2 as well"]


async def test_a_packed_log_is_read_in_place(workspace: Workspace, log: Path) -> None:
    packed = log.with_name("old.log.gz")
    packed.write_bytes(gzip.compress(numbered(2000).encode()))
    async with opened(workspace, packed) as feed:
        await eventually(lambda: feed.state.lines == 2000 and feed.state.filled is None)
        last = (await feed.before(feed.state.end, 1))[0].data
        assert last == numbered(2000).splitlines()[-1].encode()
        assert feed.state.problem == ""


async def test_a_packed_log_that_ends_early_shows_what_there_is(workspace: Workspace, log: Path) -> None:
    packed = log.with_name("old.log.gz")
    whole = gzip.compress(b"".join(b"%d %d\n" % (i, i * i * 7919) for i in range(20_000)))
    packed.write_bytes(whole[: len(whole) // 2])
    async with opened(workspace, packed) as feed:
        await eventually(lambda: bool(feed.state.problem))
        await feed.settle()
        assert (await feed.after(START, 1))[0].data == b"0 0"


async def test_ranks_are_read_as_one_text(workspace: Workspace, log: Path) -> None:
    other = log.with_name("other.log.gz")
    log.write_text("2024-10-19 14:00:00 - INFO - a\n2024-10-19 14:00:02 - INFO - c\n")
    other.write_bytes(gzip.compress(ERROR.replace("14:52:45", "14:00:01").encode()))
    feed = await LogsService(workspace).open_merged([("main", log), ("rank1", other)])
    try:
        await eventually(lambda: feed.state.filled is None and feed.state.errors == 1)
        lines = await feed.after(START, 20)
        assert [line.data.decode().partition("]")[0] for line in lines] == ["[main", *["[rank1"] * 5, "[main"]
        trace = await feed.trace_at(lines[3].place)
        assert trace is not None
        assert trace.exception.endswith("RuntimeError: CUDA out of memory")
    finally:
        await feed.close()
