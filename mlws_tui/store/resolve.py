"""What a run comes to, from all that its streams and people say: a pure function."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mlws_tui.domain.configs import folded, with_changes
from mlws_tui.domain.endreasons import REASONS, classify
from mlws_tui.domain.experiments import Setting
from mlws_tui.domain.liveness import from_claims
from mlws_tui.domain.metricnames import canonical
from mlws_tui.domain.pace import place_of, seconds_left
from mlws_tui.domain.runcolumns import MOST_KEYS, count_keys
from mlws_tui.domain.runs import Claim, ProcessRef, Progress, Run, RunError, RunState

#: The role of a stream that was made of a log's text.
LOG_ROLE = "log"

#: Facts of a process: what a run was to be, before it was started, has no say in them once one speaks.
_OF_PROCESS = frozenset({"cmd", "cwd", "git", "gpus", "host", "python", "environment"})

#: Authors of assignments, the stronger one last.
STREAM, EDIT = 0, 1

#: Fields of a ``set`` record of which simply the last one holds.
_PLAIN = ("name", "notes", "status", "deleted", "archived", "best_checkpoint", "description")
#: Fields of a ``set`` record that are merged by key.
_BY_KEY = ("config", "summary", "metrics")


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What one stream file says of its run, but for points and happenings."""

    file: str
    role: str = "rank"
    rank: int = 0
    attempt: int = 1
    first_ts: float | None = None
    last_ts: float | None = None
    bad: int = 0
    problem: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    ending: Mapping[str, Any] | None = None
    progress: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The latest value of a field (or of one key of it), and who set it: STREAM or EDIT."""

    author: int
    field: str
    key: str
    ts: float
    value: Any


@dataclass(frozen=True, slots=True)
class Resolved:
    """A run, the figures that a person set, and what is kept apart as it may be long.

    Attributes:
        run: Without the diff of its working tree and without its environment.
        diff: That diff.
        metrics: Time and value by name, as a person set them.
        environment: Packages, GPUs and the like: see `Run.environment`.
    """

    run: Run
    diff: str | None
    metrics: Mapping[str, tuple[float, Any]]
    environment: Mapping[str, Any] = field(default_factory=dict)


def resolve(run_id: str, streams: Iterable[StreamFacts], assignments: Iterable[Assignment]) -> Resolved:
    """The run as its streams and assignments have it. The state follows from what is recorded alone.

    What is read from the text of logs has a say of its own only where no process speaks; that a log grew shows that
    its run lived.
    """
    everyone = sorted(streams, key=_weight)
    logs = [stream for stream in everyone if stream.role == LOG_ROLE]
    weakest_first = [stream for stream in everyone if stream.role != LOG_ROLE] or logs
    assigned = sorted(assignments, key=lambda one: (one.author, one.ts, one.field, one.key))
    facts = _merge_facts(weakest_first)
    said = _merge_facts(logs)
    newest = max((stream.attempt for stream in weakest_first), default=1)
    current = [stream for stream in weakest_first if stream.attempt == newest]
    last = {one.field: one.value for one in assigned if not one.key}
    git = mapping(facts.get("git"))
    diff = text(git.pop("diff", None)) if git else None
    run = Run(
        id=run_id,
        name=_name(facts, weakest_first, assigned) or run_id[16:] or run_id,
        kind=text(facts.get("kind")) or "training",
        state=RunState.CREATED,
        experiment=text(facts.get("experiment")),
        started=_started(weakest_first),
        last_seen=max((s.last_ts for s in everyone if s.last_ts is not None), default=None),
        paused=_paused(weakest_first),
        host=text(facts.get("host")),
        pid=_pid(current),
        processes=_processes(current),
        tags=_tags(weakest_first, assigned),
        config=_config(mapping(facts.get("config")) or mapping(said.get("config")), assigned),
        summary=_summary(mapping(said.get("summary")), assigned),
        model=text(facts.get("model")) or text(said.get("model")),
        dataset=text(facts.get("dataset")) or text(said.get("dataset")),
        git=git or None,
        command=strings(facts.get("cmd")),
        cwd=text(facts.get("cwd")),
        python=text(facts.get("python")),
        gpus=tuple(facts["gpus"]) if isinstance(facts.get("gpus"), list) else (),
        claims=_claims(weakest_first, assigned),
        log=text(facts.get("log")) or text(said.get("log")),
        parent=text(facts.get("parent")),
        launched_by=text(facts.get("launched_by")),
        attempt=newest,
        ranks=_ranks(current, facts),
        progress=_progress(current) or _progress(logs),
        bad_lines=sum(stream.bad for stream in weakest_first),
        problems=tuple(stream.problem for stream in everyone if stream.problem),
        notes=text(last.get("notes")) or "",
        archived=last.get("archived") is True,
        deleted=last.get("deleted") is True,
        best_checkpoint=text(last.get("best_checkpoint")),
        log_only=weakest_first is logs and bool(logs),
        told=mapping(said.get("told")),
    )
    if (keys := count_keys(run.config)) > MOST_KEYS:
        found = f"its config has {keys:,} keys: filters and columns know the first {MOST_KEYS:,} of them"
        run = replace(run, problems=(*run.problems, found))
    metrics = {one.key: (one.ts, one.value) for one in assigned if one.field == "metrics"}
    return Resolved(from_claims(run), diff, metrics, mapping(facts.get("environment")))


def settings_of(record: Mapping[str, Any]) -> Iterator[Setting]:
    """All that a ``set`` record sets. The key of a plain field is empty; the value of a new tag is its place from 1."""
    for name in _PLAIN:
        if name in record:
            yield name, "", record[name]
    for name in _BY_KEY:
        for key, value in mapping(record.get(name)).items():
            yield name, key, value
    for place, tag in enumerate(strings(record.get("tags_add")), 1):
        yield "tags", tag, place
    for tag in strings(record.get("tags_remove")):
        yield "tags", tag, 0


def text(value: object) -> str | None:
    """The value if it is a text with something in it."""
    return value if isinstance(value, str) and value else None


def mapping(value: object) -> dict[str, Any]:
    """A copy of the value if it is a mapping, else an empty one."""
    return dict(value) if isinstance(value, Mapping) else {}


def strings(value: object) -> tuple[str, ...]:
    """The texts in the value if it is a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def number(value: object) -> float | None:
    """The value if it is a number (a truth value is none)."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def whole(value: object) -> int | None:
    """The value if it is a whole number (a truth value is none) that SQLite can hold."""
    fits = isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    return value if fits and isinstance(value, int) else None


def integer(value: object, default: int) -> int:
    """The value if it is a whole number that SQLite can hold, else the default."""
    fitting = whole(value)
    return default if fitting is None else fitting


def _weight(stream: StreamFacts) -> tuple[int, int, int, float, str]:
    """Later attempts over earlier ones; in an attempt the wrapper over ranks, low ranks over high ones."""
    role = {"wrapper": 1, "child": -1}.get(stream.role, 0)
    return (stream.attempt, role, -stream.rank, stream.first_ts or 0.0, stream.file)


def _is_process(stream: StreamFacts) -> bool:
    return whole(stream.facts.get("pid")) is not None


def _started(streams: Sequence[StreamFacts]) -> float | None:
    """When the first of its processes began; of a run without any, when it was written down."""
    begun = [stream for stream in streams if _is_process(stream)] or streams
    return min((stream.first_ts for stream in begun if stream.first_ts is not None), default=None)


def _paused(streams: Sequence[StreamFacts]) -> float:
    """Seconds between attempts, while nothing of it ran."""
    spans: dict[int, tuple[float, float]] = {}
    for stream in streams:
        if not _is_process(stream) or stream.first_ts is None:
            continue
        ended = number((stream.ending or {}).get("ts"))
        last = stream.first_ts if stream.last_ts is None else stream.last_ts
        began, until = spans.get(stream.attempt, (stream.first_ts, last))
        spans[stream.attempt] = min(began, stream.first_ts), max(until, last if ended is None else ended)
    paused, until = 0.0, math.inf
    for _, (began, end) in sorted(spans.items()):
        paused += max(0.0, began - until)
        until = end if until == math.inf else max(until, end)
    return paused


def _merge_facts(weakest_first: Sequence[StreamFacts]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    begun = any(_is_process(stream) for stream in weakest_first)
    for stream in weakest_first:
        planned = begun and not _is_process(stream)
        for key, value in stream.facts.items():
            if value in (None, "", [], {}) or (planned and key in _OF_PROCESS):
                continue
            if key in ("config", "git", "slurm", "summary", "told") and isinstance(value, dict):
                value = {**mapping(facts.get(key)), **value}
            facts[key] = value
    for stream in weakest_first:
        if stream.role == "wrapper" and text(stream.facts.get("kind")):
            facts["kind"] = stream.facts["kind"]
    if called := _called(weakest_first):
        facts["name"] = called
    return facts


def _called(weakest_first: Sequence[StreamFacts]) -> str | None:
    """The name that somebody chose, the wrapper's over a process's own; else what the wrapper made of the command."""
    named = [stream for stream in weakest_first if text(stream.facts.get("name"))]
    for some in ([stream for stream in named if _is_chosen(stream)], named):
        wrappers = [stream for stream in some if stream.role == "wrapper"]
        if strongest := (wrappers or some)[-1:]:
            return text(strongest[0].facts.get("name"))
    return None


def _is_chosen(stream: StreamFacts) -> bool:
    return stream.facts.get("named") is not False


def _name(
    facts: Mapping[str, Any], streams: Sequence[StreamFacts], assigned: Sequence[Assignment]
) -> str | None:
    """What a person calls it, else the wrapper, else the script itself."""
    wrapped = any(
        stream.role == "wrapper" and text(stream.facts.get("name")) and _is_chosen(stream)
        for stream in streams
    )
    for one in reversed(assigned):
        if one.field == "name" and text(one.value) and (one.author == EDIT or not wrapped):
            return text(one.value)
    return text(facts.get("name"))


def _tags(weakest_first: Sequence[StreamFacts], assigned: Sequence[Assignment]) -> tuple[str, ...]:
    tags: dict[str, bool] = {}
    for stream in reversed(weakest_first):
        for tag in strings(stream.facts.get("tags")):
            tags.setdefault(tag, True)
    for one in assigned:
        if one.field == "tags":
            tags[one.key] = bool(one.value)
    return tuple(tag for tag, present in tags.items() if present)


def _summary(told: Mapping[str, Any], assigned: Sequence[Assignment]) -> dict[str, Any]:
    """What was set; and of what a log tells, the results that nobody set."""
    known = _with_keys({}, "summary", assigned)
    names = set(map(canonical, known))
    return {**{key: value for key, value in told.items() if canonical(key) not in names}, **known}


def _config(told: Mapping[str, Any], assigned: Sequence[Assignment]) -> dict[str, Any]:
    """What was told, then what was set. What a person gave as ``optim.lr`` is put into the script's ``optim``."""
    return with_changes(folded(told), _with_keys({}, "config", assigned))


def _with_keys(base: dict[str, Any], name: str, assigned: Sequence[Assignment]) -> dict[str, Any]:
    return {**base, **{one.key: one.value for one in assigned if one.field == name}}


def _pid(current: Sequence[StreamFacts]) -> int | None:
    """The process that trains: rank 0's, else the command's, else the wrapper's."""
    for stream in reversed(current):
        if stream.role not in ("wrapper", "child") and (pid := whole(stream.facts.get("pid"))):
            return pid
    for key in ("command_pid", "pid"):
        for stream in reversed(current):
            if pid := whole(stream.facts.get(key)):
                return pid
    return None


def _processes(current: Sequence[StreamFacts]) -> tuple[ProcessRef, ...]:
    found: list[ProcessRef] = []
    for stream in reversed(current):
        for key, role in (("pid", stream.role), ("command_pid", "command")):
            pid = whole(stream.facts.get(key))
            if pid is None or pid <= 0:
                continue
            found.append(
                ProcessRef(
                    pid=pid,
                    start=whole(stream.facts.get(f"{key}_start")),
                    host=text(stream.facts.get("host")) or "",
                    boot_id=text(stream.facts.get("boot_id")),
                    pid_ns=text(stream.facts.get("pid_ns")),
                    role=role,
                    rank=stream.rank,
                )
            )
    return tuple(found)


def _claims(weakest_first: Sequence[StreamFacts], assigned: Sequence[Assignment]) -> tuple[Claim, ...]:
    claims = [_claim(stream) for stream in reversed(weakest_first)]
    for one in assigned:
        if one.field == "status" and one.author == EDIT and isinstance(one.value, str):
            begun = [s.attempt for s in weakest_first if s.first_ts is not None and s.first_ts <= one.ts]
            claims.insert(0, Claim("person", 0, max(begun, default=1), one.value, one.ts))
    return tuple(claims)


def _claim(stream: StreamFacts) -> Claim:
    speaker = stream.role if stream.role in ("wrapper", "child") else "rank"
    ending = stream.ending
    if ending is None:
        return Claim(speaker, stream.rank, stream.attempt, None, stream.last_ts or 0.0)
    reason, error = text(ending.get("reason")), _error(ending.get("error"))
    status = text(ending.get("status"))
    if stream.role == LOG_ROLE and error is not None and error.type == "KeyboardInterrupt":
        status = RunState.STOPPED.value  # the text of a log tells of a ctrl+c by its exception alone
    return Claim(
        speaker,
        stream.rank,
        stream.attempt,
        status,
        number(ending.get("ts")) or stream.last_ts or 0.0,
        whole(ending.get("exit_code")),
        whole(ending.get("signal")),
        error,
        reason if reason in REASONS else _reason(status, ending, error),
    )


def _reason(status: str | None, ending: Mapping[str, Any], error: RunError | None) -> str:
    """Of a stream that was written without ``reason``."""
    told = None if error is None else {"type": error.type, "message": error.message}
    exit_code, number = whole(ending.get("exit_code")), whole(ending.get("signal"))
    return classify(status, exit_code=exit_code, number=number, error=told)


def _error(value: object) -> RunError | None:
    if isinstance(value, str) and value:
        return RunError("", value)
    if not isinstance(value, Mapping) or not value:
        return None
    parts = [value.get(key) for key in ("type", "message", "traceback")]
    return RunError(*("" if part is None else str(part) for part in parts))


def _ranks(current: Sequence[StreamFacts], facts: Mapping[str, Any]) -> int:
    seen = {stream.rank for stream in current if stream.role != "wrapper"}
    return max(1, len(seen), integer(facts.get("world_size"), 1))


def _progress(current: Sequence[StreamFacts]) -> Progress | None:
    told = [stream.progress for stream in current if stream.progress]
    if not told:
        return None
    progress = told[-1]  # the lowest rank's, or the wrapper's
    step, total = number(progress.get("step")), number(progress.get("total"))
    epoch, epochs = number(progress.get("epoch")), number(progress.get("epochs"))
    place = place_of(progress)
    fraction = None if place is None else min(1.0, max(0.0, place[0] / place[1]))
    return Progress(fraction, step, total, epoch, seconds_left(progress), epochs, number(progress.get("ts")))
