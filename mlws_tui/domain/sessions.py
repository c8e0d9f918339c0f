"""A session log: one Markdown file about one piece of work, for people who were not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from mlws_tui.domain.dates import read_title
from mlws_tui.domain.markdown import Heading, Outline, decode, is_blank, scan

#: The types that a template is shipped for.
TYPES = ("Setup", "Experiment", "Development", "Optimization")

_PLACEHOLDER = re.compile(r"(?<![\[\w!\]`])\[([A-Za-z][^\[\]\n]*[^\[\]\n^ ])\](?![\[(:\]])")
_MARK = re.compile(r"F\d+\Z")
_TICKS = re.compile(r"`+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FACT = re.compile(r"(?:\*\*)?(Date|Type|Title)(?:\*\*)?:(?:\*\*)?(.*)", re.IGNORECASE)
_RUN_ID = re.compile(r"(?<![\w.-])\d{8}-\d{6}-[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_SUFFIX = re.compile(r"\.(?:log|jsonl?|md|svg|png|pt|csv)\Z")
_PREFIX = re.compile(r"(?:session(?: log)?)\s*[:–-]\s*", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:(?:[-*+>]|\d+[.)])\s+)?(?:\[.\]\s*)?(?:\*\*[^*]+\*\*:?)?")
_NAME_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:-|\Z)")


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a session log at the second level. `state` is ``empty``, ``begun`` or ``done``.

    It is empty while it holds nothing but headings and placeholders, begun while placeholders are left.
    """

    title: str
    line: int
    placeholders: int
    state: str


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a session log says of itself.

    Attributes:
        title: Its title without ``Session:`` before it; empty where it has none.
        type: What kind of work it tells of, as it is written there; empty where it does not say.
        date: From its text or its name.
        words: How many words its text has, without front matter.
        placeholders: The ``[placeholders]`` that are left, in order.
        parts: Its sections.
        runs: Ids of runs that it names, each once.
    """

    title: str
    type: str
    date: date | None
    words: int
    placeholders: tuple[str, ...]
    parts: tuple[Part, ...]
    runs: tuple[str, ...]

    @property
    def left(self) -> int:
        """How many sections are still to be written."""
        return sum(part.state != "done" for part in self.parts)


def facts(data: bytes, name: str) -> SessionFacts:
    """Read a session log. Any bytes will do.

    Args:
        data: The file.
        name: Its name without suffix, which may begin with the date.
    """
    outline = scan(data)
    lines = [decode(line).rstrip("\r\n") for line in outline.lines]
    plain = _without_code(lines)
    said = _said(lines[: _first_section(outline)])
    heading = next((h for h in outline.headings if h.level == 1), None)
    title = said.get("title") or (heading.title if heading else "")
    found = [match for line in plain[outline.front_matter :] for match in placeholders(line)]
    text = lines[outline.front_matter :]
    return SessionFacts(
        title=_PREFIX.sub("", " ".join(title.split()), count=1),
        type=said.get("type", ""),
        date=_date(said.get("date", ""), name),
        words=sum(len(re.findall(r"\w[\w'’.-]*", line)) for line in text),
        placeholders=tuple(found),
        parts=tuple(_parts(outline, plain)),
        runs=tuple(dict.fromkeys(_SUFFIX.sub("", run) for line in text for run in _RUN_ID.findall(line))),
    )


def placeholders(line: str) -> list[str]:
    """The ``[placeholders]`` of a line; links, check boxes, footnotes and marks such as ``[F3]`` are none."""
    return [text for text in _PLACEHOLDER.findall(line) if len(text) > 1 and not _MARK.match(text)]


def _without_code(lines: list[str]) -> list[str]:
    """The lines with code blanked: brackets in it are no placeholders."""
    result = []
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            result.append("")
            if mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark.group(1)
            result.append("")
        else:
            result.append(_without_spans(line))
    return result


def _without_spans(line: str) -> str:
    """The line without its code spans: from some backticks to the next ones that are as many."""
    ticks = list(_TICKS.finditer(line))
    if len(ticks) < 2:
        return line
    later: dict[int, list[int]] = {}  # by how many they are, the places of the backticks, the last one first
    for index in range(len(ticks) - 1, -1, -1):
        later.setdefault(len(ticks[index].group()), []).append(index)
    kept: list[str] = []
    start = 0
    index = 0
    while index < len(ticks):
        same = later[len(ticks[index].group())]
        while same and same[-1] <= index:
            same.pop()
        if not same:
            index += 1
            continue
        kept.append(line[start : ticks[index].start()])
        start = ticks[same[-1]].end()
        index = same[-1] + 1
    return "".join((*kept, line[start:]))


def _first_section(outline: Outline) -> int:
    return next((h.line for h in outline.headings if h.level == 2), len(outline.lines))


def _said(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if match := _FACT.match(line):
            value = match.group(2).strip(" \t").strip("\"' ")
            if value and not placeholders(value):
                found.setdefault(match.group(1).lower(), value)
    return found


def _date(said: str, name: str) -> date | None:
    dated = read_title(said) if said else None
    if dated is not None:
        return dated.day
    match = _NAME_DATE.match(name)
    dated = read_title(match.group(1)) if match else None
    return dated.day if dated else None


def _parts(outline: Outline, plain: list[str]) -> list[Part]:
    tops: list[Heading] = [h for h in outline.headings if h.level == 2]
    heads = {h.line for h in outline.headings}
    ends = [h.line for h in tops[1:]]
    if tops:
        later = (h.line for h in outline.headings if h.line > tops[-1].line and h.level <= 2)
        ends.append(next(later, len(plain)))
    result = []
    for heading, end in zip(tops, ends, strict=True):
        body = [n for n in range(heading.end, end) if n not in heads and not is_blank(outline.lines[n])]
        count = sum(len(placeholders(plain[n])) for n in body)
        written = any(_wrote(plain[n], decode(outline.lines[n])) for n in body)
        state = "empty" if not written else "begun" if count else "done"
        result.append(Part(heading.title, heading.line, count, state))
    return result


def _wrote(plain: str, raw: str) -> bool:
    """Whether a line holds a word of its own beside list marks, labels and placeholders."""
    if not plain:
        return bool(raw.strip())  # code
    return re.search(r"\w", _LABEL.sub("", _PLACEHOLDER.sub("", raw))) is not None
