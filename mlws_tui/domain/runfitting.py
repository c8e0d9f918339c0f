"""Whether the value that a run has fits a term of a filter, and which values can be compared with what."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from mlws_tui.domain.logquery import Query, TooSlowError
from mlws_tui.domain.runcolumns import number_of
from mlws_tui.domain.runfields import STATS, ColumnSpec, Field, Kind, near
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.runterms import Test
from mlws_tui.domain.runtokens import FilterError, Value
from mlws_tui.domain.runvalues import Span, number, seconds, span

#: A value as a run has it: none, one, or several tags.
Held = float | str | tuple[str, ...] | None
_ORDERED = ("<", "<=", ">", ">=")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda value, wanted: value < wanted,
    "<=": lambda value, wanted: value <= wanted,
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
}
_TIMES: Mapping[str, Callable[[float, Span], bool]] = {
    "<": lambda ts, wanted: ts < wanted.first,
    "<=": lambda ts, wanted: ts < wanted.end or ts == wanted.first,
    ">": lambda ts, wanted: ts >= wanted.end and ts != wanted.first,
    ">=": lambda ts, wanted: ts >= wanted.first,
}


def compared(name: str, column: ColumnSpec, operator: str, values: tuple[Value, ...], now: float) -> Test:
    """A test, once it is sure that the values are such as can be compared so.

    Raises:
        FilterError: if they are not.
    """
    for value in values:
        if not value.quoted and operator != "~" and re.search("[<>]|^=", value.text):
            stat = near(re.split("[<>]", value.text)[0], STATS)
            hint = stat or f'a name with a colon goes in double quotes: "{name}{operator}…"'
            raise FilterError(f"{name}{operator}{value.text} has two signs", value.at, hint=hint)
    if operator == "~":
        return _expression(name, column, values)
    if operator in _ORDERED and len(values) > 1:
        raise FilterError(
            f"{name}{operator} takes one value, not several", values[1].at, hint="several go with : or ="
        )
    wanted = tuple(_wanted(name, column, operator, value, now) for value in values)
    return Test(name, column, operator, values, wanted)


class _Memo(dict[Held, bool]):
    """Of a column that has few values, each is looked at once."""

    def __init__(self, test: Test) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, held: Held) -> bool:
        found = self[held] = fits(self._test, held)
        return found


def predicate(test: Test) -> Callable[[Held], bool]:
    """`fits` for one test and many values."""
    first, operator = test.wanted[0], test.operator
    if operator in _COMPARE and isinstance(first, float):
        compare, wanted = _COMPARE[operator], first
        return lambda held: compare(held, wanted) if type(held) is float else fits(test, held)
    if operator in _TIMES and isinstance(first, Span):
        before, when = _TIMES[operator], first
        return lambda held: before(held, when) if type(held) is float else fits(test, held)
    return _Memo(test).__getitem__


def fits(test: Test, held: Held) -> bool:
    """Whether a run that has this value fits; one that has none never does, but for ``!=`` of tags.

    Raises:
        FilterError: if an expression takes too long.
    """
    if isinstance(held, tuple):
        anyone = any(_fits_any(test, one) for one in held)
        return anyone != (test.operator == "!=")
    if held is None:
        return False
    return _fits_any(test, held) != (test.operator == "!=")


def _fits_any(test: Test, held: float | str) -> bool:
    if test.operator == "~":
        return _found(test, _text(held))
    known = test.column.field
    kind = known.kind if known is not None else None
    return any(
        _fits_one(test.operator, kind, held, value, wanted)
        for value, wanted in zip(test.values, test.wanted, strict=True)
    )


def _fits_one(
    operator: str, kind: Kind | None, held: float | str, value: Value, wanted: float | Span | None
) -> bool:
    if isinstance(wanted, Span):
        ts = number_of(held)
        if ts is None:
            return False
        return (
            _TIMES[operator](ts, wanted)
            if operator in _TIMES
            else _TIMES["<="](ts, wanted) and ts >= wanted.first
        )
    if wanted is not None:
        figure = number_of(held)
        if figure is not None:
            if operator in _COMPARE:
                return _COMPARE[operator](figure, wanted)
            return figure == wanted or (math.isnan(wanted) and math.isnan(figure))
        if operator in _COMPARE:
            return False
    return _reads(kind, operator, _text(held).casefold(), value)


def _reads(kind: Kind | None, operator: str, held: str, value: Value) -> bool:
    """Whether a text is, or holds, the value; case does not count."""
    word = value.text.casefold()
    if not value.quoted and ("*" in word or "?" in word):
        return _glob(word).match(held) is not None
    if operator == ":" and kind is Kind.TEXT:
        return word in held
    if operator == ":" and kind is Kind.START:
        return held.startswith(word)
    return held == word


def _text(held: float | str) -> str:
    return held if isinstance(held, str) else repr(held)


def _wanted(name: str, column: ColumnSpec, operator: str, value: Value, now: float) -> float | Span | None:
    """The value as what the column holds; None for text.

    Raises:
        FilterError: if it cannot be.
    """
    known = column.field
    if known is None:
        found = number(value.text)
        if found is None and operator in _ORDERED:
            raise FilterError(
                f"{value.text!r} is no number to compare {name} with",
                value.at,
                hint="as in 0.1, 1e-4, 10k or 3%",
            )
        return found
    match known.kind:
        case Kind.NUMBER | Kind.SHARE:
            found = number(value.text)
            if found is None:
                raise FilterError(
                    f"{name} is a number, which {value.text!r} is not",
                    value.at,
                    hint="as in 8, 1e-4, 10k or 50%",
                )
            return found / 100 if known.kind is Kind.SHARE and found > 1 else found
        case Kind.SECONDS:
            found = seconds(value.text)
            if found is None:
                raise FilterError(
                    f"{name} is a duration, which {value.text!r} is not",
                    value.at,
                    hint="as in 90s, 5m, 1h30m or 2d",
                )
            return found
        case Kind.TIME:
            when = span(value.text, now)
            if when is None:
                hint = "as in 2026-11-20, 2026-11-20T14:00, 14:30, today, yesterday or 7d"
                raise FilterError(f"{name} is a time, which {value.text!r} is not", value.at, hint=hint)
            return when
    if operator in _ORDERED:
        raise FilterError(
            f"{name} is text: {operator} cannot be asked of it", value.at, hint="use : = != or ~"
        )
    if known.kind is Kind.STATE:
        _check_state(value)
    return None


def _check_state(value: Value) -> None:
    states = [state.value for state in RunState]
    if value.text.casefold() not in states and ("*" not in value.text or value.quoted):
        hint = near(value.text, states) or ", ".join(states)
        raise FilterError(f"There is no state {value.text!r}", value.at, hint=hint)


def _expression(name: str, column: ColumnSpec, values: tuple[Value, ...]) -> Test:
    known: Field | None = column.field
    if known is not None and known.kind in (Kind.NUMBER, Kind.SHARE, Kind.SECONDS, Kind.TIME):
        raise FilterError(f"{name} is no text: ~ cannot be asked of it", values[0].at, hint="use < > = or !=")
    problem = _query(values[0].text).problem
    if problem:
        raise FilterError(f"{values[0].text!r} is no regular expression: {problem}", values[0].at)
    return Test(name, column, "~", values, (None,) * len(values))


def _found(test: Test, held: str) -> bool:
    try:
        return _query(test.values[0].text).matches(held)
    except TooSlowError:
        raise FilterError(
            f"The expression {test.values[0].text!r} takes too long",
            test.values[0].at,
            hint="make it simpler",
        ) from None


@lru_cache(maxsize=64)
def _query(text: str) -> Query:
    return Query(text, regex=True)


@lru_cache(maxsize=256)
def _glob(word: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(word.replace("[", "[[]")))
