"""Runs as the JSON documents that scripts read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any

from mlws_tui.domain.events import encode_number, plain
from mlws_tui.domain.runpages import Artifact, Metric, RankInfo, RunPageFacts, untold
from mlws_tui.domain.runs import Latest, Points, Run, RunState, SeriesInfo

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
            "gpu": {
                **dict.fromkeys(_GPU),
                "hours": run.gpu_hours(now),
                "peak_memory": _bytes(run.told.get("memory")),
            },
            "told": run.told,
            "notes": run.notes,
            "archived": run.archived,
            "deleted": run.deleted,
        }
    )
    return document | {"reasons": _reasons(run, document)}


def run_page_document(facts: RunPageFacts) -> dict[str, Any]:
    """RUN with what happened in it and what it is linked to.

    Artifacts, events, alerts and remarks (the notes that a script logged) are each in order of time.
    """
    run = facts.run
    document = run_document(run, facts.now)
    measured = {name: value for name, value in asdict(facts.usage).items() if value is not None}
    document["gpu"] = {**document["gpu"], **measured}
    document["reasons"] = {**document["reasons"], **_gpu_reasons(run, document["gpu"])}
    events = [one for one in facts.events if one.type == "event"]
    told: dict[str, Any] = plain(
        {
            "metrics": {one.name: _metric(one) for one in facts.metrics},
            "artifacts": [_artifact(one) for one in facts.artifacts],
            "events": [
                {"ts": one.ts, "name": one.name, "rank": one.rank, "data": one.data} for one in events
            ],
            "alerts": [{**one.data, "ts": one.ts, "rank": one.rank} for one in facts.alerts],
            "remarks": [{**one.data, "ts": one.ts, "rank": one.rank} for one in facts.remarks],
            "totals": asdict(facts.totals),
            "processes": [_process(one) for one in facts.ranks],
            "untold": untold(facts.ranks).keys,
            "attempts": [
                {**asdict(one), "started": iso(one.started), "ended": iso(one.ended)}
                for one in facts.attempts
            ],
            "lineage": [
                {"relation": relation, "id": other, "name": facts.kin.names.get(other)}
                for relation, other in facts.kin.relations
            ],
            "links": _links(facts),
            "environment": run.environment,
            "problems": run.problems,
            "bad_lines": run.bad_lines,
        }
    )
    return {**document, **told}


def series_document(info: SeriesInfo, points: Points) -> dict[str, Any]:
    """All points of a series."""
    return {
        "step": list(map(encode_number, points.step)),
        "ts": list(map(encode_number, points.ts)),
        "value": list(map(encode_number, points.value)),
        "source": info.source,
        "rank": info.rank,
    }


def _metric(one: Metric) -> dict[str, Any]:
    figures = {name: getattr(one, name) for name in ("first", "first_step", "best", "best_step")}
    better = None if one.lower is None else "lower" if one.lower else "higher"
    return {**figures, **_latest(one.latest), "better": better, "source": one.source}


def _artifact(one: Artifact) -> dict[str, Any]:
    told: dict[str, Any] = {
        "path": one.path,
        "kind": one.kind,
        "bytes": one.bytes,
        "ts": one.ts,
        "rank": one.rank,
    }
    if one.sha256:
        told["sha256"] = one.sha256
    if one.told:
        told["told"] = "log"
    return {**told, "present": one.present, "bytes_now": one.now, "remark": one.said}


def _process(one: RankInfo) -> dict[str, Any]:
    names = ("rank", "role", "host", "pid", "attempt", "state", "exit_code", "step")
    return {name: getattr(one, name) for name in names} | {"first": iso(one.first), "last": iso(one.last)}


def _links(facts: RunPageFacts) -> list[dict[str, Any]]:
    log = facts.log
    found: list[dict[str, Any]] = (
        [{"kind": "log", "path": log.path, "present": log.present, "bytes": log.bytes}] if log else []
    )
    for one in facts.mentions:
        day = one.when.isoformat() if one.when else None
        found.append(
            {"kind": one.kind, "path": one.path, "line": one.line, "date": day, "snippet": one.snippet}
        )
    return found


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
    return {**missing, **_gpu_reasons(run, document["gpu"])}


def _gpu_reasons(run: Run, gpu: Mapping[str, Any]) -> dict[str, str]:
    """Why figures of the GPUs are missing: one reason for all where it is the same."""
    hours = "no GPUs are recorded for it" if not run.gpus else "no process has begun yet"
    reasons = dict.fromkeys(_GPU, "no samples of its GPUs were recorded") | {"hours": hours}
    return {f"gpu.{name}": why for name, why in reasons.items() if gpu[name] is None}
