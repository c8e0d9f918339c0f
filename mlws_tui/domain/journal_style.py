"""How a person writes their journal: the marks, levels and blank lines that new lines should have too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mlws_tui.domain.journal import Day, Journal
from mlws_tui.domain.markdown import is_blank, is_rule

_BULLET = re.compile(rb"([ \t]*)([-*+]|(\d{1,8})([.)]))([ \t]+)(?=\S)")


def blank_before(journal: Journal, lines: Sequence[int]) -> bool:
    """Whether most of these headings have a blank line above them; yes where nothing tells."""
    votes = [is_blank(journal.outline.lines[line - 1]) for line in lines if line]
    return sum(votes) * 2 >= len(votes)


def _blank_after(journal: Journal, ends: Iterable[int], *, default: bool) -> bool:
    lines = journal.outline.lines
    votes = [is_blank(lines[end]) for end in ends if end < len(lines)]
    return sum(votes) * 2 > len(votes) if votes else default


def blank_before_day(journal: Journal) -> bool:
    return blank_before(journal, [day.line_start for day in sample(journal)])


def blank_after_day(journal: Journal) -> bool:
    filled = (
        day for day in sample(journal) if journal.content(day.heading.end, day.line_end)[0] < day.line_end
    )
    return _blank_after(journal, (day.heading.end for day in filled), default=True)


def blank_after_section(journal: Journal) -> bool:
    sections = (section for day in sample(journal) for section in journal.sections(day))
    return _blank_after(journal, (section.heading.end for section in sections), default=False)


def section_lines(journal: Journal, day: Day) -> list[int]:
    """Lines of section headings that show whether a blank line stands above: none right below a day's."""
    own = [s.line_start for s in journal.sections(day) if s.line_start > day.heading.end]
    return own or [
        section.line_start
        for other in sample(journal)
        for section in journal.sections(other)
        if section.line_start > other.heading.end
    ]


def section_level(journal: Journal, day_level: int) -> int:
    """Level of the sections of a day whose own heading is of that level."""
    levels = (sections[0].heading.level for day in sample(journal) if (sections := journal.sections(day)))
    return next((level for level in levels if level > day_level), min(day_level + 1, 6))


def neighbour(journal: Journal) -> Day | None:
    """The entry whose heading a new one is made like."""
    if not journal.days:
        return None
    return journal.days[0] if journal.newest_first else journal.days[-1]


def sample(journal: Journal) -> tuple[Day, ...]:
    """The newest few entries: what is in use now is the style."""
    return journal.days[:10] if journal.newest_first else journal.days[:-11:-1]


def parted_by_rule(journal: Journal) -> bool:
    newest = [day for day in sample(journal) if day is not journal.days[-1]]
    lines = journal.outline.lines

    def parted(day: Day) -> bool:
        filled = [line for line in lines[day.heading.end : day.line_end] if not is_blank(line)]
        return bool(filled) and is_rule(filled[-1])

    return bool(newest) and sum(map(parted, newest)) * 2 > len(newest)


def list_style(lines: Sequence[bytes]) -> tuple[bytes, bool, bool]:
    """Mark of the next item, whether blank lines part the items, whether the lines end in a list at all."""
    items = [(number, match) for number, line in enumerate(lines) if (match := _BULLET.match(line))]
    if not items:
        return b"- ", False, False
    top = min(len(match.group(1).expandtabs(4)) for _, match in items)
    tops = [(number, match) for number, match in items if len(match.group(1).expandtabs(4)) == top]
    last, match = tops[-1]
    tail = lines[last + 1 :]
    width = top + 2
    listed = all(
        is_blank(line) or len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip()) >= width for line in tail
    )
    loose = len(tops) > 1 and is_blank(lines[last - 1])
    indent, _sign, number, stop, space = match.groups()
    mark = indent + b"%d" % (int(number) + 1) + stop + space if number else match.group()
    return mark, loose, listed


def marker(journal: Journal, lines: Sequence[int]) -> bytes:
    """The bullet in use: in these lines, else in the newest entries, else ``-``."""
    every = journal.outline.lines
    spans = [lines, *(range(day.line_start, day.line_end) for day in sample(journal))]
    for span in spans:
        for number in reversed(span):
            match = _BULLET.match(every[number])
            if match and not match.group(3) and not match.group(1):
                return match.group()
    return b"- "
