"""What is found in the text of a log: values of metrics, how far a program is, and facts about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric.

    Attributes:
        name: Name of the series, such as ``val/loss``.
        value: May be NaN or infinite.
        step: What the line, the bar beside it or the epoch says; None where only the order is known.
        line: Number of the line in the file, from 1.
        offset: Byte at which the line, or the redraw of it, begins.
        ts: Unix seconds that the line begins with, where it does.
        rule: Name of the rule that fits.
    """

    name: str
    value: float
    step: float | None
    line: int
    offset: int
    ts: float | None
    rule: str


@dataclass(frozen=True, slots=True)
class ProgressSeen:
    """How far a program says it is; each part None where it does not say."""

    step: float | None
    total: float | None
    epoch: float | None
    epochs: float | None
    line: int
    offset: int
    ts: float | None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a line tells about the run.

    Attributes:
        kind: ``model``, ``dataset``, ``config``, ``checkpoint``, ``result``, ``saved``, ``memory``, ``duration``,
            ``warning``, ``error``, ``command``, ``seed``, ``parameters`` or a kind that a rule names.
        name: The metric of a result, the type of an exception or warning; else often empty.
        value: A text; a number for results, durations (seconds), seeds and parameters; a mapping for a config that
            could be read.
        line: Number of the line, from 1.
        offset: Byte at which the line begins.
        ts: Unix seconds that the line begins with, where it does.
    """

    kind: str
    name: str
    value: Any
    line: int
    offset: int
    ts: float | None


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a piece of text gave. ``progress`` is the newest that it told, None where it told none."""

    samples: Sequence[Sample] = ()
    progress: ProgressSeen | None = None
    facts: Sequence[Fact] = ()
