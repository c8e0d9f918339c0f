"""Finds what a line without a rule counts: epochs, steps, iterations, episodes, batches."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COUNT = (
    r"\s*[:=#]?\s*[\[(]?\s*(?P<{0}>\d+(?:,\d+)*)(?![\d.:]*[.:]\d|-\d|%)"
    r"(?:\s*(?:/|of)\s*(?P<{1}>\d+(?:,\d+)*)(?![\d.]))?\s*[\])]?"
)
_EPOCH = re.compile(
    r"(?<![\w/.-])['\"]?(?:[Ee]poch|EPOCH|\b[Ee]p|\bEP)s?['\"]?"
    + _COUNT.format("epoch", "epochs")
    + r"(?:\s?\[\s*(?P<iter>\d+)\s*/\s*(?P<iters>\d+)[^\]\d]*(?:\d+%\))?\s*\])?"
)
_STEP = re.compile(
    r"(?<![\w/.-])['\"]?(?P<word>[Gg]lobal[ _-]?[Ss]tep"
    r"|(?:[Tt]rain(?:ing)?[ _])?[Ss]tep|STEP|[Ii]ter(?:ation)?s?(?![A-Za-z])|ITER|it(?=\s*[:=]|\s\d)"
    r"|[Uu]pdate|[Ee]pisode|[Bb]atch)['\"]?" + _COUNT.format("step", "total")
)
#: How far the program is, at the beginning of a line and without a word.
_LEAD = re.compile(
    r"\[?\s*(?P<iter>\d+)\s*/\s*(?P<iters>\d+)(?:\s*\(\s*\d+(?:\.\d+)?\s?%\s*\))?(?:\s*\])?(?=\s?[:,|]|\s+[A-Za-z-])"
)
#: What else programs do one after the other; such a number says nothing of the lines around it.
_ITEM = re.compile(
    r"(?i:\[?\s*#?(?:interaction|request|turn|sample|query|prompt|fold|trial|round|task|rollout|game|case|example"
    r"|conversation|run|cycle|generation))\s*[:=#]?\s*\[?(?P<item>\d+)(?![\d.:]*[.:]\d|-\d|%)"
    r"(?:\s*(?:/|of)\s*(?P<items>\d+)(?![\d.]))?\s*\]?"
)
#: Which counter of a line is the step, where it has several.
_ORDER = ("global", "step", "it", "update", "episode", "batch")


@dataclass(frozen=True, slots=True)
class Counted:
    """Where ``step``, ``total``, ``epoch``, ``epochs``, ``iter``, ``iters`` and ``item`` stand, and what of the line
    is taken.
    """

    spans: dict[str, tuple[int, int]]
    taken: tuple[tuple[int, int], ...]


def find_counters(shape: str, start: int) -> Counted | None:
    """What a line of this shape counts; None where it counts the same twice, as glued lines do."""
    epochs = _own(list(_EPOCH.finditer(shape, start)), shape)
    steps = list(_STEP.finditer(shape, start))
    kinds = [_kind(match["word"]) for match in steps]
    if len(epochs) > 1 or len(set(kinds)) < len(kinds):
        return None
    spans: dict[str, tuple[int, int]] = {}
    if epochs:
        keys = ("epoch", "epochs", "iter", "iters")
        spans = {key: epochs[0].span(key) for key in keys if epochs[0][key] is not None}
    if steps:
        best = min(range(len(steps)), key=lambda i: _ORDER.index(kinds[i]))
        match = steps[best]
        others = any(other["total"] is not None for other in steps if other is not match) or "iters" in spans
        whole = not epochs and kinds[best] != "batch"
        whole = whole or kinds[best] == "global" or (others and match["total"] is None)
        for key in ("iter", "iters"):
            spans.pop(key, None)
        spans["step" if whole else "iter"] = match.span("step")
        if match["total"] is not None:
            spans["total" if whole else "iters"] = match.span("total")
    taken = [match.span() for match in (*epochs, *steps)]
    if not taken:
        lead = _LEAD.match(shape, start) or _ITEM.match(shape, start)
        if lead:
            spans = {key: lead.span(key) for key in lead.re.groupindex if lead[key] and key != "items"}
            taken = [lead.span()]
    return Counted(spans, tuple(taken))


def _own(epochs: list[re.Match[str]], shape: str) -> list[re.Match[str]]:
    """Where there are several, without those of something within the training: ``PPO Epoch: 1``."""
    own = [match for match in epochs if not shape[: match.start()].rstrip(" ")[-1:].isalpha()]
    return own if len(epochs) > 1 and own else epochs


def _kind(word: str) -> str:
    low = word.lower()
    return next(kind for kind in _ORDER if kind in low)
