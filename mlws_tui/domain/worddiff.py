"""What differs in two versions of a text: which lines stand beside each other, and which of their words differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
#: Lines that have less in common than this are two lines, not two versions of one.
_ALIKE = 0.3
#: Characters of a line of which the words are compared; longer ones differ as a whole.
_LONGEST = 2000

#: Pieces of a line, each with whether it differs from the other version.
Pieces = tuple[tuple[str, bool], ...]


def beside(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str | None, str | None, bool]]:
    """The lines of two versions in pairs, None where one has no such line, and whether they are the same."""
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        for pair in zip_longest(left[a1:a2], right[b1:b2]):
            yield (*pair, tag == "equal")


def words_apart(left: str, right: str) -> tuple[Pieces, Pieces]:
    """Both lines in pieces that differ and pieces that do not."""
    if max(len(left), len(right)) > _LONGEST:
        return ((left, True),), ((right, True),)
    words = _TOKEN.findall(left), _TOKEN.findall(right)
    matcher = SequenceMatcher(None, *words, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return ((left, True),), ((right, True),)
    pieces: tuple[list[tuple[str, bool]], list[tuple[str, bool]]] = ([], [])
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        for side, piece in zip(pieces, ("".join(words[0][a1:a2]), "".join(words[1][b1:b2])), strict=True):
            if piece:
                side.append((piece, tag != "equal"))
    return tuple(pieces[0]), tuple(pieces[1])
