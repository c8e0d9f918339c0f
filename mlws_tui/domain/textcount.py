"""How many words a text has, by its sections."""

from __future__ import annotations

import re
from collections.abc import Iterable

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*))?$")
_CLOSING = re.compile(r"(?:^|\s)#+\s*$")
#: Chinese characters, kana and the like are written without blanks: each counts as a word. Korean has blanks.
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_WORD = re.compile(r"\w+(?:[.,:'’/+@_-]+\w+)*")


def count_words(text: str) -> int:
    """How many words a text has; marks such as bullets and boxes are none, and a path or a number is one."""
    signs = len(_CJK.findall(text))
    rest = _CJK.sub(" ", text) if signs else text
    words = len(_WORD.findall(rest))
    return signs + words - len(re.findall(r"\[[xX]\](?=\s|$)", rest))


def words_by_section(lines: Iterable[str]) -> list[tuple[str, int]]:
    """The sections of a text and how many words each has without its heading.

    Args:
        lines: The lines without their ends. A heading inside a code fence is text.

    Returns:
        Title and words, in the order of the text. What stands before the first heading has the title ``""`` and is
        left out where it has no words.
    """
    found: list[tuple[str, int]] = [("", 0)]
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        heading = None if fence else _HEADING.match(line)
        if heading is not None:
            found.append((_CLOSING.sub("", heading[1] or "").strip(), 0))
            continue
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        title, words = found[-1]
        found[-1] = title, words + count_words(line)
    return found if found[0][1] else found[1:]
