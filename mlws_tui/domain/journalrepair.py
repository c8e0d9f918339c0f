r"""What keeps headings of a journal from being read, and splices that mend it where that takes no guess.

Shell helpers that ``echo "\n## $(date +%F)\n"`` leave a line behind that holds the two signs ``\n`` in the place of
line ends, which is no heading for any reader of Markdown. A code fence that is never closed hides every day below it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal
from zlib import crc32

from mlws_tui.domain.dates import read_title, why_unread
from mlws_tui.domain.journal import Journal, parse
from mlws_tui.domain.journal_edits import Splice
from mlws_tui.domain.markdown import Heading, Scanner, atx_heading, is_blank
from mlws_tui.domain.text import safe_text

Kind = Literal["written-ends", "open-block", "no-date", "repeated-day"]

#: Lines that could hold an end as two signs: begun by one, or a heading with one in it.
_CANDIDATE = re.compile(rb"(?:(?:\\n)+#{1,6}[ \t]|#{1,6}[ \t].*\\n)")
_SIGNS = re.compile(rb"\\n")
#: Only before what begins a line the signs are taken for an end: ``\nabla`` and ``C:\new`` are words.
_WRITTEN_END = re.compile(rb"\\n(?=\\n|$|[-*+] |#{1,6} |\d{1,3}[.)] )")
_HEADING = re.compile(rb"(?:\\n)*(#{1,6}[ \t].*?)(?:" + _WRITTEN_END.pattern + rb"|$)")
#: A date alone is a heading whatever comes behind the signs.
_DATE_ALONE = re.compile(rb"(?:\\n)+(#{1,6}[ \t][^\\]*)\\n")
_ATX = re.compile(rb"#{1,6}[ \t]")
_FENCE = re.compile(rb" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Repair:
    """A place where a journal is not read as it was meant.

    Attributes:
        key: Names it for as long as its line reads the same, wherever that moves to.
        kind: ``written-ends``: line ends that were written as the two signs ``\\n``; ``open-block``: a fence or
            comment that is never closed; ``no-date``: a heading with a date that does not exist or can be two;
            ``repeated-day``: an entry right below another of its date.
        line: Its line, counted from 1.
        says: What is there, in one sentence.
        todo: What to do about it, or what the splice does.
        splice: Mends it without changing a word; None where only the person can.
    """

    key: str
    kind: Kind
    line: int
    says: str
    todo: str
    splice: Splice | None = None


def repairs(journal: Journal) -> tuple[Repair, ...]:
    """All that could be repaired, in the order of the lines. The splices of several may be applied together."""
    found = [*_written_ends(journal), *_open_block(journal), *_no_dates(journal), *_repeated(journal)]
    seen: Counter[str] = Counter()
    named: list[Repair] = []
    for one in sorted(found, key=lambda one: one.line):
        line = crc32(journal.outline.lines[one.line - 1].strip())
        key = f"{one.kind}-{line:08x}"
        named.append(replace(one, key=f"{key}.{seen[key]}" if seen[key] else key))
        seen[key] += 1
    return tuple(named)


def _written_ends(journal: Journal) -> Iterator[Repair]:
    outline = journal.outline
    numbers = (bisect_right(outline.starts, match.start()) - 1 for match in _SIGNS.finditer(journal.data))
    for line in dict.fromkeys(numbers):
        text = outline.lines[line].rstrip(b"\r\n")
        if not _CANDIDATE.match(text) or _is_verbatim(journal, line):
            continue
        heading = _heading_in(text)
        if heading is not None and (mended := _mended(journal, line, heading)):
            title = safe_text(atx_heading(heading.group(1), 0).title)[:60]
            says = f'the line ends at the heading "{title}" are written as the signs \\n'
            yield Repair("", "written-ends", line + 1, says, "make them line ends", mended)


def _heading_in(text: bytes) -> re.Match[bytes] | None:
    """The heading that such a line holds, up to the first end behind it."""
    alone = _DATE_ALONE.match(text)
    if alone is not None:
        dated = read_title(atx_heading(alone.group(1), 0).title)
        if dated is not None and dated.bare:
            return alone
    return _HEADING.match(text)


def _mended(journal: Journal, line: int, heading: re.Match[bytes]) -> Splice | None:
    """The line with its written ends as real ones; no second blank line where one stands already."""
    lines, start = journal.outline.lines, journal.outline.starts[line]
    text = lines[line].rstrip(b"\r\n")
    if text.startswith(b"#") and not _WRITTEN_END.match(text, heading.end(1)):
        return None
    rest = _WRITTEN_END.sub(b"\n", text[heading.end() :])
    ended = heading.end() > heading.end(1)
    parts = [heading.group(1), *(rest.split(b"\n") if ended else [])]
    above = lines[line - 1].rstrip() if line else b""
    if text.startswith(b"\\n") and above and not above.endswith(b"\\n"):
        parts.insert(0, b"")
    if parts[-1] == b"" and (line + 1 == len(lines) or is_blank(lines[line + 1])):
        parts.pop()
    return Splice(start, start + len(text), journal.newline.join(parts))


def _is_verbatim(journal: Journal, line: int) -> bool:
    """Whether a line is inside a fence or an HTML block: then it is an example of something."""
    number = bisect_left(journal.outline.headings, line, key=_line_of)
    first = journal.outline.headings[number - 1].end if number else journal.outline.front_matter
    scanner = Scanner(journal.outline.lines)
    scanner.run(first, line)
    return scanner.verbatim


def _line_of(heading: Heading) -> int:
    return heading.line


def _open_block(journal: Journal) -> Iterator[Repair]:
    opened = journal.outline.open_block
    if opened is None:
        return
    lines = journal.outline.lines
    hidden = [line for line in range(opened + 1, len(lines)) if _ATX.match(lines[line])]
    fence = _FENCE.match(lines[opened])
    what = "code fence" if fence else "comment or HTML"
    hides = (
        f"hides {len(hidden)} heading{'s' * (len(hidden) != 1)}" if hidden else "takes in all that follows"
    )
    splice, before = _closing(journal, opened, hidden, fence.group(1)) if fence else (None, None)
    if splice is None:
        todo = "close it where it should end"
    elif before is None:
        todo = "close it at the end of the file"
    else:
        todo = f"close it above line {before + 1}, the next entry"
    yield Repair("", "open-block", opened + 1, f"the {what} is never closed and {hides}", todo, splice)


def _closing(
    journal: Journal, opened: int, hidden: list[int], fence: bytes
) -> tuple[Splice | None, int | None]:
    """The fence closed above the entry that it hides first; only where that lets every hidden day be read."""
    outline, newline = journal.outline, journal.newline
    if not hidden:
        last = outline.lines[-1]
        lead = b"" if last.endswith((b"\n", b"\r")) else newline
        end = len(journal.data)
        return Splice(end, end, lead + fence + newline), None
    dated = ((line, read_title(atx_heading(outline.lines[line], line).title)) for line in hidden)
    first = next((line for line, title in dated if title is not None and title.bare), None)
    if first is None or any(_FENCE.match(line) for line in outline.lines[opened + 1 : first]):
        return None, None
    line = first
    while is_blank(outline.lines[line - 1]):
        line -= 1
    at = outline.starts[line]
    splice = Splice(at, at, fence + newline + (newline if line == first else b""))
    again = parse(splice.apply(journal.data), journal)
    return (splice, first) if again.outline.open_block is None else (None, None)


def _no_dates(journal: Journal) -> Iterator[Repair]:
    for heading in journal.headings:
        if why := why_unread(heading.title):
            says = f"the heading dates no entry: {safe_text(why)}"
            yield Repair(
                "", "no-date", heading.line + 1, says, "write the date that is meant, such as 2024-10-19"
            )


def _repeated(journal: Journal) -> Iterator[Repair]:
    for above, below in pairwise(journal.days):
        if above.date == below.date:
            says = (
                f"{below.date.isoformat()} begins again right below its entry at line {above.line_start + 1}"
            )
            todo = "take this heading away if the two are one entry"
            yield Repair("", "repeated-day", below.line_start + 1, says, todo)
