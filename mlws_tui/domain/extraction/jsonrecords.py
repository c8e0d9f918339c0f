"""Metrics in a line that is one JSON object."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlws_tui.domain.extraction.names import MAX_NAME, is_denied, is_metric

_STEPS = (
    "step",
    "global_step",
    "current_steps",
    "current_step",
    "iteration",
    "iter",
    "num_updates",
    "train_num_updates",
    "valid_num_updates",
    "update",
    "_step",
)
_EPOCHS = ("epoch", "current_epoch", "n_epoch")
_TOTALS = ("total_steps", "max_steps", "total_iterations", "total_iters", "max_iters")
_EPOCH_TOTALS = ("num_epochs", "total_epochs", "max_epochs", "num_train_epochs", "epochs")
_TIMES = (
    "ts",
    "time",
    "timestamp",
    "asctime",
    "@timestamp",
    "datetime",
    "created",
    "_timestamp",
    "wall_time",
)
_PLAIN_TIMES = frozenset(
    ("ts", "timestamp", "@timestamp", "created", "_timestamp", "asctime", "datetime", "wall_time")
)
_OTHERS = frozenset(
    (
        *("percentage", "elapsed_time", "remaining_time", "eta", "pid", "thread", "process"),
        *("line", "lineno", "level", "levelno", "port", "mode", "rank"),
        *("n_parameters", "wall", "_runtime", "relative_created", "relativecreated", "msecs", "process_id"),
        *("thread_id", "status"),
    )
)
#: What is below such a key is how a run was set up, and no metric.
_SETTINGS = frozenset(
    (
        *("config", "cfg", "args", "arguments", "hparams", "hyperparameters", "hyper_parameters"),
        *("settings", "options", "params", "parameters"),
    )
)
_PARTS = re.compile(r"[./]")
_MESSAGES = ("message", "msg", "event", "text")
_LEVELS = ("level", "levelname", "severity")
_DEPTH = 4
_MOST = 200
_YEAR_2000 = 946_684_800.0
_YEAR_2100 = 4_102_444_800.0


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """What a JSON line holds.

    ``sure`` says that it has a step or epoch and a metric that people would call so; ``message`` is the text that a
    logger wrote into it, with the level before it.
    """

    values: tuple[tuple[str, float], ...]
    step: int | None
    total: int | None
    epoch: float | None
    epochs: int | None
    ts: float | None
    sure: bool
    message: str


def json_record(text: str) -> JsonRecord | None:
    """The numbers of a line's object; None where the line is no single JSON object."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    step = _first(data, _STEPS)
    epoch = _first(data, _EPOCHS)
    values = tuple(_values(data, "", 0))[:_MOST]
    counted = step is not None or epoch is not None
    return JsonRecord(
        values,
        _whole(step),
        _whole(_first(data, _TOTALS)),
        epoch,
        _whole(_first(data, _EPOCH_TOTALS)),
        _time(data),
        counted and any(is_metric(name) for name, _ in values),
        _message(data),
    )


def _message(data: Mapping[str, Any]) -> str:
    text = next((data[key] for key in _MESSAGES if isinstance(data.get(key), str)), "")
    level = next((data[key] for key in _LEVELS if isinstance(data.get(key), str)), "")
    return f"{level.upper()} - {text}" if text and level.isalpha() else text


def _values(data: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, float]]:
    for key, value in data.items():
        name = prefix + key
        low = key.lower()
        if isinstance(value, dict) and depth < _DEPTH:
            if low not in _SETTINGS:
                yield from _values(value, name + "/", depth + 1)
            continue
        if not _SETTINGS.isdisjoint(_PARTS.split(low)[:-1]):
            continue
        if not depth and (
            low in _STEPS or low in _EPOCHS or low in _TOTALS or low in _OTHERS or low in _PLAIN_TIMES
        ):
            continue
        number = _number(value)
        if number is None or not key or len(name) > MAX_NAME or is_denied(key):
            continue
        if low == "time" and _YEAR_2000 < number < _YEAR_2100:
            continue
        yield name, number


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    if (
        isinstance(value, str)
        and 0 < len(value) <= 24
        and (value[0] in "-+." or value[0].isdigit() or value[0] in "niNI")
    ):
        try:
            return float(value) if "_" not in value else None
        except ValueError:
            return None
    return None


def _first(data: Mapping[str, Any], keys: tuple[str, ...]) -> float | None:
    for key in keys:
        number = _number(data.get(key))
        if number is not None and math.isfinite(number) and 0 <= number < 1e15:
            return number
    return None


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None and value == int(value) else None


def _time(data: Mapping[str, Any]) -> float | None:
    for key in _TIMES:
        value = data.get(key)
        if isinstance(value, str):
            try:
                return datetime.fromisoformat(value.replace(",", ".")).timestamp()
            except (ValueError, OverflowError, OSError):
                continue
        number = _number(value)
        if number is not None and _YEAR_2000 < number < _YEAR_2100:
            return number
        if number is not None and _YEAR_2000 < number / 1000 < _YEAR_2100:
            return number / 1000
    return None
