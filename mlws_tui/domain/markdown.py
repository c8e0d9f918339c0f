"""Where the headings of a Markdown file are: a line scanner that works on bytes and changes none of them.

It follows the block structure of CommonMark (https://spec.commonmark.org/0.31.2/) as far as headings need it:
fences, indented code, HTML blocks, block quotes, lists and paragraphs. What it finds are the headings at the
top level, which are the only ones that divide a document; markdown-it-py is its referee in the tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"

_ATX = re.compile(rb"(#{1,6})(?:[ \t]+(.*))?$", re.DOTALL)
_FENCE = re.compile(rb"(`{3,})[^`]*$|(~{3,})", re.DOTALL)
_SETEXT = re.compile(rb"(?:=+|-+)[ \t]*$")
_ITEM = re.compile(rb"(?:[-+*]|(\d{1,9})[.)])(?= |$)")
#: A link definition on one line: no paragraph, so nothing below it makes it a heading.
_REFERENCE = re.compile(
    rb"""\[[^\[\]]*[^\[\]\s][^\[\]]*\]:[ \t]*[^\s<]\S*(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$"""
)
#: A link definition that is longer (bytes) is looked at as a paragraph: the pattern above takes its time with it.
_LONGEST_REFERENCE = 2_000
#: How deep quotes and lists are followed into each other. Deeper is text, as in other readers of Markdown.
_DEEPEST = 30
_YAML_LINE = re.compile(rb"(?:[A-Za-z_][\w .-]*:\s|---\s*$)")

_BLOCK_TAGS = (
    b"address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt"
    b"|fieldset|figcaption|figure|footer|form|frame|frameset|h1|h2|h3|h4|h5|h6|head|header|hr|html|iframe|legend|li"
    b"|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th"
    b"|thead|title|tr|track|ul"
)
_ATTRIBUTE = rb"""(?:\s+[A-Za-z_:][\w:.-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)"""
#: How an HTML block begins and what ends it (None: a blank line), as in section 4.6 of the specification.
_HTML = (
    (
        re.compile(rb"<(?:script|pre|style|textarea)(?=\s|>|$)", re.I),
        re.compile(rb"</(?:script|pre|style|textarea)>", re.I),
    ),
    (re.compile(rb"<!--"), re.compile(rb"-->")),
    (re.compile(rb"<\?"), re.compile(rb"\?>")),
    (re.compile(rb"<![A-Za-z]"), re.compile(rb">")),
    (re.compile(rb"<!\[CDATA\["), re.compile(rb"\]\]>")),
    (re.compile(rb"</?(?:" + _BLOCK_TAGS + rb")(?=\s|/?>|$)", re.I), None),
)
_HTML_ALONE = re.compile(
    rb"(?:<[A-Za-z][A-Za-z0-9-]*" + _ATTRIBUTE + rb"*\s*/?>|</[A-Za-z][A-Za-z0-9-]*\s*>)\s*$"
)

_BOXES = (b"[ ] ", b"[x] ")

_QUOTE = -1
_NONE, _PARAGRAPH, _FENCED, _HTML_BLOCK = range(4)


def split_lines(data: bytes) -> list[bytes]:
    r"""The lines with their ends: ``\n``, ``\r\n`` and a lone ``\r`` end a line, nothing else does."""
    return data.splitlines(keepends=True)  # for bytes these three are all that it splits on


def decode(data: bytes) -> str:
    """Text of bytes; what is not UTF-8 is carried through unharmed (``surrogateescape``)."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes of text: the inverse of `decode`. A surrogate that stands for no byte becomes ``?``."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b"".join(_encode_character(character) for character in text)


def _encode_character(character: str) -> bytes:
    if "\udc80" <= character <= "\udcff":
        return character.encode("utf-8", "surrogateescape")
    return character.encode("utf-8", "replace")


def newline_of(data: bytes) -> bytes:
    r"""How lines end in these bytes, by the first one that ends; ``\n`` where none does."""
    first = re.search(rb"\r\n|\n|\r", data)
    return first.group() if first else b"\n"


def is_blank(line: bytes) -> bool:
    """Whether a line holds nothing but spaces and tabs."""
    return not line.strip(b" \t\r\n")


def is_rule(line: bytes) -> bool:
    """Whether a line by itself is a thematic break such as ``---``."""
    text = line.rstrip(b"\r\n")
    bare = text.lstrip(b" ")
    return len(text) - len(bare) < 4 and _rules(bare)


def _rules(text: bytes) -> bool:
    """Whether it is three or more of one sign, with nothing but blanks between them."""
    sign = text[:1]
    return sign in (b"*", b"-", b"_") and not text.strip(sign + b" \t") and text.count(sign) >= 3


class Heading(NamedTuple):
    """A heading at the top level of a document; a tuple, as a journal of years has tens of thousands.

    Attributes:
        level: 1 to 6.
        title: Its text without marks.
        line: Its first line, counted from 0.
        end: The line after its last one.
        underline: ``=`` or ``-`` for a setext heading, else empty.
    """

    level: int
    title: str
    line: int
    end: int
    underline: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """A scanned document.

    Attributes:
        lines: All lines with their ends; joined they are the document.
        starts: Byte offset of each line, and last the length of the document.
        headings: In the order of the document.
        front_matter: How many lines of YAML front matter it begins with.
        open_block: Line of a code fence or comment that is never closed and so hides what follows it.
    """

    lines: list[bytes]
    starts: list[int]
    headings: tuple[Heading, ...]
    front_matter: int = 0
    open_block: int | None = None


def scan(data: bytes) -> Outline:
    """Find the headings of a document; any bytes will do."""
    lines = split_lines(data)
    starts = [0, *accumulate(map(len, lines))]
    scanner = Scanner(lines)
    front = front_matter(lines)
    scanner.run(front, len(lines))
    return Outline(lines, starts, tuple(scanner.headings), front, scanner.open_block())


def front_matter(lines: list[bytes]) -> int:
    """How many lines of YAML front matter a document begins with."""
    # A journal may also begin with a rule: only what looks like YAML from its second line on is front matter.
    if len(lines) < 2 or lines[0].removeprefix(BOM).rstrip() != b"---" or not _YAML_LINE.match(lines[1]):
        return 0
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in (b"---", b"..."):
            return number + 1
    return 0


class Scanner:
    """Follows the blocks of a document line by line and gathers its `headings`.

    It may begin at any line above which no block is open, such as one below a heading, and go on later.

    Args:
        lines: All lines of the document, with their ends.
    """

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.headings: list[Heading] = []
        #: The open blocks that hold others: `_QUOTE`, or the columns of a list item's indent.
        self.containers: list[int] = []
        self.leaf = _NONE
        self.leaf_line = 0
        self._fence = b""
        self._html_end: re.Pattern[bytes] | None = None
        self._empty_item = -1

    def run(self, first: int, end: int) -> None:
        """Take the lines ``first:end``."""
        for number in range(first, end):
            text = self.lines[number].rstrip(b"\r\n")
            if number == 0:
                text = text.removeprefix(BOM)
            if not self._plain(number, text):
                self._line(number, text.expandtabs(4) if b"\t" in text else text)

    def _plain(self, number: int, text: bytes) -> bool:
        """Take a line of the three kinds that nearly all lines are of; they need no closer look."""
        verbatim = self.leaf in (_FENCED, _HTML_BLOCK)
        item = text[:2] == b"- " and (text[2:3].isalpha() or text[2:6] in _BOXES)
        if self.containers:
            if not item:
                return False
            self.containers = [2]
        elif verbatim:
            return False
        elif not text:
            self.leaf = _NONE
            return True
        elif item:
            self.containers = [2]
        elif text[:1].isalpha() or text[:1] >= b"\x80":
            if self.leaf == _NONE:
                self._open(_PARAGRAPH, number)
            return True
        else:
            return False
        self._open(_PARAGRAPH, number)
        return True

    @property
    def verbatim(self) -> bool:
        """Whether the next line stands inside a fence or an HTML block of the top level, if nothing ends it."""
        return self.leaf in (_FENCED, _HTML_BLOCK) and not self.containers

    def open_block(self) -> int | None:
        """Line of the block that nothing but the end of the document ends."""
        endless = self.leaf == _FENCED or (self.leaf == _HTML_BLOCK and self._html_end is not None)
        return self.leaf_line if endless and not self.containers else None

    def _open(self, leaf: int, number: int) -> None:
        self.leaf, self.leaf_line = leaf, number

    def _line(self, number: int, text: bytes) -> None:
        matched, at = self._match_containers(number, text)
        whole = matched == len(self.containers)
        if self.leaf in (_FENCED, _HTML_BLOCK):
            if whole:
                self._verbatim(text[at:])
                return
            self._close(matched)
            whole = True
        lazy = self.leaf == _PARAGRAPH
        opened = False
        while True:
            rest = text[at:].lstrip(b" ")
            indent = len(text) - at - len(rest)
            if not rest:
                self._close(matched)
                return
            if indent >= 4:
                if not (lazy and not opened):
                    self._close(matched)
                return
            width = self._container(number, rest, indent, interrupts=lazy and whole and not opened)
            if width:
                if not opened:
                    kept = self.containers[:matched]
                    self.containers = kept
                self.containers.append(_QUOTE if rest[:1] == b">" else width)
                at += width
                matched, opened, lazy, self.leaf = len(self.containers), True, False, _NONE
                continue
            if self._leaf_block(number, rest, matched, setext=lazy and whole and not opened, lazy=lazy):
                return
            break
        if lazy:  # paragraph text, also where the markers of its containers are left out
            return
        self._close(matched)
        if len(rest) > _LONGEST_REFERENCE or not _REFERENCE.match(rest):
            self._open(_PARAGRAPH, number)

    def _match_containers(self, number: int, text: bytes) -> tuple[int, int]:
        """How many of the open containers this line continues, and the column after their markers."""
        at = 0
        for matched, kind in enumerate(self.containers):
            rest = text[at:].lstrip(b" ")
            indent = len(text) - at - len(rest)
            if kind == _QUOTE:
                if indent > 3 or rest[:1] != b">":
                    return matched, at
                at += indent + 1
                at += text[at : at + 1] == b" "
            elif not rest:
                if self._empty_item == number - 1 and matched == len(self.containers) - 1:
                    return matched, at
            elif indent >= kind:
                at += kind
            else:
                return matched, at
        return len(self.containers), at

    def _close(self, matched: int) -> None:
        del self.containers[matched:]
        self.leaf = _NONE

    def _verbatim(self, text: bytes) -> None:
        """A line inside a fence or an HTML block: does it end it?"""
        if self.leaf == _FENCED:
            rest = text.strip(b" ")
            indent = len(text) - len(text.lstrip(b" "))
            if indent < 4 and len(rest) >= len(self._fence) and not rest.strip(self._fence[:1]):
                self.leaf = _NONE
        elif (self._html_end is None and is_blank(text)) or (self._html_end and self._html_end.search(text)):
            self.leaf = _NONE

    def _container(self, number: int, rest: bytes, indent: int, *, interrupts: bool) -> int:
        """Columns up to the content of a quote or list item that begins here; 0 if none does."""
        if len(self.containers) >= _DEEPEST:
            return 0
        if rest[:1] == b">":
            return indent + 1 + (rest[1:2] == b" ")
        item = _ITEM.match(rest)
        if item is None or _rules(rest):
            return 0
        content = rest[item.end() :].lstrip(b" ")
        if interrupts and (_SETEXT.match(rest) or not content or item.group(1) not in (None, b"1")):
            return 0
        if not content:
            self._empty_item = number
            return indent + item.end() + 1
        spaces = len(rest) - item.end() - len(content)
        return indent + item.end() + (1 if spaces > 4 else spaces)

    def _leaf_block(self, number: int, rest: bytes, matched: int, *, setext: bool, lazy: bool) -> bool:
        """Take a heading, fence, HTML block or rule that begins here."""
        if _ATX.match(rest):
            self._close(matched)
            if not self.containers:
                self.headings.append(atx_heading(self.lines[number].removeprefix(BOM), number))
            return True
        if fence := _FENCE.match(rest):
            self._close(matched)
            self._open(_FENCED, number)
            self._fence = fence.group(1) or fence.group(2)
            return True
        if rest[:1] == b"<" and self._html(number, rest, matched, lazy=lazy):
            return True
        if setext and _SETEXT.match(rest):
            self._setext(number, rest)
            return True
        if _rules(rest):
            self._close(matched)
            return True
        return False

    def _html(self, number: int, rest: bytes, matched: int, *, lazy: bool) -> bool:
        ends = [end for begin, end in _HTML if begin.match(rest)]
        if not ends and (lazy or not _HTML_ALONE.match(rest)):
            return False
        end = ends[0] if ends else None
        self._close(matched)
        if end is None or not end.search(rest):
            self._open(_HTML_BLOCK, number)
            self._html_end = end
        return True

    def _setext(self, number: int, rest: bytes) -> None:
        above = self.lines[self.leaf_line : number]
        title = b"\n".join(line.strip(b" \t\r\n").removeprefix(BOM) for line in above)
        sign = rest[:1].decode()
        if not self.containers:
            level = 1 if sign == "=" else 2
            self.headings.append(Heading(level, decode(title), self.leaf_line, number + 1, sign))
        self.leaf = _NONE


def atx_heading(line: bytes, number: int) -> Heading:
    """The heading that a line with ``#`` marks is."""
    text = line.strip(b" \t\r\n")
    content = text.lstrip(b"#")
    return Heading(len(text) - len(content), _title(content), number, number + 1)


def _title(content: bytes) -> str:
    """The text of a heading without the ``#`` that may close it."""
    text = content.strip(b" \t")
    open_ended = text.rstrip(b"#")
    closed = not open_ended or open_ended.endswith((b" ", b"\t"))
    return decode((open_ended if closed else text).rstrip(b" \t"))
