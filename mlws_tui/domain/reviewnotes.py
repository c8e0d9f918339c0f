"""What a journal says that a review asks for: insights, blockers, questions, what settled them, ideas for posts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from mlws_tui.domain.journal import Day, Journal, standard_section
from mlws_tui.domain.markdown import Heading, decode, is_blank

INSIGHT, DISCOVERY, NOTE, LEARNING = "insight", "discovery", "note", "learning"
BLOCKER, QUESTION, RESOLVED, BLOG = "blocker", "question", "resolved", "blog"

#: The section that reviews are written to: what it says was said before, and is not counted again.
REVIEW = "Review"
_LEARNING = "Learning"
_LABELS = {
    "insight": INSIGHT,
    "discovery": DISCOVERY,
    "discoveries": DISCOVERY,
    "note": NOTE,
    "blocker": BLOCKER,
    "blocked": BLOCKER,
    "question": QUESTION,
    "resolved": RESOLVED,
    "solved": RESOLVED,
    "unblocked": RESOLVED,
    "answer": RESOLVED,
    "answered": RESOLVED,
    "blog": BLOG,
    "blog idea": BLOG,
    "blog post": BLOG,
}
_ITEM = re.compile(r"([ \t]*)(?:([-*+]|\d{1,9}[.)])(?:[ \t]+|$))?(?:\[(.)\][ \t]+)?(.*)", re.DOTALL)
_LABEL = re.compile(
    r"[*_~]{0,4}(insight|discover(?:y|ies)|note|blocker|blocked|question|resolved|solved|unblocked|"
    r"answer(?:ed)?|blog(?:[ -](?:idea|post))?)s?[*_]{0,3}[ ]?[:：][*_]{0,3}[ \t]*(.*)",
    re.IGNORECASE,
)
_FENCE = re.compile(rb"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})(.*)", re.DOTALL)
#: What is in every line that is marked as something, also in the wide forms of East Asian writing.
_MARKED = re.compile(rb"[:?]|\xef\xbc[\x9a\x9f]")
_ANY_WORD = re.compile(rb"[0-9A-Za-z\x80-\xff]")
_WORD = re.compile(r"\w+")
#: Words that say nothing of what a question is about.
_SMALL = frozenset(
    _WORD.findall(
        "about after also because been before being could does doing done from have here into just made make more "
        "most much need only over same should some than that their them then there these they this those what "
        "when where which while will with without would your"
    )
)
_LEAST_SHARED = 2
_STEM = 5  # characters in which forms of a word are alike: spike, spikes; diverge, diverged


@dataclass(frozen=True, slots=True)
class Remark:
    """A line of the journal that is marked as something.

    Attributes:
        kind: One of the constants above; ``learning`` is a bullet of the Learning section without a mark.
        text: What it says, without bullet, box and mark.
        date: The day of its entry.
        line: Its line in the file, from 1.
        done: Whether it is ticked, cancelled or struck through, or answered in a line that hangs below it.
    """

    kind: str
    text: str
    date: date
    line: int
    done: bool = False


@dataclass(frozen=True, slots=True)
class Notes:
    """What a journal says.

    Attributes:
        entries: Of each day that has an entry, the line of its heading, from 1.
        written: The days of those in which a person wrote something.
        remarks: In order of time.
    """

    entries: dict[date, int] = field(default_factory=dict)
    written: frozenset[date] = frozenset()
    remarks: tuple[Remark, ...] = ()


def read_notes(journal: Journal) -> Notes:
    """All that a journal says. It goes over every line: call it in a thread where the journal may be long."""
    entries: dict[date, int] = {}
    written: set[date] = set()
    remarks: list[Remark] = []
    for day in journal.days:
        entries.setdefault(day.date, day.line_start + 1)
        body, learning = _own_lines(journal, day)
        if any(_ANY_WORD.search(journal.outline.lines[line]) for line in body):
            written.add(day.date)
            remarks += _remarks(journal, day, body, learning)
    return Notes(entries, frozenset(written), tuple(sorted(remarks, key=lambda one: (one.date, one.line))))


def has_words(journal: Journal, when: date) -> bool:
    """Whether an entry of that day says anything beside headings and reviews."""
    return any(
        _ANY_WORD.search(journal.outline.lines[line])
        for day in journal.days
        if day.date == when
        for line in _own_lines(journal, day)[0]
    )


def standing(remarks: Iterable[Remark], last: date) -> list[Remark]:
    """Blockers and questions up to a day that nothing settled since, the oldest first; each once, when first asked.

    One is settled if it is ticked, cancelled or struck through, also where it was written again; if a line such as
    ``Resolved: …`` or ``Answer: …`` stands right below it or hangs below it; or if a later such line says the same, or
    at least half of the words that tell what it is about.
    """
    open_ones: dict[str, tuple[Remark, frozenset[str]]] = {}
    for remark in remarks:
        key = _key(remark.text)
        if remark.kind == RESOLVED:
            words = _words(remark.text)
            for other, (_, asked) in list(open_ones.items()):
                if _settles(key, words, other, asked):
                    del open_ones[other]
        elif remark.kind in (BLOCKER, QUESTION):
            if remark.done:
                open_ones.pop(key, None)
            else:
                open_ones.setdefault(key, (remark, _words(remark.text)))
    return [remark for remark, _ in open_ones.values() if remark.date <= last]


def _own_lines(journal: Journal, day: Day) -> tuple[list[int], list[range]]:
    """The lines of an entry without headings and reviews, and which of its lines are in the Learning section."""
    headings = journal.headings
    first = bisect_left(headings, day.heading.end, key=_line)
    inner = headings[first : bisect_left(headings, day.line_end, lo=first, key=_line)]
    out = {line for heading in inner for line in range(heading.line, heading.end)}
    learning = []
    for section in journal.sections(day):
        title, lines = standard_section(section.title), range(section.heading.end, section.line_end)
        if title == REVIEW:
            out.update(lines)
        elif title == _LEARNING:
            learning.append(lines)
    return [line for line in range(day.heading.end, day.line_end) if line not in out], learning


def _line(heading: Heading) -> int:
    return heading.line


def _remarks(journal: Journal, day: Day, body: list[int], learning: Sequence[range]) -> Iterator[Remark]:
    asked: tuple[int, Remark] | None = None  # the last blocker or question, and how far it is indented
    fresh = False  # whether it is the line before
    for number in _outside_code(journal, body):
        raw = journal.outline.lines[number]
        in_learning = any(number in lines for lines in learning)
        if is_blank(raw) or (asked is None and not in_learning and not _MARKED.search(raw)):
            continue
        indent, bullet, box, text = _parts(decode(raw).rstrip("\r\n"))
        found = _remark(bullet, box, text, learning=in_learning and indent < 2)
        if asked is not None:
            if found is not None and found[0] == RESOLVED and (fresh or indent > asked[0]):
                asked, fresh = (asked[0], replace(asked[1], done=True)), False
                continue
            if indent <= asked[0]:
                yield asked[1]
                asked = None
        fresh = False
        if found is None:
            continue
        kind, said, done = found
        remark = Remark(kind, said, day.date, number + 1, done)
        if asked is None and kind in (BLOCKER, QUESTION):
            asked, fresh = (indent, remark), True
        else:
            yield remark
    if asked is not None:
        yield asked[1]


def _remark(bullet: str, box: str, text: str, *, learning: bool) -> tuple[str, str, bool] | None:
    """Kind, text and whether it is done; None for a line that is marked as nothing."""
    done = box in ("x", "X", "-")
    told = text.strip()
    if told.startswith("~~") and told.endswith("~~") and len(told) > 4:
        told, done = told[2:-2].strip(), True
    match = _LABEL.match(told)
    if match is not None:
        said = match.group(2).strip()
        struck = said.startswith("~~") and said.endswith("~~") and len(said) > 4
        said = said[2:-2].strip() if struck else said
        kind = _LABELS[match.group(1).casefold().replace("-", " ")]
        return (kind, said, done or struck) if said.strip("*_ ") else None
    if not bullet:
        return None
    if told.startswith(("?", "？")) or told.rstrip("*_~\"')» ").endswith(("?", "？")):
        said = told.lstrip("?？ ") or told
        return (QUESTION, said, done) if _WORD.search(said) else None
    return (LEARNING, told, done) if learning and not box and told else None


def _parts(line: str) -> tuple[int, str, str, str]:
    """How far a line is indented, its bullet, what its box holds, and its text."""
    match = _ITEM.match(line)
    if match is None:  # it never is: every part of the pattern may be empty
        return 0, "", "", line
    space, bullet, box, text = match.groups()
    return len(space.expandtabs(4)), bullet or "", box or "", text


def _outside_code(journal: Journal, body: Iterable[int]) -> Iterator[int]:
    """The lines that are neither in a fence of code nor in a comment."""
    fence, comment = b"", False
    for number in body:
        line = journal.outline.lines[number]
        if comment:
            comment = b"-->" not in line
            continue
        mark = _FENCE.match(line) if b"```" in line or b"~~~" in line else None
        if fence:
            if mark is not None and mark.group(1).startswith(fence) and not mark.group(2).strip():
                fence = b""
        elif mark is not None:
            fence = mark.group(1)
        elif b"<!--" in line and b"-->" not in line.partition(b"<!--")[2]:
            comment = True
        else:
            yield number


def _key(text: str) -> str:
    """What two lines have in common that say the same."""
    return " ".join(_WORD.findall(text.casefold()))


def _words(text: str) -> frozenset[str]:
    """The words that tell what a line is about."""
    told = _WORD.findall(text.casefold())
    return frozenset(
        word[:_STEM]
        for word in told
        if word not in _SMALL and (len(word) >= 4 or not word.isascii() or any(map(str.isdigit, word)))
    )


def _settles(answer: str, said: frozenset[str], question: str, asked: frozenset[str]) -> bool:
    if f" {question} " in f" {answer} ":
        return True
    if " " in answer and f" {answer} " in f" {question} ":
        return True
    shared = len(said & asked)
    return shared >= min(_LEAST_SHARED, len(asked) or _LEAST_SHARED) and 2 * shared >= len(asked)
