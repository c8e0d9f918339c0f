"""Reading logs on: in pieces, after a restart, a kill, a truncation; long ones by a process of their own."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.domain.changes import PointsAdded
from mlws_tui.services.harvest import Limits
from mlws_tui.services.hub import Hub
from mlws_tui.services.rebuild import rebuild
from tests.harvest.kit import (
    ARTICLE,
    LOG,
    RUN,
    append,
    dump_of,
    epochs,
    harvested,
    lay,
    opened,
    read_all,
    runs,
    values,
)
from tests.store.kit import Heard, header, metrics, until, workspace, write

#: Everything by a process of its own, but for the first piece.
LARGE = Limits(large=80_000, end=20_000)


def bars(count: int, seed: int = 1) -> str:
    """A training loop as the Hugging Face trainer prints it: a bar that is redrawn, and now and then figures."""
    dice = random.Random(seed)
    lines = ["loading\n"]
    for step in range(1, count + 1):
        lines.append(
            f"\r {100 * step // count:3}%|████▌   | {step}/{count} [00:{step % 60:02}<01:00,  1.00it/s]"
        )
        if step % 10 == 0:
            lines.append(
                f"\n{{'loss': {dice.random():.4f}, 'grad_norm': {dice.random():.3f}, 'epoch': {step / 100:.2f}}}\n"
            )
    return "".join(lines)


async def whole(root: Path, path: str, text: str) -> dict[str, Any]:
    """What an index holds of a log that is read at once."""
    lay(root, path, text)
    async with harvested(root) as store:
        return await dump_of(store)


async def test_in_pieces_it_comes_to_the_same(tmp_path: Path) -> None:
    text = ARTICLE + bars(200)
    expected = await whole(tmp_path / "whole", LOG, text)
    dice = random.Random(7)
    log = lay(tmp_path / "pieces", LOG, "")
    at = 0
    while at < len(text):
        step = dice.choice([1, 7, 90, 900, 2000])
        append(log, text[at : at + step])
        os.utime(log, (time.time() - 60,) * 2)
        at += step
        if at >= len(text):
            lay(tmp_path / "pieces", LOG, text)
        async with opened(tmp_path / "pieces") as (
            store,
            service,
        ):  # each time it begins with what the index knows
            await read_all(service)
            found = await dump_of(store)
    assert found == expected


async def test_a_live_log_is_followed(tmp_path: Path) -> None:
    log = lay(tmp_path, LOG, epochs(1, 2), age=None)
    hub = Hub()
    heard = Heard(hub)
    async with opened(tmp_path, hub=hub) as (store, service):
        await service.start()

        async def has(count: int) -> bool:
            return len(await values(store, RUN, "loss")) == count

        await until(lambda: has(2))
        append(log, epochs(3, 3) + "2024-10-19 14:50:00 - INFO - Epoch 4/100 complete - Loss: 0.2")
        await until(lambda: has(3))
        append(log, "5\n")
        await until(lambda: has(4))
        assert (await values(store, RUN, "loss"))[-1] == (4, 0.25)
        assert PointsAdded(frozenset({RUN})) in heard.changes


async def test_lines_without_a_time_are_of_the_moment_when_they_came(tmp_path: Path) -> None:
    log = lay(tmp_path, LOG, "Epoch 1/9 complete - Loss: 0.5\n")
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        append(log, "Epoch 2/9 complete - Loss: 0.4\n")
        await read_all(service)
        points = await store.points(RUN, "loss")
        assert points.ts[0] == 1729348200.0 and abs(points.ts[1] - time.time()) < 60


@pytest.mark.parametrize("change", ["shorter", "other", "again"])
async def test_a_log_that_is_written_anew_is_read_anew(tmp_path: Path, change: str) -> None:
    log = lay(tmp_path, LOG, epochs(1, 30), age=None)
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        if change == "again":
            log.unlink()
        text = epochs(5, 8) if change == "shorter" else epochs(41, 90)
        lay(tmp_path, LOG, text, age=None)
        await read_all(service)
        assert [step for step, _ in await values(store, RUN, "loss")] == [
            *(range(5, 9) if change == "shorter" else range(41, 91))
        ]


async def test_a_copy_of_the_same_text_is_read_on(tmp_path: Path) -> None:
    log = lay(tmp_path, LOG, epochs(1, 30))
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        before = await dump_of(store)
        copy = lay(tmp_path, LOG + ".copy~", epochs(1, 30))
        copy.rename(log)
        await read_all(service)
        assert await dump_of(store) == before


async def test_rotated_parts_are_of_one_run(tmp_path: Path) -> None:
    log = lay(tmp_path, "logs/training/foo.log", epochs(1, 3), age=None)
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        [before] = await runs(store)
        log.rename(log.with_name("foo.log.1"))
        lay(tmp_path, "logs/training/foo.log", epochs(4, 6), age=None)
        await read_all(service)
        assert list(await runs(store)) == [before]
        assert [step for step, _ in await values(store, before, "loss")] == [1, 2, 3, 4, 5, 6]


async def test_the_last_line_of_a_run_that_has_ended_counts_as_it_is(tmp_path: Path) -> None:
    log = lay(tmp_path, LOG, epochs(1, 2) + "Epoch 3/100 complete - Loss: 0.33", age=30)
    stream = [header(RUN, log=LOG, pid=1)]
    write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", stream)
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert len(await values(store, RUN, "loss")) == 2
        write(
            workspace(tmp_path).streams, f"{RUN}/a.jsonl", [{"type": "end", "ts": 2e9, "status": "completed"}]
        )
        await read_all(service)
        assert (await values(store, RUN, "loss"))[-1] == (3, 0.33)
        append(log, "3\n")  # it was not whole after all
        os.utime(log, (time.time() - 30,) * 2)
        await read_all(service)
        assert [value for _, value in await values(store, RUN, "loss")] == [1.0, 0.5, 0.333]


async def test_a_log_that_is_gone_is_told_and_looked_for_again(tmp_path: Path) -> None:
    log = lay(tmp_path, LOG, epochs(1, 3))
    write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", [header(RUN, log=LOG, pid=1)])
    aside = log.with_name("aside~")
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        log.rename(aside)
        await read_all(service)
        assert "is gone" in (await runs(store))[RUN].problems[0]
        aside.rename(log)
        append(log, epochs(4, 4))
        await read_all(service)
        run = (await runs(store))[RUN]
        assert run.problems == () and len(await values(store, RUN, "loss")) == 4


async def test_odd_bytes_stop_nothing(tmp_path: Path) -> None:
    dice = random.Random(3)
    lay(tmp_path, "logs/noise.log", dice.randbytes(3000).replace(b"\0", b"x") + b"\n")
    lay(tmp_path, "logs/line.log", b"x" * 3_000_000)
    lay(tmp_path, LOG, b"\xff\xfe\n" + epochs(1, 3).encode() + b"\0" * 4000)
    async with harvested(tmp_path) as store:
        assert len(await runs(store)) == 3
        assert len(await values(store, RUN, "loss")) == 3


async def test_made_again_it_is_the_same(tmp_path: Path) -> None:
    lay(tmp_path, LOG, ARTICLE)
    lay(tmp_path, "logs/training/foo.log", bars(300))
    lay(tmp_path, "logs/training/bar/train.log", epochs(1, 40))
    write(
        workspace(tmp_path).streams,
        "20241020-090000-x/a.jsonl",
        [
            header("20241020-090000-x", log="logs/training/foo.log", pid=1),
            metrics(1, 2000.0, loss=1.0),
        ],
    )
    async with harvested(tmp_path) as store:
        before = await dump_of(store)
    rebuilt = await rebuild(workspace(tmp_path))
    assert not rebuilt.fewer and not rebuilt.behind and rebuilt.runs == 3
    async with harvested(tmp_path) as store:
        assert await dump_of(store) == before


async def test_of_a_thousand_old_logs_each_is_read_once(tmp_path: Path) -> None:
    for number in range(300):
        lay(tmp_path, f"logs/training/{number:03}.log", epochs(number + 1, number + 2, 1000))
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert len(await runs(store)) == 300
    for log in (tmp_path / "logs/training").iterdir():
        log.chmod(0)  # also where this is of no effect: none of them is asked for again
    atimes = {log: log.stat().st_atime_ns for log in (tmp_path / "logs/training").iterdir()}
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert service.state.logs == 0 and len(await runs(store)) == 300
    assert all(log.stat().st_atime_ns == atime for log, atime in atimes.items())


async def test_a_long_log_is_read_by_a_process_of_its_own_the_end_first(tmp_path: Path) -> None:
    text = bars(3000)
    expected = await whole(tmp_path / "whole", LOG, text)
    lay(tmp_path / "long", LOG, text)
    seen: list[list[tuple[float, float]]] = []
    hub = Hub()
    async with opened(tmp_path / "long", LARGE, hub) as (store, service):
        heard = Heard(hub)
        while (await service.catch_up(logs=0.02)).logs:
            if len(heard.changes) != len(seen):
                seen.append(await values(store, RUN, "loss"))
        await read_all(service)
        assert await dump_of(store) == expected
        assert any(points and points[-1][0] > 2900 and len(points) < 290 for points in seen)
        steps = [[step for step, _ in points] for points in seen]
        assert all(len(set(one)) == len(one) for one in steps)


async def test_a_log_that_grows_fast_is_followed_by_a_process_of_its_own(tmp_path: Path) -> None:
    lay(tmp_path / "whole", LOG, epochs(1, 600, 600))
    async with harvested(tmp_path / "whole") as store:
        expected = await values(store, RUN, "loss")
    root = tmp_path / "fast"
    log = lay(root, LOG, epochs(1, 10, 600), age=None)
    async with opened(root, Limits(live=1000)) as (store, service):
        await service.start()

        async def has(step: int) -> bool:
            points = await values(store, RUN, "loss")
            return bool(points) and points[-1][0] == step

        def others() -> list[str]:
            children = [
                pid
                for task in Path("/proc/self/task").iterdir()
                for pid in (task / "children").read_text().split()
            ]
            return [pid for pid in children if b"harvest.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]

        await until(lambda: has(10))
        append(log, epochs(11, 300, 600))
        await until(lambda: bool(others()))
        await until(lambda: has(300))
        append(log, epochs(301, 600, 600))  # it is still there, and reads on
        await until(lambda: has(600))
        assert await values(store, RUN, "loss") == expected
    assert not others()


async def test_killed_at_any_moment_it_goes_on_without_a_repeat_or_a_hole(tmp_path: Path) -> None:
    text = ARTICLE + bars(4000)
    expected = await whole(tmp_path / "whole", LOG, text)
    root = tmp_path / "killed"
    lay(root, LOG, text)
    workspace(root)
    for large, wait in ((10**9, 0.0), (80_000, 0.0), (80_000, 0.1)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.harvest.reader", str(root), str(large), LOG, stdout=subprocess.PIPE
        )
        assert process.stdout is not None and await process.stdout.readline() == b"reads\n"
        await asyncio.sleep(wait)  # not to wait for anything: the kill is to come at some other moment
        process.kill()
        await process.wait()
    async with opened(root) as (store, service):
        assert (await store.log_sizes([LOG]))[LOG] > 0
        await read_all(service)
        assert await dump_of(store) == expected


async def test_who_only_follows_waits_for_a_log_that_was_written_just_now(tmp_path: Path) -> None:
    log = lay(tmp_path, LOG, epochs(1, 2), age=None)
    async with opened(tmp_path) as (_, first), opened(tmp_path) as (store, second):
        await first.start()
        await until(lambda: first.state.role == "holder")
        await read_all(second)
        append(log, epochs(3, 3))
        state = await second.catch_up(timeout=10.0)
        assert (state.role, state.logs) == ("follower", 0)
        assert len(await values(store, RUN, "loss")) == 3


async def test_a_log_of_a_run_that_was_deleted_for_ever_stays_unread(tmp_path: Path) -> None:
    lay(tmp_path, LOG, ARTICLE)
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        tombstone = {"type": "set", "ts": 2e9, "by": "me", "run": RUN, "deleted": True, "forever": True}
        write(workspace(tmp_path).streams, "_edits/host.jsonl", [tombstone])
        await read_all(service)
        assert await runs(store) == {}
        append(tmp_path / LOG, epochs(4, 5))
        await read_all(service)
        assert await runs(store) == {} and await values(store, RUN, "loss") == []


@pytest.mark.parametrize("claimed", [False, True])
async def test_an_archived_log_is_read_from_its_archive(tmp_path: Path, claimed: bool) -> None:
    log = lay(tmp_path, LOG, ARTICLE)
    if claimed:
        write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", [header(RUN, log=LOG, pid=1)])
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        before = await dump_of(store)
        archive = tmp_path / "logs/archive/training" / f"{RUN}.log.gz"
        archive.parent.mkdir(parents=True)
        archive.write_bytes(gzip.compress(log.read_bytes()))
        log.unlink()
        await read_all(service)
        assert await dump_of(store) == before
    rebuilt = await rebuild(workspace(tmp_path))
    assert rebuilt.runs == 1
    async with harvested(tmp_path) as store:
        assert await dump_of(store) == before
