"""What tells runs of the same name apart: the settings in which they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from mlws_tui.domain.figures import figure
from mlws_tui.domain.runcolumns import flatten
from mlws_tui.domain.runs import Run
from mlws_tui.domain.text import safe_text

#: What may stand between a setting and its value in a name.
_JOINTS = re.compile(r"[=_ ]")
#: A number at the end of a name: ``sweep-007`` tells no more than ``sweep``.
_NUMBER = re.compile(r"[\s._-]*\d+$")
#: Settings that differ from run to run and say nothing of what was tried; a seed does where nothing else differs.
_IDLE = re.compile(r"(dir|path|file|port|name|uuid|id|time|date|url)$", re.IGNORECASE)
_SEED = re.compile(r"seed$", re.IGNORECASE)
_LONGEST_VALUE, _LONGEST_NUMBER, _MOST, _KEYS = 14, 40, 2, 200
#: By a run's id its settings as they are shown, and the configuration that they were made of.
Known = dict[str, tuple[Mapping[str, Any], dict[str, str]]]


def differences(
    runs: Sequence[Run], known: Known | None = None, *, seeds: bool = False
) -> dict[str, tuple[str, ...]]:
    """By a run's id the settings that set it apart from the others of its name: ``lr=1e-4``, ``r=16``.

    Runs whose names tell enough, and runs that do not differ, are not among them; what stands in a name as
    ``lr1e-4`` is not told again.

    Args:
        runs: The runs that are seen together.
        known: What was worked out at the last call; it is brought up to date.
        seeds: Whether seeds are told, too, where runs of one name are the same in all else.
    """
    alike: dict[str, list[Run]] = {}
    for run in runs:
        start, end = run.name[:-_LONGEST_NUMBER], run.name[-_LONGEST_NUMBER:]
        alike.setdefault(start + _NUMBER.sub("", end) or run.name, []).append(run)
    families = [family for family in alike.values() if len(family) > 1]
    before = known or {}
    now = {run.id: _settings(run, before) for family in families for run in family}
    if known is not None:
        known.clear()
        known.update(now)
    told: dict[str, tuple[str, ...]] = {}
    for family in families:
        same_name = len({run.name for run in family}) == 1
        found = _of_family({run.id: now[run.id][1] for run in family}, same_name, seeds)
        for run in family:
            squeezed = _JOINTS.sub("", run.name)
            if parts := tuple(part for part in found[run.id] if _JOINTS.sub("", part) not in squeezed):
                told[run.id] = parts
    return told


def _settings(run: Run, known: Known) -> tuple[Mapping[str, Any], dict[str, str]]:
    before = known.get(run.id)
    if before is not None and before[0] is run.config:
        return before
    some = islice(flatten(run.config).items(), _KEYS)
    return run.config, {key: setting(value) for key, value in some}


def setting(value: float | str) -> str:
    """A value of a configuration in few characters, safe to show."""
    if isinstance(value, str):
        return safe_text(value)
    if value and abs(value) < 0.01:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    text = f"{value:g}"
    return text if len(text) <= 7 else figure(value)


def _of_family(
    configs: Mapping[str, Mapping[str, str]], same_name: bool, with_seeds: bool
) -> dict[str, tuple[str, ...]]:
    values: dict[str, Counter[str]] = {}
    for config in configs.values():
        for key, value in config.items():
            values.setdefault(key, Counter())[value] += 1
    keys = [
        key
        for key, seen in values.items()
        if (len(seen) > 1 or seen.total() < len(configs))
        and max(map(len, seen)) <= _LONGEST_VALUE
        and not _IDLE.search(key)
    ]
    seeds = [key for key in keys if _SEED.search(key)]
    # What most of them set and what has few values is what was tried.
    keys = sorted(set(keys).difference(seeds), key=lambda key: (-values[key].total(), len(key), key))
    chosen = keys[:_MOST]
    if same_name and (not chosen or (with_seeds and not _tell_apart(configs, chosen))):
        chosen += seeds[:1]
    return {
        run_id: tuple(f"{_short(key, chosen)}={config[key]}" for key in chosen if key in config)
        for run_id, config in configs.items()
    }


def _tell_apart(configs: Mapping[str, Mapping[str, str]], keys: Sequence[str]) -> bool:
    return len({tuple(config.get(key) for key in keys) for config in configs.values()}) == len(configs)


def _short(key: str, others: Iterable[str]) -> str:
    """The last part of a dotted name, where that is clear."""
    last = key.rpartition(".")[2]
    clear = sum(other.rpartition(".")[2] == last for other in others) == 1
    return safe_text(last if clear and last else key)
