"""A glance at a journal of years: only the entries that a new line needs are read, the rest stands as one line.

One search over the bytes finds the headings with a date, and whatever could hide one: fences, HTML, underlines. What
it cannot be sure of is read line by line, or the whole journal is left to `journal.parse`. A change made to the
journal of a glance has the very bytes that it has in the whole one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from mlws_tui.domain.dates import read_title
from mlws_tui.domain.journal import Journal, days_of, headings_that_count, is_newest_first
from mlws_tui.domain.journal_edits import joins_list
from mlws_tui.domain.journalscan import has_lone_returns, outline_of
from mlws_tui.domain.markdown import BOM, Outline, Scanner, atx_heading, split_lines

#: A heading with a digit, an indented one, a fence, the start of HTML, an underline. What nearly all other lines
#: begin with is ruled out first.
_MARK = re.compile(
    rb"\n(?!- [^ \t\r\n]|[\nA-Za-z0-9])(?:"
    rb"(#{1,6})[ \t]+(?:([0-9]{4}-[0-9]{2}-[0-9]{2})[ \t]*(?=[\r\n]|\Z)|[^\r\n]*[0-9\x80-\xff])"
    rb"|(`{3,}|~{3,})([^\r\n]*)"
    rb"| {0,3}(?:<|(?:=+|-+)[ \t]*(?=[\r\n]|\Z))"
    rb"| {1,3}(?:#{1,6}[ \t]|```|~~~))"
)
_TOP = re.compile(rb"(#{1,6})[ \t]")
_LINE = re.compile(rb"[^\r\n]*")
#: The newest so many entries are looked at: they tell how a person writes, and two more to be sure of their ends.
_NEWEST = 12
#: So often a heading that may be hidden is looked at again; then something hides many.
_TRIES = 3
#: Bytes in which the first entries are looked for.
_HEAD = 1 << 15


def glance(data: bytes, when: date, section: str, *, head: int = _HEAD) -> Journal | None:
    """The journal with the newest entries and those of a date alone; None where it has to be read whole.

    Its other lines stand as one. It is good for `capture.target_of` and `journal_edits.add_bullet` with that date and
    section, and for nothing else.

    Args:
        data: The bytes of the file.
        when: The date of the line that is to be added.
        section: The section as it was typed.
        head: Bytes in which the first entries are looked for before all the others are.
    """
    if data.startswith((b"---", BOM + b"---")) or has_lone_returns(data):
        return None
    return _head(data, when, section, data.rfind(b"\n", 0, head) + 1) or _newest(data, when)


def _head(data: bytes, when: date, section: str, end: int) -> Journal | None:
    """The first entries, if a section there has that very name and a list; nothing below has a say in it then."""
    reading = _Reading(data[:end])
    reading.whole()  # where it is cut off does not matter: what was found is sure
    if len(reading.found) < 2 or not reading.plain:
        return None
    journal = _front(data, reading.found[-1][0])
    return journal if joins_list(journal, when, section) else None


def _newest(data: bytes, when: date) -> Journal | None:
    """The newest entries and those of a date, after a look at where all entries begin."""
    reading = _Reading(data)
    if not reading.whole():
        return None
    days = [day for _, day in reading.found]
    newest_first = is_newest_first(days)
    near = _needed(days, when, newest_first)
    if not near or len(days) <= _NEWEST + 1:
        return None
    if newest_first:
        behind = max(_NEWEST, near[-1] + 2)
        return _front(data, reading.found[behind][0]) if behind < len(days) else None
    first = min(len(days) - _NEWEST, near[0] - 2)
    return _back(data, reading.found[first][0]) if first > 0 else None


def _needed(days: list[date], when: date, newest_first: bool) -> list[int]:
    """Numbers of the entries of a date, else of the one that a new entry would stand at; none where it is an end."""
    there = [number for number, day in enumerate(days) if day == when]
    if there:
        return there
    older = [number for number, day in enumerate(days) if day < when]
    return older[:1] if newest_first else older[-1:]


def _front(data: bytes, end: int) -> Journal:
    outline = outline_of(data[:end])
    headings = headings_that_count(outline.headings)
    days = tuple(days_of(headings, len(outline.lines)))
    lines, starts = [*outline.lines, data[end:]], [*outline.starts, len(data)]
    return Journal(data, Outline(lines, starts, outline.headings), headings, days, True)


def _back(data: bytes, begin: int) -> Journal:
    outline = outline_of(data[begin:])
    moved = tuple(one._replace(line=one.line + 1, end=one.end + 1) for one in outline.headings)
    headings = headings_that_count(moved)
    lines = [data[:begin], *outline.lines]
    days = tuple(days_of(headings, len(lines)))
    starts = [0, *(start + begin for start in outline.starts)]
    return Journal(data, Outline(lines, starts, moved), headings, days, False)


@dataclass(slots=True)
class _Reading:
    """One way through the lines that may matter.

    Attributes:
        found: Where each entry begins, and its date.
        sure: A byte above which no block is open.
        doubt: Whether something since `sure` may hide a heading.
    """

    data: bytes
    found: list[tuple[int, date]] = field(default_factory=list)
    levels: set[int] = field(default_factory=set)
    bare: bool = True
    sure: int = 0
    doubt: bool = True
    tries: int = 0

    def whole(self) -> bool:
        """Read all; whether all entries were found, and nothing is open at the end."""
        fence = b""
        top = _TOP.match(self.data)  # the search below begins with an end of a line
        if top and not self._heading(0, None, len(top.group(1))):
            return False
        for match in _MARK.finditer(self.data):
            marks, iso, mark, rest = match.groups()
            if fence:
                if mark and mark[:1] == fence[:1] and len(mark) >= len(fence) and not rest.strip(b" \t"):
                    fence = b""
            elif marks:
                if not self._heading(match.start() + 1, iso, len(marks)):
                    return False
            elif self.doubt or self._harmless(match):
                continue
            elif mark and (mark[:1] == b"~" or b"`" not in rest):
                fence = mark
            else:
                self.doubt = True
        if fence or (self.doubt and not self._plain_end()):
            return False
        return self.plain

    @property
    def plain(self) -> bool:
        """Whether all are entries: else one may be a section of another, or of none where an entry ended before."""
        return self.bare or len(self.levels) == 1

    def _heading(self, at: int, iso: bytes | None, level: int) -> bool:
        """Take a heading with a digit; False where this way of reading is not good enough."""
        if iso is not None and not self.doubt:
            try:
                day, bare = date.fromisoformat(iso.decode()), True
            except ValueError:
                return True
        else:
            found = _LINE.match(self.data, at)
            line = found.group() if found else b""
            dated = read_title(atx_heading(line, 0).title)
            if dated is None:
                return True
            day, bare = dated.day, dated.bare
            if self.doubt:
                hidden = self._hides(at + len(line))
                if hidden is None:
                    return False
                if hidden:
                    self.tries += 1
                    return self.tries < _TRIES
        self.found.append((at, day))
        self.levels.add(level)
        self.bare = self.bare and bare
        self.sure, self.doubt = at, False
        return True

    def _hides(self, end: int) -> bool | None:
        """Whether the heading that ends there is none; None where another one with a date stands above it."""
        lines = split_lines(self.data[self.sure : end])
        scanner = Scanner(lines)
        scanner.run(0, len(lines))
        last = len(lines) - 1
        if not scanner.headings or scanner.headings[-1].line != last:
            return True
        known = bool(self.found)  # then the first line is the heading before
        others = scanner.headings[known:-1]
        return None if any(read_title(one.title) is not None for one in others) else False

    def _harmless(self, match: re.Match[bytes]) -> bool:
        """Whether it would be an underline, but has no paragraph above it: the line there is empty."""
        if match.group().lstrip()[:1] not in (b"=", b"-"):
            return False
        at = match.start()
        return self.data[at - 1 : at] == b"\n" or self.data[at - 2 : at] == b"\n\r"

    def _plain_end(self) -> bool:
        """Whether what is left holds no further entry and leaves nothing open."""
        lines = split_lines(self.data[self.sure :])
        scanner = Scanner(lines)
        scanner.run(0, len(lines))
        others = scanner.headings[bool(self.found) :]
        return scanner.open_block() is None and not any(read_title(one.title) for one in others)
