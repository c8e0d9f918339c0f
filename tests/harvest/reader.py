"""A process that keeps the index of a workspace up in small steps, for tests that kill it.

It says when it has begun to read the log, and when all logs are read.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.harvest import Limits
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.store import Store


async def main(root: Path, large: int) -> None:
    place = Workspace(root)
    store = await Store.open(place.marker / "index.db")
    limits = Limits(slice=0.002, large=large, end=20_000)
    service = IngestService(place, store, Hub(), poll=0.02, limits=limits)
    await service.start()
    while service.state.role != "holder" or not await store.log_sizes([sys.argv[3]]):
        await asyncio.sleep(0.005)
    print("reads", flush=True)
    while service.state.logs:
        await asyncio.sleep(0.005)
    print("done", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
