"""Lets values through as points of series: one a step, in order, and only of names that are metrics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlws_tui.domain.extraction.found import Sample
from mlws_tui.domain.extraction.names import is_metric, is_speed
from mlws_tui.domain.extraction.track import Basis
from mlws_tui.domain.extraction.vocabulary import SETTINGS

MAX_NAMES = 500
_MAX_CANDIDATES = 100


@dataclass(slots=True)
class _Series:
    """What is known of a series.

    Attributes:
        first: Its first step in this program.
        last: Its last step.
        value: Its last value.
        rank: The lowest rank that speaks of it.
        basis: How its steps come about.
        held: A point that waits for whether a better one of its step comes.
        of: Which bar drew that point.
        full: Whether that bar was full.
        back: A point that goes back, and waits for whether the next ones go on from it.
        program: Of which program of the file its last point is.
    """

    first: float | None = None
    last: float | None = None
    value: float = math.nan
    rank: int = 0
    basis: Basis = "step"
    held: Sample | None = None
    of: str = ""
    full: bool = False
    back: Sample | None = None
    program: int = 0


@dataclass(frozen=True, slots=True)
class Offered:
    """A value that may become a point.

    Attributes:
        sample: The point.
        basis: How its step came about.
        epoch: Epoch that it falls into, where one is known.
        own: Whether its step is from its own line.
        rank: Which rank says it, 0 where none is named.
        known: Whether it stands in a known shape; else its name must come again with other values.
        bar: Name of the bar that draws it, which may draw it again; empty for a line.
        full: Whether that bar is full.
        drawn: Whether it stands in a redraw of a line.
        shape: Something that tells the shapes of lines apart.
    """

    sample: Sample
    basis: Basis
    epoch: int | None
    own: bool
    rank: int
    known: bool
    bar: str = ""
    full: bool = False
    drawn: bool = False
    shape: int = 0


class Gate:
    """Takes what lines offer and gives points."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._series = {name: _series(entry) for name, entry in state.get("series", {}).items()}
        self._candidates: dict[str, list[list[Any]]] = {
            name: [list(entry) for entry in entries] for name, entries in state.get("candidates", {}).items()
        }
        self._program: int = state.get("program", 0)
        self._holding = {name for name, series in self._series.items() if series.held is not None}

    def state(self) -> dict[str, Any]:
        """What a later gate goes on with."""
        return {
            "program": self._program,
            "series": {name: _entry(series) for name, series in self._series.items()},
            "candidates": {
                name: [list(entry) for entry in entries] for name, entries in self._candidates.items()
            },
        }

    def knows(self, name: str) -> bool:
        """Whether the name has become a series."""
        return name in self._series

    def takes(self, values: Iterable[tuple[str, Any]], step: float | None) -> bool:
        """Whether one of the series has another value at this step already: that cannot be the step of these."""
        return any(
            series is not None
            and step is not None
            and series.last == step
            and not _same(series.value, float(value))
            for series, value in ((self._series.get(name), value) for name, value in values)
        )

    def last(self, name: str) -> float | None:
        """The last value of a series; None where there is none."""
        series = self._series.get(name)
        return None if series is None else series.value

    def quick(self, name: str, value: float, step: float) -> bool:
        """Take the plain next point of a series that all is certain of: most are such. False where it is none."""
        series = self._series.get(name)
        if series is None or series.last is None or step <= series.last or series.rank:
            return False
        if series.program != self._program:
            return False
        if series.held is not None or series.back is not None:
            return False
        series.last, series.value = step, value
        return True

    def offer(self, offered: Offered) -> Iterator[Sample]:
        """The points that are certain now that this was offered, of this name."""
        name = offered.sample.name
        series = self._series.get(name)
        if series is None:
            if len(self._series) >= MAX_NAMES:
                return
            if not offered.known:
                yield from self._candidate(offered)
                return
            self._candidates.pop(name, None)
            basis: Basis = "epoch" if offered.basis == "epoch" else "step"
            series = self._series[name] = _Series(rank=offered.rank, basis=basis, program=self._program)
        yield from self._take(series, offered)

    def settle(self) -> Iterator[Sample]:
        """The points of full bars: something else was written, so that they are not drawn again."""
        for name in sorted(self._holding):
            series = self._series[name]
            if series.full and series.held is not None:
                yield from self._release(series)

    def finish(self) -> Iterator[Sample]:
        """All points that wait: nothing follows."""
        for name in sorted(self._holding):
            yield from self._release(self._series[name])

    @property
    def holding(self) -> bool:
        """Whether points wait."""
        return bool(self._holding)

    def _take(self, series: _Series, offered: Offered) -> Iterator[Sample]:
        if offered.rank > series.rank:
            return
        if offered.rank < series.rank:
            series.rank = offered.rank
            self._drop(series)
        sample = self._placed(series, offered)
        if self._crowds(series, offered, sample):
            series.basis = "order"
            sample = replace(sample, step=None)
        if not offered.bar and not offered.rank:
            yield from self._release(series)
            yield from self._pass(series, sample, drawn=offered.drawn)
            return
        held = series.held
        if held is not None and (held.step != sample.step or series.of != offered.bar):
            yield from self._release(series)
        told = series.program == self._program and sample.step is not None and sample.step == series.last
        if told and series.held is None:
            return
        if series.held is None and offered.bar and sample.value == series.value and _lasts(sample.name):
            return  # a bar repeats the last evaluation until the next
        series.held, series.of, series.full = sample, offered.bar, offered.full
        self._holding.add(sample.name)

    def _crowds(self, series: _Series, offered: Offered, sample: Sample) -> bool:
        """Whether a lent step has another value already, so that only the order of such values is known."""
        return (
            not offered.own
            and not offered.bar
            and not offered.rank
            and sample.step is not None
            and sample.step == series.last
            and series.program == self._program
            and not _same(sample.value, series.value)
        )

    def _placed(self, series: _Series, offered: Offered) -> Sample:
        sample = offered.sample
        if series.basis == "order" and not offered.own:
            return replace(sample, step=None)
        if series.basis == "epoch" and offered.basis == "step" and not offered.own:
            return replace(sample, step=offered.epoch)
        return sample

    def _drop(self, series: _Series) -> None:
        if series.held is not None:
            self._holding.discard(series.held.name)
            series.held = None

    def _release(self, series: _Series) -> Iterator[Sample]:
        held = series.held
        if held is not None:
            self._drop(series)
            yield from self._pass(series, held, drawn=True)

    def _pass(self, series: _Series, sample: Sample, *, drawn: bool) -> Iterator[Sample]:
        step = sample.step
        if step is None:
            if not (drawn and _same(sample.value, series.value)):
                series.value = sample.value
                yield sample
            return
        if series.program != self._program:  # another series has begun anew, and so does this one
            series.program, series.first, series.last, series.back = self._program, None, None, None
        if series.last is None or series.first is None or step > series.last:
            series.first = step if series.first is None else series.first
            series.back = None
        elif step == series.last and series.back is None:
            return
        elif step > series.first and (
            series.back is None or series.back.step is None or step <= series.back.step
        ):
            series.back = sample  # the best of before told again, or resumed from there: what follows tells
            return
        elif step <= series.first:
            series.first, series.back = step, None
            self._program += 1
            series.program = self._program
        if series.back is not None:
            yield series.back
            series.back = None
        series.last, series.value = step, sample.value
        yield sample

    def _candidate(self, offered: Offered) -> Iterator[Sample]:
        sample = offered.sample
        sure = is_metric(sample.name) and sample.name not in SETTINGS
        entries = self._candidates.pop(sample.name, [])
        if entries and not sure and entries[-1][7] != offered.shape:
            entries = []
        last = entries[-1] if entries else None
        if last is None or not _same(float(last[0]), sample.value):
            entries.append(
                [
                    _number(sample.value),
                    sample.step,
                    sample.line,
                    sample.offset,
                    sample.ts,
                    sample.rule,
                    offered.epoch,
                    offered.shape,
                    offered.basis,
                    offered.rank,
                    offered.own,
                ]
            )
        soon = sure or (is_speed(sample.name) and sample.name not in SETTINGS)
        if len(entries) < (2 if soon else 3):
            if len(self._candidates) >= _MAX_CANDIDATES:
                self._candidates.pop(next(iter(self._candidates)))
            self._candidates[sample.name] = entries
            return
        yield from self._confirmed(sample.name, entries)

    def _confirmed(self, name: str, entries: list[list[Any]]) -> Iterator[Sample]:
        """The name has come often enough: its points so far. Steps that were lent must differ, or none holds."""
        places = [entry[1] for entry in entries]
        basis: Basis = entries[0][8]
        if not all(entry[10] for entry in entries) and len(set(places)) < len(places):
            basis = "order"
        series = self._series[name] = _Series(
            rank=min(entry[9] for entry in entries), basis=basis, program=self._program
        )
        for value, step, line, offset, ts, rule, epoch, _, own_basis, said_by, own in entries:
            sample = Sample(name, float(value), step, line, offset, ts, rule)
            yield from self._take(series, Offered(sample, own_basis, epoch, own, said_by, known=True))


def _lasts(name: str) -> bool:
    low = name.lower()
    return low.endswith("_epoch") or any(word in low for word in ("val", "test", "eval"))


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _entry(series: _Series) -> list[Any]:
    return [
        series.first,
        series.last,
        _number(series.value),
        series.rank,
        series.basis,
        _listed(series.held),
        series.of,
        series.full,
        _listed(series.back),
        series.program,
    ]


def _series(entry: list[Any]) -> _Series:
    first, last, value, rank, basis, held, of, full, back, program = entry
    return _Series(first, last, float(value), rank, basis, _sample(held), of, full, _sample(back), program)


def _number(value: float) -> float | str:
    """JSON has no name for NaN and the infinities."""
    return value if math.isfinite(value) else str(value)


def _listed(sample: Sample | None) -> list[Any] | None:
    if sample is None:
        return None
    return [
        sample.name,
        _number(sample.value),
        sample.step,
        sample.line,
        sample.offset,
        sample.ts,
        sample.rule,
    ]


def _sample(entry: list[Any] | None) -> Sample | None:
    if entry is None:
        return None
    name, value, step, line, offset, ts, rule = entry
    return Sample(name, float(value), step, line, offset, ts, rule)
