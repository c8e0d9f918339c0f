"""Runs side by side: what differs in their configs, metrics, environments and code, and which came out best."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.experiments import lower_is_better
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.runpages import diff_of, gpu_words
from mlws_tui.domain.runs import Latest, Run
from mlws_tui.domain.words import as_words, leaves

#: How many runs can be told apart side by side.
FEWEST, MOST = 2, 20
#: Lines of each of two diffs that are compared; longer ones take seconds.
_LINES = 4000


class Missing:
    """What a run has in the place of a key that it does not have: other than a key whose value is None."""

    def __repr__(self) -> str:
        return "–"


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Row:
    """A key and what each run has there, `MISSING` where it has no such key."""

    key: str
    values: tuple[Any, ...]

    @property
    def differs(self) -> bool:
        """Whether two runs have something else there."""
        return any(not _same(value, self.values[0]) for value in self.values)


@dataclass(frozen=True, slots=True)
class Cell:
    """A metric of a run.

    Attributes:
        best: Its best value by what the name tells (the last where it tells nothing).
        value: What it is compared by: its best value, or its last.
        delta: `value` less that of the baseline; None where either has none.
        share: That as a share of the baseline's; None where it is nought.
        better: Whether it is better than the baseline's; None for the baseline, and where nothing tells.
    """

    latest: Latest
    best: float
    value: float
    delta: float | None = None
    share: float | None = None
    better: bool | None = None


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric of several runs. `winner` is the place of the best; None where nothing tells which that is."""

    name: str
    cells: tuple[Cell | None, ...]
    lower: bool | None
    winner: int | None

    def best(self, place: int) -> bool:
        """Whether the run at that place has the best of the values, alone or with others."""
        cell, winner = self.cells[place], self.cells[self.winner] if self.winner is not None else None
        return cell is not None and winner is not None and cell.value == winner.value


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side, in the order given; `baseline` is the place of the one that the others are held against."""

    runs: tuple[Run, ...]
    baseline: int
    facts: tuple[Row, ...]
    config: tuple[Row, ...]
    metrics: tuple[MetricRow, ...]
    environment: tuple[Row, ...]
    git: tuple[Row, ...]
    last: bool = False  # whether metrics are compared by their last values

    @property
    def differs(self) -> tuple[str, ...]:
        """Keys of the config in which the runs differ."""
        return tuple(row.key for row in self.config if row.differs)


def compare_runs(runs: Sequence[Run], now: float, baseline: int = 0, *, last: bool = False) -> Comparison:
    """Hold runs against each other.

    Args:
        runs: Each once, in the order to show.
        now: Unix seconds, for how long live ones have run.
        baseline: The place of the run that the others are compared with.
        last: Whether metrics are compared by their last values rather than by their best.

    Raises:
        UsageError: if they are too few or too many.
    """
    if not FEWEST <= len(runs) <= MOST:
        said = "one run" if len(runs) == 1 else f"{len(runs)} runs"
        raise UsageError(f"{FEWEST} to {MOST} runs can be compared, not {said}", hint="name some of them")
    return Comparison(
        tuple(runs),
        baseline,
        tuple(_facts(runs, now)),
        _rows([dict(leaves(run.config)) for run in runs]),
        tuple(
            _metric(name, runs, baseline, last)
            for name in by_importance({n: 0 for r in runs for n in r.latest})
        ),
        (*(row for row in _rows([_environment(run) for run in runs]) if row.differs), *_packages(runs)),
        tuple(row for row in _rows([_git(run) for run in runs]) if row.differs),
        last,
    )


def diff_of_diffs(one: Run, other: Run) -> list[str]:
    """How the uncommitted changes of two runs differ, as the lines of a unified diff; none where they are the same."""
    import difflib  # few ask for this

    before, after = (diff_of(run).splitlines() for run in (one, other))
    cut = max(len(before), len(after)) > _LINES
    lines = list(
        difflib.unified_diff(
            before[:_LINES], after[:_LINES], f"changes of {one.name}", f"changes of {other.name}", lineterm=""
        )
    )
    return [*lines, f"… only the first {_LINES:,} lines of each were compared"] if cut else lines


def _rows(sides: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    keys = dict.fromkeys(key for side in sides for key in side)
    return tuple(Row(key, tuple(side.get(key, MISSING) for side in sides)) for key in keys)


def _facts(runs: Sequence[Run], now: float) -> list[Row]:
    sides: list[dict[str, Any]] = [
        {
            "state": run.state.value,
            "started": run.started,
            "duration": run.duration(now),
            "gpu_hours": run.gpu_hours(now),
            "steps": max((one.step for one in run.latest.values() if one.step is not None), default=None),
            "experiment": run.experiment,
            "model": run.model,
            "dataset": run.dataset,
            "tags": ", ".join(run.tags) or None,
            "parent": run.parent,
        }
        for run in runs
    ]
    return [row for row in _rows(sides) if any(value is not None for value in row.values)]


def _environment(run: Run) -> dict[str, Any]:
    known = run.environment
    packages = _packages_of(run)
    gpus = known.get("gpus") or [gpu_words(gpu) for gpu in run.gpus]
    plain = {
        "host": run.host,
        "Python": run.python,
        "GPUs": ", ".join(map(gpu_words, gpus)) if isinstance(gpus, list | tuple) else as_words(gpus),
        "driver": known.get("driver"),
        "system": known.get("os"),
        "command": " ".join(run.command),
        "ranks": run.ranks if run.ranks > 1 else None,
        "packages": f"{len(packages):,}" if packages else "not recorded",
    }
    told = {key: value for key, value in plain.items() if value not in (None, "")}
    for one in known.get("data") or () if isinstance(known.get("data"), list) else ():
        if isinstance(one, Mapping) and one.get("path"):
            told[f"data {one['path']}"] = str(one.get("sha256") or one.get("bytes") or "")[:12]
    return told


def _packages(runs: Sequence[Run]) -> list[Row]:
    """The packages in which runs differ, of those whose packages are known: the others would differ in each."""
    sides = [_packages_of(run) for run in runs]
    rows = _rows([dict(sorted(side.items())) for side in sides])
    known = [place for place, side in enumerate(sides) if side]
    return [row for row in rows if len({row.values[place] for place in known}) > 1]


def _packages_of(run: Run) -> dict[str, str]:
    told = run.environment.get("packages")
    return {str(name): str(version) for name, version in told.items()} if isinstance(told, Mapping) else {}


def _git(run: Run) -> dict[str, Any]:
    git = run.git or {}
    told: dict[str, Any] = {"commit": str(git["sha"])[:12]} if git.get("sha") else {}
    if git.get("branch"):
        told["branch"] = str(git["branch"])
    if git.get("sha"):
        told["uncommitted"] = _size_of(diff_of(run)) or ("yes" if git.get("dirty") else "none")
    return told


def _size_of(diff: str) -> str:
    """How many lines a diff adds and takes away, and a few letters that another diff has not."""
    lines = diff.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    gone = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    digest = hashlib.sha256(diff.encode("utf-8", "replace")).hexdigest()
    return f"+{added} −{gone} ({digest[:4]})" if lines else ""


def _metric(name: str, runs: Sequence[Run], baseline: int, last: bool) -> MetricRow:
    lower = lower_is_better(name)
    cells = [_cell(run.latest.get(name), lower, last) for run in runs]
    held = cells[baseline]
    told = tuple(
        cell if cell is None or held is None or place == baseline else _against(cell, held.value, lower)
        for place, cell in enumerate(cells)
    )
    return MetricRow(name, told, lower, _winner(told, lower))


def _cell(latest: Latest | None, lower: bool | None, last: bool) -> Cell | None:
    if latest is None:
        return None
    best = latest.last if lower is None else latest.min if lower else latest.max
    best = math.nan if best is None else best
    return Cell(latest, best, latest.last if last else best)


def _against(cell: Cell, base: float, lower: bool | None) -> Cell:
    if not (math.isfinite(cell.value) and math.isfinite(base)):
        return cell
    delta = cell.value - base
    share = delta / abs(base) if base else None
    better = None if lower is None or delta == 0 else (delta < 0) == lower
    return replace(cell, delta=delta, share=share, better=better)


def _winner(cells: Sequence[Cell | None], lower: bool | None) -> int | None:
    """The place of the best value; None where fewer than two have one, or all have the same."""
    values = {i: cell.value for i, cell in enumerate(cells) if cell is not None and math.isfinite(cell.value)}
    if lower is None or len(set(values.values())) < 2:
        return None
    return (min if lower else max)(values, key=lambda place: values[place])


def _same(one: Any, other: Any) -> bool:
    """Equality as people mean it: NaN is NaN, but true is not 1."""
    if one != one and other != other:
        return True
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)
