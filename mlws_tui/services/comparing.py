"""Runs side by side, and the table of that put where a person writes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mlws_tui.domain.comparetables import markdown, title
from mlws_tui.domain.comparison import FEWEST, MOST, Comparison, compare_runs, diff_of_diffs
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.runs import Run
from mlws_tui.services.journal import JournalService
from mlws_tui.services.pages import Conflict
from mlws_tui.services.runs import RunsService
from mlws_tui.services.sessions import Session, SessionsService

_SECTION = "Experiments"


class Comparing:
    """Holds runs against each other.

    Args:
        runs: Where they are read.
        journal: Where tables may be written to.
        sessions: Where tables may be written to.
    """

    def __init__(self, runs: RunsService, journal: JournalService, sessions: SessionsService) -> None:
        self._runs = runs
        self._journal = journal
        self._sessions = sessions

    async def of(self, refs: Sequence[str], baseline: str | None = None, *, last: bool = False) -> Comparison:
        """Runs side by side, in the order given.

        Args:
            refs: 2 to 20 ids, beginnings of ids, names or ``@last``.
            baseline: The one that the others are compared with (by default the first); it joins them where it is none
                of them.
            last: Whether metrics are compared by their last values rather than by their best.

        Raises:
            NotFoundError: if there is none such.
            UsageError: if several fit one, or they are too few or too many.
        """
        if len(refs) > MOST:
            raise UsageError(f"{FEWEST} to {MOST} runs can be compared, not {len(refs)}")
        held = await self._runs.get(baseline) if baseline is not None else None
        found = {run.id: run for run in [await self._runs.get(ref) for ref in refs]}
        if held is not None and held.id not in found:
            found = {held.id: held, **found}
        runs = tuple(found.values())
        place = next((i for i, run in enumerate(runs) if held is not None and run.id == held.id), 0)
        return await asyncio.to_thread(compare_runs, runs, self._runs.now(), place, last=last)

    async def diff(self, one: Run, other: Run) -> list[str]:
        """How the uncommitted changes of two runs differ, as lines of a unified diff."""
        return await asyncio.to_thread(diff_of_diffs, one, other)

    async def to_journal(self, comparison: Comparison) -> str:
        """Write the table below today's experiments in the journal; the sentence that says so.

        Raises:
            MlwsError: if the journal cannot be saved; it is then as it was.
        """
        entry = f"{title(comparison)}:\n\n{markdown(comparison)}"
        section = await asyncio.to_thread(self._journal.append, _SECTION, entry)
        return f"The comparison is in the journal, under {section} of today"

    async def sessions(self) -> list[Session]:
        """The session logs that the table could go to, the newest first."""
        return await asyncio.to_thread(self._sessions.list)

    async def to_session(self, comparison: Comparison, name: str) -> str:
        """Write the table at the end of a session log; the sentence that says so.

        Raises:
            MlwsError: if it cannot be saved; it is then as it was.
        """
        return await asyncio.to_thread(self._append, name, comparison)

    def _append(self, name: str, comparison: Comparison) -> str:
        page = self._sessions.page(name)
        told = f"### {title(comparison)}\n\n{markdown(comparison)}".replace("\n", page.newline)
        text = f"{page.text}{page.newline * 2}{told}" if page.text else told
        if isinstance(self._sessions.save(name, page.text, text), Conflict):
            raise MlwsError(f"The end of {name} was changed just now: nothing is written", hint="try again")
        return f"The comparison is at the end of {name}"
