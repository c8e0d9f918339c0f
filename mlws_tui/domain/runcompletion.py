"""What may come next in a filter of runs that is being typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.runfields import ALL_FIELDS, FIELDS, STATS, Kind
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.runterms import FLAGS
from mlws_tui.domain.runtokens import Token, as_word, tokens

_MOST = 50
_TIMES = (
    ("today", ""),
    ("yesterday", ""),
    ("24h", "a day ago"),
    ("7d", "a week ago"),
    ("30d", "a month ago"),
)
_DURATIONS = (("5m", "five minutes"), ("1h", "an hour"), ("1d", "a day"))
_EXTRA = (
    ("since:", "began then or later: 7d, today, 2026-11-20"),
    ("until:", "began then or earlier"),
    ("has:", "has a value of that name"),
    ("is:", "archived, running, best…"),
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that the runs of a workspace know."""

    tags: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    config: tuple[str, ...] = ()  # keys with their dots
    metrics: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()

    def values(self, field: str) -> tuple[str, ...]:
        """The known values of a field, as it is called in `FIELDS`; empty where they are not collected."""
        return {
            "tag": self.tags,
            "experiment": self.experiments,
            "model": self.models,
            "dataset": self.datasets,
            "kind": self.kinds,
            "host": self.hosts,
            "branch": self.branches,
            "state": tuple(state.value for state in RunState),
        }.get(field, ())

    def columns(self) -> Iterator[str]:
        """Every name that a column may have, the fields first, then the metrics and the config."""
        yield from (field.name for field in ALL_FIELDS)
        yield from self.metrics
        yield from self.config
        yield from self.summary


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that may stand from `start` to `end` of the filter, and what it means in a few words."""

    start: int
    end: int
    text: str
    told: str = ""


def complete(text: str, cursor: int, words: Vocabulary) -> list[Completion]:
    """What may stand where the cursor is, the likeliest first; none in the midst of something else.

    Args:
        text: The filter as it is.
        cursor: Where it is being typed, from 0.
        words: What there is to choose from.
    """
    before = text[:cursor]
    token = _last(before)
    if token is None or token.end < cursor or token.kind in ("open", "not") or before.endswith("|"):
        return _names("", cursor, cursor, words)
    if token.kind == "close":
        return []
    if token.kind == "test":
        return _values(token, before, cursor, words)
    return _names(before[token.start : cursor].lstrip('"'), token.start, cursor, words)


def _last(text: str) -> Token | None:
    last = None
    for token in tokens(text, lenient=True):
        last = token
    return last


def _names(typed: str, start: int, end: int, words: Vocabulary) -> list[Completion]:
    offers: list[tuple[str, str, str]] = [
        (field.name, f"{field.name}{_sign(field.kind)}", field.told) for field in ALL_FIELDS
    ]
    offers += [(name.rstrip(":"), name, told) for name, told in _EXTRA]
    offers += [(key, _named(key), "config") for key in words.config]
    offers += [(name, _named(name), "metric") for name in by_importance(words.metrics)]
    offers += [(key, _named(key), "summary") for key in words.summary if key not in words.metrics]
    return _fitting(typed, offers, start, end)


def _values(token: Token, before: str, cursor: int, words: Vocabulary) -> list[Completion]:
    """Values after a sign; after a metric's colon its stats as well."""
    comma = before.rfind(",", token.value_at) + 1
    start = max(token.value_at, comma)
    typed = before[start:].lstrip('"')
    field = FIELDS.get(token.name.lower())
    offers: list[tuple[str, str, str]] = []
    match token.name.lower():
        case "is":
            offers = [(flag, flag, told) for flag, told in FLAGS.items()]
        case "has":
            offers = [(name, as_word(name), "") for name in words.columns()]
        case "since" | "until":
            offers = [(word, word, told) for word, told in _TIMES]
        case _ if field is not None:
            offers = _field_values(field.name, field.kind, words)
        case _ if token.operator == ":" and token.name in words.metrics:
            offers = [(stat, f"{stat}<", f"{stat} of {token.name}") for stat in STATS]
    return _fitting(typed, offers, start, cursor)


def _field_values(name: str, kind: Kind, words: Vocabulary) -> list[tuple[str, str, str]]:
    if kind is Kind.TIME:
        return [(word, word, told) for word, told in _TIMES]
    if kind is Kind.SECONDS:
        return [(word, word, told) for word, told in _DURATIONS]
    return [(value, as_word(value), "") for value in words.values(name)]


def _fitting(typed: str, offers: Iterable[tuple[str, str, str]], start: int, end: int) -> list[Completion]:
    """Those that begin with what is typed, then those that have it within; nothing that is whole already."""
    wanted = typed.casefold()
    begins: list[Completion] = []
    within: list[Completion] = []
    seen: set[str] = set()
    for name, text, told in offers:
        folded = name.casefold()
        if wanted not in folded or text == typed or text in seen:
            continue
        seen.add(text)
        (begins if folded.startswith(wanted) else within).append(Completion(start, end, text, told))
    found: Sequence[Completion] = [*begins, *within]
    return list(found[:_MOST])


def _sign(kind: Kind) -> str:
    return ">" if kind in (Kind.NUMBER, Kind.SHARE, Kind.SECONDS, Kind.TIME) else ":"


def _named(name: str) -> str:
    """A key or metric as it is written where the name of a field would mean something else."""
    return f"config.{name}" if name.lower() in FIELDS else as_word(name)
