"""What a column shows of a run: its plain value, to sort by and to write into files, and the few characters of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from mlws_tui.domain.endings import word
from mlws_tui.domain.experiments import lower_is_better
from mlws_tui.domain.figures import age, duration, figure
from mlws_tui.domain.runfields import ALL_FIELDS, FIELDS, STATS, ColumnSpec, Field, Kind, near, parse_column
from mlws_tui.domain.runs import Latest, Run, RunState
from mlws_tui.domain.text import safe_text

__all__ = [
    "ALL_FIELDS",
    "DEFAULT_COLUMNS",
    "FIELDS",
    "SHOWN",
    "STATS",
    "ColumnSpec",
    "Field",
    "Kind",
    "Value",
    "cell",
    "count_keys",
    "flatten",
    "header",
    "near",
    "number_of",
    "parse_column",
    "value_of",
]

#: A plain value: None where a run has none.
Value = float | str | None
#: None are chosen: the app shows a row of its own (name, progress, figures, time).
DEFAULT_COLUMNS: tuple[str, ...] = ()
#: Fields that such a row shows anyway.
SHOWN = ("id", "name", "state", "progress", "duration")
#: Keys of a config that can be asked for, how deep they lie, and characters of a value.
MOST_KEYS, _DEPTH, _LENGTH = 10_000, 12, 1000
#: Characters of a run's notes: more than people write, less than a program may.
LONGEST_NOTE = 100_000
_LIVE = (RunState.RUNNING,)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\Z", re.IGNORECASE)


def value_of(run: Run, column: ColumnSpec, now: float) -> Value:
    """The plain value of a column, None where the run has none. Times are Unix seconds, durations seconds.

    Args:
        run: With its state as its processes tell it.
        column: What is asked for.
        now: Unix seconds.
    """
    if column.kind == "field":
        return _FIELD_VALUES[column.key](run, now)
    if column.kind in ("any", "config"):
        found = _keyed(run.config, column.key)
        if found is not None or column.kind == "config":
            return found
    if column.kind in ("any", "metric"):
        latest = run.latest.get(column.key)
        if latest is not None or column.kind == "metric":
            return None if latest is None else stat_of(column.key, latest, column.stat)
    return _keyed(run.summary, column.key)


def stat_of(name: str, latest: Latest, stat: str) -> float | None:
    """What is kept of a metric: one of STATS, ``last`` where it is empty. It may be NaN or infinite."""
    match meant(name, stat):
        case "min":
            return latest.min
        case "max":
            return latest.max
        case "mean":
            return latest.mean
        case "count":
            return latest.count
    return latest.last


def meant(name: str, stat: str) -> str:
    """One of STATS but for ``best``: that is the smallest or the largest, or the last where nobody can tell."""
    if stat != "best":
        return stat or "last"
    lower = lower_is_better(name)
    return "last" if lower is None else "min" if lower else "max"


def cell(run: Run, column: ColumnSpec, now: float) -> str:
    """The value in few characters, safe for a screen; empty where there is none."""
    value = value_of(run, column, now)
    if value is None:
        return ""
    known = column.field
    if known is None:
        if column.kind in ("any", "metric") and (column.kind == "metric" or not _has(run.config, column.key)):
            return figure(value) if not isinstance(value, str) else safe_text(value)
        return safe_text(_plain(value))
    if known.kind is Kind.STATE:
        return word(run)
    if isinstance(value, str):
        return safe_text(value[: 8 if known.name == "sha" else _LENGTH])
    if known.name == "age":
        return age(value)
    if known.kind is Kind.TIME:
        return _moment(value, now)
    if known.kind is Kind.SECONDS:
        return duration(value)
    return f"{value:.0%}" if known.kind is Kind.SHARE else figure(value)


def header(column: ColumnSpec) -> str:
    """What stands over the column; safe for a screen."""
    return safe_text(column.key + (f":{column.stat}" if column.stat not in ("", "last") else ""))


def number_of(value: Value) -> float | None:
    """The value as a number, also where a config file has it as text (``"1e-4"``); None where it is none."""
    if isinstance(value, str):
        return float(value) if _NUMBER.match(value) else None
    return value


def flatten(config: Mapping[str, Any]) -> dict[str, float | str]:
    """The keys of nested mappings joined by dots, with plain values; lists are written as JSON.

    A key that has a dot in itself comes before a nested one of the same name.
    """
    found: dict[str, float | str] = {}
    for key, value in _leaves(config, "", _DEPTH):
        if len(found) >= MOST_KEYS:
            break
        found[key] = value
    for key, value in config.items():
        if "." in key and not (isinstance(value, Mapping) and value) and key in found:
            found[key] = _scalar(value)
    return found


def count_keys(config: Mapping[str, Any], depth: int = _DEPTH) -> int:
    """How many keys a nested mapping has as `flatten` has them, were there no limit."""
    if not any(isinstance(value, Mapping) for value in config.values()):
        return len(config)
    return sum(
        count_keys(value, depth - 1) if isinstance(value, Mapping) and value and depth else 1
        for value in config.values()
    )


def _leaves(config: Mapping[str, Any], above: str, depth: int) -> Iterator[tuple[str, float | str]]:
    for key, value in config.items():
        if isinstance(value, Mapping) and value and depth:
            yield from _leaves(value, f"{above}{key}.", depth - 1)
        else:
            yield f"{above}{key}", _scalar(value)


def _scalar(value: Any) -> float | str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)[:_LENGTH]
    if isinstance(value, int | float):
        return value if math.isfinite(value) else str(value)
    if value is None:
        return "none"
    if isinstance(value, str):
        return value[:_LENGTH]
    return json.dumps(value, ensure_ascii=False, default=str)[:_LENGTH]


def _keyed(config: Mapping[str, Any], key: str) -> Value:
    if key in config and not (isinstance(config[key], Mapping) and config[key]):
        return _scalar(config[key])
    return _nested(config, key, _DEPTH)


def _nested(config: Mapping[str, Any], key: str, depth: int) -> Value:
    """The value of a dotted key as `flatten` has it, without looking at the others: of two, the later one."""
    found: list[tuple[str, Value]] = []
    dot = key.find(".") if depth else -1
    while dot >= 0:
        inner, rest = config.get(key[:dot]), key[dot + 1 :]
        if isinstance(inner, Mapping) and (told := _nested(inner, rest, depth - 1)) is not None:
            found.append((key[:dot], told))
        dot = key.find(".", dot + 1)
    if key in config and not (isinstance(config[key], Mapping) and config[key] and depth):
        found.append((key, _scalar(config[key])))
    if len(found) < 2:
        return found[0][1] if found else None
    names = list(config)
    return max(found, key=lambda one: names.index(one[0]))[1]


def _has(config: Mapping[str, Any], key: str) -> bool:
    return _keyed(config, key) is not None


def _plain(value: float | str) -> str:
    """A value of a config as it was given: 12345 stays 12345, 1e-4 is 0.0001."""
    return value if isinstance(value, str) else repr(value)


def _moment(ts: float, now: float) -> str:
    """``14:02`` today, ``11-20 14:02`` this year, else ``2025-11-20``."""
    try:
        then, today = datetime.fromtimestamp(ts), datetime.fromtimestamp(now)
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return "–"
    if then.date() == today.date():
        return f"{then:%H:%M}"
    return f"{then:%m-%d %H:%M}" if then.year == today.year else f"{then:%Y-%m-%d}"


def _error(run: Run) -> str | None:
    if run.error is None:
        return None
    return ": ".join(filter(None, (run.error.type, run.error.message)))[:_LENGTH] or None


def _git(run: Run, key: str) -> str | None:
    value = (run.git or {}).get(key)
    return value if isinstance(value, str) and value else None


def _eta(run: Run, now: float) -> float | None:
    return run.progress.eta_at(now) if run.progress is not None and run.state in _LIVE else None


def _age(run: Run, now: float) -> float | None:
    return None if run.started is None else max(0.0, now - run.started)


_FIELD_VALUES: Mapping[str, Callable[[Run, float], Value]] = {
    "id": lambda run, _: run.id,
    "name": lambda run, _: run.name,
    "tag": lambda run, _: ", ".join(run.tags) or None,
    "experiment": lambda run, _: run.experiment,
    "model": lambda run, _: run.model,
    "dataset": lambda run, _: run.dataset,
    "kind": lambda run, _: run.kind,
    "state": lambda run, _: run.state.value,
    "host": lambda run, _: run.host,
    "sha": lambda run, _: _git(run, "sha"),
    "branch": lambda run, _: _git(run, "branch"),
    "note": lambda run, _: run.notes[:LONGEST_NOTE] or None,
    "error": lambda run, _: _error(run),
    "reason": lambda run, _: run.reason or None,
    "command": lambda run, _: " ".join(run.command)[:_LENGTH] or None,
    "parent": lambda run, _: run.parent,
    "started": lambda run, _: run.started,
    "ended": lambda run, _: run.ended,
    "age": _age,
    "duration": lambda run, now: run.duration(now),
    "eta": _eta,
    "progress": lambda run, _: run.progress.fraction if run.progress is not None else None,
    "step": lambda run, _: run.progress.step if run.progress is not None else None,
    "epoch": lambda run, _: run.progress.epoch if run.progress is not None else None,
    "gpus": lambda run, _: len(run.gpus) or None,
    "gpu-hours": lambda run, now: run.gpu_hours(now),
    "ranks": lambda run, _: run.ranks,
    "attempt": lambda run, _: run.attempt,
    "exit": lambda run, _: run.exit_code,
    "best": lambda run, _: run.best_checkpoint,
}
