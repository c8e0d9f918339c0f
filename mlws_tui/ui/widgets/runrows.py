"""What a list of runs holds: the ids in their order, groups that fold, and the runs that were read so far."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mlws_tui.domain.runs import Run
from mlws_tui.domain.runviews import Group, RunIndex

#: Runs that are kept beyond those that are seen or marked: scrolling back should ask nothing.
_KEPT = 1000


class Spot(NamedTuple):
    """A row by what it shows, so that it is found again when rows move: a run in a group, or a group's header."""

    run_id: str | None
    group: str | None


class RunRows:
    """The rows of an index, by place from 0: group headers, and the runs of groups that are not folded."""

    def __init__(self) -> None:
        self.index = RunIndex((), (), 0, 0, 0)
        self.folded: set[str] = set()
        self._firsts: list[int] = []
        self._rows: list[int] = []  # a run's place among the ids, or ~ the number of a group
        self._runs: dict[str, Run] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, index: RunIndex) -> None:
        """Have another index; the runs that were read are kept."""
        self.index = index
        self._firsts = [group.first for group in index.groups]
        self.folded &= {group.label for group in index.groups}
        self._lay()

    def fold(self, label: str, folded: bool) -> None:
        """Hide the runs of a group behind its header, or show them again."""
        if folded:
            self.folded.add(label)
        else:
            self.folded.discard(label)
        self._lay()

    def _lay(self) -> None:
        if not self.index.groups:
            self._rows = list(range(len(self.index.ids)))
            return
        self._rows = []
        for number, group in enumerate(self.index.groups):
            self._rows.append(~number)
            if group.label not in self.folded:
                self._rows.extend(range(group.first, group.first + group.count))

    # what lies where

    def group_at(self, place: int) -> Group | None:
        """The group whose header is there; None where there is a run, or nothing."""
        if 0 <= place < len(self._rows) and self._rows[place] < 0:
            return self.index.groups[~self._rows[place]]
        return None

    def group_around(self, place: int) -> Group | None:
        """The group that the row belongs to."""
        if not self.index.groups or not 0 <= place < len(self._rows):
            return None
        row = self._rows[place]
        return self.index.groups[~row if row < 0 else self._number(row)]

    def id_at(self, place: int) -> str | None:
        """The id of the run that is there."""
        if 0 <= place < len(self._rows) and self._rows[place] >= 0:
            return self.index.ids[self._rows[place]]
        return None

    def spot(self, place: int) -> Spot:
        """What is there, to be found again with `find`."""
        group = self.group_around(place)
        return Spot(self.id_at(place), group.label if group is not None else None)

    def find(self, spot: Spot) -> int | None:
        """The place of what was at a spot: the same run in the same group, else wherever the run is now."""
        if spot.run_id is None:
            groups = self.index.groups
            number = next((i for i, group in enumerate(groups) if group.label == spot.group), None)
            return None if number is None else self._place(~number)
        places = [i for i, run_id in enumerate(self.index.ids) if run_id == spot.run_id]
        groups = self.index.groups
        same = [i for i in places if groups and groups[self._number(i)].label == spot.group]
        for i in (*same, *places):
            if (place := self._place(i)) is not None:
                return place
        return None

    def first_run(self) -> int:
        """The place of the first run, else of the first row."""
        return next((place for place, row in enumerate(self._rows) if row >= 0), 0)

    def _place(self, row: int) -> int | None:
        """Where a row lies; None where it is folded away."""
        if not self.index.groups:
            return row if row < len(self._rows) else None
        try:
            return self._rows.index(row)
        except ValueError:
            return None

    def _number(self, i: int) -> int:
        """The number of the group in which the id at this place is."""
        return max(0, bisect_right(self._firsts, i) - 1)

    # the runs that were read

    def run_at(self, place: int) -> Run | None:
        """The run that is there, where it was read."""
        run_id = self.id_at(place)
        return self._runs.get(run_id) if run_id is not None else None

    def run(self, run_id: str) -> Run | None:
        """A run that was read."""
        return self._runs.get(run_id)

    def runs_between(self, first: int, end: int) -> list[Run]:
        """Those runs of the places ``first…end`` that were read."""
        found = (self.run_at(place) for place in range(max(0, first), min(end, len(self._rows))))
        return [run for run in found if run is not None]

    def missing(self, first: int, end: int) -> list[str]:
        """Ids of the runs of the places ``first…end`` that were not read."""
        ids = (self.id_at(place) for place in range(max(0, first), min(end, len(self._rows))))
        return list(dict.fromkeys(one for one in ids if one is not None and one not in self._runs))

    def take(self, runs: Iterable[Run]) -> None:
        """Keep what was read of these runs."""
        for run in runs:
            self._runs.pop(run.id, None)
            self._runs[run.id] = run

    def drop(self, ids: Iterable[str]) -> None:
        """Forget runs that are gone."""
        for run_id in ids:
            self._runs.pop(run_id, None)

    def trim(self, needed: Sequence[str]) -> None:
        """Forget those read longest ago, where there are many, but for these."""
        if len(self._runs) <= _KEPT + len(needed):
            return
        spared = set(needed)
        for run_id in list(self._runs)[: len(self._runs) - _KEPT]:
            if run_id not in spared:
                del self._runs[run_id]

    @property
    def read(self) -> Mapping[str, Run]:
        """The runs that were read, by id."""
        return self._runs
