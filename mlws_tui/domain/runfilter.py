"""The filter of runs, one line: ``tag:lora lr<1e-4 state:running val/loss<0.4 since:7d "ran out of memory"``.

docs/runs.md tells the language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.runcompletion import Completion, Vocabulary, complete
from mlws_tui.domain.runfields import ColumnSpec, near, parse_column
from mlws_tui.domain.runfitting import compared
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.runterms import FLAGS, And, Has, Is, Node, Not, Or, Test, Word
from mlws_tui.domain.runtokens import FilterError, Token, Value, quote, tokens

__all__ = ["Completion", "FilterError", "RunFilter", "Vocabulary", "complete", "parse_filter"]

_LONGEST, _DEEPEST, _MOST = 4000, 40, 200
#: Names that are tests of when a run began.
_SINCE = {"since": ">=", "until": "<="}
_EXAMPLES = {"is": "is:archived", "has": "has:lr", "since": "since:7d", "until": "until:2026-11-20"}


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; false where all of them are.

    Attributes:
        text: As it was written.
        node: What it means; None for all runs.
    """

    text: str = ""
    node: Node | None = None

    def __bool__(self) -> bool:
        return self.node is not None

    def __str__(self) -> str:
        """The filter in its shortest form, which means the same."""
        return "" if self.node is None else str(self.node)

    def columns(self) -> Iterator[ColumnSpec]:
        """All that it looks at by name."""
        for leaf in () if self.node is None else _leaves(self.node):
            if isinstance(leaf, Test | Has):
                yield leaf.column

    def asks(self, flag: str) -> bool:
        """Whether ``is:`` with this flag stands in it somewhere."""
        return self.node is not None and Is(flag) in _leaves(self.node)


def parse_filter(text: str, *, now: float) -> RunFilter:
    """The filter that a text says.

    Args:
        text: One line; empty for all runs.
        now: Unix seconds, from which ``since:7d`` counts.

    Raises:
        FilterError: if it says nothing, with the place where it is wrong.
    """
    if len(text) > _LONGEST:
        raise FilterError(f"A filter has at most {_LONGEST} characters", _LONGEST)
    found = list(tokens(text))
    if len(found) > _MOST:
        raise FilterError(f"A filter has at most {_MOST} words and signs", found[_MOST].start)
    parser = _Parser(text, found, now)
    return RunFilter(text, parser.whole() if found else None)


class _Parser:
    """Goes through the tokens from left to right: ``or`` binds least, then blanks, then ``not``."""

    def __init__(self, text: str, found: list[Token], now: float) -> None:
        self._text = text
        self._tokens = found
        self._now = now
        self._next = 0

    def whole(self) -> Node:
        node = self._either(0)
        if (token := self._peek()) is not None:
            raise FilterError("A parenthesis is closed that was not opened", token.start)
        return node

    def _either(self, depth: int) -> Node:
        parts = [self._all(depth)]
        while (token := self._peek()) is not None and token.kind == "or":
            self._next += 1
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while (token := self._peek()) is not None and token.kind not in ("or", "close"):
            if token.kind == "and":
                self._next += 1
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Node:
        token = self._peek()
        if token is None or token.kind in ("or", "and", "close"):
            self._missing(token)
        if depth > _DEEPEST:
            raise FilterError(f"Parentheses go at most {_DEEPEST} deep", token.start)
        self._next += 1
        if token.kind == "not":
            return Not(self._one(depth + 1))
        if token.kind == "open":
            node = self._either(depth + 1)
            if (end := self._peek()) is None or end.kind != "close":
                raise FilterError("A parenthesis is not closed", token.start)
            self._next += 1
            return node
        return Word(token.name) if token.kind == "word" else self._test(token)

    def _test(self, token: Token) -> Node:
        if not token.values:
            hint = "as in lr<1e-4, tag:lora or since:7d"
            raise FilterError(f"{token.name}{token.operator} wants a value after it", token.end, hint=hint)
        name, operator = token.name, token.operator
        lower = "" if token.quoted else name.lower()
        if lower in ("is", "has") or lower in _SINCE:
            if operator not in (":", "="):
                raise FilterError(f"{lower} takes a colon", token.start, hint=f"as in {_EXAMPLES[lower]}")
            if lower in ("is", "has"):
                return _any([_is(one) if lower == "is" else _has(one) for one in token.values])
            name, operator = "started", _SINCE[lower]
        elif token.quoted or name.startswith("-"):
            name = quote(name)
        column = _column(name, token.start)
        return compared(name, column, operator, token.values, self._now)

    def _missing(self, token: Token | None) -> NoReturn:
        if token is not None:
            what = ")" if token.kind == "close" else token.kind
            raise FilterError(f"Something is missing before {what!r}", token.start)
        last = self._tokens[self._next - 1]
        raise FilterError(f"Something is missing after {self._text[last.start : last.end]!r}", last.end)

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None


def _is(value: Value) -> Node:
    flag = value.text.lower()
    if flag not in FLAGS:
        state = f"did you mean state:{flag}?" if flag in set(RunState) else ""
        hint = state or near(flag, FLAGS) or ", ".join(FLAGS)
        raise FilterError(f"There is no is:{value.text}", value.at, hint=hint)
    return Is(flag)


def _has(value: Value) -> Node:
    return Has(value, _column(quote(value.text) if value.quoted else value.text, value.at))


def _any(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _column(name: str, at: int) -> ColumnSpec:
    try:
        return parse_column(name)
    except UsageError as error:
        raise FilterError(error.title, at, hint=error.hint) from None


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case Not(inner):
            yield from _leaves(inner)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case _:
            yield node
