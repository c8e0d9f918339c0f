"""The processes of a run, each by the stream that it wrote."""

from __future__ import annotations

import sqlite3

from mlws_tui.domain.runpages import RankInfo
from mlws_tui.store.codec import stream_facts
from mlws_tui.store.resolve import LOG_ROLE, StreamFacts, number, text, whole

_STEPS = """
SELECT streams.file, max(series.last_step) FROM streams CROSS JOIN series ON series.stream = streams.id
WHERE streams.run = ? AND series.n > 0 AND series.hidden = 0 GROUP BY streams.file
"""


def ranks(connection: sqlite3.Connection, run_id: str) -> list[RankInfo]:
    """The newest attempt first, in it the wrapper, then the ranks in order.

    What a log's text tells is none of them, nor is what the run was to be before it was started.
    """
    steps = dict(connection.execute(_STEPS, (run_id,)).fetchall())
    told = [
        _rank(stream, steps.get(stream.file))
        for stream in stream_facts(connection, run_id)
        if stream.role != LOG_ROLE and stream.first_ts is not None
    ]
    begun = any(one.pid is not None for one in told)
    found = [one for one in told if not (begun and _is_plan(one))]
    return sorted(found, key=lambda one: (-one.attempt, one.role != "wrapper", one.rank, one.first or 0.0))


def _is_plan(one: RankInfo) -> bool:
    return one.pid is None and one.step is None and not one.state


def _rank(stream: StreamFacts, logged: float | None) -> RankInfo:
    facts, ending, progress = stream.facts, stream.ending or {}, stream.progress or {}
    steps = [step for step in (logged, number(progress.get("step"))) if step is not None]
    return RankInfo(
        rank=stream.rank,
        role=stream.role,
        attempt=stream.attempt,
        host=text(facts.get("host")) or "",
        pid=whole(facts.get("pid")),
        start=whole(facts.get("pid_start")),
        boot_id=text(facts.get("boot_id")),
        pid_ns=text(facts.get("pid_ns")),
        state=text(ending.get("status")) or "",
        exit_code=whole(ending.get("exit_code")),
        first=stream.first_ts,
        last=stream.last_ts,
        step=max(steps, default=None),
        given=_names(facts.get("config")) if stream.role == "wrapper" else (),
        untold=_names(facts.get("untold")),
    )


def _names(told: object) -> tuple[str, ...]:
    """The keys of a mapping, or the texts of a list."""
    return tuple(name for name in told if isinstance(name, str)) if isinstance(told, dict | list) else ()
