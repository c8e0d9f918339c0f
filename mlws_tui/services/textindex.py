"""Keeps the texts of the index up with the journal, the session logs and the runs: only what changed is written."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, FileChanged, IndexState, RunsChanged
from mlws_tui.domain.errors import MlwsError, StoreError
from mlws_tui.domain.passages import (
    Piece,
    TextDocument,
    journal_pieces,
    keys_of_run,
    run_documents,
    session_piece,
)
from mlws_tui.domain.runs import Run, RunQuery
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.journal import JournalService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.sources import files
from mlws_tui.store import Store

log = logging.getLogger(__name__)
Stamp = tuple[int, int, int, int] | None
#: Passages and moved documents of one commit: so that no other writer waits long.
_PASSAGES, _MOVED = 200, 500
_RUNS = 100  # of one page
_CALM = 0.3  # seconds after a change before it is looked at: runs change several times a second
_FIRST = 1.0  # seconds before the first look: what a person sees first comes first
_RETRY = 5.0


class TextIndex:
    """Writes the texts while this process holds the lease of the index, else leaves them to who does.

    Args:
        workspace: Whose texts they are.
        store: The index.
        hub: Tells what changed.
        ingest: Tells who holds the lease.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        hub: Hub,
        ingest: IngestService,
        journal: JournalService,
        sessions: SessionsService,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._hub = hub
        self._ingest = ingest
        self._journal = journal
        self._sessions = sessions
        self._known: dict[str, tuple[str, int]] = {}
        self._generation = -1
        self._pieces: dict[Path, tuple[Stamp, Piece]] = {}
        self._documents, self._all_runs, self._runs = True, True, set[str]()
        self._was_holder = False
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._unsubscribe: Callable[[], None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to keep the texts up, until `close`."""
        if self._task is None:
            self._unsubscribe = self._hub.subscribe(self._hear)
            self._wake.set()
            self._task = asyncio.create_task(self._run(), name="text-index")

    async def close(self) -> None:
        """Stop; what is being written is written to its end. Safe to call twice."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def bring_up(self) -> bool:
        """Write what changed since it was last looked at; whether this process is the one to write.

        Raises:
            StoreError: if the index cannot be read or written.
        """
        if self._ingest.state.role != "holder" or self._store.read_only:
            self._was_holder = False
            return False
        async with self._turn:
            await self._recall()
            if self._documents:
                self._documents = False
                await self._of_files()
            if self._all_runs:
                self._all_runs, self._runs = False, set()
                await self._of_all_runs()
            elif self._runs:
                some, self._runs = sorted(self._runs), set()
                await self._of_runs(some)
        return True

    def _hear(self, change: Change) -> None:
        if isinstance(change, FileChanged):
            self._documents = True
        elif isinstance(change, RunsChanged):
            if change.ids is None:
                self._all_runs = True
            else:
                self._runs |= change.ids
        elif isinstance(change, IndexState) and change.role != "holder":
            self._was_holder = False  # another process writes from now on
            return
        elif not isinstance(change, IndexState) or self._was_holder:
            return
        self._wake.set()

    async def _run(self) -> None:
        await asyncio.sleep(_FIRST)
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(_CALM)
            try:
                await self.bring_up()
            except StoreError as error:  # the status line tells what is wrong with the index
                log.warning("the texts are not brought up: %s", error)
                self._generation = -1
                await asyncio.sleep(_RETRY)
                self._wake.set()
            except Exception:  # a fault of ours in one text must not keep all later ones from being found
                log.exception("the texts could not be brought up")
                self._generation = -1

    async def _recall(self) -> None:
        """Look at all anew where the index is another file, or another process has written to it meanwhile."""
        if self._generation == self._store.generation and self._was_holder:
            return
        self._was_holder, self._generation = True, self._store.generation
        self._documents = self._all_runs = True
        known = await self._store.texts.standing()
        self._known = {key: (one.digest, one.line) for key, one in known.items()}

    async def _of_files(self) -> None:
        pieces = await asyncio.to_thread(self._read_files)
        wanted = {piece.key for piece in pieces}
        gone = [key for key in self._known if not key.startswith(("run:", "error:")) and key not in wanted]
        changed = [piece for piece in pieces if self._known.get(piece.key, ("", 0))[0] != piece.digest]
        fresh = {piece.key for piece in changed}
        moved = {
            piece.key: piece.line
            for piece in pieces
            if piece.key not in fresh and self._known[piece.key][1] != piece.line
        }
        await self._forget(gone)
        for some in _moves(moved):
            await self._store.texts.keep(moved=some)
            for key, line in some.items():
                self._known[key] = (self._known[key][0], line)
        # The newest first: they are what is looked for.
        changed.sort(key=lambda piece: piece.day.toordinal() if piece.day else 0, reverse=True)
        for group in _groups(changed):
            await self._keep(await asyncio.to_thread(_documents, group))

    def _read_files(self) -> list[Piece]:
        """All that the journal and the session logs consist of; what cannot be read counts as not there."""
        relative = self._workspace.relative
        pieces: list[Piece] = []
        with contextlib.suppress(MlwsError):  # the journal pane says why
            pieces += journal_pieces(self._journal.read(), relative(self._journal.path))
        known: dict[Path, tuple[Stamp, Piece]] = {}
        for session in self._sessions.list():
            stamp = files.stamp(session.path)
            before = self._pieces.get(session.path)
            if before is None or before[0] != stamp or stamp is None:
                try:
                    data = files.read(session.path).data
                except MlwsError:
                    continue
                title = session.facts.title or session.name
                before = (
                    stamp,
                    session_piece(data, relative(session.path), title, session.facts.date),
                )
            known[session.path] = before
            pieces.append(before[1])
        self._pieces = known
        return pieces

    async def _of_all_runs(self) -> None:
        seen: set[str] = set()
        offset = 0
        while True:
            query = RunQuery(limit=_RUNS, offset=offset, include_archived=True)
            page = await self._store.list_runs(query)
            await self._of_these(page.runs)
            seen.update(run.id for run in page.runs)
            offset += _RUNS
            if len(page.runs) < _RUNS:
                break
        gone = [
            key
            for key in self._known
            if key.startswith(("run:", "error:")) and key.partition(":")[2] not in seen
        ]
        await self._forget(gone)

    async def _of_runs(self, ids: Sequence[str]) -> None:
        for at in range(0, len(ids), _RUNS):
            some = ids[at : at + _RUNS]
            runs = await self._store.runs_of(some)
            await self._of_these([run for run in runs if not run.deleted])
            there = {run.id for run in runs if not run.deleted}
            await self._forget([key for run in some if run not in there for key in keys_of_run(run)])

    async def _of_these(self, runs: Sequence[Run]) -> None:
        # One that goes on may write them all the time.
        told = await self._store.texts.told([run.id for run in runs if not run.state.live])
        documents = await asyncio.to_thread(
            lambda: [one for run in runs for one in run_documents(run, told.get(run.id, ()))]
        )
        made = {one.key for one in documents}
        await self._keep(
            [one for one in documents if self._known.get(one.key, ("", 0))[0] != one.digest],
        )
        await self._forget([key for run in runs for key in keys_of_run(run.id) if key not in made])

    async def _keep(self, documents: Sequence[TextDocument]) -> None:
        if not documents:
            return
        await self._store.texts.keep(documents)
        self._known |= {one.key: (one.digest, one.line) for one in documents}

    async def _forget(self, keys: Sequence[str]) -> None:
        gone = [key for key in keys if key in self._known]
        for at in range(0, len(gone), 50):
            some = gone[at : at + 50]
            await self._store.texts.keep(gone=some)
            for key in some:
                del self._known[key]


def _documents(pieces: Sequence[Piece]) -> list[TextDocument]:
    return [piece.document() for piece in pieces]


def _groups(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Pieces in groups of so many lines that one commit holds nobody up."""
    group: list[Piece] = []
    lines = 0
    for piece in pieces:
        if group and lines + piece.end - piece.line > _PASSAGES:
            yield group
            group, lines = [], 0
        group.append(piece)
        lines += piece.end - piece.line
    if group:
        yield group


def _moves(moved: dict[str, int]) -> Iterator[dict[str, int]]:
    items = list(moved.items())
    for at in range(0, len(items), _MOVED):
        yield dict(items[at : at + _MOVED])
