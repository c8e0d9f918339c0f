"""What one chart shows, read from the index: curves of runs for an axis and a window, and what is marked on it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from mlws_tui.domain.charts.model import MOST_CURVES, Marker, Plot, View, Window
from mlws_tui.domain.charts.naming import MetricGroup, groups_of, is_system, short_metric, short_names
from mlws_tui.domain.charts.places import Axis, Course, Timeline, course
from mlws_tui.domain.metricnames import by_importance, canonical
from mlws_tui.domain.runs import Bucket, Points, Run, RunEvent
from mlws_tui.services.runs import RunsService
from mlws_tui.store import Store

#: Buckets by which times and steps of a run are brought together; columns of the narrowest chart.
_COURSE, _LEAST_WIDTH = 500, 50
_ALL = 1 << 40  # more points than there are
#: Markers of a run, and the seconds after which they are read again at most.
_MARKERS, _MARKERS_EVERY = 500, 3.0
#: Runs with metrics from which on a chart has one of them.
_MANY = 3
_CHECKPOINTS = frozenset({"checkpoint", "model"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """What there is to draw.

    Attributes:
        plots: The curves.
        markers: What is marked on the x axis.
        notes: Sentences of few words on what is missing.
        more: How many curves more there would be.
    """

    plots: tuple[Plot, ...] = ()
    markers: tuple[Marker, ...] = ()
    notes: tuple[str, ...] = ()
    more: int = 0


@dataclass(slots=True)
class _Known:
    """What is remembered of a run between two readings."""

    names: tuple[str, ...] = ()
    rank: int = 0
    count: int = 0  # how many metrics the run told of when those that lists leave out were read
    system: tuple[str, ...] = ()
    looked: bool = False  # whether it was asked what was sampled of the machine
    events: tuple[RunEvent, ...] = ()
    events_at: float = -math.inf


class ChartReader:
    """Reads for one chart. Make one by `Charts.reader`; what it remembers of a run is forgotten by `forget`."""

    def __init__(self, store: Store, runs: RunsService, rank: int | None = None) -> None:
        self._store = store
        self._runs = runs
        self._rank = rank
        self._known: dict[str, _Known] = {}
        self._grouped: tuple[object, list[MetricGroup]] = None, []

    def forget(self, runs: Iterable[str] | None = None) -> None:
        """Look again which metrics these runs have; all runs if None."""
        for run in list(self._known if runs is None else runs):
            if (known := self._known.get(run)) is not None:
                kept = _Known(events=known.events, events_at=known.events_at)
                if known.count:  # of thousands only a new one is looked for
                    kept.names, kept.count = known.names, known.count
                self._known[run] = kept

    async def groups(self, runs: Sequence[Run]) -> list[MetricGroup]:
        """The metrics that the runs are seen to have, in groups that go into one chart each; behind them the machine's.

        With many runs each metric is a group of its own: the curves of one are enough for a chart.

        Raises:
            StoreError: if the index cannot be read.
        """
        known = [await self._look(run) for run in runs]
        alone = sum(bool(one.names or one.system) for one in known) >= _MANY
        key = (alone, *((one.names, one.system) for one in known))
        if key != self._grouped[0]:  # of a thousand names it takes a while
            names = dict.fromkeys(name for one in known for name in one.names)
            system = dict.fromkeys(name for one in known for name in one.system)
            self._grouped = key, groups_of(list(names), list(system), alone=alone)
        return list(self._grouped[1])

    async def all_names(self, runs: Sequence[Run]) -> list[str]:
        """Every metric of the runs, by importance; behind them what was sampled of the machine.

        Raises:
            StoreError: if the index cannot be read.
        """
        names: dict[str, None] = {}
        system: dict[str, None] = {}
        for run in runs:
            known = await self._look(run)
            system |= dict.fromkeys(known.system)
            infos = await self._runs.series(run.id)
            names |= dict.fromkeys(info.name for info in infos if info.rank == known.rank)
        return [*by_importance(names), *system]

    async def read(self, runs: Sequence[Run], names: Sequence[str], view: View, width: int) -> Drawn:
        """The curves of these metrics of these runs, as finely as a chart of so many columns shows them.

        Args:
            runs: The first one counts most.
            names: Of one group, or any.
            view: How they are looked at.
            width: Columns of cells.

        Raises:
            StoreError: if the index cannot be read.
        """
        pairs = [
            (name, place)
            for name in names
            for place in range(len(runs))
            if await self._has(runs[place], name)
        ]
        called = short_names(runs)
        taken = pairs[:MOST_CURVES]
        timelines = {
            place: await self._timeline(runs[place], names, view.axis)
            for place in {place for _, place in taken}
        }
        look = partial(_look_of, runs=len(runs), names=list(dict.fromkeys(name for name, _ in taken)))
        plots: list[Plot] = []
        for name, place in taken:
            run, timeline = runs[place], timelines[place]
            buckets = await self._buckets(run, name, timeline, view, width)
            label = metric = short_metric(name, names)
            if len(runs) > 1:
                label = called[place] if len(names) == 1 else f"{called[place]} {metric}"
            plots.append(Plot(name, buckets, run.id, label, timeline, *look(place, name)))
        notes = []
        if view.axis is Axis.EPOCH:
            without = [called[place] for place, timeline in timelines.items() if not timeline.epochs]
            notes = [f"no epochs known of {', '.join(without)}"] if without else []
        markers = [
            _marker(event, timeline, called[place] if len(runs) > 1 else "")
            for place, timeline in sorted(timelines.items())
            for event in await self._events(runs[place])
        ]
        return Drawn(tuple(plots), tuple(markers), tuple(notes), len(pairs) - len(taken))

    async def points(self, run: Run, name: str) -> Points:
        """All points of a metric in the order written; none where the run has not logged it.

        What was sampled of the machine has the steps (NaN outside of them) at which it was sampled.

        Raises:
            StoreError: if the index cannot be read.
        """
        known = await self._look(run)
        if not is_system(name):
            return await self._runs.points(run.id, name, known.rank)
        timeline = await self._timeline(run, [name], Axis.STEP)
        buckets = (await self._store.system_curve(run.id, name, width=_ALL)).buckets
        values = [math.nan if b.last is None else b.last for b in buckets]
        times = [b.ts_last for b in buckets]
        return Points([timeline.place(Axis.STEP, math.nan, ts) for ts in times], times, values)

    async def _look(self, run: Run) -> _Known:
        """Rank 0 speaks for the run; where it logged nothing, the lowest rank that did."""
        known = self._known.setdefault(run.id, _Known())
        if run.latest and not self._rank:
            known.rank = 0
            if run.more_metrics:
                await self._look_at_all(run, known)
            else:
                known.names, known.count = tuple(run.latest), 0
        elif not known.names:
            infos = await self._runs.series(run.id)
            known.rank = min((info.rank for info in infos), default=0) if self._rank is None else self._rank
            known.names = tuple(info.name for info in infos if info.rank == known.rank)
        if not known.looked:
            known.system, known.looked = tuple(await self._store.system_names(run.id)), True
        return known

    async def _look_at_all(self, run: Run, known: _Known) -> None:
        """A list carries but some metrics of a run with very many: the others are asked for."""
        count = len(run.latest) + run.more_metrics
        if known.count != count:
            infos = await self._runs.series(run.id)
            logged = (info.name for info in infos if info.rank == 0)
            known.names, known.count = tuple(dict.fromkeys((*run.latest, *logged))), count

    async def _has(self, run: Run, name: str) -> bool:
        known = await self._look(run)
        return name in known.names or name in known.system

    async def _buckets(
        self, run: Run, name: str, timeline: Timeline, view: View, width: int
    ) -> tuple[Bucket, ...]:
        """The curve, or about three times the window of it: so its lines go on to the edges, and panning is smooth."""
        known = await self._look(run)
        fine = max(_LEAST_WIDTH, 2 * width)
        latest = run.latest.get(name)
        part: dict[str, float] = {}
        if view.window is not None and (latest is None or latest.count > fine):
            part, fine = _part(view.window, view.axis, timeline), 2 * fine
        if is_system(name):
            ends = {key: value for key, value in part.items() if key.endswith("_ts")}
            curve = await self._store.system_curve(run.id, name, width=fine, **ends)
        else:
            curve = await self._store.curve(run.id, name, rank=known.rank, width=fine, **part)
        return curve.buckets

    async def _timeline(self, run: Run, names: Sequence[str], axis: Axis) -> Timeline:
        """What is asked for of the run's time: times are brought to steps only for what has no steps of its own."""
        known = await self._look(run)
        stepless = any(map(is_system, names)) or any(map(_kind, await self._events(run)))
        first: Sequence[Bucket] = ()
        if axis is Axis.RELATIVE or (stepless and axis is not Axis.WALL):
            own = [name for name in names if name in known.names] or by_importance(known.names)[:1]
            first = await self._course(run, own[0], known.rank) if own else ()
        steps = course(pair for b in first for pair in ((b.ts_first, b.step_first), (b.ts_last, b.step_last)))
        # A clock that was set back must not put points before the beginning.
        starts = [ts for ts in (run.started, *(b.ts_first for b in first[:1])) if ts is not None]
        epochs = await self._epochs(run, known) if axis is Axis.EPOCH else Course()
        return Timeline(min(starts, default=None), epochs, steps)

    async def _epochs(self, run: Run, known: _Known) -> Course:
        """By the run's own series of epochs, else by its progress."""
        name = next((name for name in known.names if canonical(name).rpartition("/")[2] == "epoch"), None)
        if name is not None:
            buckets = await self._course(run, name, known.rank)
            return course((b.step_last, b.last) for b in buckets if b.last is not None)
        told = run.progress
        if told is not None and told.epochs and told.total:
            return Course((0.0, float(told.total)), (0.0, told.epochs))
        if told is not None and told.epoch and told.step:
            return Course((0.0, float(told.step)), (0.0, told.epoch))
        return Course()

    async def _course(self, run: Run, name: str, rank: int) -> tuple[Bucket, ...]:
        return (await self._store.curve(run.id, name, rank=rank, width=_COURSE)).buckets

    async def _events(self, run: Run) -> Sequence[RunEvent]:
        known = self._known.setdefault(run.id, _Known())
        if time.monotonic() - known.events_at > _MARKERS_EVERY:
            events = await self._runs.happenings(run.id, limit=_MARKERS, newest=True)
            known.events, known.events_at = tuple(filter(_kind, events)), time.monotonic()
        return known.events


def _part(window: Window, axis: Axis, timeline: Timeline) -> dict[str, float]:
    """Which steps, or which times, to read for a window; nothing for all."""
    span = window.high - window.low
    low, high = window.low - span, window.high + span
    if axis is Axis.EPOCH:
        steps = timeline.epochs.reversed()
        low, high = steps.at(low, beyond=True), steps.at(high, beyond=True)
        if not (math.isfinite(low) and math.isfinite(high)):
            return {}
    if axis in (Axis.STEP, Axis.EPOCH):
        return {"first_step": low} if window.follows else {"first_step": low, "last_step": high}
    start = (timeline.start or 0.0) if axis is Axis.RELATIVE else 0.0
    return {"first_ts": start + low} if window.follows else {"first_ts": start + low, "last_ts": start + high}


def _look_of(place: int, name: str, *, runs: int, names: Sequence[str]) -> tuple[int | None, bool]:
    """Colour of a curve, and whether it is dashed: runs have a colour each, and dashes for the second metric."""
    if runs == 1:
        return names.index(name), False
    if len(names) > 2:
        return None, False
    return place, names.index(name) == 1


def _kind(event: RunEvent) -> str:
    """The kind of marker for an event; empty for one that is not marked."""
    if event.type != "artifact":
        return event.type if event.type in ("alert", "note") else ""
    told = event.data.get("kind") in _CHECKPOINTS or "checkpoint" in event.name.lower()
    return "checkpoint" if told else ""


def _marker(event: RunEvent, timeline: Timeline, whose: str) -> Marker:
    kind, words = _kind(event), event.name
    if kind == "checkpoint":
        words = event.name.rstrip("/").rpartition("/")[2]
    elif kind == "note" or not words:
        words = str(event.data.get("text", "")).strip().partition("\n")[0]
    step = event.data.get("step")
    placed = float(step) if isinstance(step, int | float) else math.nan
    return Marker(kind, placed, event.ts, f"{whose}: {words}" if whose else words, timeline)
