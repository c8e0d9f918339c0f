"""From stream files to what the store answers."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sqlite3
from pathlib import Path

import pytest

from mlws_tui.domain.runs import RunQuery, RunState
from tests.store.kit import OTHER, RUN, header, ingested, metrics, opened, until, workspace, write

FILE = f"{RUN}/gpu1-100-aa.jsonl"


async def test_a_run_with_its_facts_points_and_end(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    config = {"lr": 1e-4, "layers": [1, 2]}
    records = [header(pid=100, host="gpu1", config=config, tags=["lora"], git={"sha": "abc", "diff": "+x"})]
    records += [metrics(step, 1000.0 + step, loss=1 / step) for step in range(1, 11)]
    records += [
        {"type": "progress", "ts": 1001.0, "step": 1, "total": 10},
        {"type": "progress", "ts": 1005.0, "step": 5, "total": 10, "epoch": 1},
        {"type": "event", "ts": 1006.0, "name": "tool", "data": {"tokens": 7}},
        {"type": "alert", "ts": 1007.0, "level": "warning", "title": "spike", "text": "loss rose"},
        {"type": "artifact", "ts": 1005.5, "path": "model.pt", "kind": "model", "bytes": 12},
        {"type": "from-the-future", "ts": 1008.0},
        {"type": "set", "ts": 1009.0, "by": "script", "summary": {"acc": 0.9}, "tags_add": ["best"]},
        {"type": "end", "ts": 1011.0, "status": "completed", "exit_code": 0},
    ]
    write(streams, FILE, records)
    async with ingested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None
        assert (run.name, run.state, run.started, run.ended) == (
            "sentiment",
            RunState.COMPLETED,
            1000.0,
            1011.0,
        )
        assert run.config == config and run.tags == ("lora", "best") and run.summary == {"acc": 0.9}
        assert run.git == {"sha": "abc", "diff": "+x"}
        assert run.pid == 100 and run.processes[0].host == "gpu1" and run.exit_code == 0
        assert run.progress is not None
        assert (run.progress.fraction, run.progress.epoch, run.progress.eta) == (0.5, 1, 5.0)
        latest = run.latest["loss"]
        assert (latest.last, latest.step, latest.min, latest.max, latest.count) == (0.1, 10, 0.1, 1.0, 10)
        assert [event.type for event in await store.happenings(RUN)] == ["artifact", "event", "alert"]
        assert (await store.points(RUN, "loss")).step == list(range(1, 11))
        listed = (await store.list_runs()).runs[0]
        assert listed.git == {"sha": "abc"} and listed.latest == run.latest


async def test_nan_and_infinities_are_kept(tmp_path: Path) -> None:
    values = [1.0, "NaN", "Infinity", "-Infinity", 3.0, "NaN"]
    records = [metrics(step, 1000.0, loss=value) for step, value in enumerate(values)]
    write(workspace(tmp_path).streams, FILE, [header(), *records])
    async with ingested(tmp_path) as store:
        points = (await store.points(RUN, "loss")).value
        assert points[0] == 1.0 and math.isnan(points[1]) and points[2:4] == [math.inf, -math.inf]
        latest = (await store.list_runs()).runs[0].latest["loss"]
        assert math.isnan(latest.last)
        assert (latest.min, latest.max, latest.mean, latest.count) == (1.0, 3.0, 2.0, 6)
        [bucket] = (await store.curve(RUN, "loss", width=1)).buckets[-1:]
        assert (await store.curve(RUN, "loss", width=1)).total == 6
        assert bucket.nan + sum(b.nan for b in (await store.curve(RUN, "loss", width=1)).buckets[:-1]) == 4


async def test_what_is_no_number_is_passed_over(tmp_path: Path) -> None:
    odd = {"a": 1, "b": "text", "c": None, "d": True, "e": [1], "f": 2**70, "g": 10**400, "h": 0.5}
    write(workspace(tmp_path).streams, FILE, [header(), metrics(1, 1000.0, **odd), metrics("x", 1001.0, a=2)])
    async with ingested(tmp_path) as store:
        latest = (await store.list_runs()).runs[0].latest
        assert set(latest) == {"a", "f", "h"}
        assert (await store.points(RUN, "a")).step == [1, 1]  # no step: its number in the series


async def test_steps_that_go_back_and_a_resumed_run_stay_in_the_order_written(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    first = [metrics(step, 1000.0 + step, loss=float(step)) for step in (1, 2, 3, 2, 3)]
    again = [metrics(step, 2000.0 + step, loss=step * 10.0) for step in (3, 4)]
    write(streams, f"{RUN}/z-host-1-aa.jsonl", [header(pid=1), *first])
    write(streams, f"{RUN}/a-host-2-bb.jsonl", [header(ts=2000.0, pid=2, attempt=2), *again])
    async with ingested(tmp_path) as store:
        points = await store.points(RUN, "loss")
        assert points.step == [1, 2, 3, 2, 3, 3, 4]
        assert points.value[-2:] == [30.0, 40.0]
        run = await store.get_run(RUN)
        assert run is not None and run.attempt == 2 and run.latest["loss"].last == 40.0
        assert [process.pid for process in run.processes] == [2]
        assert [info.latest.count for info in await store.series(RUN)] == [7]


async def test_bad_lines_are_counted_and_an_unfinished_one_waits(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    garbage = [b"not json\n", b"\0\0\0\n", b"[1,2]\n", b'{"no":"type"}\n', b"\xff\xfe\n", b"\n", b"  \n"]
    deep = b"[" * 5000 + b"\n"
    write(
        streams, FILE, [header(), *garbage, deep, metrics(1, 1001.0, loss=1.0), b'{"type":"metrics","ts":100']
    )
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and run.bad_lines == 6 and run.latest["loss"].count == 1
        write(streams, FILE, [b'2,"step":2,"values":{"loss":2}}\n'])
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and run.bad_lines == 6 and run.latest["loss"].last == 2.0


async def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    long = b'{"type":"note","ts":1,"text":"' + b"x" * (17 * 1024 * 1024) + b'"}\n'
    write(streams, FILE, [header(), long, metrics(1, 1001.0, loss=1.0)])
    async with ingested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None and run.bad_lines == 1 and run.latest["loss"].count == 1


async def test_text_that_sqlite_cannot_hold_is_replaced(tmp_path: Path) -> None:
    lone = b'{"type":"run","v":1,"ts":1,"name":"a\\ud800b","config":{"x":NaN}}\n'
    write(
        workspace(tmp_path).streams, FILE, [lone, b'{"type":"metrics","ts":1,"step":1,"values":{"l":NaN}}\n']
    )
    async with ingested(tmp_path) as store:
        [run] = (await store.list_runs()).runs
        assert run.name == "a?b" and run.config == {"x": "NaN"} and run.latest["l"].count == 1


async def test_a_file_that_shrank_or_was_replaced_is_a_problem_of_its_run_alone(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    shrunk = write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0)])
    swapped = write(streams, f"{OTHER}/gpu1-7-bb.jsonl", [header(OTHER, ts=5.0)])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        shrunk.write_bytes(b"")
        swapped.rename(tmp_path / "old")
        write(streams, f"{OTHER}/gpu1-7-bb.jsonl", [header(OTHER, ts=6.0), metrics(1, 7.0, loss=3.0)])
        write(streams, f"{OTHER}/gpu1-8-cc.jsonl", [header(OTHER, ts=6.0), metrics(1, 7.0, acc=0.5)])
        await service.catch_up()
        one, other = await store.get_run(RUN), await store.get_run(OTHER)
        assert one is not None and "shorter" in one.problems[0] and one.latest["loss"].last == 1.0
        assert other is not None and "replaced" in other.problems[0] and set(other.latest) == {"acc"}


async def test_links_and_foreign_names_are_not_followed(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    outside = write(tmp_path, "outside.jsonl", [header()])
    (streams / RUN).mkdir()
    (streams / RUN / "gpu1-1-aa.jsonl").symlink_to(outside)
    (streams / OTHER).symlink_to(streams / RUN)
    write(streams, "not-a-run/x.jsonl", [header()])
    write(streams, "_rendezvous/x.jsonl", [header()])
    async with ingested(tmp_path) as store:
        assert (await store.list_runs()).total == 0


async def test_edits_win_and_may_come_before_the_run(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    edit = {"type": "set", "run": RUN, "by": "ann"}
    write(
        streams,
        "_edits/gpu1.jsonl",
        [
            {
                **edit,
                "ts": 20.0,
                "name": "better",
                "notes": "keep",
                "tags_add": ["a", "b"],
                "config": {"lr": 1},
            },
            {**edit, "ts": 30.0, "tags_remove": ["a", "lora"], "metrics": {"acc": 0.7}},
        ],
    )
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        assert (await store.list_runs()).total == 0
        own = {
            "type": "set",
            "ts": 99.0,
            "by": "script",
            "name": "script's",
            "notes": "x",
            "config": {"lr": 2},
        }
        write(streams, FILE, [header(config={"lr": 3, "wd": 0}, tags=["lora"]), own])
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None
        assert (run.name, run.notes, run.tags) == ("better", "keep", ("b",))
        assert run.config == {"lr": 1, "wd": 0} and run.latest["acc"].last == 0.7
        write(
            streams,
            "_edits/gpu2.jsonl",
            [{**edit, "ts": 15.0, "notes": "older"}, {**edit, "ts": 40.0, "deleted": True}],
        )
        await service.catch_up()
        assert (await store.list_runs()).total == 0
        run = await store.get_run(RUN)
        assert run is not None and run.notes == "keep" and run.deleted


@pytest.mark.parametrize("replaced", [False, True])
async def test_edits_that_shrank_or_were_replaced_are_all_read_again(tmp_path: Path, replaced: bool) -> None:
    streams = workspace(tmp_path).streams
    edit = {"type": "set", "run": RUN}
    write(streams, FILE, [header(tags=["lora"])])
    write(streams, "_edits/gpu2.jsonl", [{**edit, "ts": 10.0, "notes": "from gpu2"}])
    path = write(
        streams,
        "_edits/gpu1.jsonl",
        [{**edit, "ts": 5.0, "name": "n"}, {**edit, "ts": 20.0, "notes": "gone"}],
    )
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and (run.name, run.notes) == ("n", "gone")
        if replaced:
            path.rename(tmp_path / "old")
            write(streams, "_edits/gpu1.jsonl", [{**edit, "ts": 6.0, "name": "n"}])
        else:
            os.truncate(path, path.read_bytes().index(b"\n") + 1)
        state = await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and (run.name, run.notes) == ("n", "from gpu2") and not state.problem
        write(streams, "_edits/gpu1.jsonl", [{**edit, "ts": 30.0, "notes": "new"}])
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and run.notes == "new"


async def test_a_file_of_edits_that_an_index_gave_up_is_read_again(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header()])
    path = write(streams, "_edits/gpu1.jsonl", [{"type": "set", "run": RUN, "ts": 5.0, "notes": "a" * 50}])
    async with ingested(tmp_path):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / ".mlws" / "index.db")) as index:
        index.execute("UPDATE streams SET settled = 1, problem = 'shorter' WHERE run IS NULL")
        index.commit()
    path.write_bytes(b"")
    write(streams, "_edits/gpu1.jsonl", [{"type": "set", "run": RUN, "ts": 6.0, "notes": "b"}])
    async with ingested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None and run.notes == "b"


async def test_the_lease_is_given_up_also_where_a_task_ended_by_an_error(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, service), opened(tmp_path) as (_, other):
        await service.start()
        await until(lambda: service.state.role == "holder")

        async def fail() -> None:
            raise RuntimeError("the watch broke")

        assert service._watching is not None
        service._watching.cancel()
        service._watching = asyncio.create_task(fail())
        await service.close()
        assert (await other.catch_up()).role == "holder"


async def test_lists_filter_page_and_match(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    for day in range(1, 8):
        run = f"2024100{day}-120000-job"
        end = [{"type": "end", "ts": day * 10.0 + 1, "status": "completed"}] if day < 6 else []
        tags = ["100%_sure"] if day == 3 else []
        write(streams, f"{run}/h-1-a.jsonl", [header(run, ts=day * 10.0, pid=1, host="h", tags=tags), *end])
    async with ingested(tmp_path) as store:
        page = await store.list_runs(RunQuery(limit=2, offset=1))
        assert page.total == 7 and [run.id[:8] for run in page.runs] == ["20241006", "20241005"]
        assert [r.id[:8] for r in (await store.list_runs(RunQuery(unfinished=True))).runs] == [
            "20241007",
            "20241006",
        ]
        assert [r.id[:8] for r in (await store.list_runs(RunQuery(text="%_SURE job"))).runs] == ["20241003"]
        assert (await store.list_runs(RunQuery(text="nothing"))).total == 0
        assert await store.match_ids("20241003") == ["20241003-120000-job"]
        assert [run[:8] for run in await store.match_ids("", 2)] == ["20241007", "20241006"]
        assert await store.match_ids("%") == []


async def test_eight_ranks_are_one_run_and_a_wrapper_has_the_say(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    for rank in range(8):
        head = header(
            pid=200 + rank, host="h", rank=rank, world_size=8, name="script's", config={"rank": rank}
        )
        end = [{"type": "end", "ts": 1050.0, "status": "failed", "error": {"type": "E", "message": "m"}}]
        values = metrics(1, 1001.0, loss=float(rank))
        write(streams, f"{RUN}/h-{200 + rank}-aa.jsonl", [head, values, *(end if rank == 3 else [])])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and run.ranks == 8 and len(run.processes) == 8
        assert run.state is RunState.FAILED and run.error is not None and run.error.type == "E"
        assert run.latest["loss"].last == 0.0 and run.config == {"rank": 0}
        assert (await store.points(RUN, "loss", 5)).value == [5.0]
        wrapper = header(role="wrapper", name="mine", pid=10, command_pid=11, command_pid_start=5, host="h")
        write(streams, f"{RUN}/h-10-ww.jsonl", [wrapper])
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and run.name == "mine" and run.state is RunState.RUNNING
        assert {p.role for p in run.processes} == {"wrapper", "command", "rank"}
        write(
            streams, f"{RUN}/h-10-ww.jsonl", [{"type": "end", "ts": 1060.0, "status": "failed", "signal": 9}]
        )
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and (run.state, run.signal, run.ended) == (RunState.FAILED, 9, 1060.0)
