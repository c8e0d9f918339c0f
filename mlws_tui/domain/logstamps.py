"""Giving a time and a level to lines of a log that have none of their own."""

from __future__ import annotations

import json
import re
import time
from enum import Enum

_DATE = r"(?:\d{4}[-/.]\d{2}[-/.]\d{2}|\d{2}[-/.]\d{2}(?:[-/.]\d{2,4})?)"
_CLOCK = r"\d{2}:\d{2}:\d{2}(?!\d)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_NEAR = 48  # a line's own time stands within so many characters
_HEAD = 400  # and its level in so many: a line may be long, and all of it blank
#: A date with a time near the beginning, a syslog date, a glog head, or a bare clock as the first thing.
_OWN_TIME = re.compile(
    rf".{{0,{_NEAR}}}?(?<!\d){_DATE}[T ,]{{1,2}}\d{{2}}:\d{{2}}"
    rf"|.{{0,{_NEAR}}}?\b{_MONTH} [ \d]\d,? (?:\d{{4}} )?\d{{2}}:\d{{2}}"
    r"|(?:\[rank\d+\]: ?)?[DIWEF]\d{4} \d{2}:\d{2}:\d{2}"
    rf"|[\[(<]?(?:[A-Z]{{4,8}}[\])]?[: ]+[\[(]?)?{_CLOCK}"
)
_LEVELS = {
    "debug": "DEBUG",
    "warn": "WARNING",
    "warning": "WARNING",
    "error": "ERROR",
    "exception": "ERROR",
    "critical": "CRITICAL",
    "fatal": "CRITICAL",
    "panic": "CRITICAL",
}
#: A level as the first word, perhaps after who speaks: ``[ERROR]``, ``WARNING:root:``, ``git: fatal:``.
_LEVEL = re.compile(
    r"\s*(?:\[rank\d+\]: ?)?(?:"
    r"[\[(<|*]*\s*(?P<upper>DEBUG|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b(?!-)"
    r"|(?:[\w./\-]{1,40}(?: \d+)?(?:\[\d+\])?: ){0,2}"
    r"(?P<lower>debug|warn(?:ing)?|error|fatal|panic|Error|Warning|Fatal)[:\]]"
    r"|\S{0,200}?:\d+: (?:[\w.]*)(?P<warned>Warning): "
    r"|(?:[A-Za-z_][\w.]*)?(?P<raised>Error|Exception)(?::| \[|$)"
    r")"
)
_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_RANK = re.compile(r"\[rank\d+\]: ?|\[\d+\]: ?")


class _Within(Enum):
    NOTHING = 0
    FRAMES = 1  # of a traceback: all up to the exception's line
    ERROR = 2  # after the exception's line: more of its message, or a chained one
    CHAIN = 3  # between two tracebacks


class Stamper:
    """Stamps the lines of one source in their order, as it must know whether a line belongs to a traceback."""

    def __init__(self) -> None:
        self._within = _Within.NOTHING
        self._after_own = False

    def stamp(self, line: str, when: float) -> str:
        """The line as the log holds it.

        ``2024-10-19 14:30:00 - INFO - `` is set before it, with the level that it names itself, unless it carries a
        time of its own, is empty, is a JSON object, or is a further line of a traceback.

        Args:
            line: One line without its end.
            when: Unix seconds; shown in local time.
        """
        if not line.strip():
            return line
        if self._belongs(line):
            return line
        self._after_own = carries_time(line) or is_json(line)
        if self._after_own:
            return line
        return prefix(when, level_of(line)) + line

    def _belongs(self, line: str) -> bool:
        """Whether it is a further line of a traceback; keeps the state up to date."""
        bare = line[match.end() :] if (match := _RANK.match(line)) else line
        if bare.rstrip().endswith(_TRACEBACK):
            further = self._within is _Within.CHAIN or (self._after_own and bare.startswith(_TRACEBACK))
            further = further or (self._within is _Within.FRAMES and bare[:1].isspace())
            self._within = _Within.FRAMES
            return further
        if self._within is _Within.FRAMES:
            if not bare[:1].isspace():
                self._within = _Within.ERROR
            return True
        if self._within is _Within.ERROR and bare[:1].isspace():
            return True
        if self._within is not _Within.NOTHING and bare.strip() in _CHAINED:
            self._within = _Within.CHAIN
            return True
        self._within = _Within.NOTHING
        return False


def prefix(when: float, level: str = "INFO") -> str:
    """``2024-10-19 14:30:00 - INFO - `` for Unix seconds, in local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when)) + f" - {level} - "


def carries_time(line: str) -> bool:
    """Whether the line tells when it was written: ISO, ``09:15:23``, syslog's, glog's and the like, near its start."""
    return ":" in line[: _NEAR + 24] and _OWN_TIME.match(line) is not None


def is_json(line: str) -> bool:
    """Whether the line is one JSON object."""
    text = line.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def level_of(line: str) -> str:
    """The level that a line names at its beginning, else INFO; the beginning of a traceback is an ERROR."""
    match = _LEVEL.match(line, 0, _HEAD)
    if match is not None:
        return _LEVELS[str(match[match.lastgroup or 0]).lower()]
    return "ERROR" if line.rstrip().endswith(_TRACEBACK) else "INFO"
