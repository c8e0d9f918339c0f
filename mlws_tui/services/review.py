"""Reviews: a week, a month or any days of work, read from the journal, the index and the session logs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from mlws_tui.domain.changes import FileChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.experiments import implied_name
from mlws_tui.domain.journal import Journal
from mlws_tui.domain.metricdirection import lower_is_better
from mlws_tui.domain.review import Energy, Material, Review, SessionLine, build
from mlws_tui.domain.reviewbest import candidates
from mlws_tui.domain.reviewmarkdown import entry_splice, line_of, markdown
from mlws_tui.domain.reviewnotes import REVIEW, Notes, read_notes
from mlws_tui.domain.reviewruns import ReviewRun, within
from mlws_tui.domain.reviewspan import ReviewSpan, between
from mlws_tui.domain.runs import Run
from mlws_tui.domain.runtokens import quote
from mlws_tui.domain.runviews import RunView
from mlws_tui.domain.tasks import Task, tasks_of
from mlws_tui.services.hub import Hub
from mlws_tui.services.journal import JournalService
from mlws_tui.services.pages import Conflict
from mlws_tui.services.runlists import RunLists
from mlws_tui.services.runs import RunsService
from mlws_tui.services.sessionmentions import Subject, told_of
from mlws_tui.services.sessions import Session, SessionsService
from mlws_tui.store import Store

#: Runs of the days that are looked at, the newest first.
MOST_RUNS = 2000
#: Experiments whose best value before the days is looked up, and runs whose energy is added up.
_MOST_EXPERIMENTS, _MEASURED = 100, 200
_KEPT = 4000  # energies of runs that are over


class Reviews:
    """Makes reviews, and puts them where a person writes.

    Args:
        store: The index.
        runs: Tells the states of runs.
        lists: Finds the best runs of before.
        journal: What was written, and where a review may be.
        sessions: The same.
        hub: Hears that the journal was changed.
    """

    def __init__(
        self,
        store: Store,
        runs: RunsService,
        lists: RunLists,
        journal: JournalService,
        sessions: SessionsService,
        hub: Hub,
    ) -> None:
        self._hub = hub
        self._store = store
        self._runs = runs
        self._lists = lists
        self._journal = journal
        self._sessions = sessions
        self._read: tuple[Journal, Notes, Sequence[Task]] | None = None
        self._joules: dict[tuple[str, float], float | None] = {}

    async def week(self, first: date, end: date) -> Review:
        """The review of the days from one to another, both included, with the energy that was measured.

        Raises:
            UsageError: if the first day comes after the last.
            MlwsError: if the journal or the index cannot be read.
        """
        return await self.measured(await self.quick(first, end))

    async def quick(self, first: date, end: date) -> Review:
        """The same without the energy, for which every sample of the GPUs is read: see `measured`.

        Raises:
            UsageError: if the first day comes after the last.
            MlwsError: if the journal or the index cannot be read.
        """
        span = between(first, end)
        today, now = self._journal.today(), self._runs.now()
        begin, stop = span.bounds()
        found = await self._store.runs_within(begin, stop, MOST_RUNS + 1)
        listed = await self._runs.with_states(found[:MOST_RUNS])
        names = await self._names(listed)
        runs, wanted = await asyncio.to_thread(_looked_at, listed, span, now, names)
        before = await self._before(runs, wanted, first)
        notes, tasks, sessions, told = await asyncio.to_thread(self._written, runs, tuple(wanted))
        material = Material(notes, tasks, runs, len(found) > MOST_RUNS, before, told, sessions)
        return await asyncio.to_thread(build, span, today, now, material)

    async def measured(self, review: Review) -> Review:
        """The review with the energy that was measured, in proportion to the part of each run in its days."""
        with_gpus = [one for one in review.runs if one.gpu_hours is not None]
        total, measured = 0.0, 0
        for one in with_gpus[:_MEASURED]:
            joules = await self._energy(one.run)
            whole = one.run.gpu_hours(review.now)
            if joules is not None:
                total += joules * (min(1.0, (one.gpu_hours or 0.0) / whole) if whole else 1.0)
                measured += 1
        return replace(review, energy=Energy(total if measured else None, measured, len(with_gpus)))

    async def to_journal(self, review: Review) -> tuple[str, int]:
        """Write the review into today's entry, under a section of its own.

        Returns:
            The sentence that says so, and its line in the journal, from 1.

        Raises:
            UsageError: if the entry has a review of these days.
            MlwsError: if the journal cannot be saved; it is then as it was.
        """
        line = await asyncio.to_thread(self._append, review)
        self._hub.publish(FileChanged(self._journal.path))
        return f"The review of {review.span.title} is in today's entry, under {REVIEW}", line

    async def to_session(self, review: Review, title: str) -> Session:
        """Make a session log with the review in it.

        Raises:
            UsageError: if the title is empty.
            MlwsError: if it cannot be made.
        """
        return await asyncio.to_thread(self._begin, review, title)

    def _append(self, review: Review) -> int:
        today = self._journal.today()
        self._journal.change(lambda journal: [entry_splice(journal, today, review)])
        return line_of(self._journal.read(), today, review)

    def _begin(self, review: Review, title: str) -> Session:
        made = self._sessions.new(title)
        page = self._sessions.page(made.name)
        told = markdown(review).replace("\n", page.newline)
        text = f"{page.text}{page.newline * 2}{told}" if page.text else told
        if isinstance(self._sessions.save(made.name, page.text, text), Conflict):
            raise MlwsError(f"{made.name} was changed just now: the review is not in it", hint="try again")
        return made

    async def _names(self, runs: Iterable[Run]) -> dict[str, str]:
        """What the experiments of runs are called, by their ids."""
        names: dict[str, str] = {}
        for key in dict.fromkeys(run.experiment for run in runs if run.experiment):
            known = await self._store.get_experiment(key)
            names[key] = known.name if known is not None else implied_name(key) or key
        return names

    async def _before(
        self, runs: Sequence[ReviewRun], wanted: Mapping[str, str], first: date
    ) -> dict[str, float]:
        """The best value of each experiment's figure in the runs that began before the days, by its id.

        Experiments of one name count as one; `wanted` has the figures.
        """
        if not wanted:
            return {}
        names = {one.run.experiment: one.experiment for one in runs if one.run.experiment in wanted}
        asked = ",".join(quote(name) for name in sorted(set(names.values()))[:_MOST_EXPERIMENTS])
        before = f"started<{first.isoformat()} -is:deleted"
        view = RunView(filter=f"experiment={asked} {before}", group="experiment")
        groups = (await self._lists.index(view, everything=True)).groups
        told = {group.label: group.best for group in groups if group.key}
        found = {}
        for key, metric in wanted.items():
            best = told.get(names[key])
            if best is not None and best.metric == metric:
                found[key] = best.value
            elif names[key] in told and (value := await self._best(names[key], metric, before)) is not None:
                found[key] = value
        return found

    async def _best(self, name: str, metric: str, before: str) -> float | None:
        """The best value of a figure in the runs of an experiment."""
        lower = bool(lower_is_better(metric))
        order = f"{'' if lower else '-'}metric.{metric}:best"
        view = RunView(filter=f"experiment={quote(name)} {before}", order=(order,))
        ids = (await self._lists.index(view, everything=True)).ids[:1]
        for run in await self._store.runs_of(ids, [metric]):
            latest = run.latest.get(metric)
            value = None if latest is None else latest.min if lower else latest.max
            return None if value is None or value != value else value
        return None

    async def _energy(self, run: Run) -> float | None:
        if run.ended is None:
            return (await self._store.usage(run.id)).energy_joules
        key = (run.id, run.ended)
        if key not in self._joules:
            if len(self._joules) >= _KEPT:
                self._joules.clear()
            self._joules[key] = (await self._store.usage(run.id)).energy_joules
        return self._joules[key]

    def _written(
        self, runs: Sequence[ReviewRun], keys: Iterable[str]
    ) -> tuple[Notes, Sequence[Task], Sequence[SessionLine], frozenset[str]]:
        """What people wrote, and which of the experiments a session log tells of. It blocks."""
        journal = self._journal.read()
        if self._read is None or self._read[0] is not journal:
            self._read = (journal, read_notes(journal), tasks_of(journal))
        _, notes, tasks = self._read
        sessions = self._sessions.list()
        workspace = self._sessions.workspace
        lines = [
            SessionLine(
                one.name,
                one.facts.title or one.name,
                one.facts.date or date.fromtimestamp(one.modified),
                workspace.relative(one.path),
                one.facts.left,
            )
            for one in sessions
        ]
        members = {key: [one for one in runs if one.run.experiment == key] for key in keys}
        told = told_of(
            self._sessions,
            [
                Subject(key, some[0].experiment, frozenset(one.run.id for one in some))
                for key, some in members.items()
            ],
        )
        return notes, tasks, lines, told


def _looked_at(
    listed: Iterable[Run], span: ReviewSpan, now: float, names: Mapping[str, str]
) -> tuple[tuple[ReviewRun, ...], dict[str, str]]:
    """The runs of the days, and the figure of each experiment's result. For a thread: with many runs it takes long."""
    runs = within(listed, span, now, names)
    return runs, {key: metric for key, (metric, _, _) in candidates(runs).items() if key}
