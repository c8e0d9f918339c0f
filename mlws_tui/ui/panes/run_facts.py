"""What is known of a run, as lines to read, the most asked-for first."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from mlws_tui.domain.events import plain
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.runs import Run, RunEvent, RunState
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import SIGNS, reason, state_style

_LABEL = 12
#: Nobody reads more than this of one thing here; `mlws-tui runs show` has it all.
HAPPENINGS = 40
_TREE, _TRACEBACK, _TEXT = 300, 120, 2000
_DEEPEST = 6


def fact_lines(
    run: Run, happenings: Sequence[RunEvent], now: float, *, more_happenings: int = 0
) -> list[Line]:
    """The facts of a run. All text is safe for a terminal.

    Args:
        run: The run.
        happenings: Its newest events, alerts, notes and artifacts in order of time.
        now: Unix seconds.
        more_happenings: How many came before those.
    """
    lines = list(_head(run, now))
    for title, section in (
        ("What went wrong", _error(run)),
        ("Metrics", _metrics(run)),
        ("Config", _tree(run.config)),
        ("Summary", _tree(run.summary)),
        ("Notes", _text(run.notes)),
        ("Told by its log", list(_told(run.told))),
        ("Origin", list(_origin(run))),
        (_happenings_title(len(happenings), more_happenings), _happenings(happenings)),
    ):
        if section:
            lines += [(), (Span(title, "title"),), *section]
    return lines


def _head(run: Run, now: float) -> Iterator[Line]:
    style = state_style(run.state)
    yield (Span(f"{SIGNS[run.state]} {run.state.value}  ", style), Span(safe_text(run.name), "strong"))
    yield _fact("id", run.id)
    for label, value in (("experiment", run.experiment), ("tags", ", ".join(run.tags))):
        if value:
            yield _fact(label, value)
    if run.started is not None:
        yield _fact("started", f"{_moment(run.started)} · {duration(run.duration(now))}")
    if run.ended is not None:
        yield _fact("ended", f"{_moment(run.ended)}{_code(run)}")
    progress = run.progress
    if progress is not None and run.state is RunState.RUNNING:
        parts = [f"{progress.fraction:.1%}"] if progress.fraction is not None else []
        if progress.step is not None:
            total = f" of {figure(progress.total, 5)}" if progress.total is not None else ""
            parts.append(f"step {figure(progress.step, 5)}{total}")
        if progress.eta is not None:
            parts.append(f"about {duration(progress.eta)} left")
        if parts:
            yield _fact("progress", " · ".join(parts))
    for label, value in (("model", run.model), ("dataset", run.dataset), ("forked from", run.parent)):
        if value:
            yield _fact(label, value)


def _error(run: Run) -> list[Line]:
    if run.state not in (RunState.FAILED, RunState.CRASHED, RunState.LOST):
        return []
    lines: list[Line] = [(Span(safe_text(reason(run)) or "no reason is recorded", "bad"),)]
    if run.error is not None and run.error.traceback:
        told = run.error.traceback.rstrip().splitlines()
        if len(told) > _TRACEBACK:
            lines.append(_more(f"{len(told) - _TRACEBACK} lines before"))
        lines += [(Span(_short(line)),) for line in told[-_TRACEBACK:]]
    return lines


def _metrics(run: Run) -> list[Line]:
    names = by_importance(run.latest)
    width = min(22, max((cell_len(safe_text(name)) for name in names), default=0))
    lines: list[Line] = []
    for name in names[:_TREE]:
        latest = run.latest[name]
        past = f"  min {figure(latest.min):<8} max {figure(latest.max):<8} n {figure(latest.count, 4)}"
        lines.append(
            (
                Span(fit(safe_text(name), width) + " ", "muted"),
                Span(f"{figure(latest.last):>8}", "strong"),
                Span(past, "muted"),
            )
        )
    more = max(0, len(names) - _TREE) + run.more_metrics
    if more:
        lines.append(_more(f"{more:,} more"))
    return lines


def _tree(values: Mapping[str, Any]) -> list[Line]:
    rows = list(_leaves(values, 0))
    width = min(24, max((cell_len(label) for label, _ in rows), default=0))
    lines: list[Line] = [
        (Span(label, "muted"),) if value is None else (Span(fit(label, width) + "  ", "muted"), Span(value))
        for label, value in rows[:_TREE]
    ]
    return [*lines, _more(f"{len(rows) - _TREE} more")] if len(rows) > _TREE else lines


def _leaves(values: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str | None]]:
    """Indented names with their values; None for one that has names of its own below it."""
    for key, value in values.items():
        label = "  " * depth + _short(str(key))
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            yield label, None
            yield from _leaves(value, depth + 1)
        else:
            text = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
            yield label, _short(text)


def _text(text: str) -> list[Line]:
    return [(Span(_short(line)),) for line in text.splitlines()[:_TREE]]


def _told(told: Mapping[str, Any]) -> Iterator[Line]:
    """What stands in the text of the log beside figures: complaints, memory, how long things took."""
    for kind in ("error", "warning"):
        count, last = told.get(f"{kind}s"), told.get(f"last_{kind}")
        if count:
            label = f"{kind}s" if count > 1 else kind
            yield (Span(f"{label:<{_LABEL}}", "muted"), Span(_short(f"{count} · the last: {last}"), "warn"))
    rest = {
        key: value
        for key, value in told.items()
        if not key.endswith(("error", "errors", "warning", "warnings"))
    }
    durations = rest.pop("durations", None)
    for name, seconds in durations.items() if isinstance(durations, Mapping) else ():
        yield _fact("took" if name == "run" else _short(str(name)), duration(seconds))
    for key, value in rest.items():
        if isinstance(value, Mapping):
            yield from _tree({key: value})
        else:
            yield _fact(_short(str(key)), value if isinstance(value, str) else json.dumps(plain(value)))


def _origin(run: Run) -> Iterator[Line]:
    git = run.git or {}
    changes = " · uncommitted changes" if git.get("dirty") else ""
    branch = f" on {git['branch']}" if git.get("branch") else ""
    host = " · ".join(part for part in (run.host, f"pid {run.pid}" if run.pid else "") if part)
    for label, value in (
        ("command", shlex.join(run.command)),
        ("folder", run.cwd),
        ("log", run.log),
        ("git", f"{str(git['sha'])[:12]}{branch}{changes}" if git.get("sha") else ""),
        ("host", host),
        ("GPUs", ", ".join(map(_gpu, run.gpus))),
        ("ranks", str(run.ranks) if run.ranks > 1 else ""),
        ("attempt", str(run.attempt) if run.attempt > 1 else ""),
        ("Python", run.python),
        ("launched by", run.launched_by),
        ("checkpoint", run.best_checkpoint),
    ):
        if value:
            yield _fact(label, value)
    for problem in run.problems:
        yield (Span(_short(problem), "warn"),)
    if run.bad_lines:
        yield (Span(f"{run.bad_lines} lines of its streams could not be read", "warn"),)


def _happenings_title(count: int, more: int) -> str:
    shown = min(count, HAPPENINGS)
    more += count - shown
    return f"What happened (the last {shown} of {shown + more})" if more else "What happened"


def _happenings(happenings: Sequence[RunEvent]) -> list[Line]:
    lines: list[Line] = []
    for one in happenings[-HAPPENINGS:]:
        style = "warn" if one.type == "alert" else "text"
        label = Span(f"{_moment(one.ts)[11:]} {one.type:<9}", "muted")
        lines.append((label, Span(_short(one.name), style), *_details(one)))
    return lines


def _details(one: RunEvent) -> Iterable[Span]:
    """An event's data in brief; a note or an alert is its text."""
    text = one.data.get("text")
    if one.type in ("note", "alert") and isinstance(text, str):
        yield Span((" " if one.name else "") + _short(text))
        return
    data = {
        key: value for key, value in one.data.items() if key not in ("path", "told") or one.type != "artifact"
    }
    if data:
        told = ", ".join(
            f"{key} {value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)}"
            for key, value in data.items()
        )
        yield Span(f"  {_short(told)}", "muted")
    if one.type == "artifact" and one.data.get("told") == "log":
        yield Span("  told by the log", "muted")


def _gpu(gpu: object) -> str:
    if isinstance(gpu, Mapping):
        return " ".join(str(gpu[key]) for key in ("index", "name") if gpu.get(key) is not None)
    return str(gpu)


def _fact(label: str, value: str) -> Line:
    return (Span(f"{label:<{_LABEL}}", "muted"), Span(_short(value)))


def _more(words: str) -> Line:
    return (Span(f"… {words}: mlws-tui runs show has all", "muted"),)


def _short(text: str) -> str:
    """Safe text of a length that can be laid out at once."""
    return safe_text(text if len(text) <= _TEXT else f"{text[:_TEXT]}…")


def _moment(ts: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ts))
    except (OverflowError, ValueError, OSError):  # no moment of any calendar
        return "-" * 19


def _code(run: Run) -> str:
    if run.signal:
        return f" · signal {run.signal}"
    return f" · exit code {run.exit_code}" if run.exit_code is not None else ""
