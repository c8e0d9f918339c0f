"""A process that keeps the index of a workspace up, for tests that kill it. Prints its role when that changes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, IndexState
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.store import Store


async def main(root: Path) -> None:
    place = Workspace(root)
    store = await Store.open(place.marker / "index.db")
    hub = Hub()
    roles = [""]

    def tell(change: Change) -> None:
        if isinstance(change, IndexState) and change.role != roles[-1]:
            roles.append(change.role)
            print(change.role, flush=True)

    hub.subscribe(tell)
    service = IngestService(place, store, hub, poll=0.02)
    await service.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
