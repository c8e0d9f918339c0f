"""What the journal could say of a day by itself: offered, taken, put aside, and written unasked only where wanted."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, FileChanged, Notice, RunsChanged
from mlws_tui.domain.errors import MlwsError, NotFoundError
from mlws_tui.domain.journal import standard_section
from mlws_tui.domain.runs import Run
from mlws_tui.domain.suggestions import COMPLETED, Suggestion, mentioned, of_run, of_sweep, uncovered
from mlws_tui.services.dayfacts.day import Day
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.journal import JournalService
from mlws_tui.services.remembered import Remembered
from mlws_tui.services.runs import RunsService
from mlws_tui.services.suggestedlines import Proposal, SuggestedLines
from mlws_tui.store import Store

if TYPE_CHECKING:
    from mlws_tui.domain.daysuggestions import Lines
    from mlws_tui.services.dayfacts.gathering import DayFacts

log = logging.getLogger(__name__)

KEY = "journal.suggestions"
#: Keys that are remembered as taken or put aside; the oldest are forgotten first.
_REMEMBERED = 1000
#: Runs of a day that are looked at, the newest first.
_MOST = 300
#: Runs of an experiment that completed on a day, from which on one line for all of them is offered.
_MANY = 4
#: Seconds between two looks at the day, where lines are written unasked.
_PAUSE = 5.0
#: Seconds of the day before that are looked at, too: what ends at midnight is seen after it.
_OVERLAP = 3600.0
#: Seconds that are waited for what other programs and disks tell of a day.
_PATIENCE = 5.0


class Suggestions:
    """Suggestions for days of the journal.

    Args:
        workspace: Whose days they are.
        store: The index.
        runs: Tells the states of runs.
        journal: Where lines are written.
        remembered: Keeps what was taken or put aside.
        ingest: Of several processes, the one that ingests writes what is to be written unasked.
        hub: Hears of runs.
        auto: Kinds that are written unasked.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        runs: RunsService,
        journal: JournalService,
        remembered: Remembered,
        ingest: IngestService,
        hub: Hub,
        *,
        auto: Sequence[str] = (),
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._runs = runs
        self._journal = journal
        self._remembered = remembered
        self._ingest = ingest
        self._hub = hub
        self._auto = frozenset(auto)
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._remembering = asyncio.Lock()
        self._lines = SuggestedLines(journal)

    @cached_property
    def facts(self) -> DayFacts:
        """What happened beside runs; made when it is first asked for, as few commands need it."""
        from mlws_tui.services.dayfacts.gathering import DayFacts

        return DayFacts(self._workspace, self._store)

    async def start(self) -> None:
        """Where the settings ask for it, begin to write unasked, until `close`."""
        if self._auto and self._task is None:
            self._unsubscribe = self._hub.subscribe(self._hear)
            self._asked.set()
            self._task = asyncio.create_task(self._write_unasked(), name="suggestions")

    async def close(self) -> None:
        """Stop. Safe to call twice."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        if "facts" in self.__dict__:
            await self.facts.close()

    async def of_day(self, day: date | None = None, *, within: float = _PATIENCE) -> Sequence[Suggestion]:
        """What the entry of a day, by default today, does not say yet and nobody put aside; runs first, then by kind.

        Where many runs of an experiment completed, one line for all of them comes before.

        Args:
            day: The day.
            within: Seconds that are waited for what is not in the index; a source that takes longer is heard the
                next time, see `unfinished`.

        Raises:
            MlwsError: if the journal or the index cannot be read.
        """
        day = day or self._journal.today()
        first, end = _bounds(day)
        runs = await self._runs_of(first, end)
        recent = timedelta() <= self._journal.today() - day <= timedelta(days=1)
        told = await self.facts.of_day(Day(day, first, end, recent, runs), within) if end > first else []
        return await self._left(day, runs, told)

    def unfinished(self, day: date) -> bool:
        """Whether there may be more to offer of a day as soon as it was looked for."""
        return self.facts.unfinished(day)

    async def _runs_of(self, first: float, end: float) -> Sequence[Run]:
        return await self._runs.with_states(await self._store.runs_within(first, end, _MOST))

    async def _left(self, day: date, runs: Sequence[Run], told: Sequence[Lines] = ()) -> Sequence[Suggestion]:
        """What is to be offered of runs and of all else that is told: nothing that was answered, or that is written."""
        now, done = self._runs.now(), frozenset(await self._done())
        single = await asyncio.to_thread(self._sift, day, runs, told, now, done)
        sums = [one for one in await self._sums(runs, single, now) if _mark(one.key) not in done]
        entry = await asyncio.to_thread(self._lines.entry, day) if sums else ""
        return [*(one for one in sums if not mentioned(one, entry)), *single]

    def _sift(
        self, day: date, runs: Sequence[Run], told: Sequence[Lines], now: float, done: frozenset[str]
    ) -> list[Suggestion]:
        first, end = _bounds(day)
        entry = self._lines.entry(day)

        def left(one: Suggestion) -> bool:
            return _mark(one.key) not in done and not mentioned(one, entry)

        found = [
            *(of_run(run, first, end, now) for run in runs),
            *(one for lines in told for one in lines(left)),
        ]
        return sorted((one for one in found if one is not None and left(one)), key=lambda one: one.rank)

    async def _sums(
        self, runs: Sequence[Run], offered: Sequence[Suggestion], now: float
    ) -> Sequence[Suggestion]:
        """One for each experiment of which so many runs completed that one line says more than theirs."""
        completed = {one.run for one in offered if one.kind == COMPLETED}
        together: dict[tuple[str, str], list[Run]] = {}
        for run in runs:
            if run.experiment and run.id in completed:
                together.setdefault((run.experiment, run.kind), []).append(run)
        found = []
        for (experiment, _), members in together.items():
            if len(members) >= _MANY:
                known = await self._store.get_experiment(experiment)
                name = known.name if known is not None else experiment
                found.append(await asyncio.to_thread(of_sweep, members, name, now))
        return sorted(found, key=lambda one: (one.ts, one.key))

    async def find(self, ref: str, day: date | None = None) -> Sequence[Suggestion]:
        """Those of a day that are meant: ``all``, and nothing twice; the one of a key, or those of a run's id.

        Raises:
            NotFoundError: if there is none.
            MlwsError: if the journal or the index cannot be read.
        """
        offered = await self.of_day(day)
        meant = uncovered(offered) if ref == "all" else [one for one in offered if ref in (one.key, one.run)]
        if not meant and ref != "all":
            keys = ", ".join(one.key for one in offered[:3])
            raise NotFoundError(
                f"There is no suggestion {ref!r}", hint=f"there are {keys}" if keys else "there is none"
            )
        return meant

    async def accept(self, suggestion: Suggestion, day: date) -> str:
        """Write a suggestion into its section of a day, unless it stands there by now; the section's title.

        Raises:
            MlwsError: if the journal cannot be read or saved; then it is still offered.
        """
        return (await self.accept_all([suggestion], day))[0]

    async def accept_all(self, suggestions: Sequence[Suggestion], day: date) -> Sequence[str]:
        """Write suggestions into their sections of a day in one save, but for those that stand there by now.

        Returns:
            The titles of the sections.

        Raises:
            MlwsError: if the journal cannot be read or saved; then nothing is written, and all are still offered.
        """
        await asyncio.to_thread(self._lines.write, suggestions, day)
        try:
            await self.put_aside(suggestions)
        except MlwsError as error:  # what the entry says is not offered anyway
            log.warning("a suggestion may be offered again once its line is gone: %s", error)
        self._hub.publish(FileChanged(self._journal.path))
        return list(dict.fromkeys(standard_section(one.section) for one in suggestions))

    async def put_aside(self, suggestions: Iterable[Suggestion]) -> None:
        """Offer these never again.

        Raises:
            MlwsError: if that cannot be written.
        """
        async with self._remembering:
            marks = dict.fromkeys([*(await self._done()), *_marks(suggestions)])
            await self._remembered.set(KEY, {"done": list(marks)[-_REMEMBERED:]})

    async def take_back(self, suggestions: Iterable[Suggestion], day: date) -> None:
        """Offer these again: their lines were taken out of the entry. One that was made for them goes again.

        Raises:
            MlwsError: if that cannot be written.
        """
        if await asyncio.to_thread(self._lines.unmake, day):
            self._hub.publish(FileChanged(self._journal.path))
        async with self._remembering:
            gone = frozenset(_marks(suggestions))
            await self._remembered.set(
                KEY, {"done": [mark for mark in await self._done() if mark not in gone]}
            )

    async def propose(self, suggestion: Suggestion, day: date) -> Proposal:
        """The entry as it would be with the suggestion in its section; nothing is written.

        Raises:
            MlwsError: if the journal cannot be read, or has no place for it.
        """
        return await asyncio.to_thread(self._lines.propose, suggestion, day)

    async def _done(self) -> list[str]:
        told: Any = await self._remembered.get(KEY, {})
        marks = told.get("done", []) if isinstance(told, dict) else []
        return [mark for mark in marks if isinstance(mark, str)] if isinstance(marks, list) else []

    # unasked

    def _hear(self, change: Change) -> None:
        if isinstance(change, RunsChanged):
            self._asked.set()

    async def _write_unasked(self) -> None:
        told = ""
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self._write_all()
                told = ""
            except MlwsError as error:
                if told != (told := error.sentence()):  # the same trouble is told once
                    self._hub.publish(Notice(f"Nothing was written into the journal: {told}"))
            except Exception:  # it must go on with the next run
                log.exception("lines for the journal")
            await asyncio.sleep(_PAUSE)

    async def _write_all(self) -> None:
        if self._ingest.state.role != "holder":
            self._asked.set()  # this process may come to be the one that writes
            return
        now = self._runs.now()
        for day in sorted({datetime.fromtimestamp(ts).date() for ts in (now - _OVERLAP, now)}):
            for one in await self._left(day, await self._runs_of(*_bounds(day))):
                if one.kind in self._auto and not one.covers:
                    await self.accept(one, day)


def _marks(suggestions: Iterable[Suggestion]) -> list[str]:
    return [_mark(key) for one in suggestions for key in (*one.covers, one.key)]


def _mark(key: str) -> str:
    """A key in few characters: ids may be long, and many are remembered."""
    return hashlib.blake2s(key.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _bounds(day: date) -> tuple[float, float]:
    """When a day begins and ends by local time, Unix seconds."""
    try:
        first, end = (datetime.combine(one, time.min).timestamp() for one in (day, day + timedelta(days=1)))
    except (OverflowError, ValueError, OSError):  # at the ends of the calendar
        return 0.0, 0.0
    return first, end
