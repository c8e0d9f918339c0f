"""Where a new bullet of a page stands, and with which mark."""

from __future__ import annotations

from collections.abc import Sequence

from mlws_tui.domain.journal_style import list_style
from mlws_tui.domain.markdown import Heading, decode, encode, is_blank, scan


def new_bullet(lines: Sequence[str], row: int | None, usual: str = "- ") -> tuple[int, list[str]]:
    """The lines that begin a bullet at the end of a section, and the row before which they go.

    Args:
        lines: The page, without line ends.
        row: A row of the section; None for the last one.
        usual: The mark where the page has no list that tells.

    Returns:
        The row, and the lines, of which the last is the mark; blank ones before it part it from what is above.
    """
    data = [encode(line) + b"\n" for line in lines]
    headings = [one for one in scan(b"".join(data)).headings if one.end <= len(lines)]
    last = len(lines) if row is None else row
    above = [one for one in headings if one.line <= last]
    begin = above[-1].end if above else 0
    end = next((one.line for one in headings if one.line > last), len(lines))
    filled = [number for number in range(begin, end) if not is_blank(data[number])]
    if not filled:
        blank = bool(above) and _blank_below(data, headings)
        return begin, [""] * blank + [_mark(data, usual)]
    end = filled[-1] + 1
    mark, loose, listed = list_style(data[begin:end])
    return end, [""] * (loose or not listed) + [decode(mark) if listed else _mark(data, usual)]


def _mark(data: Sequence[bytes], usual: str) -> str:
    """The mark of the page's last list; numbers go on in no other section."""
    mark, _loose, _listed = list_style(data)
    sign = decode(mark)
    known = any(line.startswith(mark) for line in data)
    return sign if known and sign.lstrip()[:1] in "-*+" and sign == sign.lstrip() else usual


def _blank_below(data: Sequence[bytes], headings: Sequence[Heading]) -> bool:
    """Whether most headings that have text below them have a blank line first."""
    begun = {one.line for one in headings} | {len(data)}
    votes = [
        is_blank(data[one.end])
        for one in headings
        if next((row for row in range(one.end, len(data)) if not is_blank(data[row])), len(data)) not in begun
    ]
    return sum(votes) * 2 > len(votes)
