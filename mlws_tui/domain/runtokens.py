"""The words and signs of a filter of runs, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.runfields import STATS

#: Signs between a name and a value, the longer ones first.
OPERATORS = ("!=", "<=", ">=", "<", ">", "=", "~", ":")
JOINS = ("and", "or", "not")
_NAME = re.compile(r"""(?:(?!!=)[^\s"()|<>=~:])+""")
_AFTER_NAME = re.compile(rf"\s*(==|{'|'.join(map(re.escape, OPERATORS[:-1]))})|:")
_STAT = re.compile(rf":({'|'.join(STATS)})(?=\s*(?:[<>=~]|!=))", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"?', re.DOTALL)
_BARE = re.compile(r'[^\s",()|]+')
_ESCAPED = re.compile(r'\\(["\\])')
_SIMPLE = re.compile(r"""[^\s"()|<>=~:!,\\*?-][^\s"()|<>=~:!,\\*?]*\Z""")


class FilterError(UsageError):
    """A filter that says nothing, or asks for what no run has.

    Args:
        title: What is wrong, one sentence.
        at: Where in the text, from 0.
        hint: What may have been meant.
    """

    def __init__(self, title: str, at: int, *, hint: str = "") -> None:
        super().__init__(title, hint=hint)
        self.at = at


@dataclass(frozen=True, slots=True)
class Value:
    """What a name is compared with. In quotes it is to the letter: ``*`` and ``?`` stand for themselves."""

    text: str
    quoted: bool = False
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return quote(self.text) if self.quoted else self.text


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a filter.

    Attributes:
        kind: ``open``, ``close``, ``or``, ``and``, ``not``, ``word``, or ``test`` for a name, a sign and values.
        start: Where it begins.
        end: Where it is over.
        name: The word, or the name that is tested, with its stat: ``val/loss:min``; then still in its quotes.
        quoted: Whether the word or name was in quotes.
        operator: One of OPERATORS.
        values: What the name is compared with, any of them.
        value_at: Where the values begin.
    """

    kind: str
    start: int
    end: int
    name: str = ""
    quoted: bool = False
    operator: str = ""
    values: tuple[Value, ...] = ()
    value_at: int = 0


def tokens(text: str, *, lenient: bool = False) -> Iterator[Token]:
    """The pieces of a filter.

    Args:
        text: The filter.
        lenient: Go on where it is not whole yet, as while it is being typed.

    Raises:
        FilterError: where a quote is not closed, or a sign stands without a name.
    """
    at = 0
    while at < len(text):
        sign = text[at]
        if sign.isspace():
            at += 1
            continue
        if sign in "()|":
            token = Token({"(": "open", ")": "close", "|": "or"}[sign], at, at + 1)
        elif sign == "-" and text[at + 1 : at + 2].strip():
            token = Token("not", at, at + 1)
        else:
            token = _term(text, at, lenient)
        yield token
        at = token.end


def quote(text: str) -> str:
    """The text in double quotes, as a filter reads it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_word(text: str) -> str:
    """The text as it stands in a filter: in quotes where it would be read otherwise without."""
    return text if _SIMPLE.match(text) and text.lower() not in JOINS else quote(text)


def _term(text: str, at: int, lenient: bool) -> Token:
    start = at
    quoted = text[at] == '"'
    if quoted:
        name, at = _read_quoted(text, at, lenient)
    elif (match := _NAME.match(text, at)) is not None:
        name, at = match.group(), match.end()
    else:
        if not lenient:
            hint = "as in lr<1e-4; words with signs in them go in double quotes"
            raise FilterError(f"There is no name before {text[at]!r}", at, hint=hint)
        name = ""
    stat = _STAT.match(text, at)
    if stat is not None:
        name, at = (quote(name) if quoted else name) + stat.group().lower(), stat.end()
    sign = _AFTER_NAME.match(text, at)
    if sign is None:
        if not quoted and name.lower() in JOINS:
            return Token(name.lower(), start, at)
        return Token("word", start, at, name, quoted)
    operator, at = sign[1] or ":", sign.end()
    if operator != ":":
        at += len(text[at:]) - len(text[at:].lstrip())
    operator = "=" if operator == "==" else operator
    values, end = _regex_value(text, at) if operator == "~" else _values(text, at, lenient)
    return Token("test", start, end, name, quoted and stat is None, operator, values, at)


def _values(text: str, at: int, lenient: bool) -> tuple[tuple[Value, ...], int]:
    """Values with commas between them."""
    found: list[Value] = []
    while True:
        start = at
        if text[at : at + 1] == '"':
            value, at = _read_quoted(text, at, lenient)
            found.append(Value(value, True, start))
        elif (match := _BARE.match(text, at)) is not None:
            at = match.end()
            found.append(Value(match.group(), False, start))
        if text[at : at + 1] != ",":
            return tuple(found), at
        at += 1


def _regex_value(text: str, at: int) -> tuple[tuple[Value, ...], int]:
    """An expression goes on to the next blank, or to a parenthesis that it did not open; or it is in quotes.

    Either way it is the same expression.
    """
    if text[at : at + 1] == '"':
        value, end = _read_quoted(text, at, False)
        return (Value(value, True, at),), end
    depth, end = 0, at
    while end < len(text) and not text[end].isspace():
        if text[end] == "\\" and end + 1 < len(text) and not text[end + 1].isspace():
            end += 2
            continue
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth < 0:
            break
        end += 1
    return ((Value(text[at:end], True, at),) if end > at else ()), end


def _read_quoted(text: str, at: int, lenient: bool) -> tuple[str, int]:
    match = _QUOTED.match(text, at)
    if match is None or (not lenient and match.end() == match.end(1)):
        raise FilterError("A quote is not closed", at, hint='"…"')
    return _ESCAPED.sub(r"\1", match[1]), match.end()
