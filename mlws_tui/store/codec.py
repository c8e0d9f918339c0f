"""JSON columns and rows of ``runs``, to and from domain objects."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from mlws_tui.domain.runs import Latest, Run
from mlws_tui.store.resolve import Resolved, StreamFacts

_run_decoder = msgspec.json.Decoder(Run)
_encoder = msgspec.json.Encoder()

RUN_COLUMNS = (
    "id",
    "name",
    "kind",
    "state",
    "experiment",
    "model",
    "tags",
    "started",
    "ended",
    "last_seen",
    "unfinished",
    "archived",
    "deleted",
    "facts",
    "diff",
    "metrics",
    "experiment_id",
    "environment",
)
_STREAM_COLUMNS = "file, role, rank, attempt, first_ts, last_ts, bad, problem, facts, ending, progress"


def dumps(value: object) -> str:
    """The value as JSON text."""
    return _encoder.encode(value).decode()


def loads(text: str | bytes) -> Any:
    """The value of JSON text that `dumps` wrote."""
    return msgspec.json.decode(text)


def run_row(resolved: Resolved, experiment: str | None, deleted: bool) -> tuple[object, ...]:
    """The row of ``runs``, in the order of RUN_COLUMNS.

    Args:
        resolved: The run.
        experiment: Id of the experiment that it belongs to.
        deleted: Whether it, or that experiment, is deleted.
    """
    run = resolved.run
    return (
        run.id,
        run.name,
        run.kind,
        run.state.value,
        run.experiment,
        run.model,
        "\n".join(run.tags),
        run.started,
        run.ended,
        run.last_seen,
        run.state.live,
        run.archived,
        deleted,
        dumps(run),
        resolved.diff,
        dumps(resolved.metrics),
        experiment,
        dumps(resolved.environment) if resolved.environment else None,
    )


def run_of(facts: str, latest: Mapping[str, Latest], diff: str | None = None) -> Run:
    """The run of a row's ``facts``, with its last values and, where given, the diff of its working tree."""
    run = _run_decoder.decode(facts)
    git = {**run.git, "diff": diff} if run.git is not None and diff is not None else run.git
    # The run was made by the decoder just now and is nobody else's yet; `replace` would take five times as long.
    object.__setattr__(run, "latest", latest)
    object.__setattr__(run, "git", git)
    return run


def stream_facts(connection: sqlite3.Connection, run: str) -> list[StreamFacts]:
    """What the stream files of a run say."""
    rows = connection.execute(f"SELECT {_STREAM_COLUMNS} FROM streams WHERE run = ?", (run,))  # noqa: S608
    return [_stream_facts(*row) for row in rows]


def _stream_facts(*row: Any) -> StreamFacts:
    file, role, rank, attempt, first_ts, last_ts, bad, problem, facts, *told = row
    ending, progress = (None if text is None else loads(text) for text in told)
    return StreamFacts(
        file, role, rank, attempt, first_ts, last_ts, bad, problem, loads(facts), ending, progress
    )
