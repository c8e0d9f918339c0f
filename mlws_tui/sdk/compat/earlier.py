"""Finding the run that a script goes on with, by the name that it has for it."""

from __future__ import annotations

import math
import os
import re
from typing import Any, BinaryIO

from mlws_tui.domain.events import STREAMS_DIR, decode, is_run_id, slug
from mlws_tui.sdk.marks import plainly

#: How many runs are looked into, newest first: the wrapper's have a name of their own.
MOST = 300
_HEAD = 1 << 20  # bytes of a stream in which its first record is looked for
#: Bytes at the end of a stream in which its last step is looked for; the more where much else was recorded since.
_TAILS = (1 << 18, 1 << 23)


def earlier(root: str, name: str, experiment: str | None) -> str | None:
    """The id of the newest run of that name in an experiment, or the run whose id it is; None where there is none.

    Args:
        root: The workspace's folder.
        name: The id or name that the script gives.
        experiment: The experiment it must be of, if any.
    """
    streams = os.path.join(root, STREAMS_DIR)
    if is_run_id(name) and os.path.isdir(os.path.join(streams, name)):
        return name
    fitting = re.compile(rf"\d{{8}}-\d{{6}}-{re.escape(slug(name))}(-\d+)?")
    try:
        newest = sorted(filter(is_run_id, os.listdir(streams)), reverse=True)
    except FileNotFoundError:
        return None
    named = [run for run in newest if fitting.fullmatch(run)]
    looked = [*named, *(run for run in newest if not fitting.fullmatch(run))][:MOST]
    return next((run for run in looked if _is_of(os.path.join(streams, run), name, experiment)), None)


def last_step(root: str, run: str) -> float | None:
    """The largest step that the first process of a run recorded; None where it recorded none.

    As steps grow, only the ends of its streams are read.

    Raises:
        OSError: if they cannot be read.
    """
    folder = os.path.join(root, STREAMS_DIR, run)
    found: list[float] = []
    for entry in os.listdir(folder):
        if entry.endswith(".jsonl"):
            with open(os.path.join(folder, entry), "rb", opener=plainly) as file:
                found += _last_steps(file)
    return max(found, default=None)


def _last_steps(file: BinaryIO) -> list[float]:
    """The steps at the end of a stream; none in one of another rank, or of the wrapper."""
    head = _record(file.readline(_HEAD))
    if head.get("role") != "rank" or head.get("rank", 0) != 0:
        return []
    first, size = file.tell(), file.seek(0, os.SEEK_END)
    for tail in _TAILS:
        start = max(first, size - tail)
        file.seek(start)
        lines = (line for line in file.read(size - start).split(b"\n") if b'"metrics"' in line)
        records = (record for record in map(_record, lines) if record.get("type") == "metrics")
        steps = [record["step"] for record in records if _is_step(record.get("step"))]
        if steps or start == first:
            return steps
    return []


def _is_step(step: object) -> bool:
    return isinstance(step, int | float) and not isinstance(step, bool) and math.isfinite(step)


def _record(line: bytes) -> dict[str, Any]:
    """The record of a line; an empty one of what is none, as where the read begins within a line."""
    try:
        return decode(line)
    except ValueError:
        return {}


def _is_of(folder: str, name: str, experiment: str | None) -> bool:
    """Whether the script gave the run that name and experiment."""
    for entry in sorted(os.listdir(folder)):
        if not entry.endswith(".jsonl"):
            continue
        try:
            with open(os.path.join(folder, entry), "rb", opener=plainly) as file:
                head = decode(file.readline(_HEAD))
        except (OSError, ValueError):  # what cannot be read, or a broken head, says nothing
            continue
        if head.get("role") == "rank":
            return (head.get("name"), head.get("experiment")) == (name, experiment)
    return False
