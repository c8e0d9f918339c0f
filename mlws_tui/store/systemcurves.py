"""What was sampled of the machine while a run went on, as the buckets that a chart needs."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator
from typing import Any

from mlws_tui.domain.runs import Bucket, Curve

#: Figures of a GPU that a sample may have.
_OF_GPU = ("util", "mem", "power", "temp")
_OF_HOST = ("cpu", "rss")
_FETCH = 2000
_PREFIX = "system/"


def system_names(connection: sqlite3.Connection, run_id: str) -> list[str]:
    """The names of what was sampled, in the order of the GPUs; none where the run has no samples."""
    names: dict[str, None] = {}
    for stream in _streams(connection, run_id):
        names |= dict.fromkeys(_paths(_first(connection, run_id, stream)))
    return sorted(names, key=lambda name: (name.count("/") < 2, _number(name)))


def system_curve(
    connection: sqlite3.Connection, run_id: str, name: str, width: int, first_ts: float, last_ts: float
) -> Curve:
    """The samples of one name between two moments as at most about ``2 * width`` buckets; their steps are NaN."""
    samples: list[tuple[float, float | None]] = []
    for stream in _streams(connection, run_id):
        path = _paths(_first(connection, run_id, stream)).get(name)
        if path is not None:
            samples.extend(_samples(connection, run_id, stream, path, first_ts, last_ts))
    samples.sort(key=lambda sample: sample[0])
    together = 1
    while len(samples) > 2 * max(1, width) * together:  # powers of two, so that buckets stay as they are
        together *= 2
    buckets = tuple(_bucket(samples[i : i + together]) for i in range(0, len(samples), together))
    return Curve(run_id, name, 0, buckets, len(samples))


def _streams(connection: sqlite3.Connection, run_id: str) -> list[int]:
    """The stream files that have samples of the run; each has its own GPUs."""
    rows = connection.execute(
        "SELECT id FROM streams WHERE run = ? AND EXISTS "
        "(SELECT 1 FROM gpu_samples WHERE gpu_samples.stream = streams.id) ORDER BY id",
        (run_id,),
    )
    return [row[0] for row in rows]


def _first(connection: sqlite3.Connection, run_id: str, stream: int) -> dict[str, Any]:
    """The first sample of a file: the others have the same GPUs in the same order."""
    row = connection.execute(
        "SELECT data FROM gpu_samples WHERE stream = ? AND run = ? ORDER BY pos LIMIT 1", (stream, run_id)
    ).fetchone()
    data = json.loads(row[0]) if row is not None else {}
    return data if isinstance(data, dict) else {}


def _paths(sample: dict[str, Any]) -> dict[str, str]:
    """Where each figure stands in the samples, as a path of SQLite's JSON, by its name."""
    paths: dict[str, str] = {}
    gpus = sample.get("gpus")
    for place, gpu in enumerate(gpus if isinstance(gpus, list) else ()):
        if not isinstance(gpu, dict):
            continue
        index = gpu.get("index")
        number = index if type(index) is int and 0 <= index < 10_000 else place
        for key in _OF_GPU:
            if key in gpu:
                paths[f"{_PREFIX}gpu{number}/{key}"] = f"$.gpus[{place}].{key}"
    return paths | {f"{_PREFIX}{key}": f"$.{key}" for key in _OF_HOST if key in sample}


def _number(name: str) -> int:
    digits = "".join(character for character in name.split("/")[1] if character.isdigit())
    return int(digits) if digits else 0


def _samples(
    connection: sqlite3.Connection, run_id: str, stream: int, path: str, first_ts: float, last_ts: float
) -> Iterator[tuple[float, float | None]]:
    cursor = connection.execute(
        "SELECT ts, json_extract(data, ?) FROM gpu_samples "
        "WHERE stream = ? AND run = ? AND ts >= ? AND ts <= ?",
        (path, stream, run_id, first_ts, last_ts),
    )
    while rows := cursor.fetchmany(_FETCH):
        for ts, value in rows:
            known = type(value) in (int, float) and math.isfinite(value)
            yield ts, float(value) if known else None


def _bucket(samples: list[tuple[float, float | None]]) -> Bucket:
    values = [value for _, value in samples if value is not None]
    return Bucket(
        math.nan,
        math.nan,
        samples[0][0],
        samples[-1][0],
        min(values, default=None),
        max(values, default=None),
        math.fsum(value / len(values) for value in values) if values else None,
        values[-1] if values else None,
        len(samples),
        len(samples) - len(values),
    )
