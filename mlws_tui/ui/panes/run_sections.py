"""The sections of a run's page: what is known of a run as rows, the most asked-for first."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from mlws_tui.domain.endings import told as ending_words
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.runpages import Metric, RunPageFacts, diff_of, git_words, gpu_words
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.words import as_words, counted
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.run_words import LABEL, fact, moment, more, short, titled
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import state_style
from mlws_tui.ui.widgets.sections import Row

#: Rows that a section has room for, and branches with more leaves that are folded at first.
MOST, _LARGE = 2000, 40
_DEEPEST = 6
#: Lines of a traceback: the last ones tell what happened.
_TRACEBACK = 200

Lines = Iterator[tuple[str, Line, Jump | None]]


def section(title: str, key: str, rows: Sequence[Row], note: str = "") -> list[Row]:
    """A section with its title; nothing where it has no rows."""
    if not rows:
        return []
    head = (Span(title, "title"), *((Span(f"  {note}", "muted"),) if note else ()))
    return [Row(()), Row(head, key, (), None, branch=True, title=True), *rows]


def rows_of(key: str, lines: Lines) -> list[Row]:
    """The rows of a section, indented; those without a name of their own get one by their place."""
    return [
        Row(indented(line), f"{key}/{name or n}", (key,), jump) for n, (name, line, jump) in enumerate(lines)
    ]


def indented(line: Line) -> Line:
    """The line as it stands below the title of its section."""
    return (line[0]._replace(text=f"  {line[0].text}"), *line[1:]) if line else line


def head_rows(facts: RunPageFacts) -> list[Row]:
    """What it is and how far it is; it stands above the sections."""
    return [Row(line, f"head/{line[0].text.strip()}") for line in head_lines(facts.run, facts.now, facts)]


def head_lines(run: Run, now: float, facts: RunPageFacts | None = None) -> Iterator[Line]:
    """The facts that come first."""
    yield fact("id", run.id)
    for label, value in (("experiment", run.experiment), ("tags", ", ".join(run.tags))):
        if value:
            yield fact(label, value)
    if run.started is not None:
        yield fact("started", f"{moment(run.started)} · {duration(run.duration(now))}")
    if run.ended is not None:
        yield fact("ended", f"{moment(run.ended)}{_code(run)}")
    if run.state is RunState.RUNNING and (progress := _progress(run)):
        yield fact("progress", progress)
    hours = run.gpu_hours(now)
    if hours is not None:
        energy = facts.usage.energy_joules if facts is not None else None
        used = f" · {energy / 3.6e6:.3g} kWh" if energy is not None else ""
        yield fact("GPU-hours", f"{figure(hours)} on {counted(len(run.gpus), 'GPU')}{used}")
    if facts is not None and len(facts.attempts) > 1:
        told = (
            f"{one.number}: {duration(_took(one.started, one.ended, now))} {one.state}"
            for one in facts.attempts
        )
        yield fact("attempts", " · ".join(told))
    for label, value in (("model", run.model), ("dataset", run.dataset), ("checkpoint", run.best_checkpoint)):
        if value:
            yield fact(label, value)
    if run.parent and facts is None:
        yield fact("forked from", run.parent)


def error_lines(run: Run, now: float, most: int = _TRACEBACK) -> Lines:
    """Why it went wrong, with the last lines of its traceback."""
    if run.state not in (RunState.FAILED, RunState.CRASHED, RunState.LOST):
        return
    yield "", (Span(short(ending_words(run, now)), "bad"),), None
    if run.error is not None and run.error.traceback:
        told = run.error.traceback.rstrip().splitlines()
        if len(told) > most:
            yield "", more(f"{len(told) - most} lines before"), None
        for line in told[-most:]:
            yield "", (Span(short(line)),), None


def metric_lines(facts: RunPageFacts, width: int) -> Lines:
    """A table: last, best and where that was, first, and the extremes where there is room."""
    shown = facts.metrics
    room = max(10, min(36, width - 48))
    name = min(room, max((cell_len(titled(one.name)) for one in shown), default=0))
    wide = width >= name + 70
    if shown:
        head = f"{'':<{name}}  {'last':>8} {'best':>8} {'at step':<9} {'first':>8}"
        yield "head", (Span(head + (f" {'min':>8} {'max':>8} {'points':>7}" if wide else ""), "muted"),), None
    for one in shown:
        yield one.name, _metric(one, name, wide), None
    if facts.more_metrics:
        yield "more", more(f"{facts.more_metrics:,} more", f"mlws-tui metrics {facts.run.id}"), None


def _metric(one: Metric, name: int, wide: bool) -> Line:
    latest = one.latest
    at = f"@ {figure(one.best_step, 4)}" if one.best is not None and one.best_step is not None else ""
    best = figure(one.best) if one.best is not None else ""
    rest = f" {figure(latest.min):>8} {figure(latest.max):>8} {figure(latest.count, 4):>7}" if wide else ""
    odd = latest.last != latest.last or abs(latest.last) == float("inf")
    return (
        Span(fit(titled(one.name), name) + "  ", "text"),
        Span(f"{figure(latest.last):>8}", "bad" if odd else "strong"),
        Span(f" {best:>8}", "good"),
        Span(f" {at:<9} {figure(one.first):>8}{rest}", "muted"),
    )


def tree_rows(
    values: Mapping[str, Any], key: str, mark: Callable[[str], str] = lambda _name: ""
) -> tuple[list[Row], set[str]]:
    """A config as a tree of rows, and which of its branches are folded at first: large ones.

    Args:
        values: The config.
        key: Key of the section.
        mark: What is to be said beside a value of a dotted name; empty for nothing.
    """
    rows: list[Row] = []
    folded: set[str] = set()
    left = _branch(values, key, (key,), "", mark, rows, folded) - sum(not row.branch for row in rows)
    if left:
        rows.append(Row(indented(more(f"{left:,} more")), f"{key}/more", (key,)))
    return rows, folded


def _branch(
    values: Mapping[str, Any],
    key: str,
    within: tuple[str, ...],
    above: str,
    mark: Callable[[str], str],
    rows: list[Row],
    folded: set[str],
) -> int:
    """Adds rows while there is room; how many values there are."""
    count, depth = 0, len(within) - 1
    width = min(28, max((cell_len(short(str(name))) for name in values), default=0))
    for name, value in values.items():
        place, indent = f"{key}/{name}", "  " * depth
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            at = len(rows)
            if at < MOST:
                rows.append(
                    Row((Span(f"{indent}{short(str(name))}", "muted"),), place, within, None, branch=True)
                )
            below = _branch(value, place, (*within, place), f"{above}{name}.", mark, rows, folded)
            if at < MOST and below > _LARGE:
                folded.add(place)
                rows[at] = rows[at]._replace(
                    line=(*rows[at].line, Span(f"  {counted(below, 'value')}", "muted"))
                )
            count += below
        else:
            count += 1
            if len(rows) < MOST:
                label = f"  {indent}{fit(short(str(name)), width)}  "
                said = mark(f"{above}{name}")
                beside = (Span(f"  {said}", "warn"),) if said else ()
                rows.append(Row((Span(label, "muted"), Span(short(as_words(value))), *beside), place, within))
    return count


def told_lines(told: Mapping[str, Any]) -> Lines:
    """What stands in the text of the log beside figures: complaints, memory, how long things took."""
    rest = dict(told)
    for kind in ("error", "warning"):
        count, last = rest.pop(f"{kind}s", None), rest.pop(f"last_{kind}", None)
        if count:
            label = f"{kind}s" if count > 1 else kind
            words = short(f"{count} · the last: {last}")
            yield kind, (Span(f"{label:<{LABEL}}", "muted"), Span(words, "warn")), None
    durations = rest.pop("durations", None)
    for name, seconds in durations.items() if isinstance(durations, Mapping) else ():
        yield "", fact("took" if name == "run" else short(str(name)), duration(seconds)), None
    for name, value in rest.items():
        yield "", fact(short(str(name)), as_words(value)), None


def origin_lines(run: Run) -> Lines:
    """The command, and where and on what it ran."""
    host = " · ".join(part for part in (run.host, f"pid {run.pid}" if run.pid else "") if part)
    changed = diff_of(run).count("\n")
    diff = f" (d shows the diff, {counted(changed, 'line')})" if changed else ""
    for label, value in (
        ("command", shlex.join(run.command)),
        ("folder", run.cwd),
        ("log", run.log),
        ("git", f"{git_words(run.git)}{diff}"),
        ("host", host),
        ("GPUs", ", ".join(map(gpu_words, run.gpus))),
        ("ranks", str(run.ranks) if run.ranks > 1 else ""),
        ("attempt", str(run.attempt) if run.attempt > 1 else ""),
        ("Python", run.python),
        ("launched by", run.launched_by),
    ):
        if value:
            yield label, fact(label, value), None


def environment_rows(run: Run) -> tuple[list[Row], set[str]]:
    """What was installed when it began; the packages are folded at first."""
    plain = {key: value for key, value in run.environment.items() if key != "gpus" or value}
    packages = plain.pop("packages", None)
    rows = [
        Row(indented(fact(short(str(name)), as_words(value))), f"environment/{name}", ("environment",))
        for name, value in plain.items()
    ]
    if not isinstance(packages, Mapping) or not packages:
        return rows, set()
    key = "environment/packages"
    title = (Span("packages", "muted"), Span(f"  {len(packages):,}", "text"))
    rows.append(Row(title, key, ("environment",), None, branch=True))
    named = sorted((str(name), as_words(version)) for name, version in packages.items())
    width = min(32, max(cell_len(short(name)) for name, _ in named))
    for name, version in named[:MOST]:
        line = (Span(f"    {fit(short(name), width)}  ", "muted"), Span(short(version)))
        rows.append(Row(line, f"{key}/{name}", ("environment", key)))
    return rows, {key}


def problem_lines(run: Run) -> Lines:
    """What could not be read of it."""
    for problem in run.problems:
        yield "", (Span(short(problem), "warn"),), None
    if run.bad_lines:
        yield "", (Span(f"{counted(run.bad_lines, 'line')} of its streams could not be read", "warn"),), None


def state_span(run: Run, now: float) -> Span:
    """How it stands, in words and in its colour."""
    return Span(short(ending_words(run, now)), state_style(run.state))


def shelved(run: Run) -> Line:
    """What is said behind the name of a run that lists leave out; nothing of another."""
    if run.deleted:
        return (Span("  deleted", "warn"),)
    return (Span("  archived", "muted"),) if run.archived else ()


def _progress(run: Run) -> str:
    progress = run.progress
    if progress is None:
        return ""
    parts = [f"{progress.fraction:.1%}"] if progress.fraction is not None else []
    if progress.step is not None:
        total = f" of {figure(progress.total, 5)}" if progress.total is not None else ""
        parts.append(f"step {figure(progress.step, 5)}{total}")
    if progress.eta is not None:
        parts.append(f"about {duration(progress.eta)} left")
    return " · ".join(parts)


def _took(started: float | None, ended: float | None, now: float) -> float | None:
    return None if started is None else max(0.0, (now if ended is None else ended) - started)


def _code(run: Run) -> str:
    if run.signal:
        return f" · signal {run.signal}"
    return f" · exit code {run.exit_code}" if run.exit_code is not None else ""
