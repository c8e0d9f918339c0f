"""The tables of an export: their columns, and how a row of each is made."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import msgspec

from mlws_tui.domain.events import plain
from mlws_tui.domain.runs import Run
from mlws_tui.store.snapshots import SnapshotRun

#: What a column holds. Numbers are floats; `json` is JSON text, which JSON lines hold as the value itself.
Kind = Literal["text", "integer", "number", "boolean", "json"]
Row = tuple[Any, ...]
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `repeats`: it holds the same few values again and again."""

    name: str
    kind: Kind
    repeats: bool = False


#: Times are Unix seconds (UTC) in every table: a recorded time need not be one that a calendar has.
TABLES: dict[str, tuple[Column, ...]] = {
    "runs": (
        Column("id", "text"),
        Column("name", "text"),
        Column("kind", "text", repeats=True),
        Column("experiment", "text", repeats=True),
        Column("experiment_id", "text", repeats=True),
        Column("state", "text", repeats=True),
        Column("started", "number"),
        Column("ended", "number"),
        Column("last_seen", "number"),
        Column("duration", "number"),
        Column("host", "text", repeats=True),
        Column("pid", "integer"),
        Column("model", "text", repeats=True),
        Column("dataset", "text", repeats=True),
        Column("attempt", "integer"),
        Column("ranks", "integer"),
        Column("exit_code", "integer"),
        Column("signal", "integer"),
        Column("error_type", "text", repeats=True),
        Column("error_message", "text"),
        Column("error_traceback", "text"),
        Column("parent", "text"),
        Column("launched_by", "text"),
        Column("log", "text"),
        Column("cwd", "text", repeats=True),
        Column("python", "text", repeats=True),
        Column("best_checkpoint", "text"),
        Column("notes", "text"),
        Column("archived", "boolean"),
        Column("deleted", "boolean"),
        Column("bad_lines", "integer"),
        Column("tags", "json", repeats=True),
        Column("command", "json"),
        Column("config", "json"),
        Column("summary", "json"),
        Column("latest", "json"),
        Column("more_metrics", "integer"),
        Column("git", "json"),
        Column("gpus", "json", repeats=True),
        Column("problems", "json"),
    ),
    "metrics": (
        Column("run", "text", repeats=True),
        Column("rank", "integer", repeats=True),
        Column("name", "text", repeats=True),
        Column("step", "number"),
        Column("ts", "number"),
        Column("value", "number"),
        Column("source", "text", repeats=True),
        Column("attempt", "integer", repeats=True),
        Column("seq", "integer"),
    ),
    "events": (
        Column("run", "text", repeats=True),
        Column("rank", "integer", repeats=True),
        Column("ts", "number"),
        Column("type", "text", repeats=True),
        Column("name", "text", repeats=True),
        Column("data", "json"),
    ),
    "experiments": (
        Column("id", "text"),
        Column("name", "text"),
        Column("base_model", "text"),
        Column("method", "text"),
        Column("description", "text"),
        Column("status", "text"),
        Column("best_checkpoint", "text"),
        Column("parent", "text"),
        Column("created", "number"),
        Column("updated", "number"),
        Column("deleted", "boolean"),
        Column("implicit", "boolean"),
        Column("tags", "json"),
        Column("config", "json"),
        Column("metrics", "json"),
    ),
}

_encoder = msgspec.json.Encoder()


def run_row(found: SnapshotRun, run: Run, now: float) -> Row:
    """The row of `runs`.

    Args:
        found: What the index has of it.
        run: The same run with the state that its processes tell.
        now: Unix seconds, for how long a live run has run.
    """
    error = run.error
    return (
        run.id,
        run.name,
        run.kind,
        run.experiment,
        found.experiment,
        run.state.value,
        run.started,
        run.ended,
        run.last_seen,
        run.duration(now),
        run.host,
        _int64(run.pid),
        run.model,
        run.dataset,
        _int64(run.attempt),
        _int64(run.ranks),
        _int64(run.exit_code),
        _int64(run.signal),
        error and error.type,
        error and error.message,
        error and error.traceback,
        run.parent,
        run.launched_by,
        run.log,
        run.cwd,
        run.python,
        run.best_checkpoint,
        run.notes,
        run.archived,
        found.deleted,
        run.bad_lines,
        _json(run.tags),
        _json(run.command),
        _json(run.config),
        _json(run.summary),
        _json({name: asdict(latest) for name, latest in run.latest.items()}),
        run.more_metrics,
        _json(run.git),
        _json(run.gpus),
        _json(run.problems),
    )


def experiment_row(found: Row) -> Row:
    """The row of `experiments`, of what the index has of one."""
    id, name, created, updated, deleted, implicit, text = found
    fields = msgspec.json.decode(text)
    plainly = (fields.get(key, "") for key in ("base_model", "method", "description", "status"))
    return (
        id,
        name,
        *plainly,
        fields.get("best_checkpoint", ""),
        fields.get("parent") or None,
        created,
        updated,
        bool(deleted),
        bool(implicit),
        _json(fields.get("tags", [])),
        _json(fields.get("config", {})),
        _json(fields.get("metrics", {})),
    )


def _json(value: object) -> str | None:
    return None if value is None else _encoder.encode(plain(value)).decode()


def _int64(value: int | None) -> int | None:
    """A stream may hold any number as an exit code; what has no place in 64 bits is none."""
    return value if value is not None and -_INT64 <= value < _INT64 else None


def special(value: float) -> str:
    """NaN or an infinity by the name that streams have for it."""
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
