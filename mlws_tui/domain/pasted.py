"""Output of programs that someone pasted into a text: stack traces, and stretches of log lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlws_tui.domain.journalitems import in_code
from mlws_tui.domain.levels import TRACEBACK, Tracer, prefix_of

TRACE, OUTPUT = "trace", "output"
#: So many lines of output are an excerpt; more are a log.
MOST = 8

_MARKS = re.compile(r"[ \t]*(?:[-*+>][ \t]+)*")
_FRAME = re.compile(r"[ \t]*at \S.*[(:]\S*\d+\)?[ \t]*\Z")
_PANIC = re.compile(r"[ \t]*(?:thread '.*' panicked at |goroutine \d+ \[|panic: )")
_PROGRESS = re.compile(
    r"(?:epoch|step|iter|iteration|batch)[ :#=\[]*\d+|.{0,60}\d%\||\{'\w+':", re.IGNORECASE
)
_LEAST_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Paste:
    """Output of a program in a text.

    Attributes:
        kind: ``trace`` or ``output``.
        line: Its first line, counted from 0.
        end: The line after its last.
        told: The line by which one finds it in its log: the last of a trace, else the first.
    """

    kind: str
    line: int
    end: int
    told: str


def pastes_of(lines: Sequence[str]) -> list[Paste]:
    """What was pasted, in order: each stack trace, and each stretch of more than `MOST` log lines without one."""
    traces = list(_traces(lines))
    outputs = (one for one in _outputs(lines) if not any(_meet(one, trace) for trace in traces))
    return sorted([*traces, *outputs], key=lambda one: one.line)


def _meet(one: Paste, other: Paste) -> bool:
    return one.line < other.end and other.line < one.end


def _traces(lines: Sequence[str]) -> Iterator[Paste]:
    number = 0
    while number < len(lines):
        end = number
        if TRACEBACK in lines[number]:
            end = _python_end(lines, number)
        elif _PANIC.match(lines[number]):
            end = _paragraph_end(lines, number)
        elif _FRAME.match(lines[number]):
            end = next((n for n in range(number, len(lines)) if not _FRAME.match(lines[n])), len(lines))
            end = end if end - number >= _LEAST_FRAMES else number
        if end > number:
            told = lines[number if _FRAME.match(lines[number]) or _PANIC.match(lines[number]) else end - 1]
            yield Paste(TRACE, number, end, _bare(told))
        number = max(end, number + 1)


def _python_end(lines: Sequence[str], first: int) -> int:
    """The line after a traceback; it may stand indented below a bullet."""
    head = lines[first]
    indent = len(head) - len(head.lstrip()) or len(_MARKS.match(head).group())  # type: ignore[union-attr]  # of any text
    tracer = Tracer()
    end = first + 1
    tracer.take(head)
    for number in range(first + 1, len(lines)):
        line = lines[number]
        inner = line[indent:] if not line[:indent].strip() else line
        if tracer.take(inner):
            end = number + 1
        elif inner.strip():
            break
    return end


def _paragraph_end(lines: Sequence[str], first: int) -> int:
    return next((n for n in range(first, len(lines)) if not lines[n].strip()), len(lines))


def _outputs(lines: Sequence[str]) -> Iterator[Paste]:
    """Code blocks of which half or more are log lines, and log lines one below the other elsewhere."""
    code = in_code(lines)
    number = 0
    while number < len(lines):
        inside = code[number]
        end = number
        while end < len(lines) and code[end] == inside and (inside or _is_log_line(lines[end])):
            end += 1
        first, last = (number + 1, end - 1) if inside else (number, end)
        told = [line for line in lines[first:last] if _is_log_line(line)]
        if last - first > MOST and len(told) * 2 >= last - first:
            yield Paste(OUTPUT, first, last, _bare(told[0]))
        number = max(end, number + 1)


def _is_log_line(line: str) -> bool:
    text = _bare(line)
    prefix = prefix_of(text)
    return bool(prefix.time) or prefix.level is not None or _PROGRESS.match(text) is not None


def _bare(line: str) -> str:
    return _MARKS.sub("", line, count=1).strip()
