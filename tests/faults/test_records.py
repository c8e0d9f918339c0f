"""Two hosts, or two lives, that write under one run's id; and a chart that takes its time."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from tests.store.kit import RUN, header, ingested, metrics, workspace, write


async def test_the_same_run_from_two_hosts_is_one_run_with_both_their_points(tmp_path: Path) -> None:
    """F09: neither file knows of the other; what was written last is what is shown."""
    streams = workspace(tmp_path).streams
    write(
        streams,
        f"{RUN}/one-1-aa.jsonl",
        [header(host="one", pid=1), metrics(1, 1001.0, loss=5), metrics(2, 1002.0, loss=4)],
    )
    write(
        streams,
        f"{RUN}/two-1-bb.jsonl",
        [header(host="two", pid=1), metrics(1, 1003.0, loss=3), metrics(2, 1004.0, loss=2)],
    )
    async with ingested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None and (await store.list_runs()).total == 1
        assert (run.latest["loss"].count, run.latest["loss"].last) == (4, 2)
        points = await store.points(RUN, "loss")
        assert sorted(zip(points.step, points.value, strict=True)) == [(1, 3), (1, 5), (2, 2), (2, 4)]


async def test_a_long_chart_holds_up_no_list(tmp_path: Path) -> None:
    """F36: charts are read on a connection of their own."""
    write(workspace(tmp_path).streams, f"{RUN}/one-1-aa.jsonl", [header(), metrics(1, 1001.0, loss=5)])
    async with ingested(tmp_path) as store:
        begun, go = threading.Event(), threading.Event()

        def long_read(_: object) -> bool:
            begun.set()
            return go.wait(20)

        chart = asyncio.create_task(store._read_chart(long_read))
        try:
            assert await asyncio.to_thread(begun.wait, 20)
            for _ in range(20):
                assert (await store.list_runs()).total == 1
            assert not chart.done()
        finally:
            go.set()
        assert await chart
