"""Reads a whole file at once."""

from __future__ import annotations

from collections.abc import Iterable

from mlws_tui.domain.extraction.extractor import Extractor
from mlws_tui.domain.extraction.found import Extracted, Fact, ProgressSeen, Sample
from mlws_tui.domain.extraction.rules import RuleSet


def extract_file(rules: RuleSet, pieces: Iterable[bytes]) -> Extracted:
    """All that a log tells, given as pieces of any size in the order of the file."""
    extractor = Extractor(rules)
    samples: list[Sample] = []
    facts: list[Fact] = []
    progress: ProgressSeen | None = None
    held = b""
    for piece in pieces:
        found = extractor.feed(held) if held else Extracted()
        samples += found.samples
        facts += found.facts
        progress = found.progress or progress
        held = piece
    found = extractor.feed(held, final=True)
    return Extracted(samples + list(found.samples), found.progress or progress, facts + list(found.facts))
