"""How fast streams become an index, and how fast lists and charts are read from it.

python benchmarks/ingest.py [--points 1000000] [--runs 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import encode
from mlws_tui.domain.runs import RunQuery
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.store import Store

NAMES = ("loss", "val/loss", "lr", "grad_norm", "tokens_per_second")
BIG = "20250101-000000-big"


def write_big(streams: Path, steps: int) -> None:
    """One run with `steps` records of five metrics."""
    folder = streams / BIG
    folder.mkdir(parents=True)
    with (folder / "h-1-a.jsonl").open("wb") as file:
        file.write(
            encode({"type": "run", "v": 1, "ts": 1.0, "id": BIG, "name": "big", "pid": 1, "host": "h"})
        )
        for step in range(steps):
            values = {name: 1.0 / (step + 1 + i) for i, name in enumerate(NAMES)}
            file.write(encode({"type": "metrics", "ts": 1735689600.0 + step, "step": step, "values": values}))


def write_many(streams: Path, runs: int) -> None:
    """Many short runs that ended."""
    for number in range(runs):
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(1704067200 + number * 600))
        run = f"{stamp}-run"
        ts = 1704067200.0 + number * 600
        config = {"lr": 1e-4, "batch": 32, "layers": 12, "model": {"hidden": 768, "heads": 12}}
        records = [
            {
                "type": "run",
                "v": 1,
                "ts": ts,
                "id": run,
                "name": "run",
                "pid": 1,
                "host": "h",
                "config": config,
            }
        ]
        values = dict.fromkeys(NAMES, 0.5)
        records += [{"type": "metrics", "ts": ts + step, "step": step, "values": values} for step in range(3)]
        records.append({"type": "end", "ts": ts + 9, "status": "completed", "exit_code": 0})
        (streams / run).mkdir()
        (streams / run / "h-1-a.jsonl").write_bytes(b"".join(encode(record) for record in records))


async def timed(what: str, ask: Callable[[], Awaitable[object]], times: int = 20) -> None:
    """Print the median and the worst of some calls."""
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - begin) * 1000)
    print(f"{what:<44} {statistics.median(took):8.2f} ms   worst {max(took):8.2f} ms")


async def main(points: int, runs: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        place = Workspace(Path(root))
        write_big(place.streams, points // len(NAMES))
        store = await Store.open(place.marker / "index.db")
        service = IngestService(place, store, Hub())
        begin = time.perf_counter()
        await service.catch_up()
        took = time.perf_counter() - begin
        print(f"{'ingest of one long run':<44} {points / took:8.0f} points/s")
        size = sum(file.stat().st_size for file in place.marker.glob("index.db*"))
        print(f"{'index':<44} {size / points:8.1f} bytes/point")
        write_many(place.streams, runs)
        begin = time.perf_counter()
        await service.catch_up()
        print(f"{f'ingest of {runs} short runs':<44} {runs / (time.perf_counter() - begin):8.0f} runs/s")
        await timed("catch up with nothing new", service.catch_up)
        await timed("list of 100 runs", lambda: store.list_runs(RunQuery(limit=100)))
        await timed("list of 200 runs", lambda: store.list_runs(RunQuery(limit=200)))
        await timed("list of 200 runs, found by text", lambda: store.list_runs(RunQuery(text="run com")))
        await timed("curve of the whole run, 1000 wide", lambda: store.curve(BIG, "loss"))
        middle = points // len(NAMES) // 2
        zoom = {"first_step": middle, "last_step": middle + 5000}
        await timed("curve of 5000 steps in the middle", lambda: store.curve(BIG, "loss", **zoom))
        await timed("all points of a series", lambda: store.points(BIG, "loss"), 3)
        await service.close()
        await store.close()
        begin = time.perf_counter()
        store = await Store.open(place.marker / "index.db")
        service = IngestService(place, store, Hub())
        await service.catch_up()
        await store.list_runs(RunQuery(limit=100))
        print(f"{'open, catch up, first list':<44} {(time.perf_counter() - begin) * 1000:8.2f} ms")
        await service.close()
        await store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args()
    asyncio.run(main(given.points, given.runs))
