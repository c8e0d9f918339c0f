"""Lines that the journal could have: what happened, said in the journal's own words, for a person to take or leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from mlws_tui.domain.endings import reason
from mlws_tui.domain.endreasons import KILLED, OOM_GPU, OOM_HOST, TIME_LIMIT
from mlws_tui.domain.experiments import best_of
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.metricnames import result
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted

STARTED, COMPLETED, FAILED, STOPPED = "started", "completed", "failed", "stopped"
PULLED, CREATED, SAVED, DATASET = "pulled", "created", "saved", "dataset"
COMMITTED, WROTE = "committed", "wrote"
#: The order in which they are offered: how runs ended, what runs, then what there is of new models, data and code.
_RANKS = {
    **dict.fromkeys((COMPLETED, FAILED, STOPPED), 0),
    STARTED: 1,
    **dict.fromkeys((PULLED, CREATED), 2),
    SAVED: 3,
    DATASET: 4,
    COMMITTED: 5,
    WROTE: 6,
}
_ENDINGS: dict[RunState, str] = {
    RunState.COMPLETED: COMPLETED,
    RunState.FAILED: FAILED,
    RunState.CRASHED: FAILED,
    RunState.STOPPED: STOPPED,
}
_SECTIONS = {"agents": "Agents"}
_SECTION = "Experiments"
_AT = "at step "
_NAME, _WHY = 80, 100  # characters
_LEAST_HOURS = 0.01  # of a GPU that are told
_TELLS = 12  # characters of a first sentence that says enough by itself
_STARTED_LINE = re.compile(r"\W*started\b", re.IGNORECASE)
_RUN_LINE = re.compile(r"\W*(?:started|completed|failed|stopped):", re.IGNORECASE)
_FILES_LINE = re.compile(r"\W*(?:saved:|dataset:.* first used by )", re.IGNORECASE)
_JOINED_BEFORE, _JOINED_AFTER = re.compile(r"[\w-]"), re.compile(r"[\w-]|[.:]\w")
_HEX = re.compile(r"(?<![\w-])[0-9a-f]{7,40}(?![\w-])")
_LINK = re.compile(r" (?:\[log\]\([^)]*\)|`[^`]*`)\Z")
_NAMED_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\([^()]*\)")
_ESCAPED = re.compile(r"\\(.)")
#: What Markdown would read as more than a sign; `_` only where no letter stands on both sides of it.
_MARKUP = re.compile(r"[\\`*\[\]<>~|&]|(?<![^\W_])_|_(?![^\W_])")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line for one section of one day.

    Attributes:
        key: The same for the same happening, today and in a year.
        kind: What happened: ``started``, ``completed``, ``failed`` or ``stopped`` for runs; ``pulled``, ``created``
            (models), ``saved`` (checkpoints), ``dataset``, ``committed`` or ``wrote`` (scripts, settings).
        section: Title of the section that it belongs to.
        text: The line without its bullet, as Markdown.
        ts: When it happened, Unix seconds.
        source: What it tells of: ``run:ID``, ``experiment:NAME``, ``model:TAG``, ``dataset:PATH``, ``commit:SHA``,
            ``repository:FOLDER`` or ``file:PATH``; without a name for several at once.
        link: The file that it leads to, relative to the workspace; empty where there is none.
        covers: Keys of those that it says, too: who takes it or puts it aside is done with them.
        told_by: Of what is no end of a run: words that stand together in a line which tells it already.
    """

    key: str
    kind: str
    section: str
    text: str
    ts: float
    source: str
    link: str = ""
    covers: tuple[str, ...] = ()
    told_by: tuple[tuple[str, ...], ...] = ()

    @property
    def run(self) -> str:
        """Id of the run that it tells of; empty where it tells of something else."""
        kind, _, id = self.source.partition(":")
        return id if kind == "run" else ""

    @property
    def told(self) -> str:
        """The line as one reads it: without where it leads and the marks of Markdown."""
        text = _LINK.sub("", self.text) if self.kind != COMMITTED else self.text
        return _ESCAPED.sub(r"\1", _NAMED_LINK.sub(r"\1", text).replace("`", ""))

    @property
    def rank(self) -> tuple[int, float, str]:
        """Where it stands among all that is offered: what one tells first comes first, then by time."""
        return _RANKS.get(self.kind, len(_RANKS)), self.ts, self.key


def of_run(run: Run, first: float, end: float, now: float) -> Suggestion | None:
    """What a day's entry could say of a run; None where nothing about it happened on that day.

    Args:
        run: The run, with the state that its processes tell.
        first: When the day begins, Unix seconds.
        end: When the next one begins.
        now: Unix seconds.
    """
    if run.state is RunState.RUNNING:
        kind, ts = STARTED, run.started
    else:
        kind, ts = _ENDINGS.get(run.state, ""), run.ended if run.ended is not None else run.last_seen
    if not kind or ts is None or not first <= ts < end:
        return None
    section = _SECTIONS.get(run.kind, _SECTION)
    text = _line(kind, run, now)
    return Suggestion(_key(kind, run), kind, section, text, ts, f"run:{run.id}", run.log or "")


def of_sweep(runs: Sequence[Run], name: str, now: float) -> Suggestion:
    """What could be said at once of runs of one experiment that completed on a day.

    Args:
        runs: At least one, each with its own suggestion.
        name: What the experiment is called.
        now: Unix seconds.
    """
    main = result(sorted({name for run in runs for name in run.latest}))
    best = best_of(runs).get(main) if main is not None else None
    details = []
    if main is not None and best is not None and best.sure:
        where = next(run.name for run in runs if run.id == best.run)
        details.append(
            f"best {plain_markdown(main)} {figure(best.value)} in {plain_markdown(shortened(where, _NAME))}"
        )
    started = [run.started for run in runs if run.started is not None]
    last = max(ended_at(run) for run in runs)
    if started:
        details.append(duration(last - min(started)))
    hours = sum(run.gpu_hours(now) or 0.0 for run in runs)
    details += [f"{_hours(hours)} GPU-h"] if hours >= _LEAST_HOURS else []
    told = f" ({', '.join(details)})" if details else ""
    text = f"Completed: {counted(len(runs), 'run')} of {plain_markdown(shortened(name, _NAME))}{told}"
    covers = tuple(_key(COMPLETED, run) for run in runs)
    key = f"sweep:{min(run.id for run in runs)}+{len(runs) - 1}"
    section = _SECTIONS.get(runs[0].kind, _SECTION)
    return Suggestion(key, COMPLETED, section, text, last, f"experiment:{name}", covers=covers)


def uncovered(offered: Sequence[Suggestion]) -> list[Suggestion]:
    """Those that together say all that is offered, and nothing twice."""
    covered = {key for one in offered for key in one.covers}
    return [one for one in offered if one.key not in covered]


def ended_at(run: Run) -> float:
    """When it ended, or was last heard of; Unix seconds."""
    return run.ended if run.ended is not None else run.last_seen or 0.0


def mentioned(suggestion: Suggestion, entry: str) -> bool:
    """Whether an entry says it already.

    A run is named by its id or the path of its log, where a line that only tells of the start does not say how it
    ended; several at once in just these words; a commit by its name, however short, or its message; a file by its
    path or name; a model by its tag, though not by a line about a run.
    """
    if suggestion.covers:
        return suggestion.text in entry
    if suggestion.kind in (STARTED, COMPLETED, FAILED, STOPPED):
        return _run_mentioned(suggestion, entry)
    if suggestion.kind == COMMITTED:
        sha = suggestion.source.partition(":")[2]
        if any(sha.startswith(word) for word in _HEX.findall(entry)):
            return True
    entry = _ESCAPED.sub(r"\1", entry)
    groups = [words for words in suggestion.told_by if all(word in entry for word in words)]
    if not groups:
        return False
    lines = [line for line in entry.splitlines() if not _RUN_LINE.match(line)]
    return any(all(_stands(word, line) for word in words) for words in groups for line in lines)


def _run_mentioned(suggestion: Suggestion, entry: str) -> bool:
    names = [suggestion.run, suggestion.link, quote(suggestion.link)]
    names = [name for name in dict.fromkeys(names) if name and name in entry]
    if not names:
        return False
    pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in names))
    lines = [line for line in entry.splitlines() if pattern.search(line) and not _about_files(line)]
    if suggestion.kind == STARTED:
        return bool(lines)
    return any(not _STARTED_LINE.match(line) for line in lines)


def _about_files(line: str) -> bool:
    """Whether a line tells of a run's checkpoints or data: it links to the run and says nothing of its end."""
    return _FILES_LINE.match(line) is not None


def _stands(word: str, line: str) -> bool:
    """Whether a name stands in a line by itself: not within a longer one, nor before a tag or a suffix."""
    start = line.find(word)
    while start >= 0:
        end = start + len(word)
        if not _JOINED_BEFORE.match(line[start - 1 : start]) and not _JOINED_AFTER.match(line[end : end + 2]):
            return True
        start = line.find(word, start + 1)
    return False


def plain_markdown(text: str) -> str:
    """Text as one line of Markdown that shows just these characters."""
    return _MARKUP.sub(r"\\\g<0>", safe_text(" ".join(text.split())))


def _key(kind: str, run: Run) -> str:
    return f"{kind}:{run.id}{f'#{run.attempt}' if run.attempt > 1 else ''}"


def _line(kind: str, run: Run, now: float) -> str:
    details = [*_how(kind, run, now), *_took(kind, run, now)]
    told = f" ({', '.join(details)})" if details else ""
    return f"{kind.capitalize()}: {plain_markdown(shortened(run.name, _NAME))}{told} {linked_run(run)}"


def _how(kind: str, run: Run, now: float) -> list[str]:
    if kind == COMPLETED:
        name = result(run.latest)
        return [] if name is None else [f"{plain_markdown(name)} {figure(run.latest[name].last)}"]
    if kind == STARTED:
        told = (run.model, run.dataset)
        return [plain_markdown(shortened(word, _NAME)) for word in told if word]
    step, cause = _last_step(run), _why(run, now)
    at = "" if step is None or _AT in cause else f"{_AT}{figure(step, 4)}"
    why = plain_markdown(shortened(cause, _WHY))
    return [" ".join(word for word in (why, at) if word)] if why or at else []


def _took(kind: str, run: Run, now: float) -> list[str]:
    seconds, hours = run.duration(now), run.gpu_hours(now)
    if kind == STARTED or seconds is None:
        return []
    return [
        duration(seconds),
        *([f"{_hours(hours)} GPU-h"] if hours is not None and hours >= _LEAST_HOURS else []),
    ]


def _hours(hours: float) -> str:
    return f"{hours:.1f}" if hours >= 0.1 else f"{hours:.2f}"


def _why(run: Run, now: float) -> str:
    """Why it ended, in a few words: its error, unless what ended it is known better."""
    known_better = run.reason in (OOM_HOST, KILLED, TIME_LIMIT) or run.state is not RunState.FAILED
    message = run.error.message if run.error is not None and not known_better else ""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return reason(run, now)
    first, _, rest = lines[-1].partition(". ")
    told = first if rest and len(first) >= _TELLS else lines[-1]
    kind = run.error.type.rpartition(".")[2] if run.error is not None and run.reason != OOM_GPU else ""
    return f"{kind}: {told}" if kind and kind not in told else told


def _last_step(run: Run) -> float | None:
    steps = [latest.step for latest in run.latest.values() if latest.step is not None]
    if run.progress is not None and run.progress.step is not None:
        steps.append(run.progress.step)
    return max(steps, default=None)


def linked_run(run: Run) -> str:
    """Where one reads on about a run: its log, else the run itself by its id."""
    return f"[log]({quote(run.log)})" if run.log else f"`{run.id}`"


def shortened(text: str, most: int) -> str:
    """Text on one line of so many characters at most."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
