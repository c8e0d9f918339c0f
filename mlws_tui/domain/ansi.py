"""One raw line of a log as what a terminal would show of it: colours kept, redraws folded, the rest made visible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, chain, groupby
from typing import NamedTuple

from mlws_tui.domain.text import cell_width, safe_text

#: One of the 256 colours of a terminal's palette, or red, green and blue (0-255 each).
Colour = int | tuple[int, int, int]

_TAB = 8
#: Farthest column that an escape sequence may move to: a longer jump would be a way to fill the memory.
_FARTHEST = 1000
#: Characters of the parameters of one SGR sequence, above which it changes nothing: no terminal takes so many.
_MOST_PARAMETERS = 256
_SPECIAL = re.compile("[\x1b\r\x08\t]")
_MOVES = re.compile("[\r\x08]|\x1b\\[[0-9]*[KG]")
_SGR = re.compile("\x1b\\[([0-9;:]*)m")
_TOKENS = re.compile("\x1b\\[(?:[0-9;:]*m|[0-2]?K|[0-9]*G)|\r+|\x08+|\t+|[^\x1b\r\x08\t]+|\x1b")
_NULS = re.compile("\x00{4,}")
_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


@dataclass(frozen=True, slots=True)
class Sgr:
    """Colours and attributes as ECMA-48's "select graphic rendition" sets them, without blinking and hidden text."""

    foreground: Colour | None = None
    background: Colour | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False


PLAIN = Sgr()


class StyleSpan(NamedTuple):
    """Characters ``[start, end)`` of a line and how they look."""

    start: int
    end: int
    sgr: Sgr


class StyledText(NamedTuple):
    """A line that is safe for a terminal, and its coloured stretches in order, plain ones left out."""

    text: str
    spans: tuple[StyleSpan, ...] = ()


def styled(line: bytes | str) -> StyledText:
    """What is to be shown of a raw line.

    ``\\r``, backspaces, ``ESC[K`` and ``ESC[G`` redraw as on a terminal, so of a progress bar its last state is left;
    SGR sequences become spans; tabs go to the next multiple of eight; invalid UTF-8, every other escape sequence and
    control character is shown as text. Runs of NUL are shown as one sign and their number.
    """
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    if "\0\0\0\0" in text:
        text = _NULS.sub(lambda match: f"␀×{len(match[0])}", text)
    if _SPECIAL.search(text) is None:
        return StyledText(safe_text(text))
    if _MOVES.search(text) is None:
        return _coloured(text)
    row = _Row()
    for token in _TOKENS.findall(text):
        row.take(token)
    return row.done()


def _coloured(text: str) -> StyledText:
    """A line in which nothing goes back: the quick way, for lines with thousands of colours or tabs."""
    pieces: list[str] = []
    spans: list[StyleSpan] = []
    at, column, sgr = 0, 0, PLAIN
    tabbed = "\t" in text
    for i, piece in enumerate(_SGR.split(text)):
        if i % 2:
            sgr = sgr_after(sgr, piece)
        elif piece:
            if tabbed:
                safe, column = _expanded(piece, column)
            else:
                safe = safe_text(piece)
            pieces.append(safe)
            end = at + len(safe)
            if sgr is not PLAIN and sgr != PLAIN:
                if spans and spans[-1].end == at and spans[-1].sgr == sgr:
                    spans[-1] = StyleSpan(spans[-1].start, end, sgr)
                else:
                    spans.append(StyleSpan(at, end, sgr))
            at = end
    return StyledText("".join(pieces), tuple(spans))


def _expanded(text: str, column: int) -> tuple[str, int]:
    """Text that begins in a column, made safe and its tabs made blanks; the column after it."""
    first, *rest = safe_text(text, tab="\t").split("\t")
    pieces = [first]
    column += cell_width(first)
    for piece in rest:
        blanks = _TAB - column % _TAB
        pieces += " " * blanks, piece
        column += blanks + cell_width(piece)
    return "".join(pieces), column


class _Row:
    """One row of a terminal, with a cursor.

    Nothing that a token does takes longer for a long row: a line may be nothing but tokens.
    """

    def __init__(self) -> None:
        #: The character in each column, with what combines with it; "" in the second column of a wide one.
        self._cells: list[str] = []
        #: What each was written with: the rendition, and how many erasures of the row's left there were before.
        self._pens: list[tuple[Sgr, int]] = []
        self._erased: list[int] = []  # columns that each of those erased
        self._length = 0  # of the row: what is right of it was erased, too
        self._pen = (PLAIN, 0)
        self._at = 0

    def take(self, token: str) -> None:
        first = token[0]
        if first == "\r":
            self._at = 0
        elif first == "\b":
            self._at = max(0, self._at - len(token))
        elif first == "\t":
            self._put([" "] * (_TAB * len(token) - self._at % _TAB))
        elif first != "\x1b" or len(token) == 1:
            self._write(token if token.isprintable() else safe_text(token))
        elif token[-1] == "m":
            sgr, erasures = self._pen
            self._pen = sgr_after(sgr, token[2:-1]), erasures
        elif token[-1] == "G":
            self._at = min(max(int(token[2:-1][:6] or 1) - 1, 0), max(_FARTHEST, self._length))
        else:
            self._erase(token[2:-1])

    def done(self) -> StyledText:
        """The row as it is now."""
        pieces: list[str] = []
        spans: list[StyleSpan] = []
        start = length = 0
        blank = [
            *accumulate(reversed(self._erased), max, initial=0)
        ]  # columns, by the erasures that came after
        for (sgr, erasures), run in groupby(self._pens[: self._length]):
            end = start + len(list(run))
            kept = min(end, max(start, blank[len(self._erased) - erasures]))
            piece = "".join(self._cells[kept:end])
            if start < kept < end and not self._cells[kept]:  # half of a wide character was erased
                piece = " " + piece
            pieces += " " * (kept - start), piece
            length += kept - start
            if piece and sgr != PLAIN:
                if spans and spans[-1].end == length and spans[-1].sgr == sgr:
                    spans[-1] = StyleSpan(spans[-1].start, length + len(piece), sgr)
                else:
                    spans.append(StyleSpan(length, length + len(piece), sgr))
            length += len(piece)
            start = end
        return StyledText("".join(pieces), tuple(spans))

    def _write(self, text: str) -> None:
        if text.isascii():
            self._put(text)
            return
        cells: list[str] = []
        for width, run in groupby(text, cell_width):
            if width == 1:
                cells += run
            elif width:
                cells += chain.from_iterable((character, "") for character in run)
            elif cells:
                cells[-1 if cells[-1] else -2] += "".join(run)
            else:
                cells = self._joined("".join(run))
        self._put(cells)

    def _joined(self, marks: str) -> list[str]:
        """Let marks combine with what stands left of the cursor; where nothing does, they take a column."""
        left = self._at - 1
        if not 0 <= left < len(self._cells) or self._pens[left][1] != self._pen[1]:
            return [marks]
        self._cells[left if self._cells[left] else left - 1] += marks
        return []

    def _put(self, cells: Sequence[str]) -> None:
        """Write from the cursor on, over what is there."""
        end = self._at + len(cells)
        missing = self._at - len(self._cells)
        if missing > 0:
            self._cells += " " * missing
            self._pens += [(PLAIN, 0)] * missing
        else:
            self._halve(end)
            self._halve(self._at)
        self._cells[self._at : end] = cells
        self._pens[self._at : end] = [self._pen] * len(cells)
        self._at = end
        self._length = max(self._length, end)

    def _halve(self, column: int) -> None:
        """Make blanks of a wide character that lies across the left edge of a column: half of it is overwritten."""
        if column < len(self._cells) and not self._cells[column]:
            self._cells[column - 1 : column + 1] = "  "

    def _erase(self, which: str) -> None:
        if which in ("", "0"):
            self._halve(self._at)
            del self._cells[self._at :], self._pens[self._at :]
            self._length = min(self._length, self._at)
        else:
            self._erased.append(self._at + 1 if which == "1" else len(self._cells))
            self._pen = self._pen[0], len(self._erased)
            self._length = self._length if which == "1" else 0


def sgr_after(before: Sgr, parameters: str) -> Sgr:
    """The rendition after ``ESC[`` parameters ``m``; unknown, malformed and endless parameters change nothing."""
    return before if len(parameters) > _MOST_PARAMETERS else _rendition(before, parameters)


@lru_cache(maxsize=1024)
def _rendition(before: Sgr, parameters: str) -> Sgr:
    sgr = before
    codes = [_numbers(part) for part in parameters.split(";")]
    i = 0
    while i < len(codes):
        code, *rest = codes[i]
        if code in (38, 48):
            if rest:  # 38:2::r:g:b
                colour = _colour([rest[0], *(rest[-3:] if rest[0] == 2 else rest[1:])])
            else:  # 38;2;r;g;b
                following = [numbers[0] for numbers in codes[i + 1 : i + 5]]
                colour = _colour(following)
                i += {2: 4, 5: 2}.get(following[0], 1) if following else 0
            if colour is not None:
                sgr = replace(sgr, foreground=colour) if code == 38 else replace(sgr, background=colour)
        else:
            sgr = _simple(sgr, code)
        i += 1
    return sgr


def _simple(sgr: Sgr, code: int) -> Sgr:
    if code == 0:
        return PLAIN
    if code in _ON:
        return replace(sgr, **{_ON[code]: True})
    if code in _OFF:
        return replace(sgr, **dict.fromkeys(_OFF[code], False))
    for first, shift in ((30, 0), (90, 8)):
        if first <= code < first + 8:
            return replace(sgr, foreground=code - first + shift)
        if first + 10 <= code < first + 18:
            return replace(sgr, background=code - first - 10 + shift)
    if code == 39:
        return replace(sgr, foreground=None)
    if code == 49:
        return replace(sgr, background=None)
    return sgr


def _colour(numbers: list[int]) -> Colour | None:
    if numbers[:1] == [5] and len(numbers) > 1 and numbers[1] < 256:
        return numbers[1]
    if numbers[:1] == [2] and len(numbers) > 3 and max(numbers[1:4]) < 256:
        return numbers[1], numbers[2], numbers[3]
    return None


def _numbers(part: str) -> list[int]:
    return [int(number[:6] or 0) for number in part.split(":")]
