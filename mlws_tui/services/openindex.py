"""An index opened for a program: what a workbench is to the app, without what only panes need."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol, Self

from mlws_tui.config.workspace import MARKER, Workspace, locate
from mlws_tui.domain.errors import StoreError
from mlws_tui.services.hub import Hub
from mlws_tui.services.index import INDEX_NAME, index_path
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.runs import RunsService
from mlws_tui.sources.edits import EditsLog
from mlws_tui.store import Store


class Parts(Protocol):
    """What experiments are kept with: an `OpenIndex`, or a workbench."""

    @property
    def workspace(self) -> Workspace: ...
    @property
    def store(self) -> Store: ...
    @property
    def edits(self) -> EditsLog: ...
    @property
    def ingest(self) -> IngestService: ...
    @property
    def runs(self) -> RunsService: ...


class OpenIndex:
    """One index with its streams, kept up to date in the background until `close`."""

    def __init__(self, workspace: Workspace, store: Store) -> None:
        self.workspace = workspace
        self.store = store
        self.edits = EditsLog(workspace.streams)
        hub = Hub()
        self.ingest = IngestService(workspace, store, hub)
        self.runs = RunsService(workspace, store, self.edits, hub)

    @classmethod
    async def open(cls, db_path: Path | None) -> Self:
        """Open the index at a path, or that of the workspace that a command would work on.

        What the streams hold is in it when this returns.

        Raises:
            WorkspaceError: if no path is given and there is no workspace.
            StoreError: if it can be neither opened nor made.
        """
        workspace, path = await asyncio.to_thread(_place, db_path)
        opened = cls(workspace, await Store.open(path))
        try:
            await opened.ingest.catch_up(logs=0.0)  # a program must not wait for what others printed
            await opened.ingest.start()
        except BaseException:
            await opened.close()
            raise
        return opened

    def abandon(self) -> None:
        """Let go of everything where the event loop was closed under it: the next one can then have it."""
        self.ingest.abandon()
        self.store.abandon()

    async def close(self) -> None:
        """Stop, and close the index. Safe to call twice."""
        try:
            await self.ingest.close()
        finally:
            await self.store.close()


def streams_root(db_path: Path) -> Path:
    """The folder whose ``.mlws/streams`` hold what the index at this path is made from.

    For ``.mlws/index.db`` that is the workspace, for any other file a folder beside it: ``results.db.streams``.
    """
    if db_path.name == INDEX_NAME and db_path.parent.name == MARKER:
        return db_path.parent.parent
    return db_path.with_name(f"{db_path.name}.streams")


def _place(db_path: Path | None) -> tuple[Workspace, Path]:
    if db_path is None:
        workspace = locate()
        return workspace, index_path(workspace)
    root = streams_root(db_path)
    if root == db_path.parent.parent:
        return Workspace(root), index_path(Workspace(root))
    for folder in (db_path.parent, root, root / MARKER):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Workspace(root), db_path


class LazyIndex:
    """The index of a path, opened at the first use and closed at the latest with the event loop that it runs on."""

    def __init__(self, db_path: Path | None) -> None:
        self.db_path = db_path
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()
        self._opened: OpenIndex | None = None
        self._keeper: asyncio.Task[None] | None = None

    def usable(self, loop: asyncio.AbstractEventLoop | None) -> bool:
        """Whether this loop (None: none that runs) may use it: another one that is still there does not."""
        return self._loop is None or self._loop is loop or self._loop.is_closed()

    async def get(self) -> OpenIndex:
        """It, open.

        Raises:
            StoreError: if it cannot be opened, or another event loop has it open.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if not self.usable(loop):
                raise StoreError(
                    "This experiment store is open on another event loop", hint="make one for each loop"
                )
            if self._opened is not None:
                self._opened.abandon()
            self._loop, self._opening, self._opened = loop, asyncio.Lock(), None
        async with self._opening:
            if self._opened is None:
                self._opened = await OpenIndex.open(self.db_path)
                self._keeper = loop.create_task(self._keep(self._opened), name="experiment-store")
            return self._opened

    async def close(self) -> None:
        """Close it; the next use opens it again. Safe to call twice."""
        async with self._opening:
            keeper, self._keeper = self._keeper, None
            if keeper is not None and self._loop is asyncio.get_running_loop():
                keeper.cancel()
                await asyncio.wait({keeper})
                if self._opened is not None:  # it was cancelled before it began to wait
                    opened, self._opened = self._opened, None
                    await opened.close()
                if not keeper.cancelled() and (error := keeper.exception()) is not None:
                    raise error

    async def _keep(self, opened: OpenIndex) -> None:
        """Wait to be cancelled, by `close` or by the end of the loop, and close what is open."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._opened = None
            await opened.close()
