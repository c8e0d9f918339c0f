"""What a person types to search all that was written: words, "phrases", prefix*, -not, and filters like ``in:run``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from mlws_tui.domain.daywords import read_day
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.passages import ERROR, JOURNAL, RUN, SESSION

#: What ``in:`` takes.
KINDS = {
    "journal": JOURNAL, "session": SESSION, "sessions": SESSION, "run": RUN, "runs": RUN,
    "log": ERROR, "logs": ERROR, "error": ERROR, "errors": ERROR,
}  # fmt: skip
_DAYS = ("since", "until", "day")
_NAMES = ("run", "model", "experiment", "tag", "section")
_TOKEN = re.compile(r'(-?)(?:([a-z]+):)?(?:"([^"]*)(?:"|$)|(\S+))', re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
#: Scripts that put no blanks between words, so that an index of words does not know theirs.
_UNPARTED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Term:
    """Something that must occur, or must not.

    Attributes:
        text: As it was typed, without its signs.
        prefix: A word that goes on counts too.
        negative: It must not occur.
        anywhere: Also within words, letter by letter.
    """

    text: str
    prefix: bool = False
    negative: bool = False
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is asked for. All terms must hold, and all filters that are not empty.

    Attributes:
        terms: Words and phrases.
        kinds: ``journal``, ``session``, ``run``, ``error``.
        tiers: 1 logs and runs, 2 the journal, 3 session logs.
        since: The first day.
        until: The last day.
        run: Beginning of a run's id or a part of its name; lines that name it count.
        model: A part of the model's name; lines that name it count.
        experiment: A part of the experiment's name or id.
        tag: A tag of the run.
        section: A part of the heading above.
    """

    terms: tuple[Term, ...] = ()
    kinds: frozenset[str] = frozenset()
    tiers: frozenset[int] = frozenset()
    since: date | None = None
    until: date | None = None
    run: str = ""
    model: str = ""
    experiment: str = ""
    tag: str = ""
    section: str = ""

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return self == SearchQuery()

    @property
    def loose(self) -> SearchQuery:
        """The same with each term looked for within words, too."""
        return replace(self, terms=tuple(replace(term, anywhere=True) for term in self.terms))


def parse_query(text: str, today: date, *, typing: bool = False) -> SearchQuery:
    """Read what was typed.

    Args:
        text: The query.
        today: For days in words.
        typing: The last word may go on: it counts as a beginning.

    Raises:
        UsageError: if a filter takes no such value; nothing else that can be typed is wrong.
    """
    query = SearchQuery()
    terms: list[Term] = []
    for match in _TOKEN.finditer(text):
        minus, key, phrase, word = match.groups()
        key = (key or "").lower()
        value = phrase if phrase is not None else word
        if key in ("in", "tier", *_DAYS, *_NAMES) and not minus:
            query = _filtered(query, key, value, today)
            continue
        written = f"{key}:{value}" if key and phrase is not None else match.group().removeprefix(minus)
        term = _term(value if phrase is not None and not key else written, phrase is not None, bool(minus))
        if term is not None:
            terms.append(term)
    if typing and terms and text[-1:].strip() and text[-1] not in '"*' and not terms[-1].negative:
        terms[-1] = replace(terms[-1], prefix=True)
    return replace(query, terms=tuple(terms))


def _term(text: str, phrase: bool, negative: bool) -> Term | None:
    prefix = not phrase and text.endswith("*") and len(text) > 1
    text = text[:-1] if prefix else text
    if not text.strip() or text == "-":
        return None
    words = _WORD.findall(text)
    short = len(text) < _SHORT and any(not sign.isalnum() for sign in text)
    return Term(text, prefix, negative, anywhere=not words or short or bool(_UNPARTED.search(text)))


def _filtered(query: SearchQuery, key: str, value: str, today: date) -> SearchQuery:
    if not value:
        return query
    if key == "in":
        if value.lower() not in KINDS:
            raise UsageError(f"in:{value} is nowhere", hint="in:journal, in:session, in:run or in:log")
        return replace(query, kinds=query.kinds | {KINDS[value.lower()]})
    if key == "tier":
        return replace(query, tiers=query.tiers | _tiers(value))
    if key in _DAYS:
        day = read_day(value, today)
        first = day if key in ("since", "day") else query.since
        return replace(query, since=first, until=day if key in ("until", "day") else query.until)
    names: dict[str, Any] = {key: value}
    return replace(query, **names)


def _tiers(value: str) -> frozenset[int]:
    found = re.fullmatch(r"([1-3])(?:\.\.([1-3])|((?:,[1-3])*))", value)
    if found is None:
        raise UsageError(
            f"tier:{value} is none", hint="tier:1 logs and runs, tier:2 the journal, tier:3 session logs"
        )
    if found[2]:
        return frozenset(range(int(found[1]), int(found[2]) + 1))
    return frozenset(map(int, value.split(",")))


def fold(text: str) -> str:
    """The text without case and accents, letter for letter: columns stay the same."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


def _folded(sign: str) -> str:
    bare = unicodedata.normalize("NFD", sign)[0].casefold()
    return bare if len(bare) == 1 else sign


def finder(term: Term) -> Callable[[str], Sequence[tuple[int, int]]]:
    """A function that tells where a term is in a folded text: first column, column after the last."""
    wanted = fold(term.text)
    words = _WORD.findall(wanted)
    if term.anywhere or not words:
        pattern = re.compile(re.escape(wanted))
    else:
        end = "" if term.prefix else r"(?![^\W_])"
        pattern = re.compile(r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, words)) + end)
    return lambda text: [match.span() for match in pattern.finditer(text)]


def marks_in(text: str, terms: Sequence[Term]) -> tuple[tuple[int, int], ...]:
    """Where the terms that must occur are in a text, in order and not overlapping."""
    folded = fold(text)
    spans = sorted(span for term in terms if not term.negative for span in finder(term)(folded))
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif end > start:
            joined.append((start, end))
    return tuple(joined)


def snippet(text: str, terms: Sequence[Term], width: int = 160) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The line of a text that shows most of the terms, cut around the first, and the columns of the hits."""
    lines = [line.strip() for line in text.split("\n") if line.strip()] or [""]
    found = [(marks_in(line, terms), line) for line in lines[:400]]
    marks, line = max(found, key=lambda one: len({line_part(one[1], mark) for mark in one[0]}))
    if len(line) <= width:
        return line, marks
    first = marks[0][0] if marks else 0
    start = max(0, min(first - width // 3, len(line) - width))
    start = line.find(" ", start, first) + 1 if start and " " in line[start:first] else start
    before, after = "…" if start else "", "…" if start + width < len(line) else ""
    shift = len(before) - start
    kept = [(a + shift, min(b, start + width) + shift) for a, b in marks if start <= a < start + width]
    return f"{before}{line[start : start + width]}{after}", tuple(kept)


def line_part(line: str, mark: tuple[int, int]) -> str:
    """What a mark stands at, folded: the same term twice is one."""
    return fold(line[mark[0] : mark[1]])
