"""A process that keeps the index of a workspace up, for tests that kill it. Prints its role when that changes,
and on stderr each new problem."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, IndexState
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.store import Store


async def main(root: Path, retry: float) -> None:
    place = Workspace(root)
    store = await Store.open(place.marker / "index.db")
    hub = Hub()
    roles = [""]
    problems = [""]

    def tell(change: Change) -> None:
        if isinstance(change, IndexState) and change.role != roles[-1]:
            roles.append(change.role)
            print(change.role, flush=True)
        if isinstance(change, IndexState) and change.problem != problems[-1]:
            problems.append(change.problem)
            print(change.problem, file=sys.stderr, flush=True)

    hub.subscribe(tell)
    service = IngestService(place, store, hub, poll=0.02, retry=retry)
    await service.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), retry=float(sys.argv[2]) if len(sys.argv) > 2 else 5.0))
