"""The events of an agent: interactions with their tool calls and retries, and what all of them come to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlws_tui.domain.runs import RunEvent
from mlws_tui.domain.words import as_words

INTERACTION, TOOL_CALL, RETRY, TOKENS = "interaction", "tool_call", "retry", "tokens"
#: Events that an agent writes; others are steps of their own.
AGENT = frozenset({INTERACTION, TOOL_CALL, RETRY, TOKENS})
#: Seconds by which the clock that timed an interaction may differ from the one that dated its events.
_SLACK = 0.5
_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class ToolTotals:
    """What the calls of one tool come to; seconds over all of those that were timed."""

    name: str
    calls: int
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds that interactions took (tool calls, where there are no interactions)."""

    count: int
    mean: float
    p95: float
    max: float


@dataclass(frozen=True, slots=True)
class Totals:
    """All that happened in a run, counted.

    Attributes:
        kinds: How many events, alerts, notes and artifacts there are.
        names: How many events of each name.
    """

    kinds: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, int] = field(default_factory=dict)
    interactions: int = 0
    failed_interactions: int = 0
    calls: int = 0
    failed_calls: int = 0
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    latency: Latency | None = None
    tools: tuple[ToolTotals, ...] = ()

    @property
    def count(self) -> int:
        """How many there are in all."""
        return sum(self.kinds.values())

    @property
    def of_an_agent(self) -> bool:
        """Whether an agent's events are among them."""
        return any(name in AGENT for name in self.names)


NOTHING = Totals()


class Tally:
    """Counts what happened, one event after another, in whatever order they come."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._names: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._tools: dict[str, list[float]] = {}
        self._times: dict[str, list[float]] = {INTERACTION: [], TOOL_CALL: []}
        self._tokens = {INTERACTION: [0, 0], TOKENS: [0, 0]}

    def count(self, kind: str, name: str) -> None:
        """Something that needs no look at its data."""
        self._kinds[kind] += 1
        if kind == "event":
            self._names[name] += 1

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        """An event with its data."""
        self.count("event", name)
        failed, seconds = has_failed(data), seconds_of(data)
        self._failed[name] += failed
        if name in self._times and seconds is not None:
            self._times[name].append(seconds)
        if name == TOOL_CALL:
            told = self._tools.setdefault(tool_of(data), [0, 0, 0.0])
            told[0] += 1
            told[1] += failed
            told[2] += seconds or 0.0
        if name in self._tokens:
            given, answered = tokens_of(data)
            self._tokens[name][0] += given
            self._tokens[name][1] += answered

    def totals(self) -> Totals:
        """What it comes to. Tokens told by interactions and by events of their own are the same ones told twice."""
        tools = (ToolTotals(name, int(n), int(bad), took) for name, (n, bad, took) in self._tools.items())
        given, answered = map(max, zip(*self._tokens.values(), strict=True))
        return Totals(
            dict(self._kinds),
            dict(self._names.most_common()),
            self._names[INTERACTION],
            self._failed[INTERACTION],
            self._names[TOOL_CALL],
            self._failed[TOOL_CALL],
            self._names[RETRY],
            given,
            answered,
            latency(self._times[INTERACTION] or self._times[TOOL_CALL]),
            tuple(sorted(tools, key=lambda tool: (-tool.calls, tool.name))),
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """An interaction with the events that belong to it, or (`own` is None) events that belong to none."""

    own: RunEvent | None
    steps: tuple[RunEvent, ...]

    @property
    def ts(self) -> float:
        """When it was over (Unix seconds)."""
        return self.own.ts if self.own is not None else self.steps[-1].ts


def turns(events: Iterable[RunEvent]) -> list[Turn]:
    """Events in order of time as turns: an interaction is written when it is over, its steps before it.

    A step that came before an interaction began, by its latency, belongs to none.
    """
    found: list[Turn] = []
    waiting: list[RunEvent] = []
    for event in events:
        if event.type != "event" or event.name != INTERACTION:
            waiting.append(event)
            continue
        took = seconds_of(event.data)
        begun = -math.inf if took is None else event.ts - took - _SLACK
        before = [one for one in waiting if one.ts < begun]
        if before:
            found.append(Turn(None, tuple(before)))
        found.append(Turn(event, tuple(waiting[len(before) :])))
        waiting = []
    if waiting:
        found.append(Turn(None, tuple(waiting)))
    return found


def asked(data: Mapping[str, Any]) -> str:
    """What an interaction or a tool call was given, in words."""
    return _words(data, "question", "input", "arguments", "prompt")


def answered(data: Mapping[str, Any]) -> str:
    """What came back, in words; what went wrong where it failed."""
    return _words(data, "error") if has_failed(data) else _words(data, "answer", "output", "result")


def said(event: RunEvent) -> str:
    """What an event says, in words: of a tool call the tool, what it was given and what came back."""
    data = event.data
    if event.name == TOKENS and (given_and_out := tokens_of(data)) != (0, 0):
        given, out = given_and_out
        return f"{given:,} in, {out:,} out"
    told = " → ".join(filter(None, (asked(data), answered(data))))
    if event.name == TOOL_CALL:
        return f"{tool_of(data)} {told}".rstrip()
    if event.name == RETRY:
        attempt = f" (attempt {as_words(data['attempt'])})" if data.get("attempt") is not None else ""
        return ": ".join(filter(None, (f"{tool_of(data)}{attempt}", answered(data))))
    return told or ", ".join(f"{key} {as_words(value)}" for key, value in data.items())


def tool_of(data: Mapping[str, Any]) -> str:
    """The name of the tool that was called or tried again; ``tool`` where it has none."""
    return _words(data, "tool", "what", "name") or "tool"


def has_failed(data: Mapping[str, Any]) -> bool:
    """Whether it says so, or names an error."""
    return data.get("ok") is False or bool(data.get("error"))


def seconds_of(data: Mapping[str, Any]) -> float | None:
    """How long it took, in seconds; None where it does not tell."""
    for key in ("latency", "seconds", "duration"):
        value = data.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
            return float(value)
    return None


def tokens_of(data: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens given and tokens answered."""
    return _whole(data, "input_tokens", "input"), _whole(data, "output_tokens", "output")


def latency(seconds: Sequence[float]) -> Latency | None:
    """Mean, the value that 95 of 100 are not above, and the longest; None of none."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    at = math.ceil(_SHARE * len(ordered)) - 1
    return Latency(len(ordered), math.fsum(ordered) / len(ordered), ordered[at], ordered[-1])


def _whole(data: Mapping[str, Any], *keys: str) -> int:
    for key in keys:
        value = data.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e18:
            return int(value)
    return 0


def _words(data: Mapping[str, Any], *keys: str) -> str:
    return next((as_words(data[key]) for key in keys if data.get(key) not in (None, "", {}, [])), "")
