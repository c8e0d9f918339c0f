"""The workbench: what one open workspace is. It builds the services, holds them and closes them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.gpus import GpuService
from mlws_tui.services.hub import Hub
from mlws_tui.services.index import index_place
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.journal import JournalService
from mlws_tui.services.logs import LogsService
from mlws_tui.services.remembered import Remembered
from mlws_tui.services.reminders import Reminders
from mlws_tui.services.runlists import RunLists
from mlws_tui.services.runs import RunsService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.services.suggestions import Suggestions
from mlws_tui.services.watching import WatchService
from mlws_tui.sources.edits import EditsLog
from mlws_tui.store import Store

if TYPE_CHECKING:
    from mlws_tui.config.schema import Settings
    from mlws_tui.services.charts import Charts
    from mlws_tui.services.comparing import Comparing
    from mlws_tui.services.completion import Completions
    from mlws_tui.services.days import DaysService
    from mlws_tui.services.forking import Forking
    from mlws_tui.services.lineage import LineageService
    from mlws_tui.services.links import Links
    from mlws_tui.services.reproducing import Reproducing
    from mlws_tui.services.review import Reviews
    from mlws_tui.services.runacts import RunActs
    from mlws_tui.services.runpages import RunPages
    from mlws_tui.services.search import Search
    from mlws_tui.services.stopping import Stopping
    from mlws_tui.services.tasks import TasksService
    from mlws_tui.services.terminals import Terminals
    from mlws_tui.services.textindex import TextIndex

log = logging.getLogger(__name__)

#: Seconds that a service has to close, and then to take note that it was given up.
_CLOSING, _GIVING_UP = 1.5, 0.2


class _Service(Protocol):
    async def start(self) -> None: ...
    async def close(self) -> None: ...


class Workbench:
    """One workspace, opened. Use `open`, then `start` where it is to stay live, and always `close`.

    The app and every CLI command work through this object; neither knows how the parts are put together.

    Attributes:
        notice: One sentence for the person where the workspace could not be opened as usual, else empty.
    """

    notice = ""

    def __init__(
        self, workspace: Workspace, settings: Settings, store: Store, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self.workspace = workspace
        self.settings = settings
        self.store = store
        self.hub = Hub()
        self.edits = EditsLog(workspace.streams)
        self.ingest = IngestService(workspace, store, self.hub)
        self.runs = RunsService(
            workspace, store, self.edits, self.hub, lost_after=settings.runs.lost_after, clock=clock
        )
        self.logs = LogsService(workspace)
        self.remembered = Remembered(self.edits, store)
        self.runlists = RunLists(store, self.runs, self.remembered)
        self.journal = JournalService(workspace, clock=lambda: datetime.fromtimestamp(clock()))
        self.sessions = SessionsService(workspace, clock=lambda: datetime.fromtimestamp(clock()))
        self.suggestions = Suggestions(
            workspace,
            store,
            self.runs,
            self.journal,
            self.remembered,
            self.ingest,
            self.hub,
            auto=settings.journal.auto,
        )
        self.reminders = Reminders(
            store,
            self.runs,
            self.journal,
            self.sessions,
            self.remembered,
            self.hub,
            days=settings.journal.reminders,
            experiments=settings.sessions.reminders,
        )
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
        place = await asyncio.to_thread(index_place, workspace)
        bench = cls(workspace, settings, await Store.open(place.path), clock)
        bench.notice = place.notice
        return bench

    # What few commands need, and the app only once it is asked for: built when it is.

    @cached_property
    def runacts(self) -> RunActs:
        """Changes of runs."""
        from mlws_tui.services.runacts import RunActs

        return RunActs(self, clock=self._clock)

    @cached_property
    def stopping(self) -> Stopping:
        """Ending runs."""
        from mlws_tui.services.stopping import Stopping

        return Stopping(self, self.runacts)

    @cached_property
    def terminals(self) -> Terminals:
        """Shows the terminals of runs, and begins those that wait for it."""
        from mlws_tui.services.terminals import Terminals

        return Terminals(self.workspace)

    @cached_property
    def forking(self) -> Forking:
        """Runs made from others."""
        from mlws_tui.services.forking import Forking

        return Forking(self, clock=self._clock)

    @cached_property
    def reproducing(self) -> Reproducing:
        """Doing runs again as they were."""
        from mlws_tui.services.reproducing import Reproducing

        return Reproducing(self, self.forking, self.runacts)

    @cached_property
    def charts(self) -> Charts:
        """Curves of runs."""
        from mlws_tui.services.charts import Charts

        return Charts(self.workspace, self.store, self.runs)

    @cached_property
    def lineage(self) -> LineageService:
        """Where runs come from."""
        from mlws_tui.services.lineage import LineageService

        return LineageService(self.store, self.runs)

    @cached_property
    def runpages(self) -> RunPages:
        """All that is known of one run."""
        from mlws_tui.services.runpages import RunPages

        return RunPages(self.workspace, self.store, self.runs, self.journal, self.sessions, self.lineage)

    @cached_property
    def comparing(self) -> Comparing:
        """Runs side by side."""
        from mlws_tui.services.comparing import Comparing

        return Comparing(self.runs, self.journal, self.sessions)

    @cached_property
    def review(self) -> Reviews:
        """What weeks and months came to."""
        from mlws_tui.services.review import Reviews

        return Reviews(self.store, self.runs, self.runlists, self.journal, self.sessions, self.hub)

    @cached_property
    def textindex(self) -> TextIndex:
        """Keeps what was written searchable."""
        from mlws_tui.services.textindex import TextIndex

        return TextIndex(self.workspace, self.store, self.hub, self.ingest, self.journal, self.sessions)

    @cached_property
    def search(self) -> Search:
        """Finds what was written."""
        from mlws_tui.services.search import Search

        return Search(self.workspace, self.store, self.journal, self.sessions)

    @cached_property
    def links(self) -> Links:
        """Who links where."""
        from mlws_tui.services.links import Links

        return Links(self.workspace, self.store, self.journal, self.sessions)

    @cached_property
    def completions(self) -> Completions:
        """What a word in the journal may become."""
        from mlws_tui.services.completion import Completions

        return Completions(self.runs, self.runlists, self.logs, self.sessions, self.journal)

    @cached_property
    def tasks(self) -> TasksService:
        """The tasks of the journal."""
        from mlws_tui.services.tasks import TasksService

        return TasksService(self.journal)

    @cached_property
    def days(self) -> DaysService:
        """The days of the journal by months."""
        from mlws_tui.services.days import DaysService

        return DaysService(self.journal, self.tasks, self.store)

    async def start(self) -> None:
        """Begin to ingest, to watch and to sample, until `close`."""
        always = (self.ingest, self.runs, self.suggestions, self.reminders, self.watch, self.gpus)
        for service in (*always, self.textindex):
            self._started.append(service)
            await service.start()

    async def close(self) -> None:
        """Stop everything that was started, the last first, then close the index. Safe to call twice.

        A service that hangs is given up after a moment: the others and the index are closed all the same.
        """
        if self.ingest not in self._started:  # a command that only caught up holds the lease too
            self._started.insert(0, self.ingest)
        if self.suggestions not in self._started:  # they may still be asking disks and other programs
            self._started.append(self.suggestions)
        try:
            while self._started:
                await _close(self._started.pop())
        finally:
            await self.store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _close(service: _Service) -> None:
    name = type(service).__name__
    task = asyncio.create_task(service.close(), name=f"close {name}")
    done, _ = await asyncio.wait({task}, timeout=_CLOSING)
    if not done:
        log.error("%s did not close within %s s", name, _CLOSING)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=_GIVING_UP)
    for ended in done:
        if not ended.cancelled() and (error := ended.exception()) is not None:
            log.error("%s did not close", name, exc_info=error)
