"""Tasks of the journal: listed over all days, ticked, carried over, put off, cancelled, and all that taken back."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from mlws_tui.domain import taskedits
from mlws_tui.domain.duewords import with_due_date
from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from mlws_tui.domain.journal import Journal, parse, standard_section
from mlws_tui.domain.journal_edits import Splice, add_bullet, apply_all
from mlws_tui.domain.tasks import NEXT_STEPS, SHORTEST_KEY, Task, gathered, last_open, tasks_of
from mlws_tui.domain.words import counted
from mlws_tui.services.journal import JournalService
from mlws_tui.services.taskundo import Act, act_of, difference, taken_back

#: Acts that can be taken back.
_KEPT = 100
_LONGEST = 50  # characters of a task that a sentence quotes


@dataclass(frozen=True, slots=True)
class _Made:
    """What an act makes of a journal: all its bytes, those without the entry that it may add, and what it did."""

    data: bytes
    unmade: bytes
    words: str


class TasksService:
    """Reads and changes the tasks of the journal. All methods block: on an event loop call them in a thread.

    Each change is one save. It is made where the task's line stands now, and only if that line still reads as it did.

    Args:
        journal: Whose tasks they are.
    """

    def __init__(self, journal: JournalService) -> None:
        self._journal = journal
        self._acts: deque[Act] = deque(maxlen=_KEPT)
        self._known: tuple[Journal, list[Task]] | None = None
        self._guard = threading.Lock()

    def today(self) -> date:
        """The local date."""
        return self._journal.today()

    def list(self) -> Sequence[Task]:
        """All tasks in any state, the oldest day first.

        Raises:
            MlwsError: if the journal cannot be read.
        """
        journal = self._journal.read()
        with self._guard:
            if self._known is None or self._known[0] is not journal:
                self._known = (journal, tasks_of(journal))
            return self._known[1]

    def find(self, named: str) -> Task:
        """The task that a person names: by the letters of its key, or by a part of its text that only one open one has.

        One that stands on several days is one, and the newest of them is returned: see `alike`.

        Raises:
            NotFoundError: if there is none, or more than one.
        """
        wanted = named.strip().casefold()
        tasks = self.list()
        by_key = [
            task
            for task in tasks
            if len(wanted) >= SHORTEST_KEY and task.key.startswith(wanted) and wanted.isalpha()
        ]
        by_text = [
            task for task in tasks if wanted and task.state == "open" and wanted in task.words.casefold()
        ]
        exact = [task for task in by_text if task.words.casefold() == wanted]
        found = {(task.date, task.line): task for task in (*by_key, *(exact or by_text))}
        told = gathered(found[place] for place in sorted(found))
        if len(told) == 1:
            return told[0].task
        if told:
            raise NotFoundError(
                f"{named!r} may be {counted(len(told), 'task')}",
                hint="name it by its letters: mlws-tui tasks",
            )
        raise NotFoundError(f"There is no open task {named!r}", hint="mlws-tui tasks lists them")

    def alike(self, task: Task) -> Sequence[Task]:
        """The task, and where it is open all those of other days that are the same: see `domain.tasks.gathered`."""
        return next((one.every for one in gathered(self.list()) if task in one.every), (task,))

    # what can be done with them

    def tick(self, tasks: Sequence[Task], on: bool = True) -> str:
        """Mark tasks as done, or as open again; one byte of each line changes.

        Of one that was carried over and is open again the day that it went to is taken off.

        Returns:
            What was done, in words.

        Raises:
            NotFoundError: if a line reads differently now; nothing is changed then.
            MlwsError: if the journal cannot be read or saved; it is then as it was.
        """
        if on:
            return self._sign(tasks, b"x", "ticked")
        return self._on_lines(tasks, f"opened again {_named(tasks)}", taskedits.reopen)

    def cancel(self, tasks: Sequence[Task]) -> str:
        """Mark tasks as cancelled, ``[-]``. Returns and raises as `tick` does."""
        return self._sign(tasks, b"-", "cancelled")

    def _sign(self, tasks: Sequence[Task], sign: bytes, done: str) -> str:
        words = f"{done} {_named(tasks)}"
        return self._on_lines(tasks, words, lambda journal, task: taskedits.set_sign(journal, task, sign))

    def _on_lines(self, tasks: Sequence[Task], words: str, splice: Callable[[Journal, Task], Splice]) -> str:
        def make(journal: Journal) -> _Made:
            data = apply_all([splice(journal, one) for one in self._now(journal, tasks)], journal.data)
            return _Made(data, data, words)

        return self._change({task.date for task in tasks}, make)

    def postpone(self, tasks: Sequence[Task], to: date) -> str:
        """Put tasks off: ``(from 2026-11-25)`` is written behind their text, and until that day they are not listed.

        Until today means not any longer: it is taken off. Returns and raises as `tick` does.

        Raises:
            UsageError: if the day is over, or is today and one of them was not put off.
        """
        today = self.today()
        if to < today or (to == today and any(task.starts is None for task in tasks)):
            raise UsageError(
                f"{to.isoformat()} is not to come: a task is put off to a later day",
                hint="for example tomorrow, next monday or +7",
            )

        if to == today:
            words = f"{_named(tasks)} is not put off any longer"
            return self._on_lines(tasks, words, lambda journal, task: taskedits.put_off(journal, task, None))
        words = f"put off {_named(tasks)} to {to.isoformat()}"
        return self._on_lines(tasks, words, lambda journal, task: taskedits.put_off(journal, task, to))

    def carry_over(self, tasks: Sequence[Task], to: date | None = None) -> str:
        """Carry open tasks over to a day, today by default, with the open ones that hang below them; in one save.

        The old lines stay, marked ``[>]`` with the day. What the day has already is not written a second time.
        Returns and raises as `tick` does.

        Raises:
            UsageError: if none of them is open and of another day.
        """
        day = to or self.today()

        def make(journal: Journal) -> _Made:
            carried = taskedits.carry_over(journal, self._now(journal, tasks), day)
            if not carried.tasks:
                raise UsageError(
                    f"There is nothing to carry over to {day.isoformat()}",
                    hint="only open tasks of other days can be",
                )
            there = f"; {carried.there} stood there already" if carried.there else ""
            words = f"carried {_named(carried.tasks)} over to {day.isoformat()}{there}"
            return _Made(carried.data, carried.marked, words)

        return self._change({day, *(task.date for task in tasks)}, make)

    def add(self, text: str, when: date | None = None, section: str = NEXT_STEPS) -> str:
        """Write a new open task into a day, today by default. Returns and raises as `tick` does.

        Raises:
            UsageError: if the text is empty.
        """
        if not text.strip():
            raise UsageError("A task needs a text", hint='mlws-tui tasks add "compare r=8 and r=16"')
        day, title = when or self.today(), standard_section(section)
        text = with_due_date(text, self.today())

        def make(journal: Journal) -> _Made:
            data = add_bullet(journal, day, title, text, task=True).apply(journal.data)
            return _Made(
                data, journal.data, f"added {_quoted(text.strip().splitlines()[0])} to {day.isoformat()}"
            )

        return self._change({day}, make)

    def carry_open(self, to: date | None = None) -> str:
        """Carry over what the last day before it that has open tasks left; returns and raises as `carry_over` does."""
        day = to or self.today()
        return self.carry_over(last_open(self.list(), day, self.today()), day)

    # taking it back

    def undo(self) -> str:
        """Take back the last act that was not taken back; what others wrote meanwhile stays.

        Returns:
            What was taken back, in words.

        Raises:
            NotFoundError: if nothing was done yet.
            MlwsError: if others changed the same lines since: nothing is changed then; or if the journal cannot be
                read or saved.
        """
        with self._guard:
            if not self._acts:
                raise NotFoundError(
                    "There is nothing to undo", hint="only what was done to tasks since the start"
                )
            act = self._acts.pop()
        try:
            self._journal.change(lambda journal: taken_back(journal, act))
        except NotFoundError as error:
            raise MlwsError(
                f"Cannot undo: {act.words}, as the journal was changed there since",
                hint="change it in the journal",
            ) from error
        except MlwsError:
            self._keep(act)  # the file could not be written: it can be tried again
            raise
        return f"undone: {act.words}"

    def _keep(self, act: Act) -> None:
        with self._guard:
            self._acts.append(act)

    # the small print

    def _now(self, journal: Journal, tasks: Sequence[Task]) -> Sequence[Task]:
        now = tasks_of(journal, dates={task.date for task in tasks})
        return [taskedits.same_task(journal, task, now) for task in tasks]

    def _change(self, dates: set[date], make: Callable[[Journal], _Made]) -> str:
        last: list[tuple[Journal, _Made]] = []

        def change(journal: Journal) -> Sequence[Splice]:
            made = make(journal)
            last[:] = [(journal, made)]
            return [difference(journal.data, made.data)]

        before, after = self._journal.change(change)
        journal, made = last[0]
        if after != before:
            self._keep(act_of(made.words, journal, parse(after, journal), dates, made.unmade))
        return made.words


def _named(tasks: Sequence[Task]) -> str:
    if len({task.words.casefold() for task in tasks}) > 1:
        return counted(len(tasks), "task")
    times = f" ({len(tasks)} times)" if len(tasks) > 1 else ""
    return f"{_quoted(tasks[0].words)}{times}"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
