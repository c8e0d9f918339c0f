"""Finds ``name: value`` pairs in the shape of a line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlws_tui.domain.extraction.names import PHASE, is_metric, is_speed, own_words, phase_of
from mlws_tui.domain.extraction.numbers import VALUE, Scale

#: Stands in a shape for what was taken out of it, such as the counters.
HOLE = "\x1f"
MAX_PAIRS = 120

_MOST_WORDS = 4

_SIGNED = re.compile(r"\s?(?:[:=]|->)\s*" + VALUE)
_SPACED = re.compile(r"(?:\s?(?:[:=]|->)\s*|(?<=[\w)@%])\s+)" + VALUE)
_DELIMITER = re.compile(
    r"[,;|\t{}\[\]!<>\x1f]|  |(?:^| )[-–—•·*─]+ |: |= |→|(?<!\b[Vv]al)(?<!\b[Aa]vg)[.](?= )"
)
_UNIT_AFTER = re.compile(r"\s+\([^()]{1,16}\)\s*\Z")
_ORNAMENT = re.compile(r"\A[^\w/@$~\\%&+]+")
_NAME = re.compile(r"[A-Za-z_][\w@./%#+'()\- ]*\Z")
_QUOTED = re.compile(r"(?P<q>['\"])([^'\"]{1,200})(?P=q)\s*\Z")


@dataclass(frozen=True, slots=True)
class Pair:
    """Where the name and the value of a pair stand in the shape.

    Attributes:
        name: The name as written.
        start: Where the name begins.
        value: Start and end of the number.
        mean: Start and end of the running mean in brackets behind it, or None.
        scale: How the number is to be read.
        mean_scale: The same for the mean.
        phase: Phase that stands before the name, apart from it: ``val/``, or empty.
        signed: Whether ``:`` or ``=`` stands between name and value.
        quoted: Whether the name is quoted, as a key of a mapping is.
        end: Where all that belongs to it ends.
        neat: Whether the name begins right behind a delimiter, another value or the beginning.
    """

    name: str
    start: int
    value: tuple[int, int]
    mean: tuple[int, int] | None
    scale: Scale
    mean_scale: Scale
    phase: str
    signed: bool
    quoted: bool
    neat: bool
    end: int


def find_pairs(shape: str, start: int, end: int, *, spaced: bool) -> list[Pair]:
    """The pairs between ``start`` and ``end``, in order.

    Args:
        shape: The shape of the line.
        start: Where to begin.
        end: Where to stop.
        spaced: Whether a value may also follow its name after mere space: ``loss 2.45``.
    """
    pairs: list[Pair] = []
    phase = ""
    before = at = start
    pattern = _SPACED if spaced else _SIGNED
    while len(pairs) < MAX_PAIRS:
        found = pattern.search(shape, at, end)
        if found is None:
            break
        at = found.end()
        sign = found[0].lstrip()[:1] in (":", "=", "-") and not found[0][0].isdigit()
        name, name_start, quoted, neat = _name_before(shape, before, found.start())
        for word in PHASE.finditer(shape, before, max(before, name_start)):
            phase = phase_of(word[1])
        before = at
        if not name:
            continue
        percent = found["percent"] is not None or found["share"] is not None
        value = found.span("share") if found["share"] is not None else found.span("value")
        scale = Scale.PERCENT if percent else Scale.THOUSAND if found["thousand"] else Scale.PLAIN
        mean_scale = Scale.PERCENT if found["meanpercent"] or percent else Scale.PLAIN
        mean = found.span("mean") if found["mean"] is not None else None
        signed = sign and shape[found.start() : value[0]].strip()[:1] in (":", "=", "-")
        pairs.append(Pair(name, name_start, value, mean, scale, mean_scale, phase, signed, quoted, neat, at))
    return pairs


def _name_before(shape: str, low: int, high: int) -> tuple[str, int, bool, bool]:
    """The name that ends at ``high``, where it begins, whether it is quoted, and whether it begins neatly."""
    low = max(low, high - 240)
    stretch = shape[low:high]
    quoted = _QUOTED.search(stretch)
    if quoted:
        return quoted[2], low + quoted.start(2), True, True
    unit = _UNIT_AFTER.search(stretch)
    if unit:
        stretch = stretch[: unit.start()]
    stretch = stretch.rstrip()
    cut, apart = 0, False
    for delimiter in _DELIMITER.finditer(stretch):
        cut, apart = delimiter.end(), delimiter[0] != HOLE
    words = _ORNAMENT.sub("", stretch[cut:])
    if not words or not _NAME.match(words):
        return "", high, False, False
    # Between delimiters stands a name; behind a counter there may be words of a sentence before it.
    own = words if apart and words.count(" ") < _MOST_WORDS else own_words(words)
    begin = low + len(stretch) - len(own)
    return own, begin, False, own == words and (len(own.split(" ")) <= 3 or is_metric(own) or is_speed(own))
