"""Shorthand for the tests of extraction."""

from __future__ import annotations

from functools import cache

from mlws_tui.config.metricrules import load_rules
from mlws_tui.domain.extraction import Extracted, RuleSet, extract_file


@cache
def rules() -> RuleSet:
    """The shipped rules."""
    every, problems = load_rules(None)
    assert problems == []
    return every


def extract(text: str | bytes) -> Extracted:
    """What a whole file of this text tells."""
    return extract_file(rules(), [text.encode() if isinstance(text, str) else text])


def told(text: str | bytes) -> list[str]:
    """Its samples as ``name=value@step``."""
    return [
        f"{sample.name}={sample.value:.6g}" + ("" if sample.step is None else f"@{sample.step:g}")
        for sample in extract(text).samples
    ]
