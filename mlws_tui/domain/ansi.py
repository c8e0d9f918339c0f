"""One raw line of a log as what a terminal would show of it: colours kept, redraws folded, the rest made visible."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from mlws_tui.domain.text import cell_width, safe_text

#: One of the 256 colours of a terminal's palette, or red, green and blue (0-255 each).
Colour = int | tuple[int, int, int]

_TAB = 8
#: Farthest column that an escape sequence may move to: a longer jump would be a way to fill the memory.
_FARTHEST = 1000
_SPECIAL = re.compile("[\x1b\r\x08\t]")
_MOVES = re.compile("[\r\x08\t]|\x1b\\[[0-9]*[KG]")
_SGR = re.compile("\x1b\\[([0-9;:]*)m")
_TOKENS = re.compile(
    "(?P<sgr>\x1b\\[[0-9;:]*m)|(?P<erase>\x1b\\[[0-2]?K)|(?P<column>\x1b\\[[0-9]*G)|(?P<start>\r+)|(?P<back>\x08+)"
    "|(?P<tab>\t)|(?P<text>[^\x1b\r\x08\t]+|\x1b)"
)
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
    for token in _TOKENS.finditer(text):
        row.take(token.lastgroup or "text", token[0])
    return row.done()


def _coloured(text: str) -> StyledText:
    """A line in which nothing moves the cursor: the quick way, for lines with thousands of colours."""
    pieces: list[str] = []
    spans: list[StyleSpan] = []
    at, sgr = 0, PLAIN
    for i, piece in enumerate(_SGR.split(text)):
        if i % 2:
            sgr = sgr_after(sgr, piece)
        elif piece:
            pieces.append(safe_text(piece))
            end = at + len(piece)
            if sgr is not PLAIN and sgr != PLAIN:
                if spans and spans[-1].end == at and spans[-1].sgr == sgr:
                    spans[-1] = StyleSpan(spans[-1].start, end, sgr)
                else:
                    spans.append(StyleSpan(at, end, sgr))
            at = end
    return StyledText("".join(pieces), tuple(spans))


class _Row:
    """One row of a terminal, with a cursor."""

    def __init__(self) -> None:
        self._characters: list[str] = []
        self._styles: list[Sgr] = []
        self._at = 0
        self._sgr = PLAIN

    def take(self, kind: str, token: str) -> None:
        if kind == "text":
            self._write(safe_text(token))
        elif kind == "sgr":
            self._sgr = sgr_after(self._sgr, token[2:-1])
        elif kind == "start":
            self._at = 0
        elif kind == "back":
            self._at = max(0, self._at - len(token))
        elif kind == "tab":
            column = cell_width("".join(self._characters[: self._at]))
            self._write(" " * (_TAB - column % _TAB))
        elif kind == "column":
            self._at = min(max(int(token[2:-1][:6] or 1) - 1, 0), max(_FARTHEST, len(self._characters)))
        else:
            self._erase(token[2:-1])

    def done(self) -> StyledText:
        text = "".join(self._characters)
        spans: list[StyleSpan] = []
        start = 0
        for i in range(1, len(text) + 1):
            if i == len(text) or self._styles[i] != self._styles[start]:
                if self._styles[start] != PLAIN:
                    spans.append(StyleSpan(start, i, self._styles[start]))
                start = i
        return StyledText(text, tuple(spans))

    def _write(self, text: str) -> None:
        missing = self._at - len(self._characters)
        if missing > 0:
            self._characters += " " * missing
            self._styles += [PLAIN] * missing
        end = self._at + len(text)
        self._characters[self._at : end] = text
        self._styles[self._at : end] = [self._sgr] * len(text)
        self._at = end

    def _erase(self, which: str) -> None:
        if which in ("", "0"):
            del self._characters[self._at :], self._styles[self._at :]
        elif which == "2":
            self._characters, self._styles = [], []
        else:
            count = min(self._at + 1, len(self._characters))
            self._characters[:count] = " " * count
            self._styles[:count] = [PLAIN] * count


@lru_cache(maxsize=1024)
def sgr_after(before: Sgr, parameters: str) -> Sgr:
    """The rendition after ``ESC[`` parameters ``m``; unknown and malformed parameters change nothing."""
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
