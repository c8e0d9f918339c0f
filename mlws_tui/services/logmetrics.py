"""What the text of a log tells of a training: the series of its metrics, facts about it, and how far it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.extraction import Extracted, Extractor, Fact, ProgressSeen, RuleSet
from mlws_tui.sources.packed import DamagedError, packing_of, unpack

_PIECE = 1 << 20


@dataclass(slots=True)
class TextSeries:
    """A metric that a log tells; the three lists have one length, in the order written.

    Attributes:
        step: What the text says; None where only the order is known.
        value: May be NaN or infinite.
        line: Numbers of the lines, from 1.
        rules: Names of the rules by which it was read, mostly one.
    """

    step: list[float | None] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    rules: dict[str, None] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The names of the rules."""
        return ", ".join(self.rules)


@dataclass(slots=True)
class LogMetrics:
    """All that a log tells.

    Attributes:
        series: By name, in the order in which they begin.
        facts: In the order of their lines.
        progress: The newest that was told; None where none was.
        problem: Why the file could not be read to its end, in one sentence; empty where it was.
    """

    series: dict[str, TextSeries] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    progress: ProgressSeen | None = None
    problem: str = ""

    def take(self, found: Extracted) -> None:
        """Add what a piece of the text gave."""
        for sample in found.samples:
            series = self.series.setdefault(sample.name, TextSeries())
            series.step.append(sample.step)
            series.value.append(sample.value)
            series.line.append(sample.line)
            series.rules[sample.rule] = None
        self.facts.extend(found.facts)
        self.progress = found.progress or self.progress


def _nobody(_share: float) -> None:
    """Nobody wants to know."""


def extract(path: Path, rules: RuleSet, progress: Callable[[float], None] = _nobody) -> LogMetrics:
    """Read the metrics, facts and progress from a log of any size, be it packed. It blocks.

    Args:
        path: The log.
        rules: How lines are read.
        progress: Told the share of the file that is read (0-1) after each piece; what it raises ends the reading.

    Returns:
        What was found; of a damaged archive what its sound part tells.

    Raises:
        NotFoundError: if there is no such file.
        OSError: if it cannot be read.
    """
    told, extractor = LogMetrics(), Extractor(rules)
    try:
        with path.open("rb") as file:
            for piece in _pieces(file, packing_of(path), progress):
                told.take(extractor.feed(piece))
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no log {path}", hint="mlws-tui logs list shows the logs") from error
    except DamagedError as error:
        told.problem = f"{path.name} could not be read to its end: {error}"
    told.take(extractor.feed(b"", final=True))
    return told


def _pieces(file: BinaryIO, packing: str | None, progress: Callable[[float], None]) -> Iterator[bytes]:
    size = os.fstat(file.fileno()).st_size
    pieces = unpack(file, packing) if packing is not None else iter(lambda: file.read(_PIECE), b"")
    for piece in pieces:
        yield piece
        progress(min(1.0, file.tell() / size) if size else 1.0)


def facts_by_kind(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """The facts by their kind, in the order in which the kinds begin."""
    kinds: dict[str, list[Fact]] = {}
    for fact in facts:
        kinds.setdefault(fact.kind, []).append(fact)
    return kinds
