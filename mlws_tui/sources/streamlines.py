"""The lines of an event stream as records: what counts as one, and what becomes of numbers that are none."""

from __future__ import annotations

from typing import Any

import msgspec

from mlws_tui.domain.events import decode, is_time

_DEEPEST = 100
_BIG = 2**63  # whole numbers beyond it fit no index and no float of another language
_SOON = 1e10  # a time (Unix seconds) that is one for sure
_COUNTS = ("step", "total", "epoch", "epochs")
_decoder = msgspec.json.Decoder(dict[str, Any])


def parse_lines(data: bytes, offset: int, longest: int) -> tuple[list[tuple[int, dict[str, Any]]], int]:
    """The records of whole lines, each with its offset in the file, and how many lines are no record.

    A line of more than `longest` bytes is none; an empty or blank one is passed over and not counted.
    """
    records: list[tuple[int, dict[str, Any]]] = []
    bad = 0
    for line in data.split(b"\n"):
        if line:
            record = parse_line(line) if len(line) <= longest else None
            if record is not None:
                records.append((offset, record))
            elif len(line) > longest or not line.isspace():
                bad += 1
        offset += len(line) + 1
    return records, bad


def parse_line(line: bytes) -> dict[str, Any] | None:
    """The record of a line; None if it is not one JSON object with a ``type``.

    A ``ts`` that is no time is left out: such a record counts as of the time of those before it.
    """
    try:
        record = _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        taken = _parse_slowly(line)
        if taken is None:
            return None
        record = taken
    kind = record.get("type")
    if type(kind) is not str:
        return None
    ts = record.get("ts")
    if not (type(ts) is float and 0.0 <= ts < _SOON) and not is_time(
        ts
    ):  # the first is the common case, and quick
        record.pop("ts", None)
    if kind == "progress":
        for name in _COUNTS:
            value = record.get(name)
            if type(value) is int and not -_BIG < value < _BIG:
                del record[name]
    return record


def _parse_slowly(line: bytes) -> dict[str, Any] | None:
    """By the standard library's reader, which takes bare NaN and lone surrogates; both become plain text."""
    try:
        cleaned = _clean(decode(line), 0)
    except (ValueError, RecursionError):
        return None
    return cleaned if isinstance(cleaned, dict) else None


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float) and value != value:
        return "NaN"
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {_clean(key, depth): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    return value
