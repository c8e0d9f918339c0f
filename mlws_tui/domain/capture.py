"""A line that is caught in passing: which section its name means, and what becomes of text from a pipe."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.journal import SECTIONS, Day, Journal, section_key
from mlws_tui.domain.text import safe_text

#: What a line is called that comes without any section.
NOTE = "Note"
_LEARNING, _NEXT_STEPS = "Learning", "Next Steps"
#: Words that mark a line for the review, and the section that such a line goes to.
_MARKS = {
    "insight": _LEARNING,
    "discovery": _LEARNING,
    "note": _LEARNING,
    "blog": _LEARNING,
    "blocker": _NEXT_STEPS,
    "question": _NEXT_STEPS,
    "resolved": _NEXT_STEPS,
    "answer": _NEXT_STEPS,
}
#: The newest so many entries tell which sections a person has beside the standard ones.
_RECENT = 10
#: A section of other days that so many of them have may be shortened.
_USUAL = 2
_OUTPUT = "Output:"
_MARKER = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]+(?=\S)")
_TICKS = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a line goes.

    Attributes:
        title: The section.
        mark: The word that stands before the line; empty for most.
        known: Whether the name means a section that there is, or a mark; else it makes a new one.
    """

    title: str
    mark: str = ""
    known: bool = True

    def line(self, text: str) -> str:
        """The text with the mark before it, unless it has that already."""
        marked = not self.mark or text.lstrip("*_ ").casefold().startswith(f"{self.mark.casefold()}:")
        return text if marked else f"{self.mark}: {text.lstrip()}"


def target_of(journal: Journal, when: date, name: str, order: Sequence[str] = SECTIONS) -> Target:
    """The section that a name means, in any case and with or without signs.

    The very name counts first: of a section of that day, of a recent day, of the standard ones. Then the beginning of
    one of them, if only one begins so. Then the words that mark a line: ``Insight`` writes ``Insight: …`` into
    Learning. Any other name is that of a new section.

    Args:
        journal: The journal; only that day and the newest entries are looked at.
        when: The day that the line is for.
        name: As it was typed.
        order: The standard sections, as a template may name them.

    Raises:
        UsageError: if several begin so.
    """
    key = section_key(name)
    standard = {section_key(title): title for title in order}
    own = _titles(journal, (day for day in journal.days if day.date == when))
    newest = journal.days[:_RECENT] if journal.newest_first else journal.days[-_RECENT:]
    recent = _titles(journal, newest)
    for titles in (own, recent):
        if key in titles:
            return Target(standard.get(key, titles[key][0]))
    if key in standard:
        return Target(standard[key])
    usual = {other: told for other, told in recent.items() if told[1] >= _USUAL}
    fits = {other: title for other, (title, _) in {**usual, **own}.items() if other.startswith(key)}
    fits |= {other: title for other, title in standard.items() if other.startswith(key)}
    if len(fits) > 1:
        raise UsageError(
            f"{safe_text(name)} can be {' or '.join(safe_text(title) for title in fits.values())}",
            hint="write more of the name",
        )
    if fits:
        return Target(next(iter(fits.values())))
    if key in _MARKS:
        title = _MARKS[key]
        return Target(standard.get(section_key(title), title), key.capitalize())
    return Target(" ".join(name.split()), known=False)


def _titles(journal: Journal, days: Iterable[Day]) -> dict[str, tuple[str, int]]:
    """Of each section of these days a title and how many have it, by its key."""
    found: dict[str, str] = {}
    count: Counter[str] = Counter()
    for day in days:
        for section in journal.sections(day):
            if key := section_key(section.title):
                found.setdefault(key, section.title)
                count[key] += 1
    return {key: (title, count[key]) for key, title in found.items()}


def bullets_of(piped: str, lead: str = "", *, task: bool = False) -> list[str]:
    """What text from a pipe is in a journal: the texts of one bullet or more.

    One line is a bullet. A list is its items. Other text of several lines is what a program printed: it keeps its
    lines, in a fence below a bullet. As tasks, each line is one.

    Args:
        piped: The text.
        lead: The words of the bullet that a list or a fence hangs below.
        task: Whether tasks are to be made of it.
    """
    lines = piped.expandtabs(4).splitlines() if _MARKER.match(piped) else piped.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        del lines[0]
    lead = lead.strip()
    if len(lines) < 2:
        text = _MARKER.sub("", lines[0].strip(), count=1) if lines else ""
        return [" ".join(filter(None, (lead, text)))]
    if _MARKER.match(lines[0]):
        return ["\n".join((lead, *lines))] if lead else _items(lines)
    if task and not lead:
        return [line.strip() for line in lines if line.strip()]
    ticks = max((len(found) for found in _TICKS.findall(piped)), default=2) + 1
    return ["\n".join((lead or _OUTPUT, "`" * ticks, *lines, "`" * ticks))]


def _items(lines: Sequence[str]) -> list[str]:
    """The items of a list, each with what hangs below it, without their marks."""
    found: list[str] = []
    width = 0
    for line in lines:
        if match := _MARKER.match(line):
            width = match.end()
            found.append(line[width:])
        elif line.strip():
            blank = len(line) - len(line.lstrip())
            found[-1] += "\n" + line[min(blank, width) :]
    return found
