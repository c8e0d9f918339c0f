"""What kind of line a log line is: its time, its level, and whether it belongs to a traceback."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum


class Level(IntEnum):
    """How grave a line is, as Python's ``logging`` counts."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


_WORDS = {
    "TRACE": Level.DEBUG,
    "DEBUG": Level.DEBUG,
    "NOTICE": Level.INFO,
    "INFO": Level.INFO,
    "WARN": Level.WARNING,
    "WARNING": Level.WARNING,
    "ERROR": Level.ERROR,
    "ERR": Level.ERROR,
    "FATAL": Level.CRITICAL,
    "CRITICAL": Level.CRITICAL,
    "I": Level.INFO,
    "W": Level.WARNING,
    "E": Level.ERROR,
    "F": Level.CRITICAL,
}
_DATE = r"\d{4}[-/]\d\d[-/]\d\d"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
#: A time at the beginning of a line, with what often stands around it: `[2024-10-19T14:30:00,123]`, `09:15:23`.
_TIME = re.compile(rf"\s*[\[(]?(?:{_DATE}[ T]{_CLOCK}(?:\s?(?:Z|[+-]\d\d:?\d\d))?|{_CLOCK})[\])]?")
_STAMP = re.compile(rf"\s*[\[(]?({_DATE})[ T](\d\d:\d\d:\d\d)(?:[.,](\d{{1,9}}))?\s?(Z|[+-]\d\d:?\d\d)?")
_BETWEEN = re.compile(r"[\s\-–|:,;]*")
_WORD = re.compile(r"\b(TRACE|DEBUG|NOTICE|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\b")
_BRACKETED = re.compile(
    r"[\[(<]?(TRACE|DEBUG|NOTICE|INFO|WARN(?:ING)?|ERR(?:OR)?|FATAL|CRITICAL)\b[\])>]?", re.I
)
_GLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d")
_FIELD = re.compile(r"""["']?(?:level|levelname|severity|lvl)["']?\s*[=:]\s*["']?([A-Za-z]+)""")
#: `slurmstepd: error: …`, `nvcc fatal : …`, `error: …`, but not a metric such as `val error: 0.12`.
_TOOL = re.compile(
    r"(?:^|[\w\])./-]:? )(error|fatal|fatal error|warning) ?: (?!\s*[-+.\d])|^(error|fatal): (?!\s*[-+.\d])"
)
#: An exception as the last line of a traceback, or a warning as Python prints it.
_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w*\.)*([A-Z]\w*(?:Error|Exception|Interrupt))\b(?:: |:?$)")
_PY_WARNING = re.compile(r"\b[A-Z]\w*Warning: ")
_HEAD = 160  # characters in which a level word is looked for

TRACEBACK = "Traceback (most recent call last)"
_ENDING = re.compile(
    rf"{_DATE} \d\d:\d\d:\d\d - ERROR - Failed: (?:exit code|killed by signal) \d+\b.* after \d[\d.hm ]* ?s\s*$"
)
_RANK = re.compile(r"(?:\[(?:Rank \d+|[a-z][\w.#-]{0,24})\]:? ?|\s*\| ?|\s*\+-+[+ -]*)+")
_FRAME = re.compile(r'\s+File ".*", line \d+')
_CHAIN = re.compile(
    "During handling of the above exception, another exception occurred:"
    "|The above exception was the direct cause of the following exception:"
)
_LAST = re.compile(r"([A-Za-z_][\w.]*)(?:: ?(.*))?$")


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before a line's message: where its time ends, where its message begins, and its level."""

    time: int
    message: int
    level: Level | None


@dataclass(frozen=True, slots=True)
class LogError:
    """An error that a log tells.

    Attributes:
        line: Number of its first line, from 1.
        ts: Unix seconds of that line, or of the last stamped line shortly before it; None where neither tells a day.
        level: ``error`` or ``critical``.
        type: The exception's type, or empty.
        message: The exception's message, or the line's.
        traceback: All lines of the traceback, or empty.
        told: What the line above the traceback says; empty where there is none.
    """

    line: int
    ts: float | None
    level: str
    type: str
    message: str
    traceback: str
    told: str = ""


def prefix_of(text: str) -> Prefix:
    """Time and level at the beginning of a line, as far as they are there."""
    time = _TIME.match(text)
    end = time.end() if time else 0
    gap = _BETWEEN.match(text, end)
    start = gap.end() if gap else end
    word = _BRACKETED.match(text, start)
    if word and (time or word[0] != word[1] or word[1].isupper()):
        after = _BETWEEN.match(text, word.end())
        return Prefix(end, after.end() if after else word.end(), _WORDS[word[1].upper()])
    return Prefix(end, start if time else 0, None)


def level_of(text: str) -> Level | None:
    """How grave a line says it is; None where it says nothing."""
    prefix = prefix_of(text)
    if prefix.level is not None:
        return prefix.level
    body = text[prefix.message :]
    glog = _GLOG.match(text)
    if glog:
        return _WORDS[glog[1]]
    field = _FIELD.search(text[:_HEAD])
    if field and len(field[1]) > 1 and field[1].upper() in _WORDS:
        return _WORDS[field[1].upper()]
    if TRACEBACK in text:
        return Level.ERROR
    word = _WORD.search(text[:_HEAD])
    if word:
        return _WORDS[word[1]]
    if _EXCEPTION.match(without_rank(body)):
        return Level.ERROR
    tool = _TOOL.search(text)
    if tool:
        return Level.WARNING if tool[1] == "warning" else Level.ERROR
    return Level.WARNING if _PY_WARNING.search(text[: 2 * _HEAD]) else None


def time_of(text: str) -> float | None:
    """Unix seconds of the date and time that a line begins with; local time where it names no offset."""
    found = _STAMP.match(text)
    if not found:
        return None
    day, clock, fraction, offset = found.groups()
    zone = "" if offset is None else "+00:00" if offset == "Z" else offset
    micros = f"{fraction:0<6.6}" if fraction else "000000"
    try:
        return datetime.fromisoformat(f"{day.replace('/', '-')}T{clock}.{micros}{zone}").timestamp()
    except (ValueError, OverflowError, OSError):  # the 31st of February, the year 0
        return None


def without_rank(text: str) -> str:
    """The line without what a launcher, a merged log or an exception group puts before it: ``[rank0]: ``, ``  | ``."""
    found = _RANK.match(text)
    return text[found.end() :] if found else text


class Tracer:
    """Tells of lines, one after another, whether they belong to a traceback: from its header or any frame on."""

    def __init__(self) -> None:
        self.inside = False

    def take(self, line: str) -> bool:
        """Whether the next line belongs to one."""
        text = without_rank(line)
        if TRACEBACK in text or _FRAME.match(text) or _CHAIN.match(text):
            self.inside = True
            return True
        if not self.inside:
            return False
        if text[:1] in ("", " ", "\t"):
            return bool(line.strip())
        self.inside = False
        return _LAST.match(text) is not None


def in_traceback(lines: Iterable[str]) -> list[bool]:
    """For each line whether it belongs to a traceback, as `Tracer` tells."""
    tracer = Tracer()
    return [tracer.take(line) for line in lines]


class _Kind(Enum):
    """What a line can be within a traceback."""

    HEADER = 0
    FRAME = 1
    CHAIN = 2
    BLANK = 3
    INDENTED = 4
    LAST = 5  # it may name an exception
    OTHER = 6


class Grouper:
    """Puts the lines of a log together to records, one after another.

    A traceback, with those that are chained to it and the error line above it, is one record; any other line is one by
    itself.
    """

    def __init__(self) -> None:
        self._within = _Kind.OTHER
        self._grave = False
        self._ended = False

    @property
    def open(self) -> bool:
        """Whether the next line may belong to the record of the last one."""
        return self._within is not _Kind.OTHER or self._grave or self._ended

    def take(self, line: str) -> bool | None:
        """Whether the next line goes on the record before; None for a blank one, of which the line after it tells."""
        kind = _kind_of(line)
        inside = self._within is not _Kind.OTHER
        if kind in (_Kind.HEADER, _Kind.FRAME, _Kind.CHAIN):
            joins = inside or (self._grave and kind is _Kind.HEADER) or (self._ended and kind is _Kind.CHAIN)
            self._within, self._grave, self._ended = kind, False, False
            return joins
        if inside and kind in (_Kind.BLANK, _Kind.INDENTED):
            return True
        if inside and kind is _Kind.LAST:
            self._within, self._ended = _Kind.OTHER, True
            return True
        if self._ended and kind is _Kind.BLANK:
            return None
        self._within, self._ended = _Kind.OTHER, False
        self._grave = kind in (_Kind.LAST, _Kind.OTHER) and (level_of(line) or Level.INFO) >= Level.ERROR
        return False


def begins_record(line: str, before: str | None) -> bool:
    """Whether a record begins with this line for certain, whatever came before the line before it.

    Args:
        line: The line.
        before: The line before it; None where there is none, so that it is the first of all.
    """
    kind = _kind_of(line)
    if before is None or kind is _Kind.OTHER:
        return True
    return kind is _Kind.LAST and _kind_of(before) in (_Kind.LAST, _Kind.OTHER)


def _kind_of(line: str) -> _Kind:
    text = without_rank(line)
    if TRACEBACK in text:
        return _Kind.HEADER
    if not text.strip():
        return _Kind.BLANK
    if text[0] in " \t":
        return _Kind.FRAME if _FRAME.match(text) else _Kind.INDENTED
    if _CHAIN.match(text):
        return _Kind.CHAIN
    return _Kind.LAST if _LAST.match(text) else _Kind.OTHER


def closes_a_failed_run(line: str) -> bool:
    """Whether this is the last line that `mlws-tui run` writes of a failed command: what went wrong is above it."""
    return _ENDING.match(line) is not None


def begins_error(line: str, before: Sequence[str]) -> bool:
    """Whether an error begins with this line, and not one or more lines before it.

    Args:
        line: The line.
        before: The lines before it, at least six of them where there are so many.
    """
    level = level_of(line)
    if level is None or level < Level.ERROR or closes_a_failed_run(line):
        return False
    if TRACEBACK in line:
        last = [without_rank(text) for text in before if without_rank(text).strip()]
        if not last:
            return True
        above = level_of(last[-1])
        return not _CHAIN.match(last[-1]) and (above is None or above < Level.ERROR or TRACEBACK in last[-1])
    return not in_traceback([*before, line])[-1]


def read_error(number: int, lines: Sequence[str], ts: float | None) -> LogError:
    """The error that begins with the first of these lines.

    Args:
        number: Number of that line.
        lines: It and what follows, as far as it may belong to it.
        ts: Time of the line, or of one shortly before.
    """
    first = lines[0]
    level = level_of(first) or Level.ERROR
    message = first[prefix_of(first).message :].strip()
    start = 0 if TRACEBACK in first else 1
    trace: list[str] = []
    if start == 0 or (len(lines) > 1 and TRACEBACK in lines[1]):
        trace = _trace(lines[start:])
        trace[0] = trace[0][prefix_of(trace[0]).message :]
    kind = told = ""
    last = _LAST.match(without_rank(trace[-1]) if trace else message)
    if trace and last and trace[-1][:1] not in " \t":
        told = message if start else ""
        kind, message = last[1], last[2] or ""
    elif not trace and _EXCEPTION.match(without_rank(message)) and last:
        kind, message = last[1], last[2] or ""
    return LogError(number, ts, level.name.lower(), kind, message, "\n".join(trace), told)


def _trace(lines: Sequence[str]) -> list[str]:
    """The lines of a traceback and of those that are chained to it."""
    end = 0
    for i, inside in enumerate(in_traceback(lines)):
        if inside:
            end = i + 1
        elif lines[i].strip() or i - end > 2:
            break
    return list(lines[:end])
