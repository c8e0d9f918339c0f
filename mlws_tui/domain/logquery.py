"""What a person looks for in a log, and which lines of it are to be shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from mlws_tui.domain.levels import Level, level_of

#: Seconds that one expression may take on one line, and at a second try, in which other threads go on beside it: the
#: first may have ended because this thread had to wait. An expression that takes longer is none that can be used.
TIME_LIMIT, SECOND_LIMIT = 0.05, 1.0
#: What may hold in a line by itself and not where it stands among others.
_LOOKS_AROUND = re.compile(r"\\[AZzG]|\(\?<?[=!]|\(\?[a-zA-Z0-9^-]*[:)]")
_WORD = re.compile(r"[A-Za-z0-9_]+")
_SIGNS = re.compile("[\u2400-\u2426\ufffd\ud800-\udfff×]")
_LEVELS = {"warning": Level.WARNING, "error": Level.ERROR}


class TooSlowError(Exception):
    """A regular expression takes too long: it tries too many ways to match.

    Args:
        query: The expression.
    """

    def __init__(self, query: Query) -> None:
        super().__init__(query.text)
        self.query = query


class Query:
    """Text to find, or a regular expression. Case counts only if there is a capital letter in it.

    Attributes:
        text: As the person typed it.
        regex: Whether it is an expression.
        problem: Why it cannot be used, in a few words; then it matches nothing.
        hint: Bytes in lower case that a matching line holds in some case; empty where that is not known.
    """

    def __init__(self, text: str = "", *, regex: bool = False) -> None:
        self.text = text
        self.regex = regex
        self.problem = ""
        self.hint = b"" if regex else _hint(text)
        self._expression: Any = None
        if regex and text:
            self._compile()
        ignore = re.IGNORECASE if _is_lower(text, regex) else 0
        self._plain = None if regex else re.compile(re.escape(text), ignore)

    def __bool__(self) -> bool:
        return bool(self.text) and not self.problem

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and (self.text, self.regex) == (other.text, other.regex)

    def __hash__(self) -> int:
        return hash((self.text, self.regex))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in a line as it is shown; nowhere where looking takes too long."""
        if not self:
            return []
        if self._plain is not None:
            return [match.span() for match in self._plain.finditer(text)]
        try:
            return [match.span() for match in self._expression.finditer(text, timeout=TIME_LIMIT)]
        except TimeoutError:
            return []

    def matches(self, text: str) -> bool:
        """Whether a line as it is shown has it.

        Raises:
            TooSlowError: if that cannot be told in time.
        """
        if not self:
            return False
        if self._plain is not None:
            return self._plain.search(text) is not None
        try:
            return self._expression.search(text, timeout=TIME_LIMIT) is not None
        except TimeoutError:
            return self._matches_slowly(text)

    def _matches_slowly(self, text: str) -> bool:
        try:
            return self._expression.search(text, timeout=SECOND_LIMIT, concurrent=True) is not None
        except TimeoutError:
            raise TooSlowError(self) from None

    def may_be_in(self, lines: str) -> bool:
        """Whether one of many lines may have it: mostly none has, which is told sooner of all than of each."""
        if self._expression is None or _LOOKS_AROUND.search(self.text):
            return True
        try:
            return self._expression.search(lines, timeout=TIME_LIMIT) is not None
        except TimeoutError:  # across lines it has more ways to match than in each
            return True

    def _compile(self) -> None:
        import regex  # dear to import, and seldom used

        flags = regex.MULTILINE | (regex.IGNORECASE if _is_lower(self.text, True) else 0)
        try:
            self._expression = regex.compile(self.text, flags)
        except (regex.error, RecursionError, OverflowError) as error:
            self.problem = str(error) or "this is no regular expression"


@dataclass(frozen=True, slots=True)
class Filter:
    """One named condition on the lines that are shown.

    Attributes:
        name: What the person calls it.
        text: What a line has; may be empty where `level` is set.
        regex: Whether the text is a regular expression.
        out: Whether lines that have it are hidden, rather than shown alone.
        on: Whether it is in force.
        level: ``warning`` or ``error``: lines at least that grave; empty for any.
    """

    name: str
    text: str = ""
    regex: bool = False
    out: bool = False
    on: bool = True
    level: str = ""


class Sieve:
    """The filters that are in force, taken together.

    A line is shown if one of the filters that let in has it (or there is none) and none of those that keep out has it.
    Levels count by themselves: of all that are let in, the most lenient holds.
    """

    def __init__(self, filters: Sequence[Filter]) -> None:
        on = [one for one in filters if one.on]
        self._let_in = [_test(one) for one in on if not one.out and one.text]
        self._keep_out = [_test(one) for one in on if one.out]
        levels = [_LEVELS[one.level] for one in on if not one.out and not one.text and one.level in _LEVELS]
        self._least = min(levels, default=None)
        hints = [Query(one.text, regex=one.regex).hint for one in on if not one.out and one.text]
        self._queries = frozenset(Query(one.text, regex=one.regex) for one in on if one.text)
        #: Bytes in lower case, one of which each line has that is let in; empty where that is not known.
        self.hints: tuple[bytes, ...] = tuple(hints) if all(hints) else ()

    def __bool__(self) -> bool:
        return bool(self._let_in or self._keep_out or self._least is not None)

    def has(self, query: Query) -> bool:
        """Whether one of the filters looks for this."""
        return query in self._queries

    @property
    def graver(self) -> bool:
        """Whether only lines of some level or above are shown."""
        return self._least is not None

    def passes(self, text: str, more: Iterable[str] = ()) -> bool:
        """Whether the line is shown.

        Args:
            text: What is shown of it, which tells its level.
            more: The rest of a line that is too long to be shown whole, in pieces.

        Raises:
            TooSlowError: if an expression takes too long on it.
        """
        if self._least is not None and (level_of(text) or Level.INFO) < self._least:
            return False
        let_in = not self._let_in
        for piece in chain((text,), more):
            if any(test(piece) for test in self._keep_out):
                return False
            let_in = let_in or any(test(piece) for test in self._let_in)
            if let_in and not self._keep_out:
                break
        return let_in


def _test(one: Filter) -> Callable[[str], bool]:
    query, least = Query(one.text, regex=one.regex), _LEVELS.get(one.level)

    def test(text: str) -> bool:
        grave = least is None or (level_of(text) or Level.INFO) >= least
        return grave and (query.matches(text) if one.text else least is not None)

    return test


def _is_lower(text: str, regex: bool) -> bool:
    """Whether there is no capital letter; one behind a backslash is no letter of the text."""
    letters = re.sub(r"\\.", "", text) if regex else text
    return letters == letters.lower()


def _hint(text: str) -> bytes:
    """The longest word of it: colours and blanks between words may be others in the file."""
    words = _WORD.findall(text)
    if words:
        longest: str = max(words, key=len)
        return longest.lower().encode()
    # Signs and scripts without case stand in the file as they are shown, unless they are shown for something else.
    as_it_is = text.isprintable() and text.lower() == text.upper() and not _SIGNS.search(text)
    return text.strip().encode("utf-8", "replace") if as_it_is else b""
