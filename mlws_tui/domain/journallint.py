"""Advice on a journal: what belongs into a log, lacks a link, is too long, empty or forgotten. It changes nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date

from mlws_tui.domain.journal import Day, Journal, Section, section_key
from mlws_tui.domain.journalitems import Item, items_of
from mlws_tui.domain.journalrepair import Repair, repairs
from mlws_tui.domain.links import links_of
from mlws_tui.domain.markdown import decode, is_blank
from mlws_tui.domain.pasted import TRACE, pastes_of
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted

#: The rules by name, each with what it looks for.
RULES = {
    "stack-trace": "a stack trace, which belongs in a log",
    "log-output": "more than eight lines of log output",
    "long-section": "a section of more than ten lines",
    "no-link": "an experiment, model or agent without a link to its run or log",
    "empty-section": "a section without a word",
    "old-task": "a task that is open for more than 30 days",
    "written-ends": "line ends that were written as two signs",
    "open-block": "a code fence or comment that is never closed",
    "no-date": "a heading with a date that no calendar has",
    "repeated-day": "a date with several entries",
}
_MOST_LINES = 10
_OLD = 30  # days
_LINKS = frozenset(("run", "log", "session", "file", "url"))
#: Sections that tell of work, and what counts as a link there.
_WORK = {"experiments": _LINKS, "agents": _LINKS, "models": _LINKS | {"model"}}
_HAPPENED = re.compile(
    r"\W*(?:started|completed|finished|failed|stopped|trained|evaluated|result|best)\b", re.IGNORECASE
)
_RESULT = re.compile(
    r"\b(?:loss|acc|accuracy|f1|auc|bleu|rouge|perplexity|ppl|reward|score|precision|recall|wer|win rate)\b"
    r"[^\n\d]{0,20}\d",
    re.IGNORECASE,
)
#: The section that reviews are written to: they are as long as they are, and repeat what stands elsewhere.
_REVIEW = "review"
_TOLD = 60  # characters of a line that are repeated

#: The words that say where a paste belongs, by its day and the line that its log has too.
WhereTo = Callable[[date | None, str, tuple[str, ...]], str]


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that could be better.

    Attributes:
        line: Where it is, counted from 1.
        day: Whose entry it is in; None outside of any.
        rule: One of `RULES`.
        says: What is there, in one sentence.
        todo: What to do about it.
        repair: Key of the repair that mends it without changing a word; empty where only the person can.
    """

    line: int
    day: date | None
    rule: str
    says: str
    todo: str
    repair: str = ""


def lint(journal: Journal, today: date, where_to: WhereTo, since: date | None = None) -> list[Advice]:
    """All advice on a journal, in the order of its lines.

    Args:
        journal: The journal.
        today: From which the age of tasks counts.
        where_to: Tells where a paste belongs: of its day, the line to find there, and the paths that it links to.
        since: Entries before this day are left alone.
    """
    count = Counter(day.date for day in journal.days)
    found = [_of_repair(journal, one) for one in repairs(journal)]
    told = {one.line for one in found if one.rule == "repeated-day"}
    for day in journal.days:
        if since is not None and day.date < since:
            continue
        if count[day.date] > 1 and day.ordinal and day.line_start + 1 not in told:
            found.append(_again(journal, day))
        found += _pastes(journal, day, where_to)
        for section in journal.sections(day):
            if section_key(section.title) != _REVIEW:
                found += _of_section(journal, day, section, today)
    kept = (one for one in found if since is None or one.day is None or one.day >= since)
    return sorted(kept, key=lambda one: (one.line, one.rule))


def _of_repair(journal: Journal, one: Repair) -> Advice:
    """What keeps a program from reading the journal, as one advice more."""
    line = one.line - 1
    day = next((day.date for day in journal.days if day.line_start <= line < day.line_end), None)
    return Advice(one.line, day, one.kind, one.says, one.todo, one.key if one.splice else "")


def _again(journal: Journal, day: Day) -> Advice:
    first = journal.day(day.date)
    line = first.line_start + 1 if first else 0
    says = f"{day.date.isoformat()} has an entry at line {line} already"
    return Advice(day.line_start + 1, day.date, "repeated-day", says, "put the two together if they are one")


def _pastes(journal: Journal, day: Day, where_to: WhereTo) -> Iterator[Advice]:
    first = day.heading.end
    lines = [decode(line).rstrip("\r\n") for line in journal.outline.lines[first : day.line_end]]
    for paste in pastes_of(lines):
        number = first + paste.line
        section = next((s for s in journal.sections(day) if s.line_start <= number < s.line_end), None)
        above = lines[section.heading.end - first if section else 0 : paste.line]
        linked = tuple(
            link.target for line in above for link in links_of(line) if link.kind in ("log", "run")
        )
        size = counted(paste.end - paste.line, "line")
        trace = paste.kind == TRACE
        says = f"a stack trace of {size}" if trace else f"{size} of log output"
        rule = "stack-trace" if trace else "log-output"
        yield Advice(number + 1, day.date, rule, says, where_to(day.date, paste.told, linked))


def _of_section(journal: Journal, day: Day, section: Section, today: date) -> Iterator[Advice]:
    first, end = journal.content(section.heading.end, section.line_end)
    number = section.line_start + 1
    title = safe_text(section.title)
    size = sum(not is_blank(line) for line in journal.outline.lines[first:end])
    if not size:
        yield Advice(
            number, day.date, "empty-section", f"{title} is empty", "write a line there, or take it away"
        )
        return
    if size > _MOST_LINES:
        says = f"{title} has {counted(size, 'line')}"
        todo = "keep what someone reads in a week; the rest belongs in a log or a session log"
        yield Advice(number, day.date, "long-section", says, todo)
    items = list(items_of(journal, first, end))
    yield from _unlinked(day, items, _WORK.get(section_key(section.title)))
    age = (today - day.date).days
    for item in items:
        if item.state == "open" and age > _OLD:
            says = f"{_told(item)} is open for {age} days"
            yield Advice(
                item.line + 1,
                day.date,
                "old-task",
                says,
                "do it, carry it over to today, or cancel it: - [-]",
            )


def _unlinked(day: Day, items: list[Item], kinds: Collection[str] | None) -> Iterator[Advice]:
    """Bullets that tell of work and, with those below them, have no link of these kinds."""
    for place, item in enumerate(items if kinds else ()):
        if item.depth or item.state or not (_HAPPENED.match(item.text) or _RESULT.search(item.text)):
            continue
        below = next((n for n in range(place + 1, len(items)) if not items[n].depth), len(items))
        lines = (line for one in items[place:below] for line in one.text.split("\n"))
        if not any(link.kind in (kinds or ()) for line in lines for link in links_of(line)):
            todo = "add its run or log: mlws-tui log … --run ID, or [log](logs/…)"
            yield Advice(item.line + 1, day.date, "no-link", f"{_told(item)} has no link", todo)


def _told(item: Item) -> str:
    line = safe_text(item.text.partition("\n")[0])
    return f"“{line if len(line) <= _TOLD else line[: _TOLD - 1] + '…'}”"
