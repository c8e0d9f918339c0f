"""From the bytes that a program sends to a terminal or pipe to the lines that a person would read afterwards.

Control sequences: ECMA-48 and xterm's ctlseqs. Redraws (``\\r``, backspaces, cursor up) are folded to what the
screen would show last; a line that was on the screen is never dropped.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from dataclasses import dataclass

#: Characters after which a line is cut.
MAX_LINE = 1_000_000
#: Seconds after which the state of an unfinished line is noted.
NOTE_EVERY = 10.0

#: A bar as tqdm draws it: how far it is, and of how much.
_BAR = re.compile(r"\d%\|[^|\n]{0,300}\| *[\d.]+\w?/[\d.?]+\w? \[")
_MAX_STRING = 65_536  # a control string that is longer was none
_MAX_CSI = 128
_REACH = 64  # how many finished lines a cursor can go back up to
_MAX_COLUMN = 10_000

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x08\x0a-\x1f\x7f-\x9f]+)"
    r"|(?P<newline>[\n\x0b\x0c])"
    r"|(?P<cr>\r+)"
    r"|(?P<bs>\x08+)"
    rf"|\x1b\[(?P<csi>[\x20-\x3f]{{0,{_MAX_CSI}}}[@-~])"
    rf"|(?P<string>\x1b(?:\][^\x07\x1b\n\x18\x1a]{{0,{_MAX_STRING}}}(?:\x07|\x1b\\)"
    rf"|[PX^_][^\x1b\x18\x1a]{{0,{_MAX_STRING}}}\x1b\\))"
    r"|\x1b(?P<escape>[ -/]{0,8}[0-OQ-WYZ`-~\\])"
    r"|(?P<other>[\x00-\x1f\x7f-\x9f])"
)
#: What may become one of the sequences above when more comes.
_UNFINISHED = re.compile(
    rf"\x1b(?:\[[\x20-\x3f]{{0,{_MAX_CSI}}}"
    rf"|\][^\x07\x1b\n\x18\x1a]{{0,{_MAX_STRING}}}\x1b?"
    rf"|[PX^_][^\x1b\x18\x1a]{{0,{_MAX_STRING}}}\x1b?"
    r"|[ -/]{0,8})?\Z"
)


@dataclass(slots=True)
class _Row:
    """A line that may still change. `told` is what was last given out of it."""

    text: str = ""
    told: str | None = None
    redrawn: bool = False
    bar: str = ""  # the last bar that stood in it

    def shown(self) -> str:
        return self.text.rstrip() if self.redrawn else self.text

    def news(self) -> bool:
        """Whether there is something to give out that was not."""
        shown = self.shown()
        return shown != self.told and bool(shown.strip())


class LogFolder:
    """Fed with raw bytes, gives out finished lines without their ends. How the bytes are cut makes no difference."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._rows = [_Row()]
        self._row = 0
        self._column = 0
        self._above: deque[str] = deque(maxlen=_REACH)
        self._lines: list[str] = []
        self._finished = 0
        self._owes_bar = False
        self._bar = ""  # the last one that was given out
        self._since: tuple[float, int] | None = None

    def feed(self, data: bytes) -> list[str]:
        """The lines that these bytes finish."""
        self._read(self._rest + self._decoder.decode(data), final=False)
        return self._take()

    def tick(self, now: float) -> list[str]:
        """The state of lines that are unfinished for `NOTE_EVERY` seconds. Call it after feeding and now and then.

        Args:
            now: Seconds of any steady clock.
        """
        if not self.unfinished:
            self._since = None
        elif self._since is None or self._since[1] != self._finished:
            self._since = (now, self._finished)
        elif now - self._since[0] >= NOTE_EVERY:
            self._since = None
            self._tell()
        return self._take()

    def bar(self) -> list[str]:
        """The bar that stands unfinished, if it was not given out: for who writes a line of another output."""
        row = self._rows[self._row]
        if _BAR.search(row.text):
            row.bar = row.shown()
            self._give_bar(row)
        return self._take()

    def close(self) -> list[str]:
        """What is left when nothing more comes."""
        self._read(self._rest + self._decoder.decode(b"", final=True), final=True)
        self._tell()
        self._rows, self._row, self._column = [_Row()], 0, 0
        return self._take()

    @property
    def unfinished(self) -> bool:
        """Whether something was written that is not given out yet."""
        return any(row.news() for row in self._rows)

    def _take(self) -> list[str]:
        lines, self._lines = self._lines, []
        return lines

    def _read(self, text: str, *, final: bool) -> None:
        at, end = 0, len(text)
        self._rest = ""
        while at < end:
            match = _TOKEN.match(text, at)
            assert match is not None  # noqa: S101 - first and last alternative together take every character
            kind = match.lastgroup
            if kind == "other" and text[at] == "\x1b" and not final and _UNFINISHED.match(text, at):
                self._rest = text[at:]
                return
            if kind == "text":
                self._put(match.group())
            elif kind == "newline":
                self._newline()
            elif kind == "cr":
                self._note_bar()
                self._column = 0
            elif kind == "bs":
                self._column = max(0, self._column - len(match.group()))
            elif kind == "csi":
                self._control(match["csi"])
            elif kind == "escape":
                self._escape(match["escape"])
            at = match.end()

    def _put(self, text: str) -> None:
        row = self._rows[self._row]
        column = self._column
        if column == len(row.text):
            row.text += text
        else:
            before = row.text[:column].ljust(column)
            row.text = before + text + row.text[column + len(text) :]
            row.redrawn = True
        self._column = column + len(text)
        while len(row.text) >= MAX_LINE:
            self._lines.append(row.text[:MAX_LINE])
            row.text = row.text[MAX_LINE:]
            row.told = ""  # its beginning is out: an empty rest adds no empty line
            self._column = max(0, self._column - MAX_LINE)

    def _newline(self) -> None:
        """Down one line: onto one that is there already, or past the last, which finishes all of them."""
        self._column = 0
        if self._row + 1 < len(self._rows):
            self._row += 1
            return
        for row in self._rows:
            shown = row.shown()
            if row.told is None or row.news():
                if shown != row.bar:
                    self._give_bar(row)
                    self._owes_bar = True
                self._lines.append(shown)
            self._above.append(shown)
        self._finished += 1
        self._rows, self._row = [_Row()], 0

    def _note_bar(self) -> None:
        """The cursor goes back: what stands in the row is one whole state of it.

        Of a bar the first state after a finished line is given out, and the last one before the next: they tell the
        step at which a line was written.
        """
        row = self._rows[self._row]
        if self._column and _BAR.search(row.text):
            row.bar = row.shown()
            if self._owes_bar:
                self._owes_bar = False
                self._give_bar(row)

    def _give_bar(self, row: _Row) -> None:
        if row.bar not in ("", self._bar):
            self._bar = row.told = row.bar
            self._lines.append(row.bar)

    def _tell(self) -> None:
        for row in self._rows:
            if row.news():
                row.told = row.shown()
                self._lines.append(row.told)

    def _up(self, count: int) -> None:
        for _ in range(min(count, _REACH)):
            if self._row > 0:
                self._row -= 1
            elif self._above:
                line = self._above.pop()
                self._rows.insert(0, _Row(line, told=line))

    def _control(self, sequence: str) -> None:
        final = sequence[-1]
        first = re.match(r"\d+", sequence)
        number = min(int(first.group()), _MAX_COLUMN) if first and len(first.group()) < 9 else 0
        if final == "K":
            self._erase(number)
        elif final in "AF":
            self._up(number or 1)
            self._column = 0 if final == "F" else self._column
        elif final in "BE":
            for _ in range(min(number or 1, len(self._rows) - 1 - self._row)):
                self._row += 1
            self._column = 0 if final == "E" else self._column
        elif final == "C":
            self._column = min(self._column + (number or 1), _MAX_COLUMN)
        elif final == "D":
            self._column = max(0, self._column - (number or 1))
        elif final == "G":
            self._column = max(0, number - 1)
        elif final == "J" and number == 0:
            self._erase(0)
            del self._rows[self._row + 1 :]
        elif final in "HJf":
            self._leave()

    def _escape(self, final: str) -> None:
        if final in "DE":
            self._newline()
        elif final == "M":
            self._up(1)

    def _erase(self, which: int) -> None:
        row = self._rows[self._row]
        if which == 0:
            row.text = row.text[: self._column]
        elif which == 1:
            row.text = " " * min(self._column + 1, len(row.text)) + row.text[self._column + 1 :]
        elif which == 2:
            row.text = ""
        row.redrawn = True

    def _leave(self) -> None:
        """The cursor jumps somewhere else on the screen: what stands here is finished, if there is anything."""
        self._row = len(self._rows) - 1
        if any(row.text for row in self._rows):
            self._newline()
        self._column = 0
