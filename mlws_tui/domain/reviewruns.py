"""What the runs of some days come to: how they ended, and the time they took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mlws_tui.domain.endings import reason, word
from mlws_tui.domain.reviewspan import ReviewSpan, start_of
from mlws_tui.domain.runs import Run, RunState

#: In which order outcomes are told.
_ORDER = (
    RunState.COMPLETED,
    RunState.RUNNING,
    RunState.FAILED,
    RunState.CRASHED,
    RunState.STOPPED,
    RunState.LOST,
)


@dataclass(frozen=True, slots=True)
class ReviewRun:
    """A run, and the part of it that lies within the days.

    Attributes:
        run: The run, with its state.
        experiment: What its experiment is called; empty where it has none.
        state: How it stood at the end of the days, or stands now.
        label: That in a word or two: ``completed``, ``out of memory``, ``ValueError``, ``stopped``.
        day: When it ended, or was last at work, within the days.
        seconds: How long it ran within the days.
        gpu_hours: What that took of GPUs; None where it is not known that it had any.
    """

    run: Run
    experiment: str
    state: RunState
    label: str
    day: date
    seconds: float
    gpu_hours: float | None

    @property
    def why(self) -> str:
        """What stands behind the word, in one line; empty where nothing does. Text from outside."""
        return reason(self.run) if self.state is self.run.state else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Runs that ended alike; `label` is what `ReviewRun.label` says of them."""

    label: str
    state: RunState
    runs: tuple[ReviewRun, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """What the runs of one experiment took; `key` is its id, both texts are empty for runs without one."""

    key: str
    name: str
    runs: int
    seconds: float
    gpu_hours: float | None


@dataclass(frozen=True, slots=True)
class DayLoad:
    """What was done on a day: runs that were at work, what they took, and whether a person wrote of it.

    Attributes:
        line: Of the heading of its entry, from 1; 0 where it has none.
    """

    date: date
    runs: int
    seconds: float
    gpu_hours: float | None
    written: bool = False
    line: int = 0


def within(
    runs: Iterable[Run], span: ReviewSpan, now: float, names: Mapping[str, str]
) -> tuple[ReviewRun, ...]:
    """The runs that were at work in the days, the newest first.

    Args:
        runs: With the states that their processes tell.
        span: The days.
        now: Unix seconds.
        names: What experiments are called, by their ids.
    """
    first, end = span.bounds()
    found = []
    for run in runs:
        if run.started is None or run.state is RunState.CREATED:
            continue
        share = _share(run, first, end, now)
        if share is None:
            continue
        state = RunState.RUNNING if _stop(run, now) >= end else run.state
        hours = run.gpu_hours(now)
        found.append(
            ReviewRun(
                run,
                names.get(run.experiment or "", run.experiment or ""),
                state,
                _label(run, state),
                _day(min(_stop(run, now), end - 1)),
                (run.duration(now) or 0.0) * share,
                None if hours is None else hours * share,
            )
        )
    return tuple(found)


def outcomes(runs: Sequence[ReviewRun]) -> tuple[Outcome, ...]:
    """The runs by how they ended, completed ones first; of equal states the most frequent label first."""
    groups: dict[tuple[RunState, str], list[ReviewRun]] = {}
    for one in runs:
        groups.setdefault((one.state, one.label), []).append(one)
    made = [Outcome(label, state, tuple(some)) for (state, label), some in groups.items()]
    return tuple(sorted(made, key=lambda one: (_ORDER.index(one.state), -len(one.runs), one.label)))


def by_experiment(runs: Sequence[ReviewRun]) -> tuple[Spent, ...]:
    """Where the time went, the most GPU-hours first, then the most hours."""
    groups: dict[str, list[ReviewRun]] = {}
    for one in runs:
        groups.setdefault(one.run.experiment or "", []).append(one)
    made = [
        Spent(key, some[0].experiment, len(some), sum(one.seconds for one in some), gpu_hours(some))
        for key, some in groups.items()
    ]
    return tuple(sorted(made, key=lambda one: (-(one.gpu_hours or 0.0), -one.seconds, one.name)))


def by_day(
    runs: Sequence[ReviewRun],
    span: ReviewSpan,
    now: float,
    written: Iterable[date],
    entries: Mapping[date, int],
) -> tuple[DayLoad, ...]:
    """What was done on each day that had runs or an entry, the first day first.

    Args:
        runs: Those of the days.
        span: The days.
        now: Unix seconds.
        written: Days that a person wrote of.
        entries: The line of the heading of each day's entry.
    """
    told = frozenset(written)
    days = _loads(runs, span, now, lambda day: day)
    for day in entries:
        if span.holds(day):
            days.setdefault(day, (0, 0.0, None))
    return tuple(DayLoad(day, *days[day], day in told, entries.get(day, 0)) for day in sorted(days))


def by_month(
    runs: Sequence[ReviewRun], span: ReviewSpan, now: float, days: Iterable[DayLoad]
) -> tuple[DayLoad, ...]:
    """The same by months, under their first days; a month counts as written where any of its days is.

    Args:
        runs: Those of the days.
        span: The days.
        now: Unix seconds.
        days: What `by_day` gave.
    """
    months = _loads(runs, span, now, _month)
    written: dict[date, bool] = {}
    for one in days:
        month = _month(one.date)
        months.setdefault(month, (0, 0.0, None))
        written[month] = written.get(month, False) or one.written
    return tuple(DayLoad(month, *months[month], written.get(month, False)) for month in sorted(months))


def _loads(
    runs: Iterable[ReviewRun], span: ReviewSpan, now: float, place: Callable[[date], date]
) -> dict[date, tuple[int, float, float | None]]:
    """How many runs were at work, for how long and what that took of GPUs, by the place of each of their days."""
    found: dict[date, tuple[int, float, float | None]] = {}
    for one in runs:
        whole, took = one.run.gpu_hours(now), one.run.duration(now) or 0.0
        seen: set[date] = set()
        for day, share in _shares_by_day(one.run, span, now):
            at = place(day)
            count, seconds, hours = found.get(at, (0, 0.0, None))
            hours = hours if whole is None else (hours or 0.0) + whole * share
            found[at] = (count + (at not in seen), seconds + took * share, hours)
            seen.add(at)
    return found


def _month(day: date) -> date:
    return day.replace(day=1)


def gpu_hours(runs: Iterable[ReviewRun]) -> float | None:
    """What the runs took of GPUs within the days; None where it is not known of any that it had one."""
    return _sum(one.gpu_hours for one in runs)


def _label(run: Run, state: RunState) -> str:
    if state is not run.state:
        return state.value
    told = word(run)
    if told != RunState.FAILED.value:
        return told
    kind = run.error.type.rpartition(".")[2] if run.error is not None else ""
    if kind:
        return kind
    return f"exit code {run.exit_code}" if run.exit_code else told


def _stop(run: Run, now: float) -> float:
    """When it stopped, or was last known to be at work."""
    if run.ended is not None:
        return run.ended
    return now if run.state is RunState.RUNNING else (run.last_seen or run.started or 0.0)


def _share(run: Run, first: float, end: float, now: float) -> float | None:
    """Which share of it lies between two moments; None where nothing of it does."""
    start, stop = run.started or 0.0, _stop(run, now)
    if stop <= start:
        return 1.0 if first <= start < end else None
    low, high = max(start, first), min(stop, end)
    return (high - low) / (stop - start) if high > low else None


def _shares_by_day(run: Run, span: ReviewSpan, now: float) -> Iterator[tuple[date, float]]:
    first, end = span.bounds()
    day = _day(max(run.started or 0.0, first))
    last = min(_day(min(_stop(run, now), end - 1)), span.last)
    while day <= last:
        share = _share(run, start_of(day), start_of(day, 1), now)
        if share is not None:
            yield day, share
        if day == date.max:
            return
        day += timedelta(days=1)


def _day(ts: float) -> date:
    try:
        return datetime.fromtimestamp(ts).date()
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return date.max if ts > 0 else date.min


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
