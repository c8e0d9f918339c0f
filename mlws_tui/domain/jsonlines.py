"""Lines of a log that are JSON objects: their time, level and message, and the rest of their fields."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mlws_tui.domain.timeforms import FIRST, LAST, whole_stamp

_LONGEST = 64 * 1024  # bytes
_DEEPEST = 32  # objects and lists within each other
_TIMES = ("ts", "time", "timestamp", "@timestamp", "asctime", "datetime", "date", "t")
_LEVELS = ("level", "levelname", "severity", "lvl", "log.level")
_MESSAGES = ("message", "msg", "event", "text", "body")
_NAMES = {"WARN": "WARNING", "ERR": "ERROR", "FATAL": "CRITICAL", "PANIC": "CRITICAL", "EMERG": "CRITICAL"}
_LOGGING = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_PINO = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARNING", 50: "ERROR", 60: "CRITICAL"}
_WORD = re.compile(r"[A-Za-z]{1,12}")
#: A text that stands for itself after `key=`.
_PLAIN = re.compile(r"[^\s\"'=,{}\[\]\x00-\x1f]+")

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class JsonLine:
    """One JSON object that a program wrote as a line.

    Attributes:
        ts: Unix seconds, or None.
        level: Its name in capitals as Python's ``logging`` has it, or empty.
        message: What it says, or empty.
        fields: All else, in the order written.
    """

    ts: float | None
    level: str
    message: str
    fields: Mapping[str, Any]

    def text(self) -> str:
        """``2024-10-19 14:30:00 - ERROR - message  key=value``, local time; what is missing is left out.

        It is text from outside still: control characters that the JSON wrote as escapes are in it.
        """
        when = "" if self.ts is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.ts))
        head = " - ".join(part for part in (when, self.level, self.message) if part)
        pairs = " ".join(f"{_shown(key)}={_shown(value)}" for key, value in self.fields.items())
        return "  ".join(part for part in (head, pairs) if part)


def json_line(data: bytes) -> JsonLine | None:
    """What a line says that is one JSON object; None for any other, and for one that is too long or too deep."""
    record = _record(data)
    if record is None:
        return None
    fields = dict(_unwrapped(record))
    ts = _take_time(fields)
    level = _take_level(fields)
    return JsonLine(ts, level, _take_message(fields), fields)


def detail(data: bytes) -> str:
    """The object over several lines, indented; what is no JSON comes back as its text."""
    try:
        if _has_constants(data):
            return json.dumps(json.loads(data), indent=2, ensure_ascii=False)
        return msgspec.json.format(data, indent=2).decode("utf-8", "replace")
    except (msgspec.DecodeError, ValueError, RecursionError):
        return data.decode("utf-8", "replace")


def _record(data: bytes) -> dict[str, Any] | None:
    if data[:1] != b"{" and data[:1] not in b" \t":
        return None
    data = data.strip()
    if len(data) > _LONGEST or data[:1] != b"{" or data[-1:] != b"}":
        return None
    try:
        record = json.loads(data) if _has_constants(data) else _decoder.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and _shallow(record, _DEEPEST) else None


def _has_constants(data: bytes) -> bool:
    """Whether it may hold ``NaN`` or ``Infinity``, which Python writes, but which are no JSON."""
    return b"NaN" in data or b"Infinity" in data


def _shallow(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels > 0 and all(_shallow(one, levels - 1) for one in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_shallow(one, levels - 1) for one in value)
    return True


def _unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """What loguru wraps into ``record``: its time, level and message as if they stood at the top."""
    inner = record.get("record")
    if not (
        isinstance(inner, dict) and isinstance(inner.get("level"), dict) and set(record) <= {"text", "record"}
    ):
        return record
    when = inner.get("time")
    ts = when.get("timestamp") if isinstance(when, dict) else when
    return {**inner, "time": ts, "level": inner["level"].get("name")}


def _take_time(fields: dict[str, Any]) -> float | None:
    for key in _TIMES:
        ts = _moment(fields.get(key))
        if ts is not None:
            del fields[key]
            return ts
    return None


def _moment(value: Any) -> float | None:
    """Unix seconds of a value: a date as text, or a count of seconds, milli-, micro- or nanoseconds."""
    if isinstance(value, str):
        try:
            return whole_stamp(value) if not value.replace(".", "", 1).isdigit() else _moment(float(value))
        except ValueError:  # digits of another script, or one of the many signs for a power of ten
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if FIRST * unit <= value <= LAST * unit:
            return float(value / unit)
    return None


def _take_level(fields: dict[str, Any]) -> str:
    for key in _LEVELS:
        value = fields.get(key)
        name = ""
        if isinstance(value, str) and _WORD.fullmatch(value):
            name = _NAMES.get(value.upper(), value.upper())
        elif isinstance(value, int) and not isinstance(value, bool):
            pino = "hostname" in fields and "pid" in fields
            name = (_PINO if pino else _LOGGING).get(value, "")
        if name:
            del fields[key]
            return name
    return ""


def _take_message(fields: dict[str, Any]) -> str:
    for key in _MESSAGES:
        value = fields.get(key)
        if isinstance(value, str) and value:
            del fields[key]
            return value
    return ""


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict | list | bool) or value is None:
        return _compact(value)
    return str(value)


def _compact(value: Any) -> str:
    """As compact JSON; NaN and Infinity stay as Python writes them."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _encoder.encode(value).decode()
