"""Mild reminders: of a day with runs and no words, and of an experiment that no session log tells of."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from mlws_tui.domain.changes import Change, Notice, RunsChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.experiments import implied_name
from mlws_tui.domain.reviewnotes import has_words
from mlws_tui.domain.reviewspan import start_of
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.words import counted
from mlws_tui.services.hub import Hub
from mlws_tui.services.journal import JournalService
from mlws_tui.services.remembered import Remembered
from mlws_tui.services.runs import RunsService
from mlws_tui.services.sessionmentions import Subject, told_of
from mlws_tui.services.sessions import SessionsService
from mlws_tui.store import Store

log = logging.getLogger(__name__)

KEY = "reminders"
#: Seconds from the start to the first look, between two looks, and from a change of runs to a look.
_FIRST, _EVERY, _SOON = 30.0, 600.0, 60.0
_AGAIN = 0.1  # seconds until a cancellation that was lost is tried again
_HOUR, _DAY = 3600.0, 86_400.0
#: A day's runs are reminded of so long after the first one ended, or from that hour on.
_AFTER, _EVENING = 2 * _HOUR, 17
#: An experiment is reminded of from the first of these ages of its last run to the second.
_RESTED, _FORGOTTEN = _DAY, 14 * _DAY
#: What makes an experiment worth a session log: GPU-hours, completed runs, or a run with this tag.
_HOURS, _COMPLETED, _TAG = 1.0, 5, "best"
_MOST = 2000
#: Experiments that are named in one reminder.
_NAMED = 2
_DAY_SUBJECT = "day"


class Reminders:
    """Looks now and then whether something wants to be written, and says so once a day at most.

    Args:
        store: The index.
        runs: Tells the states of runs, and the time.
        journal: Whose entry of today may have no words.
        sessions: Where experiments are told of.
        remembered: Keeps what was said today, so that no second app says it again.
        hub: Hears of runs, and is told the reminders.
        days: Whether to remind of days.
        experiments: Whether to remind of experiments.
        first: Seconds until the first look.
        soon: Seconds from a change of runs to a look.

    Attributes:
        busy: Tells whether the person is writing: then nothing is said, and it is looked again soon.
    """

    def __init__(
        self,
        store: Store,
        runs: RunsService,
        journal: JournalService,
        sessions: SessionsService,
        remembered: Remembered,
        hub: Hub,
        *,
        days: bool = True,
        experiments: bool = True,
        first: float = _FIRST,
        soon: float = _SOON,
    ) -> None:
        self.busy: Callable[[], bool] = lambda: False
        self._store = store
        self._runs = runs
        self._journal = journal
        self._sessions = sessions
        self._remembered = remembered
        self._hub = hub
        self._of_days = days
        self._of_experiments = experiments
        self._first = first
        self._soon = soon
        self._asked = asyncio.Event()
        self._said: dict[str, str] = {}  # of each subject the day on which it was last reminded of
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    async def start(self) -> None:
        """Begin to look, where the settings ask for it, until `close`."""
        if self._task is None and (self._of_days or self._of_experiments):
            self._unsubscribe = self._hub.subscribe(self._hear)
            self._task = asyncio.create_task(self._go_on(), name="reminders")

    async def close(self) -> None:
        """Stop. Safe to call twice."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        while self._task is not None and not self._task.done():
            self._task.cancel()  # it may be lost where an answer of the index comes in the same moment
            await asyncio.wait({self._task}, timeout=_AGAIN)
        self._task = None

    async def look(self) -> Sequence[str]:
        """Look once, and say what is to be said; the sentences. None while the person writes.

        Raises:
            MlwsError: if the journal or the index cannot be read.
        """
        if self.busy():
            return ()
        said = [one for one in (await self._day(), await self._experiments()) if one]
        for sentence in said:
            self._hub.publish(Notice(sentence, mild=True))
        return said

    # the two reasons

    async def _day(self) -> str:
        """What to say of today; empty for nothing."""
        today, now = self._journal.today(), self._runs.now()
        if not self._of_days or await self._told(_DAY_SUBJECT):
            return ""
        begin = start_of(today)
        found = await self._store.runs_within(begin, now + 1, _MOST)
        listed = await self._runs.with_states(found)
        ended = [
            run.ended for run in listed if not run.state.live and run.ended is not None and run.ended >= begin
        ]
        if not ended or (now - min(ended) < _AFTER and datetime.fromtimestamp(now).hour < _EVENING):
            return ""
        if await asyncio.to_thread(lambda: has_words(self._journal.read(), today)):
            return ""
        await self._remember([_DAY_SUBJECT])
        runs = counted(len(ended), "run")
        lines = "its line" if len(ended) == 1 else "their lines"
        return f"{runs} ended today and the journal has no words yet: 4, then a accepts {lines}"

    async def _experiments(self) -> str:
        """What to say of experiments that no session log tells of; empty for nothing."""
        if not self._of_experiments:
            return ""
        now = self._runs.now()
        found = await self._store.runs_within(now - _FORGOTTEN, now + 1, _MOST)
        listed = await self._runs.with_states(found)
        keys = await asyncio.to_thread(_worth_telling, listed, now)
        subjects = [await self._subject(key) for key in keys if not await self._told(f"experiment:{key}")]
        if not subjects:
            return ""
        told = await asyncio.to_thread(told_of, self._sessions, subjects)
        left = [one for one in subjects if one.key not in told]
        if not left:
            return ""
        await self._remember([f"experiment:{one.key}" for one in left])
        names = [one.name for one in left]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        glue = ", " if more else " and "
        has = "has" if len(names) == 1 else "have"
        return f"{glue.join(names[:_NAMED])}{more} {has} no session log after 24 hours: n begins one"

    async def _subject(self, key: str) -> Subject:
        known = await self._store.get_experiment(key)
        name = known.name if known is not None else implied_name(key) or key
        return Subject(key, name, frozenset(await self._store.experiment_run_ids(key)))

    # what was said

    async def _told(self, subject: str) -> bool:
        today = self._journal.today().isoformat()
        kept: Any = await self._remembered.get(KEY, {})
        return today in (self._said.get(subject), kept.get(subject) if isinstance(kept, dict) else None)

    async def _remember(self, subjects: Sequence[str]) -> None:
        today = self._journal.today().isoformat()
        self._said.update(dict.fromkeys(subjects, today))
        kept: Any = await self._remembered.get(KEY, {})
        before = {one: day for one, day in kept.items() if day == today} if isinstance(kept, dict) else {}
        try:
            await self._remembered.set(KEY, {**before, **dict.fromkeys(subjects, today)})
        except MlwsError as error:  # it is said all the same, and perhaps again by the next app
            log.warning("a reminder may come twice: %s", error)

    # when to look

    def _hear(self, change: Change) -> None:
        if isinstance(change, RunsChanged):
            self._asked.set()

    async def _go_on(self) -> None:
        await asyncio.sleep(self._first)
        while True:
            self._asked.clear()
            try:
                await self.look()
            except MlwsError as error:  # whoever needs what cannot be read says so
                log.info("no reminders: %s", error)
            except Exception:  # a reminder must never be the end of the reminders
                log.exception("looking for what to remind of")
            if not self.busy():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_EVERY):  # wait_for may lose a cancellation
                        await self._asked.wait()
            await asyncio.sleep(self._soon)


def _worth_telling(runs: Iterable[Run], now: float) -> Sequence[str]:
    """The experiments of these runs that are worth a session log. For a thread: with many runs it takes long."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        if run.experiment:
            groups.setdefault(run.experiment, []).append(run)
    return [key for key, some in groups.items() if _rests(some, now)]


def _rests(runs: Sequence[Run], now: float) -> bool:
    """Whether an experiment is over for a day, not for two weeks, and big enough for a session log."""
    if any(run.state.live for run in runs):
        return False
    ended = [run.ended for run in runs if run.ended is not None]
    if not ended or not _RESTED < now - max(ended) < _FORGOTTEN:
        return False
    hours = sum(run.gpu_hours(now) or 0.0 for run in runs)
    completed = sum(run.state is RunState.COMPLETED for run in runs)
    return hours >= _HOURS or completed >= _COMPLETED or any(_TAG in run.tags for run in runs)
