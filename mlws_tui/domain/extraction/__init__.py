"""From the text of a training log to samples of metrics, progress and facts.

Most lines of a log have one of a few shapes. `shapes` takes a line apart into its shape and its numbers, `plans` finds
out once for each shape what there is to read, by the rules and by what all frameworks have in common; `track` turns
what lines count into steps, and `gate` lets only sure points through.
"""

from mlws_tui.domain.extraction.extractor import Extractor
from mlws_tui.domain.extraction.found import Extracted, Fact, ProgressSeen, Sample
from mlws_tui.domain.extraction.rules import BUILT_IN, Example, Rule, RuleSet
from mlws_tui.domain.extraction.whole import extract_file

__all__ = [
    "BUILT_IN",
    "Example",
    "Extracted",
    "Extractor",
    "Fact",
    "ProgressSeen",
    "Rule",
    "RuleSet",
    "Sample",
    "extract_file",
]
