"""A review: what some days of work came to, put together from the journal, the runs and the session logs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mlws_tui.domain.reviewbest import BETTER, FIRST, BestLine, best_lines
from mlws_tui.domain.reviewnotes import BLOG, DISCOVERY, INSIGHT, LEARNING, NOTE, Notes, Remark, standing
from mlws_tui.domain.reviewruns import (
    DayLoad,
    Outcome,
    ReviewRun,
    Spent,
    by_day,
    by_experiment,
    gpu_hours,
    outcomes,
)
from mlws_tui.domain.reviewspan import ReviewSpan
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.tasks import Task, still_open

#: Words of an insight that has enough in it to be told to others.
_TELLING = 12
#: Runs of an experiment that were held against each other for a result without one before to be clear.
_CLEAR = 2
#: How a run stands whose result is nothing to write a post about.
_FAILED = (RunState.FAILED, RunState.CRASHED, RunState.LOST)


@dataclass(frozen=True, slots=True)
class Gap:
    """A day that nobody wrote of; `runs` were at work on it."""

    date: date
    runs: int


@dataclass(frozen=True, slots=True)
class Writing:
    """How the journal was kept.

    Attributes:
        days: How many of the days have come.
        written: How many of those a person wrote of.
        streak: How many days in a row up to today, or yesterday, in the whole journal.
        longest: The longest row of days within the span.
        gaps: Days that had runs and no words.
    """

    days: int
    written: int
    streak: int
    longest: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class TaskSums:
    """Boxes: those of entries within the span that are ticked, and what is open in the whole journal today.

    Attributes:
        done: In order of time.
        open: Not put off to a day to come; the oldest first.
        overdue: Those of them that should have been done by now.
    """

    done: tuple[Task, ...]
    open: tuple[Task, ...]
    overdue: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session log; `left` counts the sections that are still to be written, `path` is relative to the workspace."""

    name: str
    title: str
    date: date
    path: str
    left: int


@dataclass(frozen=True, slots=True)
class Idea:
    """Something to write a post about.

    Attributes:
        text: What it is.
        why: ``said`` in the journal, a ``result`` that no session log tells of, or an ``insight``.
        date: The day of its line; None for a result.
        line: Its line in the journal, from 1; 0 for a result.
        run: Id of the run that reached the result, else empty.
    """

    text: str
    why: str
    date: date | None = None
    line: int = 0
    run: str = ""


@dataclass(frozen=True, slots=True)
class Energy:
    """What was measured of the GPUs: joules; None where nothing was. `measured` of `of` runs that had GPUs were."""

    joules: float | None
    measured: int
    of: int


@dataclass(frozen=True, slots=True)
class Review:
    """All that a review tells.

    Attributes:
        span: Of which days.
        today: The day on which it is told.
        now: Unix seconds.
        writing: How the journal was kept.
        runs: All runs that were at work in the days, the newest first.
        more_runs: Whether there were more than were looked at.
        outcomes: The same by how they ended.
        gpu_hours: None where it is not known of any run that it had a GPU.
        energy: None where it was not asked for.
        best: The best results by experiment.
        insights: Insights, discoveries, notes and what was learnt, in order of time.
        standing: Blockers and questions that nothing settled since.
        tasks: Boxes.
        by_experiment: Where the time went.
        by_day: The same by days that had runs or an entry.
        ideas: What a post could be written about.
        sessions: Session logs of the days.
    """

    span: ReviewSpan
    today: date
    now: float
    writing: Writing
    runs: tuple[ReviewRun, ...]
    more_runs: bool
    outcomes: tuple[Outcome, ...]
    gpu_hours: float | None
    energy: Energy | None
    best: tuple[BestLine, ...]
    insights: tuple[Remark, ...]
    standing: tuple[Remark, ...]
    tasks: TaskSums
    by_experiment: tuple[Spent, ...]
    by_day: tuple[DayLoad, ...]
    ideas: tuple[Idea, ...]
    sessions: tuple[SessionLine, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What a review is made of, as it was read.

    Attributes:
        notes: What the journal says.
        tasks: All its tasks.
        runs: The runs of the days.
        more_runs: Whether there are more.
        before: The best value of an experiment before the days, by its id.
        told: Ids of experiments that a session log names.
        sessions: All session logs.
    """

    notes: Notes
    tasks: Sequence[Task]
    runs: tuple[ReviewRun, ...]
    more_runs: bool
    before: Mapping[str, float]
    told: Collection[str]
    sessions: Sequence[SessionLine]


def build(span: ReviewSpan, today: date, now: float, of: Material) -> Review:
    """Put a review together.

    Args:
        span: The days.
        today: The local date.
        now: Unix seconds.
        of: What was read.
    """
    notes = of.notes
    loads = by_day(of.runs, span, now, notes.written, notes.entries)
    best = best_lines(of.runs, of.before)
    said = [one for one in notes.remarks if span.holds(one.date)]
    insights = tuple(one for one in said if one.kind in (INSIGHT, DISCOVERY, NOTE, LEARNING))
    return Review(
        span=span,
        today=today,
        now=now,
        writing=_writing(span, today, notes.written, loads),
        runs=of.runs,
        more_runs=of.more_runs,
        outcomes=outcomes(of.runs),
        gpu_hours=gpu_hours(of.runs),
        energy=None,
        best=best,
        insights=insights,
        standing=tuple(standing(notes.remarks, span.last)),
        tasks=_tasks(of.tasks, span, today),
        by_experiment=by_experiment(of.runs),
        by_day=loads,
        ideas=tuple(_ideas(said, insights, best, of.told)),
        sessions=tuple(sorted((one for one in of.sessions if span.holds(one.date)), key=lambda s: s.date)),
    )


def _writing(span: ReviewSpan, today: date, written: Collection[date], loads: Iterable[DayLoad]) -> Writing:
    last = min(span.last, today)
    count = longest = row = 0
    for day in ReviewSpan(span.first, last).days() if span.first <= last else ():
        row = row + 1 if day in written else 0
        count += day in written
        longest = max(longest, row)
    gaps = tuple(Gap(one.date, one.runs) for one in loads if one.runs and not one.written)
    days = max(0, (last - span.first).days + 1)
    return Writing(days, count, _streak(written, today), longest, gaps)


def _streak(written: Collection[date], today: date) -> int:
    day = today if today in written else today - timedelta(days=1)
    count = 0
    while day in written:
        count, day = count + 1, day - timedelta(days=1)
    return count


def _tasks(tasks: Sequence[Task], span: ReviewSpan, today: date) -> TaskSums:
    done = [one for one in tasks if one.state == "done" and span.holds(one.date)]
    still = still_open(tasks, today)
    late = [one for one in still if one.overdue(today)]
    return TaskSums(tuple(done), tuple(still), tuple(late))


def _ideas(
    said: Iterable[Remark], insights: Iterable[Remark], best: Iterable[BestLine], told: Collection[str]
) -> Iterator[Idea]:
    for one in said:
        if one.kind == BLOG and not one.done:
            yield Idea(one.text, "said", one.date, one.line)
    for line in best:
        clear = line.change == BETTER or (line.change == FIRST and line.tried >= _CLEAR)
        if clear and line.state not in _FAILED and line.key not in told:
            yield Idea(line.name, "result", run=line.run)
    for one in insights:
        if len(one.text.split()) >= _TELLING:
            yield Idea(one.text, "insight", one.date, one.line)
