"""The event stream, version 1: names, numbers and lines. Standard library only: the SDK imports it.

A stream is UTF-8 text, one JSON object a line, each ended by ``\\n``. Times are Unix seconds (UTC).
"""

from __future__ import annotations

import json
import math
import re
import time
import unicodedata
from collections.abc import Mapping
from typing import Any

STREAM_VERSION = 1
KINDS = ("experiments", "training", "agents")

#: Folder of the runs' streams, relative to the workspace.
STREAMS_DIR = ".mlws/streams"
#: Folder whose entries are touched by whoever opens a stream, below STREAMS_DIR.
WAKE_DIR = "_wake"
#: Folder in which the ranks of one launch meet, below STREAMS_DIR.
RENDEZVOUS_DIR = "_rendezvous"
#: Folder of what people and programs change, below STREAMS_DIR.
EDITS_DIR = "_edits"

#: Environment variables that tell a script which run it belongs to.
ENV_RUN_ID = "MLWS_RUN_ID"
ENV_WORKSPACE = "MLWS_WORKSPACE"

_NOT_IN_SLUG = re.compile(r"[^A-Za-z0-9._]+")
_MAX_SLUG = 80
_RUN_ID = re.compile(r"\d{8}-\d{6}-[A-Za-z0-9][A-Za-z0-9._-]*\Z")
#: Bytes of a line; a longer one is passed over by readers, and counted.
LONGEST_LINE = 16 * 1024 * 1024
#: Midnight before the year 10000, beyond which no calendar of ours goes (Unix seconds).
_LAST_TIME = 253_402_300_800
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def slug(name: str) -> str:
    """A name made safe as one path component: ASCII letters, digits, ``.``, ``_`` and ``-``; never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    text = _NOT_IN_SLUG.sub("-", plain).strip("-._")[:_MAX_SLUG].rstrip("-._")
    return text or "untitled"


def run_id(name: str, when: float, taken: int = 1) -> str:
    """The id of a run of that name begun at that time (local), e.g. ``20241019-143000-sentiment-analysis``.

    Args:
        name: What the person calls the run.
        when: Unix seconds.
        taken: Which try this is; from the second on ``-2``, ``-3``… is appended.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(when))
    base = f"{stamp}-{slug(name)}"
    return base if taken < 2 else f"{base}-{taken}"


def begun(run: str, offset: object = None) -> float:
    """When a run was begun, by its id alone (Unix seconds); 0 where that holds no time.

    Args:
        run: The run's id.
        offset: Of its local time from UTC, as ``+02:00``; that of this machine where it is none.
    """
    from datetime import datetime  # dear to import, and no script asks this

    for zone, form in ((offset, "%Y%m%d-%H%M%S%z"), ("", "%Y%m%d-%H%M%S")):
        try:
            return max(0.0, datetime.strptime(f"{run[:15]}{zone}", form).timestamp())
        except (ValueError, OverflowError, OSError):
            continue
    return 0.0


def is_run_id(text: str) -> bool:
    """Whether a folder name has the form of a run id, and so can never lead out of the streams folder."""
    return _RUN_ID.match(text) is not None and len(text.encode()) <= 200


def shared_modes(folder: int) -> tuple[int, int]:
    """Modes of a new folder and of a new file below the streams folder: as private as that is.

    Args:
        folder: The streams folder's own mode: 0700 gives 0700 and 0600, 0750 gives 0750 and 0640.
    """
    return 0o700 | folder & 0o077, 0o600 | folder & 0o066


def encode_number(value: float) -> float | int | str:
    """A number as the stream holds it: NaN and infinities are the strings of their JavaScript names."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")
    return value


def decode_number(value: object) -> float:
    """The inverse of `encode_number`.

    Raises:
        ValueError: if the value is no number (true and false are none either).
    """
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and value in _SPECIAL:
        return _SPECIAL[value]
    raise ValueError(f"no number: {value!r:.60}")


def is_time(value: object) -> bool:
    """Whether a ``ts`` is a time: a number of Unix seconds from 1970 to the year 9999."""
    return type(value) in (float, int) and 0 <= value < _LAST_TIME  # type: ignore[operator]


def encode(record: Mapping[str, Any]) -> bytes:
    """One record as its line, ``\\n`` included. What JSON cannot hold is written as text."""
    try:
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode() + b"\n"
    except (TypeError, ValueError, RecursionError):  # a foreign type, NaN, a lone surrogate, too deep a nest
        text = json.dumps(plain(record), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
        return text.encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The record of one line, with or without its ``\\n``.

    Raises:
        ValueError: if it is not one JSON object with a ``type``.
    """
    try:
        record = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(record, dict) or not isinstance(record.get("type"), str):
        raise ValueError("not an object with a type")
    return record


def plain(value: object, depth: int = 0) -> Any:
    """The value as something that strict JSON can hold: numbers of foreign libraries become numbers, the rest text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return encode_number(value)
    if depth > 20:
        return _text(value)[:200]
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth + 1) for item in value]
    item = getattr(value, "item", None)
    if callable(item):
        try:
            return plain(item(), depth + 1)
        except Exception:  # a foreign object's own method may raise anything
            return _text(value)
    return _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # a foreign object's own method may raise anything
        return f"<{type(value).__name__}>"
