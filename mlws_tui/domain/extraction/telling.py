"""Turns what a line tells beside metrics into facts: their values in a form that can be shown and compared."""

from __future__ import annotations

import ast
import re
from typing import Any

from mlws_tui.domain.ansi import styled
from mlws_tui.domain.extraction.numbers import Scale, number, seconds
from mlws_tui.domain.levels import TRACEBACK, Level, closes_a_failed_run, level_of
from mlws_tui.domain.levels import prefix_of as level_prefix

MAX_TEXT = 500
#: So many facts of one kind are told at once; of more only the last, at the end.
MOST = 1000

_RANK = re.compile(r"(?:\[(?:rank|Rank )\d+\]:? ?|\s*\| ?|\s*\+-+[+ -]*)+")
_CHAIN = re.compile(r"(?:During handling of|The above exception was)")
_LAST = re.compile(r"([A-Za-z_][\w.]*)(?:: ?(.*))?$", re.S)
_PY_WARNING = re.compile(r"(?:\S+:\d+: )?((?:[A-Za-z_]\w*\.)*[A-Z]\w*Warning): (.*)", re.S)
_EXCEPTION = re.compile(r"((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt)): (.*)", re.S)
_PAIR = re.compile(r"([A-Za-z_][\w.\-]*)\s*[=:]\s*('[^']*'|\"[^\"]*\"|\[[^\]]*\]|\([^)]*\)|[^,;\s]+)")
_BIG = re.compile(r"([\d,.]+)\s*(?:([KMBT])|(thousand|million|billion))?", re.I)
_TIMES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6, "billion": 1e9}


def begins_traceback(text: str) -> bool:
    """Whether a traceback begins with this line."""
    return TRACEBACK in text


def traceback_line(text: str) -> tuple[str, str] | bool:
    """What a line below a traceback's beginning is: True inside, False outside, else the exception and its message."""
    text = _RANK.sub("", text, count=1) if _RANK.match(text) else text
    if not text.strip() or text[:1] in " \t" or _CHAIN.match(text) or TRACEBACK in text:
        return True
    last = _LAST.match(text)
    if last is None:
        return False
    return last[1].rpartition(".")[2], shown(last[2] or "")


def complaint(text: str) -> tuple[str, str, str] | None:
    """Kind, name and message of a warning or an error; None for any other line."""
    level = level_of(text)
    if level is None or level < Level.WARNING or closes_a_failed_run(text):
        return None
    kind = "warning" if level == Level.WARNING else "error"
    text = text[max(text.find("slurmstepd:"), 0) :]  # often glued to a bar
    body = _RANK.sub("", text, count=1) if _RANK.match(text) else text
    body = body[level_prefix(body).message :].strip()
    named = (_PY_WARNING if kind == "warning" else _EXCEPTION).match(body)
    if named:
        return kind, named[1].rpartition(".")[2], shown(named[2])
    return kind, "", shown(body)


def value_of(kind: str, text: str) -> Any:
    """The value of a fact as its kind wants it; None where the text holds none."""
    text = text.strip()
    if kind == "duration":
        return seconds(text.rstrip("."))
    if kind == "seed":
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
    if kind == "parameters":
        return _large(text)
    if kind == "result":
        return number(text[:-1].rstrip(), Scale.PERCENT) if text.endswith("%") else number(text)
    if kind == "config":
        return _config(text)
    cleaned = text.strip("'\"`").rstrip(".") if kind in ("checkpoint", "saved") else text.strip("'\"`")
    return shown(cleaned) or None


def shown(text: str) -> str:
    """The text in a form that is safe to show, and short."""
    return styled(text[:MAX_TEXT]).text.strip()


def _large(text: str) -> float | None:
    found = _BIG.match(text)
    if not found:
        return None
    try:
        value = number(found[1].rstrip(".,"))
    except ValueError:
        return None
    unit = (found[2] or found[3] or "").lower()
    return None if value is None else float(round(value * _TIMES.get(unit, 1.0), 3))


def _config(text: str) -> Any:
    if text.startswith("{") and len(text) <= 4096:
        try:
            data = ast.literal_eval(re.sub(r"\b(?:true|false|null)\b", lambda word: _PYTHON[word[0]], text))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return shown(text)
        if isinstance(data, dict):
            return {shown(str(key)): _plain(value) for key, value in list(data.items())[:100]}
    pairs = _PAIR.findall(text[:4096])
    if pairs:
        return {key: value.strip("'\"") for key, value in pairs[:100]}
    return shown(text)


_PYTHON = {"true": "True", "false": "False", "null": "None"}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return shown(value if isinstance(value, str) else repr(value))
