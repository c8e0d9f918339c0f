"""Links of the journal and of session logs: who links to a place, and which lead nowhere.

Who speaks of a run is told by `mlws_tui.services.mentions`: it reads the files as they are now and knows runs by their
names, too. Here the index answers, for session logs, models, logs and runs alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.checkup import BrokenLink
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journalitems import in_code
from mlws_tui.domain.links import links_of
from mlws_tui.domain.markdown import decode, split_lines
from mlws_tui.domain.passages import PassageLink, clean, session_piece
from mlws_tui.domain.runpages import Mention
from mlws_tui.domain.runs import RunQuery
from mlws_tui.services.journal import JournalService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.sources import files
from mlws_tui.store import Store

_STAMP = 15  # characters of a run's id before its name
_MOST_NAMES = 2_000
_SNIPPET = 240
_PAGE = 1_000


class Links:
    """Answers who links to what."""

    def __init__(
        self, workspace: Workspace, store: Store, journal: JournalService, sessions: SessionsService
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._journal = journal
        self._sessions = sessions

    async def to(self, kind: str, target: str) -> Sequence[Mention]:
        """The lines that lead to a place, the newest day first.

        Args:
            kind: As a `TextLink` has it: ``run``, ``log``, ``session``, ``model``, ``file`` or ``day``.
            target: As a `TextLink` has it.

        Raises:
            StoreError: if the index cannot be read.
            MlwsError: for a day, if the journal cannot be read.
        """
        if kind == "day":  # the index does not know them
            return await asyncio.to_thread(self._to_day, target)
        rows = await self._store.texts.links_to([(kind, clean(target))])
        return [Mention(row.source, row.path, row.line, row.day, row.text[:_SNIPPET]) for row in rows]

    def _to_day(self, day: str) -> list[Mention]:
        """From the files as they are now; an entry's heading is no link."""
        journal = self._journal.read()
        found: list[Mention] = []
        for entry in sorted(journal.days, key=lambda one: one.date, reverse=True):
            lines = journal.outline.lines[entry.heading.end : entry.line_end]
            path = self._workspace.relative(self._journal.path)
            found += _naming(day, lines, Mention("journal", path, entry.heading.end + 1, entry.date, ""))
        for session in self._sessions.list():
            try:
                lines = split_lines(files.read(session.path).data)
            except MlwsError:  # said by the checks of the documents
                continue
            path = self._workspace.relative(session.path)
            found += _naming(day, lines, Mention("session", path, 1, None, ""))
        return found

    async def broken(self) -> Sequence[BrokenLink]:
        """Runs and session logs that a line names and that are not there, from the files as they are now.

        Raises:
            StoreError: if the index cannot be read.
        """
        there: dict[str, bool] = {}
        while True:
            query = RunQuery(limit=_PAGE, offset=len(there), include_archived=True, include_deleted=True)
            page = await self._store.list_runs(query)
            there |= {run.id: run.deleted for run in page.runs}
            if len(page.runs) < _PAGE:
                break
        gone = {run for run, deleted in there.items() if deleted} | set(await self._store.buried_runs())
        return await asyncio.to_thread(self._broken, there.keys() - gone, gone)

    def _broken(self, runs: Collection[str], gone: Collection[str]) -> list[BrokenLink]:
        sessions = self._sessions.list()
        names = [session.name for session in sessions]
        paths = [self._journal.path, *(session.path for session in sessions)]
        return [one for path in paths for one in broken_names(self._workspace, path, runs, gone, names)]


def _naming(day: str, lines: Sequence[bytes], first: Mention) -> Iterator[Mention]:
    """The lines with a link to a day; `first` is the place of the first line."""
    if not any(day.encode() in line for line in lines):
        return
    texts = [decode(line).rstrip() for line in lines]
    for number, (text, code) in enumerate(zip(texts, in_code(texts), strict=True)):
        if code or day not in text:
            continue
        if ("day", day) in ((link.kind, link.target) for link in links_of(text)):
            yield replace(first, line=first.line + number, snippet=text.strip()[:_SNIPPET])


def broken_names(
    workspace: Workspace, path: Path, runs: Collection[str], gone: Collection[str], sessions: Collection[str]
) -> Iterator[BrokenLink]:
    """The run ids and ``[[session logs]]`` of a document that name nothing. A document that cannot be read has none.

    Args:
        workspace: Whose document it is.
        path: The document.
        runs: Ids of the runs that there are.
        gone: Ids of those that were deleted.
        sessions: Names of the session logs.
    """
    try:
        data = files.read(path).data
    except MlwsError:  # said by the checks of the documents
        return
    written = workspace.relative(path)
    told: set[tuple[int, str]] = set()
    for link in session_piece(data, written, "", None).document().links:
        hint = _hint(link, runs, gone, sessions)
        if hint is not None and (link.line, link.target) not in told:
            told.add((link.line, link.target))
            yield BrokenLink(written, link.line + 1, link.target, hint)


def _hint(
    link: PassageLink, runs: Collection[str], gone: Collection[str], sessions: Collection[str]
) -> str | None:
    """What is to be said of a link that names nothing; None for one that names something."""
    if link.kind == "run" and link.target not in runs:
        return (
            "the run was deleted" if link.target in gone else _near(link.target, _like_run(link.target, runs))
        )
    # A link with a path is looked at as one to a file.
    if link.kind == "session" and f"[[{link.target}" in link.text and link.target not in sessions:
        return _near(link.target, sessions)
    return None


def _like_run(target: str, runs: Collection[str]) -> list[str]:
    """Runs are named much alike: another one is meant only where its moment or its name is the same."""
    return [run for run in runs if run[:_STAMP] == target[:_STAMP] or run[_STAMP:] == target[_STAMP:]]


def _near(target: str, names: Collection[str]) -> str:
    close = get_close_matches(target, list(names)[:_MOST_NAMES], n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""
