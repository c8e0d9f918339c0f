"""The workbench: what one open workspace is. It builds the services, holds them and closes them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.gpus import GpuService
from mlws_tui.services.hub import Hub
from mlws_tui.services.index import index_path
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.journal import JournalService
from mlws_tui.services.logs import LogsService
from mlws_tui.services.runs import RunsService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.services.watching import WatchService
from mlws_tui.sources.edits import EditsLog
from mlws_tui.store import Store

if TYPE_CHECKING:
    from mlws_tui.config.schema import Settings

log = logging.getLogger(__name__)


class _Service(Protocol):
    async def start(self) -> None: ...
    async def close(self) -> None: ...


class Workbench:
    """One workspace, opened. Use `open`, then `start` where it is to stay live, and always `close`.

    The app and every CLI command work through this object; neither knows how the parts are put together.
    """

    def __init__(
        self, workspace: Workspace, settings: Settings, store: Store, clock: Callable[[], float] = time.time
    ) -> None:
        self.workspace = workspace
        self.settings = settings
        self.store = store
        self.hub = Hub()
        self.edits = EditsLog(workspace.streams)
        self.ingest = IngestService(workspace, store, self.hub)
        self.runs = RunsService(workspace, store, self.edits, self.hub, lost_after=settings.runs.lost_after, clock=clock)
        self.logs = LogsService(workspace)
        self.journal = JournalService(workspace, clock=lambda: datetime.fromtimestamp(clock()))
        self.sessions = SessionsService(workspace, clock=lambda: datetime.fromtimestamp(clock()))
        self.gpus = GpuService(self.hub, interval=settings.gpu.interval, disk=workspace.root, clock=clock)
        self.watch = WatchService(workspace, self.hub)
        self._started: list[_Service] = []

    @classmethod
    async def open(
        cls, workspace: Workspace, settings: Settings, *, clock: Callable[[], float] = time.time
    ) -> Self:
        """Open the index and build the services; nothing runs in the background yet.

        Args:
            workspace: Whose files they are.
            settings: The settings that hold there.
            clock: Unix seconds.

        Raises:
            StoreError: if the index can be neither opened nor made anew.
        """
        path = await asyncio.to_thread(index_path, workspace)
        return cls(workspace, settings, await Store.open(path), clock)

    async def start(self) -> None:
        """Begin to ingest, to watch and to sample, until `close`."""
        for service in (self.ingest, self.runs, self.watch, self.gpus):
            self._started.append(service)
            await service.start()

    async def close(self) -> None:
        """Stop everything that was started, the last first, then close the index. Safe to call twice."""
        while self._started:
            service = self._started.pop()
            try:
                await service.close()
            except Exception:
                log.exception("%s did not close", type(service).__name__)
        await self.ingest.close()
        await self.store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
