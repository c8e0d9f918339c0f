"""A journal: one Markdown file of dated entries. What is in it and where; nothing here changes a byte."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from mlws_tui.domain.dates import DatedTitle, read_title
from mlws_tui.domain.journalscan import outline_again, outline_of
from mlws_tui.domain.markdown import BOM, Heading, Outline, decode, is_blank, is_rule, newline_of

#: The sections of a day, in the order in which a new one takes its place.
SECTIONS = ("Models", "Experiments", "Agents", "Datasets", "Code", "Workspace", "Learning", "Next Steps")

_NOT_WORD = re.compile(r"[^\w ]+")


def section_key(title: str) -> str:
    """What two titles of the same section have in common: ``🧪 Experiments:`` and ``experiments``."""
    return " ".join(_NOT_WORD.sub("", title).split()).casefold()


def standard_section(name: str, known: Sequence[str] = SECTIONS) -> str:
    """The known section that a name means, by any case or a prefix that only one has; else the name."""
    key = section_key(name)
    exact = [title for title in known if section_key(title) == key]
    near = exact or [title for title in known if key and section_key(title).startswith(key)]
    return near[0] if len(near) == 1 or exact else " ".join(name.split())


def section_order(titles: Sequence[str]) -> tuple[str, ...]:
    """The sections that a template names, in its order, and the standard ones that it lacks beside their neighbours."""
    order = list({section_key(title): title for title in reversed(titles)}.values())[::-1]
    have = {section_key(title) for title in order}
    for number, title in enumerate(SECTIONS[:-1]):
        if section_key(title) in have:
            continue
        later = {section_key(other) for other in SECTIONS[number + 1 : -1]}
        below = next((n for n, other in enumerate(order) if section_key(other) in later), None)
        above = [n for n, other in enumerate(order) if other in SECTIONS[:number]]
        order.insert(below if below is not None else above[-1] + 1 if above else len(order), title)
    return (*order, *(() if section_key(SECTIONS[-1]) in have else SECTIONS[-1:]))


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a day. Lines are counted from 0, `line_end` is the line after its last."""

    title: str
    heading: Heading
    line_start: int
    line_end: int


@dataclass(frozen=True, slots=True)
class Day:
    """An entry. A journal may have several of one date; `ordinal` counts them from 0 in the file's order.

    Lines are counted from 0, `line_end` is the line after its last one.
    """

    date: date
    ordinal: int
    heading: Heading
    dated: DatedTitle
    line_start: int
    line_end: int


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as it was read.

    Attributes:
        data: The bytes of the file.
        outline: Its lines and all headings.
        headings: The headings that count: all but those that a rule below a paragraph made by accident.
        days: The entries in the order of the file.
        newest_first: Whether new entries go to the front.
    """

    data: bytes
    outline: Outline
    headings: tuple[Heading, ...]
    days: tuple[Day, ...]
    newest_first: bool

    @property
    def newline(self) -> bytes:
        return newline_of(self.data)

    def day(self, when: date, ordinal: int = 0) -> Day | None:
        """The entry of a date, if it is there."""
        return next((day for day in self.days if day.date == when and day.ordinal == ordinal), None)

    def sections(self, day: Day) -> tuple[Section, ...]:
        """The sections of an entry: by the highest level of heading within; lower ones are part of them."""
        first = bisect_left(self.headings, day.heading.end, key=_line)
        inner = self.headings[first : bisect_left(self.headings, day.line_end, lo=first, key=_line)]
        top = min((heading.level for heading in inner), default=0)
        tops = [heading for heading in inner if heading.level == top]
        ends = [*(heading.line for heading in tops[1:]), day.line_end] if tops else []
        return tuple(
            Section(heading.title, heading, heading.line, end)
            for heading, end in zip(tops, ends, strict=True)
        )

    def content(self, first: int, end: int) -> tuple[int, int]:
        """The lines in ``first:end`` less blank ones at both ends and a rule that only parts entries."""
        lines = self.outline.lines
        while end > first and (is_blank(lines[end - 1]) or self._parting_rule(first, end - 1)):
            end -= 1
        while first < end and is_blank(lines[first]):
            first += 1
        return first, end

    def _parting_rule(self, first: int, number: int) -> bool:
        lines = self.outline.lines
        return is_rule(lines[number]) and (number == first or is_blank(lines[number - 1]))

    def body_span(self, day: Day) -> tuple[int, int]:
        """Byte range of what a person wrote in an entry: its first line that is not blank up to the last."""
        first, end = self.content(day.heading.end, day.line_end)
        if first >= end:
            here = self.outline.starts[day.heading.end]
            return here, here
        last = self.outline.lines[end - 1]
        return self.outline.starts[first], self.outline.starts[end] - (len(last) - len(last.rstrip(b"\r\n")))

    def body(self, day: Day) -> str:
        """The text of `body_span`."""
        start, end = self.body_span(day)
        return decode(self.data[start:end])

    def text(self, first: int, end: int) -> str:
        """The text of whole lines."""
        starts = self.outline.starts
        return decode(self.data[starts[first] : starts[end]].removeprefix(BOM))


def _line(heading: Heading) -> int:
    return heading.line


def parse(data: bytes, before: Journal | None = None) -> Journal:
    """Read a journal; any bytes are one, if need be one without entries.

    Args:
        data: The bytes of the file.
        before: The journal as it was read earlier; what has not changed since is then not read again.
    """
    outline = outline_again(data, before.data, before.outline) if before else outline_of(data)
    headings = headings_that_count(outline.headings)
    days = tuple(days_of(headings, len(outline.lines)))
    return Journal(data, outline, headings, days, is_newest_first([day.date for day in days]))


def headings_that_count(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """All but those that a rule below a paragraph made by accident."""
    if not any(heading.underline == "-" for heading in headings):
        return headings
    return tuple(one for one in headings if one.underline != "-" or read_title(one.title) is not None)


def days_of(headings: Sequence[Heading], line_count: int) -> Iterator[Day]:
    """The entries among the headings of a document of so many lines."""
    seen: Counter[date] = Counter()
    first, when = Heading(0, "", 0, 0), None
    for heading in (*headings, Heading(0, "", line_count, line_count)):
        dated = read_title(heading.title)
        if when is not None:
            if heading.level > first.level and not (dated is not None and dated.bare):
                continue  # a section, be it one with a date in its title
            yield Day(when.day, seen[when.day], first, when, first.line, heading.line)
            seen[when.day] += 1
        first, when = heading, dated


def is_newest_first(dates: Sequence[date]) -> bool:
    """Whether new entries go to the front, by how the dates go down the file."""
    steps = [(b > a) - (b < a) for a, b in pairwise(dates)]
    rising, falling = steps.count(1), steps.count(-1)
    if rising == falling:
        return not dates or dates[0] >= dates[-1]
    return falling > rising


def streak(dates: set[date], today: date) -> int:
    """How many days in a row have an entry, up to today, or to yesterday while today has none yet."""
    day = today if today in dates else today - timedelta(days=1)
    count = 0
    while day in dates:
        count += 1
        day -= timedelta(days=1)
    return count
