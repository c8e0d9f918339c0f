"""Links in what a person wrote: runs, logs, session logs, models, files, addresses and days that a line names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

SESSIONS = "docs/sessions/"
LOGS = "logs/"


@dataclass(frozen=True, slots=True)
class TextLink:
    """A part of a line that leads somewhere.

    Attributes:
        start: Its first column, from 0.
        end: The column after its last.
        kind: ``run``, ``log``, ``session``, ``model``, ``file``, ``url`` or ``day``.
        target: A run's id; a path relative to the workspace; the name of a session log or a model; an address; a
            date as ``2024-10-19``.
    """

    start: int
    end: int
    kind: str
    target: str


#: ``[text](target "title")``: the target bare, with one level of parentheses, or in angle brackets.
_INLINE = re.compile(
    r"!?\[(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*\]\(\s*(?:<(?P<angled>[^<>]*)>|(?P<bare>(?:[^\s()\\]|\\.|\([^\s()]*\))+))"
    r"""(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)"""
)
_WIKI = re.compile(r"\[\[([^\[\]|#\n]+)(?:#[^\[\]|]*)?(?:\|[^\[\]]*)?\]\]")
_URL = re.compile(r"(?<![A-Za-z0-9])https?://[^\s<>\"`]+")
_PATH = re.compile(r"(?<![\w./-])(?:(?:\.\./)*|\./)(?:logs|docs)/[^\s<>\"'`()\[\]|,;*]+")
_RUN = re.compile(r"(?<![\w.-])\d{8}-\d{6}-[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
#: A name and a tag as model servers write them. The tag tells a size, a version or a quantization: ``12:30`` and
#: ``train.py:12`` are no models.
_MODEL = re.compile(
    r"(?<![\w./:-])(?:[A-Za-z0-9][\w.-]*/)*[A-Za-z][\w.-]*:"
    r"(?:latest|[ev]?\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)?[bmBM](?:-[\w.-]*\w)?|v\d+(?:[.-]\w+)*|(?:[\w.]+-)?(?:i?q\d\w*|fp16|bf16|f16))"
    r"(?![\w:/-])"
)
_DAY = re.compile(r"(?<![\w./-])\d{4}-\d{2}-\d{2}(?![\w/-]|\.\d)")
_LOG_NAME = re.compile(r"(?:\.rank\d+)?\.(?:log|out|err|jsonl|txt)(?:\.(?:gz|zst))?\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def links_of(line: str, folder: str | None = None) -> list[TextLink]:
    """The links of a line, in order; none overlaps another one.

    Args:
        line: One line of Markdown, outside code fences.
        folder: Of the document, relative to the workspace (``docs/sessions``; empty for the workspace itself). Paths
            are taken from there. Without it those that go up are taken to end at the workspace.
    """
    found: list[TextLink] = []
    for link in _candidates(line, folder):
        if all(link.end <= other.start or other.end <= link.start for other in found):
            found.append(link)
    return sorted(found, key=lambda link: link.start)


def place_of(target: str, folder: str | None = None) -> tuple[str, str]:
    """Kind and target of what a link ``[…](target)`` leads to; empty where it leads nowhere, as ``#heading`` does."""
    if re.match(r"(?:https?|ftp|mailto):", target, re.IGNORECASE):
        return "url", target
    if _SCHEME.match(target) or target.startswith(("/", "#", "?")):
        return "", ""
    path = unquote(_ESCAPE.sub(r"\1", target).partition("#")[0].partition("?")[0], errors="surrogateescape")
    return _of_path(path, folder)


def _candidates(line: str, folder: str | None) -> Iterator[TextLink]:
    """All that may be links; what comes first wins."""
    if "](" in line:
        for match in _INLINE.finditer(line):
            kind, target = place_of(match["angled"] if match["angled"] is not None else match["bare"], folder)
            if kind:
                yield TextLink(match.start(), match.end(), kind, target)
    if "[[" in line:
        for match in _WIKI.finditer(line):
            name = match[1].strip().removesuffix(".md").rpartition("/")[2]
            if name:
                yield TextLink(match.start(), match.end(), "day" if _is_day(name) else "session", name)
    if "://" in line:
        for match in _URL.finditer(line):
            address = _without_end(match[0])
            yield TextLink(match.start(), match.start() + len(address), "url", address)
    if "/" in line:
        for match in _PATH.finditer(line):
            written = match[0].rstrip(".:!?…")
            kind, target = _of_path(written, folder if written.startswith(".") else None)
            if kind:
                yield TextLink(match.start(), match.start() + len(written), kind, target)
    if line.count("-") >= 2:
        for match in _RUN.finditer(line):
            name = _LOG_NAME.sub("", match[0])
            yield TextLink(match.start(), match.end(), "run", name)
        for match in _DAY.finditer(line):
            if _is_day(match[0]):
                yield TextLink(match.start(), match.end(), "day", match[0])
    if ":" in line:
        for match in _MODEL.finditer(line):
            yield TextLink(match.start(), match.end(), "model", match[0])


def _of_path(path: str, folder: str | None) -> tuple[str, str]:
    if not path:
        return "", ""
    plain = posixpath.normpath(posixpath.join(folder or "", path))
    if folder is None:
        while plain.startswith("../"):
            plain = plain[3:]
    if plain in (".", ".."):
        return "", ""
    if plain.startswith(LOGS):
        return "log", plain
    if plain.startswith(SESSIONS) and plain.endswith(".md"):
        return "session", plain.removeprefix(SESSIONS).removesuffix(".md")
    return "file", plain


def _without_end(address: str) -> str:
    """The address without the signs of the sentence that it ends."""
    while True:
        bare = address.rstrip(".,;:!?'*_~")
        for opened, closed in ("()", "[]"):
            if bare.endswith(closed) and bare.count(closed) > bare.count(opened):
                bare = bare[:-1]
        if bare == address:
            return address
        address = bare


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
