"""What an agent's events come to, and how they are told as turns."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.runs import RunEvent
from mlws_tui.domain.timeline import Tally, asked, latency, turns

names = st.sampled_from(["interaction", "tool_call", "retry", "tokens", "phase"])
values = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=5), st.lists(st.none())
)
data = st.dictionaries(
    st.sampled_from(["latency", "ok", "error", "tool", "input", "output", "question", "input_tokens"]), values
)


def event(name: str, ts: float, **given: object) -> RunEvent:
    return RunEvent("event", ts, name, given)


def test_steps_belong_to_the_interaction_that_was_going_on() -> None:
    told = turns(
        [
            event("tool_call", 1.0, tool="warm-up"),
            event("tool_call", 10.5, tool="search"),
            event("interaction", 12.0, question="?", latency=2.0),
            event("retry", 12.5),
            event("interaction", 13.0, question="old streams tell no latency"),
            event("phase", 14.0),
        ]
    )
    assert [(turn.own.ts if turn.own else None, len(turn.steps)) for turn in told] == [
        (None, 1), (12.0, 1), (13.0, 1), (None, 1),
    ]  # fmt: skip


@settings(max_examples=30)
@given(st.lists(st.tuples(names, data), max_size=12))
def test_any_data_is_counted_and_no_event_is_lost(given: list[tuple[str, dict[str, object]]]) -> None:
    tally = Tally()
    events = [event(name, float(place), **told) for place, (name, told) in enumerate(given)]
    for one in events:
        tally.add(one.name, one.data)
    totals = tally.totals()
    assert totals.count == len(given) == sum(totals.names.values())
    assert sum(tool.calls for tool in totals.tools) == totals.calls
    assert sum(tool.failed for tool in totals.tools) == totals.failed_calls <= totals.calls
    told = [one for turn in turns(events) for one in (*turn.steps, *([turn.own] if turn.own else []))]
    assert told == events
    assert all(isinstance(asked(one.data), str) for one in events)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_the_p95_is_a_time_that_was_taken(seconds: list[float]) -> None:
    took = latency(seconds)
    assert took is not None and took.p95 in seconds and took.max == max(seconds)
    assert sum(one <= took.p95 for one in seconds) >= 0.95 * len(seconds)
    assert min(seconds) <= took.mean * (1 + 1e-9) and math.isfinite(took.mean)


def test_tokens_that_are_told_twice_count_once() -> None:
    tally = Tally()
    tally.add("tokens", {"input": 1000, "output": 200})
    tally.add("interaction", {"input_tokens": 1000, "output_tokens": 200})
    assert (tally.totals().input_tokens, tally.totals().output_tokens) == (1000, 200)
