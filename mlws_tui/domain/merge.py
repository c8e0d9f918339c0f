"""Three-way merge by lines: what two sides made of the same text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")


@dataclass(frozen=True, slots=True)
class Clash:
    """A place that both sides changed in different ways.

    Attributes:
        base: The lines as both knew them.
        mine: What one side made of them.
        theirs: What the other side made of them.
    """

    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome: lines that are settled, and clashes, in the order of the text.

    Attributes:
        parts: Tuples of settled lines and clashes.
        taken: How many lines of the other side are settled: added, changed or removed.
    """

    parts: tuple[tuple[str, ...] | Clash, ...]
    taken: int

    @property
    def clashes(self) -> int:
        return sum(isinstance(part, Clash) for part in self.parts)

    def lines(self, choice: str = "both") -> list[str]:
        """All lines, each clash settled the same way: ``mine``, ``theirs``, or ``both`` (theirs first)."""
        result: list[str] = []
        for part in self.parts:
            if not isinstance(part, Clash):
                result.extend(part)
                continue
            if choice in ("theirs", "both"):
                result.extend(part.theirs)
            if choice in ("mine", "both"):
                result.extend(part.mine)
        return result


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    lines: tuple[str, ...]
    mine: bool


def merge(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> Merged:
    """Merge what two sides made of `base`.

    Changes at different lines are both taken. Lines that both sides added at the same place are both kept,
    theirs first, as two additions to a journal do not contradict each other; but what stands under a heading that
    only one side brings stays behind what the other added to the section above it. Lines that both changed clash.
    """
    edits = sorted(
        [*_edits(base, theirs, mine=False), *_edits(base, mine, mine=True)],
        key=lambda edit: (edit.start, edit.end, edit.mine),
    )
    parts: list[tuple[str, ...] | Clash] = []
    at = taken = 0
    while edits:
        cluster = [edits.pop(0)]
        start, end = cluster[0].start, cluster[0].end
        while edits and edits[0].start < end and (edits[0].end > start):
            end = max(end, edits[0].end)
            cluster.append(edits.pop(0))
        if edits and start == end and edits[0].start == edits[0].end == start:
            mine_too = edits.pop(0)
            cluster = [_both_added(cluster[0], mine_too)]
            taken -= len(mine_too.lines)
        parts.append(tuple(base[at:start]))
        at = end
        sides = {edit.mine for edit in cluster}
        if len(sides) == 1:
            parts.append(_apply(base, start, end, cluster))
            if cluster[0].mine is False:
                taken += sum(max(len(edit.lines), edit.end - edit.start) for edit in cluster)
            continue
        my_lines = _apply(base, start, end, [edit for edit in cluster if edit.mine])
        their_lines = _apply(base, start, end, [edit for edit in cluster if not edit.mine])
        if my_lines == their_lines:
            parts.append(my_lines)
        else:
            parts.append(Clash(tuple(base[start:end]), my_lines, their_lines))
    parts.append(tuple(base[at:]))
    return Merged(tuple(part for part in parts if part), taken)


def _edits(base: Sequence[str], changed: Sequence[str], *, mine: bool) -> list[_Edit]:
    head = 0
    limit = min(len(base), len(changed))
    while head < limit and base[head] == changed[head]:
        head += 1
    tail = 0
    while tail < limit - head and base[-1 - tail] == changed[-1 - tail]:
        tail += 1
    old, new = base[head : len(base) - tail], changed[head : len(changed) - tail]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [
        _Edit(head + a1, head + a2, tuple(new[b1:b2]), mine)
        for tag, a1, a2, b1, b2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def _both_added(first: _Edit, second: _Edit) -> _Edit:
    """One addition out of two at the same place; what begins alike is not added twice."""
    shorter, longer = sorted((first.lines, second.lines), key=len)
    if longer[: len(shorter)] == shorter:
        return _Edit(first.start, first.end, longer, mine=False)
    if _has_heading(first.lines) and not _has_heading(second.lines):
        first, second = second, first
    return _Edit(first.start, first.end, first.lines + second.lines, mine=False)


def _has_heading(lines: Sequence[str]) -> bool:
    return any(_HEADING.match(line) for line in lines)


def _apply(base: Sequence[str], start: int, end: int, edits: Sequence[_Edit]) -> tuple[str, ...]:
    result: list[str] = []
    at = start
    for edit in edits:
        result.extend(base[at : edit.start])
        result.extend(edit.lines)
        at = edit.end
    result.extend(base[at:end])
    return tuple(result)
