"""Runs as the JSON documents that scripts read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from mlws_tui.domain.events import encode_number, plain
from mlws_tui.domain.runs import Latest, Points, Run, RunEvent, RunState, SeriesInfo

_GPU = ("hours", "peak_memory", "mean_utilization", "energy_joules")
_MEMORY = re.compile(r"\s*([\d.,]+)\s*([kKMGT]?)(i?)B?\s*\Z")
_PROGRESS = ("fraction", "step", "total", "eta", "epoch", "epochs")


def iso(ts: float | None) -> str | None:
    """A moment as ISO 8601 with the local offset; None where there is none, or none that a calendar has."""
    if ts is None:
        return None
    try:
        moment = datetime.fromtimestamp(ts).astimezone()
    except (OverflowError, ValueError, OSError):
        return None
    # An offset with seconds (old local mean times) is no valid ISO 8601.
    offset = moment.utcoffset() or timedelta()
    if offset.seconds % 60:
        moment = moment.astimezone(timezone(timedelta(minutes=round(offset.total_seconds() / 60))))
    return moment.isoformat(timespec="milliseconds")


def run_document(run: Run, now: float) -> dict[str, Any]:
    """RUN: what lists hold of a run.

    Args:
        run: The run.
        now: Unix seconds, for how long a live run has run.
    """
    error, progress = run.error, run.progress
    document: dict[str, Any] = plain(
        {
            "id": run.id,
            "name": run.name,
            "kind": run.kind,
            "experiment": run.experiment,
            "state": run.state.value,
            "started": iso(run.started),
            "ended": iso(run.ended),
            "duration": run.duration(now),
            "host": run.host,
            "pid": run.pid,
            "tags": run.tags,
            "config": run.config,
            "model": run.model,
            "dataset": run.dataset,
            "git": run.git,
            "command": run.command,
            "exit_code": run.exit_code,
            "signal": run.signal,
            "error": error and {"type": error.type, "message": error.message, "traceback": error.traceback},
            "log": run.log,
            "parent": run.parent,
            "ranks": run.ranks,
            "progress": progress and {name: getattr(progress, name) for name in _PROGRESS},
            "summary": run.summary,
            "latest": {name: _latest(latest) for name, latest in run.latest.items()},
            "more_metrics": run.more_metrics,
            "gpu": {**dict.fromkeys(_GPU), "peak_memory": _bytes(run.told.get("memory"))},
            "told": run.told,
            "notes": run.notes,
            "archived": run.archived,
            "deleted": run.deleted,
        }
    )
    return document | {"reasons": _reasons(run, document)}


def run_page_document(run: Run, happenings: Iterable[RunEvent], now: float) -> dict[str, Any]:
    """RUN with what happened in it and what it is linked to.

    Artifacts, events, alerts and remarks (the notes that a script logged) are each in order of time.
    """
    kinds: dict[str, list[dict[str, Any]]] = {"artifact": [], "event": [], "alert": [], "note": []}
    for one in happenings:
        if one.type == "event":
            kinds["event"].append(plain({"ts": one.ts, "name": one.name, "rank": one.rank, "data": one.data}))
        elif one.type in kinds:
            kinds[one.type].append(plain({**one.data, "ts": one.ts, "rank": one.rank}))
    relations = (("parent", run.parent), ("launched_by", run.launched_by))
    return {
        **run_document(run, now),
        "artifacts": kinds["artifact"],
        "events": kinds["event"],
        "alerts": kinds["alert"],
        "remarks": kinds["note"],
        "lineage": [{"relation": relation, "id": other} for relation, other in relations if other],
        "links": [{"kind": "log", "path": run.log}] if run.log else [],
        "problems": list(run.problems),
        "bad_lines": run.bad_lines,
    }


def series_document(info: SeriesInfo, points: Points) -> dict[str, Any]:
    """All points of a series."""
    return {
        "step": list(map(encode_number, points.step)),
        "ts": list(map(encode_number, points.ts)),
        "value": list(map(encode_number, points.value)),
        "source": info.source,
        "rank": info.rank,
    }


def _latest(latest: Latest) -> dict[str, float | None]:
    return {name: getattr(latest, name) for name in ("last", "step", "ts", "min", "max", "mean", "count")}


def _bytes(told: object) -> int | None:
    """An amount of memory as a log tells it (``18.2 GB``, ``3453M``, ``1.9GiB``), in bytes."""
    found = _MEMORY.match(str(told))
    if found is None:
        return None
    try:
        count = float(found[1].replace(",", ""))
    except ValueError:
        return None
    power = " kMGT".index(found[2].replace("K", "k") or " ")
    return int(count * float(1024 if found[3] else 1000) ** power)


def _reasons(run: Run, document: Mapping[str, Any]) -> dict[str, str]:
    """Why figures are missing that a reader may expect."""
    ended = "no end was recorded" if not run.state.live else f"the run is {run.state.value}"
    not_begun = "no process has begun yet" if run.started is None else "the recorded time is no date"
    # A crashed or lost run is taken to have ended when it was last heard of; nobody recorded that.
    told = run.ended is not None and run.state not in (RunState.CRASHED, RunState.LOST)
    no_code = "the script recorded no exit code" if told else ended
    reasons = {
        "started": not_begun,
        "ended": ended if run.ended is None else "the recorded time is no date",
        "duration": not_begun,
        "exit_code": f"ended by signal {run.signal}" if run.signal else no_code,
        "progress": "no progress was recorded",
        "git": "not in a git repository, or git is not there",
        "log": "no log file is known of it",
    }
    missing = {name: why for name, why in reasons.items() if document[name] is None}
    return {**missing, "gpu": "GPU use is not worked out for single runs"}
