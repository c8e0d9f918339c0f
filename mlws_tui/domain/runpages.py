"""What the page of one run holds beside the run itself: figures, files, ranks, attempts and who speaks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mlws_tui.domain.experiments import lower_is_better
from mlws_tui.domain.lineage import Kin
from mlws_tui.domain.runs import Latest, Run, RunEvent
from mlws_tui.domain.timeline import NOTHING, Totals


@dataclass(frozen=True, slots=True)
class Place:
    """Where the first point of a series is, and where its lowest and its highest are. Steps are None where unknown."""

    first: float | None = None
    first_step: float | None = None
    low_step: float | None = None
    high_step: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A series of rank 0 in a few figures.

    Attributes:
        best: The lowest or highest value by what its name tells; None where the name tells nothing.
        lower: Whether lower is better; None where the name does not tell.
        source: ``sdk``, ``log`` or ``person``.
    """

    name: str
    latest: Latest
    first: float | None
    first_step: float | None
    best: float | None
    best_step: float | None
    lower: bool | None
    source: str = "sdk"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run wrote, as it was recorded and as it is now.

    Attributes:
        path: As recorded.
        bytes: Its size when it was recorded; None where it was not told.
        present: Whether it is there now; None where that cannot be seen from here.
        now: Its size now, in bytes; None for a folder and where it is not there.
        said: What of that a person should know, in words; empty where all is as recorded.
        told: Whether a log's text tells of it, and no process recorded it.
    """

    path: str
    kind: str
    bytes: int | None
    ts: float
    rank: int = 0
    sha256: str = ""
    present: bool | None = None
    now: int | None = None
    said: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class RankInfo:
    """A process of a run that wrote a stream of its own.

    Attributes:
        state: ``running``, ``completed``, ``failed``, ``stopped``, ``gone`` (no end, and no process), ``silent`` (it
            cannot be seen from here) or empty where nobody looked.
        first: When it was first heard (Unix seconds).
        last: When it was last heard.
        step: The furthest step that it logged.
        given: Of a wrapper, the keys of the settings that a person gave when starting the run.
        untold: Of a rank, those of them that its script's own configuration does not have.
    """

    rank: int
    role: str
    attempt: int
    host: str = ""
    pid: int | None = None
    start: int | None = None
    boot_id: str | None = None
    pid_ns: str | None = None
    state: str = ""
    exit_code: int | None = None
    first: float | None = None
    last: float | None = None
    step: float | None = None
    given: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A start of a run: the first one, or a resume. Times are Unix seconds; `ended` is None while it goes on."""

    number: int
    started: float | None
    ended: float | None
    state: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A line of the journal or of a session log that speaks of a run.

    Attributes:
        kind: ``journal`` or ``session``.
        path: Relative to the workspace.
        line: Counted from 1.
        when: The entry's or the session's date, where it has one.
        snippet: The line, without what makes it a list item.
    """

    kind: str
    path: str
    line: int
    when: date | None
    snippet: str


@dataclass(frozen=True, slots=True)
class LogFile:
    """The log of a run: where it is meant to be, whether it is there, its size in bytes and whether it is packed."""

    path: str
    present: bool
    bytes: int | None = None
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What was measured of the GPUs while it ran: bytes, a share from 0 to 1, and joules. None where nothing was."""

    peak_memory: int | None = None
    mean_utilization: float | None = None
    energy_joules: float | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """All that happened in a run, counted; its artifacts, and its newest alerts and notes in order of time."""

    totals: Totals = NOTHING
    artifacts: tuple[RunEvent, ...] = ()
    alerts: tuple[RunEvent, ...] = ()
    remarks: tuple[RunEvent, ...] = ()
    more_artifacts: int = 0


@dataclass(frozen=True, slots=True)
class RunPageFacts:
    """The page of a run.

    Attributes:
        metrics: Those that people look at first.
        more_metrics: How many more there are.
        events: A page of all that happened, in order of time.
        earlier: How many came before those, and `later` how many after.
        now: When it was read (Unix seconds), by the clock that durations are counted with.
    """

    run: Run
    now: float
    metrics: tuple[Metric, ...] = ()
    more_metrics: int = 0
    artifacts: tuple[Artifact, ...] = ()
    more_artifacts: int = 0
    totals: Totals = NOTHING
    events: tuple[RunEvent, ...] = ()
    earlier: int = 0
    later: int = 0
    alerts: tuple[RunEvent, ...] = ()
    remarks: tuple[RunEvent, ...] = ()
    ranks: tuple[RankInfo, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    mentions: tuple[Mention, ...] = ()
    log: LogFile | None = None
    kin: Kin = field(default_factory=Kin)
    usage: Usage = field(default_factory=Usage)


def metric(name: str, latest: Latest, place: Place, source: str = "sdk") -> Metric:
    """A series as its page shows it."""
    lower = lower_is_better(name)
    best = None if lower is None else latest.min if lower else latest.max
    step = None if lower is None else place.low_step if lower else place.high_step
    return Metric(name, latest, place.first, place.first_step, best, step, lower, source)


def attempts_of(ranks: Sequence[RankInfo], run: Run) -> tuple[Attempt, ...]:
    """The starts of a run by what its processes say; the state of the newest is the run's."""
    by_number: dict[int, list[RankInfo]] = {}
    for one in ranks:
        if one.role not in ("log", "child"):
            by_number.setdefault(one.attempt, []).append(one)
    found = []
    for number, members in sorted(by_number.items()):
        newest = number == max(by_number)
        started = min((one.first for one in members if one.first is not None), default=None)
        ended = max((one.last for one in members if one.last is not None), default=None)
        if newest:
            found.append(Attempt(number, started, run.ended, run.state.value))
        else:
            found.append(Attempt(number, started, ended, _ended_as(members)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Untold:
    """Settings that a person gave and the script did not tell back: perhaps it never looked at them.

    Attributes:
        keys: Their dotted names.
        silent: Whether no script spoke at all, so that nothing tells whether they were used.
    """

    keys: tuple[str, ...] = ()
    silent: bool = False

    def mark(self, key: str) -> str:
        """What is said beside a setting, of a dotted name; empty where nothing is."""
        if not any(key == one or key.startswith(f"{one}.") for one in self.keys):
            return ""
        return "given; its script tells no settings" if self.silent else "given, not told by the script"


def untold(ranks: Sequence[RankInfo]) -> Untold:
    """What the newest start of a run was given and its script did not tell back, by what its processes say."""
    newest = max((one.attempt for one in ranks), default=1)
    members = [one for one in ranks if one.attempt == newest]
    given = [key for one in members if one.role == "wrapper" for key in one.given]
    speakers = [one for one in members if one.role == "rank" and one.pid is not None]
    if not speakers:
        return Untold(tuple(dict.fromkeys(given)), silent=True)
    everywhere = set.intersection(*(set(one.untold) for one in speakers))
    return Untold(tuple(key for key in dict.fromkeys(given) if key in everywhere))


def gpu_words(gpu: object) -> str:
    """A GPU of a run's record in words: its index and its name."""
    if isinstance(gpu, Mapping):
        return " ".join(str(gpu[key]) for key in ("index", "name") if gpu.get(key) is not None)
    return str(gpu)


def git_words(git: Mapping[str, Any] | None) -> str:
    """Where the code stood: the commit's beginning, its branch, and whether there were changes; empty for none."""
    if not git or not git.get("sha"):
        return ""
    branch = f" on {git['branch']}" if git.get("branch") else ""
    changes = " · uncommitted changes" if git.get("dirty") else ""
    return f"{str(git['sha'])[:12]}{branch}{changes}"


def diff_of(run: Run) -> str:
    """The uncommitted changes that a run was started with, as a diff; empty where there were none, or none was kept."""
    diff = (run.git or {}).get("diff")
    return diff if isinstance(diff, str) else ""


def _ended_as(members: list[RankInfo]) -> str:
    """The wrapper's word, else that of a rank that failed, else rank 0's."""
    wrapper = next((one.state for one in members if one.role == "wrapper" and one.state), "")
    failed = "failed" if any(one.state == "failed" for one in members) else ""
    first = next((one.state for one in sorted(members, key=lambda one: one.rank) if one.state), "")
    return wrapper or failed or first
