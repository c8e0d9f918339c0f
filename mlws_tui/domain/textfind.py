"""Finding and replacing in a text: by words, by whole words, or by a regular expression that may not take too long."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: Seconds that one look through a text may take.
TIME_LIMIT = 0.25


class Hit(NamedTuple):
    """Where it stands: row, first column, column after the last."""

    row: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What is looked for. Case counts only if there is a capital letter in it.

    Attributes:
        text: As the person typed it.
        regex: Whether it is a regular expression; it is looked for inside of lines.
        word: Whether only whole words count.
    """

    text: str
    regex: bool = False
    word: bool = False

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look through a text gave: the hits in order, or why there are none, in a few words."""

    hits: tuple[Hit, ...] = ()
    problem: str = ""
    _by_row: dict[int, list[tuple[int, int]]] = field(default_factory=dict, compare=False, repr=False)

    def by_row(self) -> dict[int, list[tuple[int, int]]]:
        """The columns of the hits, by row."""
        if not self._by_row:
            for hit in self.hits:
                self._by_row.setdefault(hit.row, []).append((hit.start, hit.end))
        return self._by_row

    def after(self, row: int, column: int) -> int | None:
        """Number of the first hit at a place or behind it, from 0; the very first behind the last one."""
        if not self.hits:
            return None
        return next((n for n, hit in enumerate(self.hits) if (hit.row, hit.start) >= (row, column)), 0)

    def before(self, row: int, column: int) -> int | None:
        """Number of the last hit before a place; the very last where there is none."""
        if not self.hits:
            return None
        behind = [n for n, hit in enumerate(self.hits) if (hit.row, hit.start) < (row, column)]
        return behind[-1] if behind else len(self.hits) - 1


class _BadQueryError(Exception):
    """Why it cannot be looked for."""


def find(query: TextQuery, lines: Sequence[str]) -> Found:
    """Where it stands in a text.

    Args:
        query: What is looked for.
        lines: The lines without their ends.
    """
    if not query:
        return Found()
    try:
        return Found(tuple(Hit(row, *match.span()) for row, match in _matches(query, lines)))
    except _BadQueryError as error:
        return Found(problem=str(error))


def replace(
    query: TextQuery, lines: Sequence[str], new: str, only: Hit | None = None
) -> tuple[list[str], int, str]:
    r"""Put other text in the place of what is looked for.

    Args:
        query: What is looked for.
        lines: The lines without their ends.
        new: What takes its place; with an expression ``\1`` and ``\g<name>`` stand for its groups.
        only: The one hit that is replaced; every one where it is None.

    Returns:
        The lines, how many places were replaced, and why none could be, in a few words.
    """
    changed, count, at = list(lines), 0, -1
    pieces: list[str] = []
    end = 0

    def finish() -> None:
        if at >= 0:
            changed[at] = "".join(pieces) + lines[at][end:]

    try:
        for row, match in _matches(query, lines) if query else ():
            if only is not None and Hit(row, *match.span()) != only:
                continue
            if row != at:
                finish()
                at, end = row, 0
                pieces.clear()
            pieces += (lines[row][end : match.start()], _expanded(query, match, new))
            end = match.end()
            count += 1
    except _BadQueryError as error:
        return list(lines), 0, str(error)
    finish()
    return changed, count, ""


def _expanded(query: TextQuery, match: Any, new: str) -> str:
    import regex  # not before something is looked for

    if not query.regex:
        return new
    try:
        return str(match.expand(new))
    except (regex.error, IndexError, KeyError) as error:
        raise _BadQueryError(f"{new} cannot be put in: {error}") from error


def _matches(query: TextQuery, lines: Sequence[str]) -> list[tuple[int, Any]]:
    expression = _compiled(query)
    anchored = query.regex and (query.text.startswith("^") or query.text.endswith("$"))
    end = time.monotonic() + TIME_LIMIT
    found = []
    for row, line in enumerate(lines):
        try:
            for match in expression.finditer(line, timeout=max(0.001, end - time.monotonic())):
                if match.end() > match.start() or anchored:
                    found.append((row, match))
        except TimeoutError as error:
            raise _BadQueryError("this expression takes too long") from error
    return found


def _compiled(query: TextQuery) -> Any:
    import regex

    text = query.text if query.regex else regex.escape(query.text)
    letters = regex.sub(r"\\.", "", query.text) if query.regex else query.text
    flags = regex.IGNORECASE if letters == letters.lower() else 0
    if query.word:
        text = rf"(?<!\w)(?:{text})(?!\w)"
    try:
        return regex.compile(text, flags)
    except regex.error as error:
        raise _BadQueryError(f"not an expression: {error}") from error
    except (OverflowError, RecursionError) as error:
        raise _BadQueryError("not an expression: it is too big") from error
