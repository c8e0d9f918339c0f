"""Changes to a journal, each one splice of bytes in the file's own style; all other bytes stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from mlws_tui.domain.dates import read_title
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.journal import SECTIONS, Day, Journal, Section, section_key
from mlws_tui.domain.journal_style import (
    blank_after_day,
    blank_after_section,
    blank_before,
    blank_before_day,
    list_style,
    marker,
    neighbour,
    parted_by_rule,
    section_level,
    section_lines,
)
from mlws_tui.domain.markdown import BOM, Scanner, decode, encode, is_blank

_TRAILING_BLANK = re.compile(r"[\r\n][ \t\r\n]*\Z")
_LINE_END = re.compile(r"\r\n|\n|\r")
_CLOSED_ATX = re.compile(rb"[^#\s].*[ \t](#+)[ \t]*$")


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `data` in the place of the bytes ``start:end``."""

    start: int
    end: int
    data: bytes

    def apply(self, to: bytes) -> bytes:
        return to[: self.start] + self.data + to[self.end :]


def apply_all(splices: Iterable[Splice], to: bytes) -> bytes:
    """All splices of the same bytes at once; none may reach into another. Of two at one place the first stays first."""
    ordered = sorted(splices, key=lambda one: (one.start, one.end))
    for splice in reversed(ordered):
        to = splice.apply(to)
    return to


def trim_end(text: str) -> str:
    """The text without blank lines at its end."""
    return _TRAILING_BLANK.sub("", text)


def set_body(journal: Journal, day: Day, text: str) -> Splice:
    """Replace what a person wrote in an entry; its heading and the blank lines around stay."""
    start, end = journal.body_span(day)
    data = encode(trim_end(text))
    if start < end or not data:
        return Splice(start, end, data)
    return _below_heading(journal, day.heading.end, data, blank=blank_after_day(journal))


def add_day(journal: Journal, when: date, text: str) -> Splice:
    """Make the entry of a date, where the journal's order and with the heading that its style ask for.

    Raises:
        MlwsError: if the place lies inside a code fence or comment that is never closed.
    """
    newline = journal.newline
    body = encode(_LINE_END.sub(newline.decode(), trim_end(text)))
    block = _heading(journal, when)
    if body:
        block += (newline if blank_after_day(journal) else b"") + body + newline
    parted = parted_by_rule(journal)
    rule = b"---" + newline + newline if parted else b""
    before = _day_after(journal, when)
    # an underlined heading takes in the paragraph above it, if no blank line parts them
    underlined = any(day is not None and day.heading.underline for day in (before, neighbour(journal)))
    apart = parted or underlined or blank_before_day(journal)
    gap = newline if apart else b""
    if before is not None:
        at, line = journal.outline.starts[before.line_start], before.line_start
        if line == 0 and journal.data.startswith(BOM):
            at = len(BOM)
        lead = b"" if line == 0 or not gap or is_blank(journal.outline.lines[line - 1]) else newline
        return Splice(at, at, lead + block + gap + rule)
    line = journal.days[-1].line_end if journal.days else len(journal.outline.lines)
    _refuse_hidden(journal, line)
    at = journal.outline.starts[line]
    lead = _end_line(journal, line)
    if line > journal.outline.front_matter and not is_blank(journal.outline.lines[line - 1]):
        lead += gap or (newline if _inside_html(journal, line) else b"")
    tail = gap if line < len(journal.outline.lines) else b""
    return Splice(at, at, lead + (rule if journal.days else b"") + block + tail)


def add_bullet(
    journal: Journal,
    when: date,
    section: str,
    text: str,
    *,
    task: bool = False,
    order: Sequence[str] = SECTIONS,
) -> Splice:
    """Write a bullet at the end of a section of a day, making the section and the day where they are missing.

    Args:
        journal: The journal as it is.
        when: The date of the entry; where it has several, the one that has the section, else the newest.
        section: Title of the section; matched without regard to case and signs.
        text: The text of the bullet; further lines are indented below it.
        task: Whether it is to be a task with an open check box.
        order: The sections that have a place of their own; others stand before the last of them.

    Raises:
        UsageError: if the title is a date alone, as its heading would begin an entry of its own.
        MlwsError: if the place lies inside a code fence or comment that is never closed.
    """
    _refuse_date(section)
    text = ("[ ] " if task else "") + text.strip()
    days = [day for day in journal.days if day.date == when]
    if not days:
        gap = "\n" if blank_after_section(journal) else ""
        beside = neighbour(journal)
        level = section_level(journal, beside.heading.level if beside else 2)
        item = decode(_item(marker(journal, ()), text, b"\n"))
        return add_day(journal, when, f"{'#' * level} {section}\n{gap}{item}")
    key = section_key(section)
    for day in days:
        for candidate in journal.sections(day):
            if section_key(candidate.title) == key:
                return _append(journal, day, candidate, text)
    return _new_section(journal, days[0] if journal.newest_first else days[-1], section, text, order)


def _refuse_date(section: str) -> None:
    dated = read_title(section.strip("# \t"))
    if dated is not None and dated.bare:
        raise UsageError(
            f"{section} is a day, not a section",
            hint=f"for a line of that day: mlws-tui log SECTION TEXT --date {dated.day.isoformat()}",
        )


def joins_list(journal: Journal, when: date, section: str) -> bool:
    """Whether `add_bullet` would add to a list of a section that is there: then it looks at nothing but that list."""
    key = section_key(section)
    for day in journal.days:
        if day.date == when:
            for candidate in journal.sections(day):
                if section_key(candidate.title) == key:
                    first, end = _own_lines(journal, candidate)
                    return list_style(journal.outline.lines[first:end])[2]
    return False


def _own_lines(journal: Journal, section: Section) -> tuple[int, int]:
    """What a section holds above any heading inside it."""
    heading = section.heading
    inner = (h.line for h in journal.headings if heading.end <= h.line < section.line_end)
    return journal.content(heading.end, next(inner, section.line_end))


def _append(journal: Journal, day: Day, section: Section, text: str) -> Splice:
    """The bullet below the last line of the section itself, above any heading inside it."""
    heading = section.heading
    first, end = _own_lines(journal, section)
    _refuse_hidden(journal, end)
    newline = journal.newline
    if first >= end:
        item = _item(marker(journal, range(day.line_start, day.line_end)), text, newline)
        return _below_heading(journal, heading.end, item, blank=blank_after_section(journal))
    lines = journal.outline.lines
    mark, loose, listed = list_style(lines[first:end])
    if not listed:
        mark = marker(journal, range(day.line_start, day.line_end))
    gap = newline if loose or not listed else b""
    at = journal.outline.starts[end]
    return Splice(at, at, _as_line(journal, end, gap + _item(mark, text, newline)))


def _new_section(journal: Journal, day: Day, section: str, text: str, order: Sequence[str]) -> Splice:
    newline = journal.newline
    sections = journal.sections(day)
    level = sections[0].heading.level if sections else section_level(journal, day.heading.level)
    gap = newline if blank_after_section(journal) else b""
    mark = marker(journal, range(day.line_start, day.line_end))
    block = b"#" * level + b" " + encode(section) + newline + gap + _item(mark, text, newline)
    apart = newline if blank_before(journal, section_lines(journal, day)) else b""
    ranks = {section_key(title): number for number, title in enumerate(order)}
    rank = ranks.get(section_key(section), len(order) - 1.5)
    later = next((s for s in sections if ranks.get(section_key(s.title), -1) > rank), None)
    if later is not None and later.heading.underline:
        apart = newline
    lines = journal.outline.lines
    if later is not None:
        at = journal.outline.starts[later.line_start]
        lead = (
            apart
            if not is_blank(lines[later.line_start - 1]) and later.line_start != day.heading.end
            else b""
        )
        return Splice(at, at, lead + block + newline + apart)
    first, end = journal.content(day.heading.end, day.line_end)
    _refuse_hidden(journal, end)
    if first >= end:
        return _below_heading(journal, day.heading.end, block, blank=blank_after_day(journal))
    at = journal.outline.starts[end]
    return Splice(at, at, _as_line(journal, end, (apart or newline) + block))


# the small print of writing lines


def _inside_html(journal: Journal, line: int) -> bool:
    """Whether a heading at this line would be part of the HTML above it, which only a blank line ends."""
    above = journal.outline.headings
    first = above[-1].end if above and above[-1].end <= line else journal.outline.front_matter
    scanner = Scanner(journal.outline.lines)
    scanner.run(first, line)
    return scanner.verbatim


def _as_line(journal: Journal, line: int, data: bytes) -> bytes:
    """Data as whole lines before a line; after a last line without an end it stays without one."""
    lead = _end_line(journal, line)
    if lead:
        return lead + data
    lines = journal.outline.lines
    more = line < len(lines) and not is_blank(lines[line])
    return data + journal.newline + (journal.newline if more else b"")


def _end_line(journal: Journal, line: int) -> bytes:
    lines = journal.outline.lines
    return (
        journal.newline
        if line and not lines[line - 1].endswith((b"\n", b"\r")) and lines[line - 1] != BOM
        else b""
    )


def _below_heading(journal: Journal, line: int, data: bytes, *, blank: bool) -> Splice:
    at = journal.outline.starts[line]
    return Splice(at, at, _as_line(journal, line, (journal.newline if blank else b"") + data))


def _item(mark: bytes, text: str, newline: bytes) -> bytes:
    indent = b" " * len(mark.expandtabs(4))
    lines = [encode(line) for line in _LINE_END.split(text)]
    return mark + newline.join([lines[0], *(indent + line if line.strip() else b"" for line in lines[1:])])


def _heading(journal: Journal, when: date) -> bytes:
    """A day's heading, made like that of the entry which will stand beside it."""
    newline = journal.newline
    like = neighbour(journal)
    if like is None:
        return b"## " + encode(when.isoformat()) + newline
    title = encode(like.dated.write(when))
    if like.heading.underline:
        return title + newline + like.heading.underline.encode() * len(title) + newline
    closed = _CLOSED_ATX.search(journal.outline.lines[like.line_start].rstrip(b"\r\n")[-200:])
    marks = b"#" * like.heading.level
    return marks + b" " + title + (b" " + closed.group(1) if closed else b"") + newline


def _day_after(journal: Journal, when: date) -> Day | None:
    """The entry before which a new one belongs; None: behind the last one."""
    if journal.newest_first:
        return next((day for day in journal.days if day.date <= when), None)
    behind = [index for index, day in enumerate(journal.days) if day.date <= when]
    index = behind[-1] + 1 if behind else 0
    return journal.days[index] if index < len(journal.days) else None


def _refuse_hidden(journal: Journal, line: int) -> None:
    opened = journal.outline.open_block
    if opened is not None and line > opened:
        raise MlwsError(
            f"The journal cannot take it: what begins at line {opened + 1} is never closed",
            hint="close that code fence or comment, then try again",
        )
