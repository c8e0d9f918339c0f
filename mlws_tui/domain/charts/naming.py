"""What runs and metrics are called in a chart: in few characters, and told apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mlws_tui.domain.metricnames import together, visible
from mlws_tui.domain.rundiffs import differences
from mlws_tui.domain.runs import Run

SYSTEM = "system/"
#: Words and what is between them; ``1e-4`` and ``0.5`` are one word each.
_WORDS = re.compile(r"(?:[^\s._/-]|(?<=\de)-(?=\d)|(?<=\d)\.(?=\d))+|[\s._/-]+?")


@dataclass(frozen=True, slots=True)
class MetricGroup:
    """Metrics that are drawn in one chart, the first one giving it its name.

    Attributes:
        names: The metrics.
        beside: Those that would be drawn with them, if there were fewer runs.
    """

    names: tuple[str, ...]
    beside: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """``loss, val/loss``; of the GPUs' figures ``system/gpu*/util``."""
        if len(self.names) > 1 and is_system(self.names[0]):
            return re.sub(r"gpu\d+", "gpu*", self.names[0])
        return ", ".join(map(visible, self.names))


def is_system(name: str) -> bool:
    """Whether a name is that of something sampled of the machine."""
    return name.startswith(SYSTEM)


def groups_of(names: Sequence[str], system: Sequence[str] = (), *, alone: bool = False) -> list[MetricGroup]:
    """The metrics by importance, a quantity on training and held-out data in one; behind them the machine's.

    Args:
        names: What was logged.
        system: What was sampled of the machine.
        alone: Whether each metric is drawn by itself.
    """
    by_kind: dict[str, list[str]] = {}
    for name in system:
        by_kind.setdefault(re.sub(r"gpu\d+", "gpu*", name), []).append(name)
    groups = [MetricGroup(names) for names in (*together(names), *map(tuple, by_kind.values()))]
    if not alone:
        return groups
    return [
        MetricGroup((name,), tuple(other for other in group.names if other != name))
        for group in groups
        for name in group.names
    ]


def short_metric(name: str, beside: Sequence[str]) -> str:
    """What the legend calls a metric beside these: of one figure of several GPUs the GPU alone."""
    if not is_system(name):
        return visible(name)
    short = name.removeprefix(SYSTEM)
    figures = {other.rpartition("/")[2] for other in beside if is_system(other)}
    return short.partition("/")[0] if len(beside) > 1 and len(figures) == 1 else short


def short_names(runs: Sequence[Run]) -> list[str]:
    """Names of the runs without the words that all of them begin and end with; told apart where they are the same."""
    names = [run.name or run.id for run in runs]
    if len(names) > 1:
        names = _told_apart(runs, _trimmed(names))
    return names


def _trimmed(names: Sequence[str]) -> list[str]:
    words = [_WORDS.findall(name) for name in names]
    if len(set(names)) < len(names):
        return list(names)
    least = min(map(len, words))
    first = next((i for i in range(least) if len({tuple(one[: i + 1]) for one in words}) > 1), least)
    rest = [one[first:] for one in words]
    least = min(map(len, rest))
    last = next((i for i in range(least) if len({tuple(one[len(one) - i - 1 :]) for one in rest}) > 1), least)
    trimmed = ["".join(one[: len(one) - last]).strip(" ._/-") for one in rest]
    return trimmed if all(trimmed) and len(set(trimmed)) == len(names) else list(names)


def _told_apart(runs: Sequence[Run], names: Sequence[str]) -> list[str]:
    """The names with the settings that set them apart, as the list of runs has them; without a name that all share.

    Where that is not enough, with when they began.
    """
    apart = differences(runs, seeds=True)
    shared = len(set(names)) == 1 and all(run.id in apart for run in runs)
    found = [
        " ".join((*(() if shared else (name,)), *apart.get(run.id, ())))
        for run, name in zip(runs, names, strict=True)
    ]
    several = {name for name, count in Counter(found).items() if count > 1}
    return [
        f"{name} {_stamp(run.id)}" if name in several else name for run, name in zip(runs, found, strict=True)
    ]


def _stamp(run_id: str) -> str:
    """When a run began, by its id: ``10-20 09:00:00``; and what its id ends with, where it is one of several."""
    stamp = run_id[:15]
    if len(stamp) == 15 and stamp[8] == "-" and (stamp[:8] + stamp[9:]).isdigit():
        tail = re.search(r"-\d+$", run_id[15:])
        return f"{stamp[4:6]}-{stamp[6:8]} {stamp[9:11]}:{stamp[11:13]}:{stamp[13:]}{tail.group() if tail else ''}"
    return run_id
