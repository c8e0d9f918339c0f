"""What the journal could say of a day by itself: offered, taken, put aside, and written unasked only where wanted."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from mlws_tui.domain import journal_edits
from mlws_tui.domain.changes import Change, FileChanged, Notice, RunsChanged
from mlws_tui.domain.errors import MlwsError, NotFoundError
from mlws_tui.domain.journal import Journal, parse, standard_section
from mlws_tui.domain.markdown import decode, encode
from mlws_tui.domain.runs import Run
from mlws_tui.domain.suggestions import COMPLETED, Suggestion, mentioned, of_run, of_sweep, uncovered
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.services.journal import DayRef, JournalService
from mlws_tui.services.remembered import Remembered
from mlws_tui.services.runs import RunsService
from mlws_tui.store import Store

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


@dataclass(frozen=True, slots=True)
class Proposal:
    """A day's text with a suggestion in its place, not saved.

    Attributes:
        ref: The entry that takes it.
        base: What the entry says now.
        text: What it would say.
        end: Where in `text` the new line ends.
    """

    ref: DayRef
    base: str
    text: str
    end: int


class Suggestions:
    """Suggestions for days of the journal.

    Args:
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
        store: Store,
        runs: RunsService,
        journal: JournalService,
        remembered: Remembered,
        ingest: IngestService,
        hub: Hub,
        *,
        auto: Sequence[str] = (),
    ) -> None:
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

    async def of_day(self, day: date | None = None) -> Sequence[Suggestion]:
        """What the entry of a day, by default today, does not say yet and nobody put aside, in order of time.

        Where many runs of an experiment completed, one line for all of them comes before.

        Raises:
            MlwsError: if the journal or the index cannot be read.
        """
        day = day or self._journal.today()
        first, end = _bounds(day)
        runs = await self._runs.with_states(await self._store.runs_within(first, end, _MOST))
        now = self._runs.now()
        found = [one for run in runs if (one := of_run(run, first, end, now)) is not None]
        if not found:
            return ()
        done = set(await self._done())
        left = [one for one in found if _mark(one.key) not in done]
        entry = await asyncio.to_thread(self._entry, day) if left else ""
        single = sorted((one for one in left if not mentioned(one, entry)), key=lambda one: (one.ts, one.key))
        sums = [one for one in await self._sums(runs, single, now) if _mark(one.key) not in done]
        return [*(one for one in sums if not mentioned(one, entry)), *single]

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
                found.append(of_sweep(members, known.name if known is not None else experiment, now))
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
        title = await asyncio.to_thread(self._write, suggestion, day)
        try:
            await self.put_aside([suggestion])
        except MlwsError as error:  # what the entry says is not offered anyway
            log.warning("a suggestion may be offered again once its line is gone: %s", error)
        self._hub.publish(FileChanged(self._journal.path))
        return title

    async def put_aside(self, suggestions: Iterable[Suggestion]) -> None:
        """Offer these never again.

        Raises:
            MlwsError: if that cannot be written.
        """
        async with self._remembering:
            keys = [key for one in suggestions for key in (*one.covers, one.key)]
            marks = dict.fromkeys([*(await self._done()), *map(_mark, keys)])
            await self._remembered.set(KEY, {"done": list(marks)[-_REMEMBERED:]})

    async def propose(self, suggestion: Suggestion, day: date) -> Proposal:
        """The entry as it would be with the suggestion in its section; nothing is written.

        Raises:
            MlwsError: if the journal cannot be read, or has no place for it.
        """
        return await asyncio.to_thread(self._propose, suggestion, day)

    def _write(self, suggestion: Suggestion, day: date) -> str:
        if mentioned(suggestion, self._entry(day)):  # another app, or a person, was faster
            return standard_section(suggestion.section)
        return self._journal.append(suggestion.section, suggestion.text, day)

    def _propose(self, suggestion: Suggestion, day: date) -> Proposal:
        before = self._journal.read()
        splice = journal_edits.add_bullet(before, day, standard_section(suggestion.section), suggestion.text)
        after = parse(splice.apply(before.data))
        last = after.data.index(encode(suggestion.text), splice.start) + len(encode(suggestion.text))
        for entry in after.days:
            start, end = after.body_span(entry)
            if entry.date == day and start <= last <= end:
                known = before.day(day, entry.ordinal)
                base = before.body(known) if known is not None else ""
                behind = len(decode(after.data[start:last]))
                return Proposal(DayRef(day, entry.ordinal), base, after.body(entry), behind)
        raise MlwsError("The journal has no place for this line", hint="write it by hand")

    async def _done(self) -> list[str]:
        told: Any = await self._remembered.get(KEY, {})
        marks = told.get("done", []) if isinstance(told, dict) else []
        return [mark for mark in marks if isinstance(mark, str)] if isinstance(marks, list) else []

    def _entry(self, day: date) -> str:
        """All that the journal says of a day."""
        journal: Journal = self._journal.read()
        return "\n".join(journal.body(entry) for entry in journal.days if entry.date == day)

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
            for one in await self.of_day(day):
                if one.kind in self._auto and not one.covers:
                    await self.accept(one, day)


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
