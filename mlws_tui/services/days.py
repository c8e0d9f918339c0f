"""The days of the journal by months, for a calendar: what was written, what is open, which runs began."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from mlws_tui.domain.calendar import days_on, first_of, last_of
from mlws_tui.domain.daytitle import words_beside
from mlws_tui.domain.journal import streak
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.tasks import still_open
from mlws_tui.domain.textcount import count_words
from mlws_tui.services.journal import JournalService
from mlws_tui.services.tasks import TasksService
from mlws_tui.store import Store

_FAILED = (RunState.FAILED, RunState.CRASHED)


@dataclass(frozen=True, slots=True)
class DayNote:
    """A day and what is known of it.

    Attributes:
        date: Which day.
        line: The first line of its entry in the journal, from 1; 0 where it has none.
        entries: How many entries it has.
        sections: The titles of their sections.
        words: How many words they have.
        open: Open tasks in them that are not put off.
        runs: Runs that began on it.
        failed: Those of them that failed.
        title: What the heading of its first entry says beside the date.
    """

    date: date
    line: int = 0
    entries: int = 0
    sections: tuple[str, ...] = ()
    words: int = 0
    open: int = 0
    runs: int = 0
    failed: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class MonthNotes:
    """A month of the journal.

    Attributes:
        first: Its first day.
        days: What is known of the days that have anything.
        streak: How many days in a row have an entry up to today or yesterday, in the whole journal.
        written: The dates of all entries of the journal, the oldest first.
    """

    first: date
    days: Mapping[date, DayNote]
    streak: int
    written: tuple[date, ...]

    def note(self, day: date) -> DayNote:
        """What is known of a day, if only its date."""
        return self.days.get(day) or DayNote(day)


class DaysService:
    """Tells of months and days. Words are counted only for the month that is asked for.

    Args:
        journal: The journal.
        tasks: Its tasks.
        store: The index.
    """

    def __init__(self, journal: JournalService, tasks: TasksService, store: Store) -> None:
        self._journal = journal
        self._tasks = tasks
        self._store = store

    def today(self) -> date:
        """The local date."""
        return self._journal.today()

    async def month(self, day: date) -> MonthNotes:
        """The month that a day is in.

        Raises:
            MlwsError: if the journal or the index cannot be read.
        """
        first, last = first_of(day), last_of(day)
        begun = await self._store.begun_within(_midnight(first), _midnight(days_on(last, 1)))
        return await asyncio.to_thread(self._notes, first, last, begun)

    async def text(self, day: date) -> str:
        """The entries of a day below their headings; empty where there is none.

        Raises:
            MlwsError: if the journal cannot be read.
        """
        return await asyncio.to_thread(self._text, day)

    def _text(self, when: date) -> str:
        journal = self._journal.read()
        return "\n\n".join(journal.body(day) for day in journal.days if day.date == when)

    def _notes(self, first: date, last: date, begun: Sequence[tuple[float, str]]) -> MonthNotes:
        journal, today = self._journal.read(), self.today()
        runs = Counter(_local(started) for started, _ in begun)
        failed = Counter(_local(started) for started, state in begun if state in _FAILED)
        tasks = Counter(task.date for task in still_open(self._tasks.list(), today))
        notes = {
            day: DayNote(day, open=tasks[day], runs=runs[day], failed=failed[day])
            for day in {*runs, *tasks}
            if first <= day <= last
        }
        for entry in journal.days:
            if first <= entry.date <= last:
                note = notes.get(entry.date) or DayNote(entry.date)
                titles = [section.title for section in journal.sections(entry)]
                notes[entry.date] = replace(
                    note,
                    line=note.line or entry.line_start + 1,
                    entries=note.entries + 1,
                    title=note.title or words_beside(entry),
                    sections=(*note.sections, *(title for title in titles if title not in note.sections)),
                    words=note.words + count_words(journal.body(entry)),
                )
        dates = {day.date for day in journal.days}
        return MonthNotes(first, notes, streak(dates, today), tuple(sorted(dates)))


def _midnight(day: date) -> float:
    """The beginning of a local day (Unix seconds), as far as the clock reaches."""
    try:
        return datetime.combine(day, time()).timestamp()
    except (OverflowError, ValueError, OSError):
        return 0.0


def _local(seconds: float) -> date:
    return datetime.fromtimestamp(seconds).date()
