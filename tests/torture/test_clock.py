"""A clock that jumps back and forth while it is logged: points stay in the order written, and none is lost."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import RunState
from tests.store.kit import RUN, dump, header, ingested, metrics, opened, write

#: Each jump (s): a leap second, a correction by NTP, a wrong time zone, a clock that lost its date, the future.
JUMPS = (-1.0, 0.0, 0.25, 30.0, -30.0, 3600.0, -3600.0, -1.7e9, 4e9)


@pytest.mark.parametrize(
    "pieces", [pytest.param(12, id="short"), pytest.param(300, id="long", marks=pytest.mark.torture)]
)
async def test_times_that_jump_change_no_order_and_lose_nothing(
    workspace: Workspace, dice: random.Random, pieces: int
) -> None:
    """Written and ingested piece by piece, by two processes of one run with clocks of their own."""
    files = [f"{RUN}/h-{rank}-aa.jsonl" for rank in (0, 1)]
    now = [1.7e9, 1.7e9]
    written: list[list[tuple[float, float]]] = [[], []]
    for rank, file in enumerate(files):
        write(workspace.streams, file, [header(ts=now[rank], rank=rank, host="h", pid=rank + 1)])
    async with opened(workspace.root) as (store, service):
        for _ in range(pieces):
            rank = dice.randint(0, 1)
            records: list[dict[str, Any]] = []
            for _ in range(dice.randint(1, 40)):
                now[rank] = min(9e9, max(0.0, now[rank] + dice.choice(JUMPS)))
                value = float(len(written[rank]))
                written[rank].append((now[rank], value))
                records.append(metrics(int(value), now[rank], loss=value))
            write(workspace.streams, files[rank], records)
            await service.catch_up()
        for rank, file in enumerate(files):
            write(workspace.streams, file, [{"type": "end", "ts": 1.0, "status": "completed"}])
            await service.catch_up()
            points = await store.points(RUN, "loss", rank)
            assert list(zip(points.ts, points.value, strict=True)) == written[rank]
            curve = await store.curve(RUN, "loss", rank=rank, width=10)
            assert sum(bucket.count for bucket in curve.buckets) == len(written[rank])
        run = await store.get_run(RUN)
        assert run is not None and run.state is RunState.COMPLETED
        assert run.latest["loss"].last == written[0][-1][1] and run.latest["loss"].count == len(written[0])
        for clock in (0.0, 1.7e9, 9e9):
            assert (run.duration(clock) or 0.0) >= 0.0
        piecewise = await dump(store)
    for left in workspace.marker.glob("index.db*"):
        left.unlink()
    async with ingested(workspace.root) as again:
        assert await dump(again) == piecewise
