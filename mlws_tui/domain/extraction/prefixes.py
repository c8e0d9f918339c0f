"""What stands before a line's message: times, levels, loggers, and which rank or process speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DATE = r"(?:\d+[-/.]\d+[-/.]\d+|\d+[-/]\d+|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d+(?: \d+)?,?)"
_CLOCK = r"\d+:\d+:\d+(?:[.,]\d+)?"
_ZONE = r"(?:\s?(?:Z|UTC|[+-]\d+:?\d*))?"
_LEVEL = r"(?:TRACE|DEBUG|NOTICE|INFO|WARN(?:ING)?|ERR(?:OR)?|FATAL|CRITICAL)"
_TIME = rf"(?:{_DATE}[ T,]{{1,2}})?{_CLOCK}{_ZONE}(?: [AP]M)?"
#: What may be cut off a line's beginning, one after the other.
_PART = re.compile(
    rf"(?P<rank>\[?(?:(?:local |global )?[Rr]ank|RANK|default|trainer|worker)[ _=:]?(?P<number>\d+)(?:/\d+)?"
    r"(?:\]:?|:| ?\|)\s*)"
    rf"|[\[(<]?{_TIME}(?:[ ,]+[\w./-]+)?[\])>]:?[\s|,:\-–]*"
    rf"|{_TIME}(?:[\s|,;:\-–]+|$)"
    rf"|[IWEFD]\d{{4}} {_CLOCK}\s+(?:\d+ )*[\w./-]+:\d+\]\s*"
    rf"|{_LEVEL}:[\w.]+:"
    rf"|(?:(?i:[\[(<|]\s*{_LEVEL}\s*[\])>|])|{_LEVEL}(?=[\s:|\-]))[\s|,:\-–]*"
    r"|\((?:[\w ]+\s)?pid=\d+(?:, ip=[\d.]+)?\)\s*"
    r"|[\[(][\w./<>-]+\.(?:py|cc|cpp|cu|rs):\d+[^\])]{0,40}[\])]:?[\s|,:\-–]*"
    r"|[\w./<>-]+\.(?:py|cc|cpp|cu|rs):\d+[:\])]?(?:\s*\[[A-Za-z]+\])?[\s|,:\-–]+"
    r"|\([a-z_]\w*:\d+\)\s*"
    r"|\[NeMo [A-Z] [^\]]{8,80}\]\s*"
    rf"|\[[IWEDC] {_TIME}\]\s*"
    r"|[\w.]+:[\w.<>]+:\d+ ?[|\-–]\s"
    r"|(?:root|__main__|[a-z_]\w*(?:\.\w+)+)(?::\d+)?(?:\s+[|\-–]\s+|\s*:\s+|(?:\s+(?=(?:INFO|DEBUG))))"
    r"|[A-Za-z_]\w* [\-–] (?=" + _LEVEL + r"\b)"
    r"|\[(?!(?:[Tt]rain|[Vv]al|[Tt]est|[Ee]val|TRAIN|VAL|TEST|EVAL|rank)[a-zA-Z]*\d*\])[A-Za-z][\w./-]*\]:?\s*"
)
_STAMPED = re.compile(rf"\s*[\[(]?\d+[-/]\d+[-/]\d+[ T]{_CLOCK}")
_TIMED = re.compile(_CLOCK)
_MOST = 8


@dataclass(frozen=True, slots=True)
class Prefix:
    """Where the message begins in a shape, where the number of the rank stands, and whether a time leads it.

    ``stamped`` says that a full date and time are the first thing, ``timed`` that there is some time.
    """

    message: int
    rank: tuple[int, int] | None
    stamped: bool
    timed: bool


def prefix_of(shape: str) -> Prefix:
    """What stands before the message of a line of this shape."""
    at = len(shape) - len(shape.lstrip())
    rank: tuple[int, int] | None = None
    for _ in range(_MOST):
        part = _PART.match(shape, at)
        if part is None or part.end() == at:
            break
        if part["rank"] and rank is None:
            rank = part.span("number")
        at = part.end()
    return Prefix(at, rank, _STAMPED.match(shape) is not None, _TIMED.search(shape, 0, at) is not None)
