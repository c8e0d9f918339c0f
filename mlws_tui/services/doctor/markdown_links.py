"""The links of a Markdown text that lead to files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TICKS = re.compile("`+")
#: ``[text](target "title")``, the target bare (with one level of parentheses) or in angle brackets.
_INLINE = re.compile(
    r"""\]\(\s*(?:<([^<>]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))+))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)"""
)
_REFERENCE = re.compile(
    r""" {0,3}\[[^\[\]]+\]:\s*(?:<([^<>]*)>|(\S+))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*$"""
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def file_links(text: str) -> Iterator[tuple[int, str]]:
    """Line (from 1) and target of each link that leads to a file by a relative path; the target is as it is written.

    Links in code and comments are none; nor are addresses, absolute paths and links within the text.
    """
    for number, line in _prose(text):
        for match in (*_INLINE.finditer(line), *_REFERENCE.finditer(line)):
            target = match[1] if match[1] is not None else match[2]
            if target and path_of(target):
                yield number, target


def path_of(target: str) -> str:
    """The relative path that a link leads to; empty where it leads to no file beside the text."""
    if _SCHEME.match(target) or target.startswith(("/", "#", "?")):
        return ""
    bare = _ESCAPE.sub(r"\1", target).partition("#")[0].partition("?")[0]
    return unquote(bare, errors="surrogateescape")


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines without fenced code, code spans and comments."""
    fence = ""
    comment = False
    for number, line in enumerate(text.split("\n"), 1):
        opened = _FENCE.match(line)
        if fence:
            if opened and opened[1].startswith(fence) and not line[opened.end() :].strip():
                fence = ""
            continue
        if comment:
            line, comment = _without_comments(line, inside=True)
        elif opened and not ("`" in opened[1] and "`" in line[opened.end() :]):
            fence = opened[1]
            continue
        if not comment:
            line, comment = _without_comments(_without_code(line), inside=False)
        yield number, line


def _without_code(line: str) -> str:
    """A code span goes from a run of backticks to the next one of the same length."""
    runs = [match.span() for match in _TICKS.finditer(line)]
    partner: list[int | None] = []
    last: dict[int, int] = {}
    for i in reversed(range(len(runs))):
        length = runs[i][1] - runs[i][0]
        partner.append(last.get(length))
        last[length] = i
    partner.reverse()
    kept: list[str] = []
    at = i = 0
    while i < len(runs):
        end = partner[i]
        if end is not None:
            kept.append(line[at : runs[i][0]])
            at, i = runs[end][1], end
        i += 1
    return "".join((*kept, line[at:]))


def _without_comments(line: str, *, inside: bool) -> tuple[str, bool]:
    """The rest of the line, and whether it ends within a comment; `inside` tells whether it begins within one."""
    kept: list[str] = []
    at = 0
    while True:
        if inside:
            end = line.find("-->", at)
            if end < 0:
                return "".join(kept), True
            at = end + 3
        start = line.find("<!--", at)
        if start < 0:
            return "".join((*kept, line[at:])), False
        kept.append(line[at:start])
        at, inside = start + 4, True
