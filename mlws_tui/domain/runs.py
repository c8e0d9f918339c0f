"""A run as people speak of it: facts, state, last values, series and what happened in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    """Where a run stands. `CRASHED` and `LOST` are derived at reading, never stored."""

    CREATED = "created"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"
    CRASHED = "crashed"
    LOST = "lost"

    @property
    def live(self) -> bool:
        """Whether more records may come."""
        return self in (RunState.CREATED, RunState.RUNNING, RunState.LOST)


class Presence(StrEnum):
    """What can be said of a recorded process from here."""

    ALIVE = "alive"
    GONE = "gone"
    ELSEWHERE = "elsewhere"  # another host, boot or container: not visible from here


@dataclass(frozen=True, slots=True)
class ProcessRef:
    """A process that a stream names. `start` is in clock ticks since boot, as in ``/proc/PID/stat``."""

    pid: int
    start: int | None
    host: str
    boot_id: str | None = None
    pid_ns: str | None = None
    role: str = "rank"  # wrapper, command, rank or child (forked from a rank)
    rank: int = 0


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a run failed: exception type, message and traceback (may be empty)."""

    type: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Latest:
    """What is kept of a series at ingest, so that lists never read points. Figures may be NaN or infinite."""

    last: float
    step: int | float | None
    ts: float
    min: float | None
    max: float | None
    mean: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run was at `ts`. `fraction` is 0–1, `eta` seconds left then; each None where unknown."""

    fraction: float | None = None
    step: int | float | None = None
    total: int | float | None = None
    epoch: float | None = None
    eta: float | None = None
    epochs: float | None = None
    ts: float | None = None

    def eta_at(self, now: float) -> float | None:
        """Seconds left at `now` (Unix seconds), counted down since the last progress; never negative."""
        if self.eta is None or self.ts is None:
            return self.eta
        return max(0.0, self.eta - max(0.0, now - self.ts))


@dataclass(frozen=True, slots=True)
class Claim:
    """What one stream says of how the run ended, or what a person set.

    Attributes:
        speaker: ``person``, ``wrapper``, ``rank`` or ``child`` (forked from a rank; it has no say).
        rank: Which rank speaks, for ``rank``.
        attempt: 1 for the first start, 2 for the first resume…
        status: completed, failed or stopped (a person may also set others); None for a stream without an end.
        reason: Why it ended, where that is known: see `Run.reason`.
    """

    speaker: str
    rank: int
    attempt: int
    status: str | None
    ts: float
    exit_code: int | None = None
    signal: int | None = None
    error: RunError | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """All that lists and pages show of a run. Times are Unix seconds.

    Attributes:
        reason: What ended it, one word of `mlws_tui.domain.endings`; empty where its state says all.
        environment: ``packages`` (versions by name), ``gpus`` (names), ``data`` (files with their hashes) and the
            like, as they were when it began; only a run that was read by itself has it.
    """

    id: str
    name: str
    kind: str
    state: RunState
    experiment: str | None = None
    started: float | None = None
    ended: float | None = None
    last_seen: float | None = None
    host: str | None = None
    pid: int | None = None
    processes: tuple[ProcessRef, ...] = ()
    tags: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    dataset: str | None = None
    git: Mapping[str, Any] | None = None
    command: tuple[str, ...] = ()
    cwd: str | None = None
    python: str | None = None
    gpus: tuple[Any, ...] = ()
    exit_code: int | None = None
    signal: int | None = None
    error: RunError | None = None
    claims: tuple[Claim, ...] = ()
    log: str | None = None
    parent: str | None = None
    launched_by: str | None = None
    attempt: int = 1
    ranks: int = 1
    progress: Progress | None = None
    latest: Mapping[str, Latest] = field(default_factory=dict)
    more_metrics: int = 0  # names of metrics beyond those in `latest`: lists carry the ones people look at
    notes: str = ""
    archived: bool = False
    deleted: bool = False
    bad_lines: int = 0
    best_checkpoint: str | None = None
    problems: tuple[str, ...] = ()  # sentences about stream files and logs that cannot be read on
    log_only: bool = False  # no stream knows it: all of it was read from the text of its log
    told: Mapping[str, Any] = field(default_factory=dict)  # what its log tells beside: see docs/streams.md
    reason: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict)
    paused: float = 0.0  # seconds between its attempts, in which nothing of it ran

    def gpu_hours(self, now: float) -> float | None:
        """Hours times the GPUs that it was given; None where it is not known that it had any."""
        seconds = self.duration(now)
        return None if seconds is None or not self.gpus else len(self.gpus) * seconds / 3600

    def duration(self, now: float) -> float | None:
        """Seconds that its attempts took together, until now while it is live; None where it never started."""
        if self.started is None or self.state is RunState.CREATED:
            return None
        end = self.ended if self.ended is not None else now
        return max(0.0, end - self.started - self.paused)


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs a list asks for, newest first. `unfinished`: only those of which no end is recorded.

    `experiment`: only those of the experiment of that id. `among`: only these ids.
    """

    limit: int = 200
    offset: int = 0
    text: str = ""
    include_deleted: bool = False
    include_archived: bool = False
    unfinished: bool = False
    experiment: str | None = None
    among: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of a list and how many there are in all."""

    runs: tuple[Run, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """A series of a run: its name, rank, where it came from (``sdk`` or ``log``) and what is kept of it."""

    name: str
    rank: int
    source: str
    latest: Latest


@dataclass(frozen=True, slots=True)
class Points:
    """All points of a series in the order written; the four lists have one length."""

    step: list[float]
    ts: list[float]
    value: list[float]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Consecutive points of a series taken together: what a chart column needs.

    `low`, `high`, `mean` and `last` are of the finite values (None where there is none); `nan` counts the
    values that are NaN or infinite, of which `up` and `down` are known to be infinities above and below 0.
    """

    step_first: float
    step_last: float
    ts_first: float
    ts_last: float
    low: float | None
    high: float | None
    mean: float | None
    last: float | None
    count: int
    nan: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class Curve:
    """A series as buckets, in the order written. `total` counts the points of the whole series."""

    run: str
    name: str
    rank: int
    buckets: tuple[Bucket, ...]
    total: int


@dataclass(frozen=True, slots=True)
class RunEvent:
    """An event, alert, note or artifact of a run, as its stream has it."""

    type: str
    ts: float
    name: str
    data: Mapping[str, Any]
    rank: int = 0
