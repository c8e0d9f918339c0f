"""A run's page as plain text."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from mlws_tui.cli.documents import iso
from mlws_tui.cli.tables import Column, table
from mlws_tui.domain.comparetables import moment_words
from mlws_tui.domain.endings import told as ending_words
from mlws_tui.domain.figures import age, duration, figure
from mlws_tui.domain.runpages import Artifact, Metric, RunPageFacts, git_words, gpu_words, untold
from mlws_tui.domain.runs import RunEvent
from mlws_tui.domain.sizes import size_words
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.timeline import Totals, said
from mlws_tui.domain.words import as_words, counted, leaves

#: Packages of the environment that are told by name.
_PACKAGES = 400
#: Characters of what an event says.
_BRIEF = 300


def page(facts: RunPageFacts, width: int) -> Iterator[str]:
    """What is known of a run, line by line; safe for a terminal.

    Args:
        facts: Its page.
        width: Columns that tables may take.
    """
    run = facts.run
    yield f"{safe_text(run.name)}  {safe_text(ending_words(run, facts.now))}"
    yield from _pairs(_head(facts))
    sections: list[tuple[str, Iterable[str]]] = [
        ("What went wrong", _error(facts)),
        ("Metrics", _metrics(facts, width)),
        ("Config", _config(facts)),
        ("Summary", (f"  {safe_text(key)} = {_words(value)}" for key, value in leaves(run.summary))),
        ("Notes", (f"  {safe_text(line)}" for line in run.notes.splitlines())),
        ("Artifacts", _artifacts(facts, width)),
        ("Alerts", (f"  {_alert(one)}" for one in facts.alerts)),
        ("Agent", _agent(facts.totals, width)),
        ("Processes", _processes(facts, width)),
        ("Linked from", _links(facts)),
        ("Lineage", _lineage(facts)),
        ("Told by its log", (f"  {safe_text(key)} = {_words(value)}" for key, value in leaves(run.told))),
        ("Origin", _pairs(_origin(facts))),
        ("Environment", _environment(facts)),
        ("What happened", (f"  {_happening(one)}" for one in facts.events if one.type != "artifact")),
        ("Problems", _problems(facts)),
    ]
    for title, lines in sections:
        told = list(lines)
        if told:
            yield ""
            yield title
            yield from told


def _head(facts: RunPageFacts) -> list[tuple[str, object]]:
    run = facts.run
    progress = run.progress
    share = f"{progress.fraction:.1%}" if progress is not None and progress.fraction is not None else None
    left = f"about {duration(progress.eta)}" if progress is not None and progress.eta is not None else None
    hours = run.gpu_hours(facts.now)
    energy = facts.usage.energy_joules
    return [
        ("id", run.id),
        ("kind", run.kind),
        ("experiment", run.experiment),
        ("tags", ", ".join(run.tags)),
        ("started", iso(run.started)),
        ("ended", iso(run.ended)),
        ("duration", duration(run.duration(facts.now))),
        ("progress", share if run.state.live else None),
        ("left", left if run.state.live else None),
        ("GPU-hours", figure(hours) if hours is not None else None),
        ("energy", f"{energy / 3.6e6:.3g} kWh" if energy is not None else None),
        ("exit code", run.exit_code),
        ("signal", run.signal),
        ("model", run.model),
        ("dataset", run.dataset),
        ("checkpoint", run.best_checkpoint),
    ]


def _origin(facts: RunPageFacts) -> list[tuple[str, object]]:
    run, log = facts.run, facts.log
    where = "" if log is None else "" if log.present else "  (it is no longer there)"
    return [
        ("command", shlex.join(run.command)),
        ("folder", run.cwd),
        ("log", f"{run.log}{where}" if run.log else None),
        ("git", git_words(run.git)),
        ("host", run.host),
        ("pid", run.pid),
        ("GPUs", ", ".join(map(gpu_words, run.gpus))),
        ("ranks", run.ranks if run.ranks > 1 else None),
        ("attempts", len(facts.attempts) if len(facts.attempts) > 1 else None),
        ("Python", run.python),
    ]


def _pairs(facts: Iterable[tuple[str, object]]) -> Iterator[str]:
    for label, value in facts:
        if value not in (None, ""):
            yield f"  {label:<11} {safe_text(str(value))}"


def _error(facts: RunPageFacts) -> Iterator[str]:
    error = facts.run.error
    if error is not None:
        yield f"  {safe_text(': '.join(filter(None, (error.type, error.message))))}"
        yield from (f"    {safe_text(line)}" for line in error.traceback.splitlines())


def _config(facts: RunPageFacts) -> Iterator[str]:
    """The settings; those that only a person gave are marked."""
    lacking = untold(facts.ranks)
    for key, value in leaves(facts.run.config):
        mark = lacking.mark(key)
        yield f"  {safe_text(key)} = {_words(value)}{f'  ({mark})' if mark else ''}"


def _metrics(facts: RunPageFacts, width: int) -> Iterator[str]:
    shown = facts.metrics
    columns = [
        Column("", [safe_text(one.name) for one in shown]),
        Column("last", [figure(one.latest.last) for one in shown], right=True),
        Column("best", [_best(one) for one in shown], right=True),
        Column("first", [figure(one.first) for one in shown], drop=1, right=True),
        Column("min", [figure(one.latest.min) for one in shown], drop=3, right=True),
        Column("max", [figure(one.latest.max) for one in shown], drop=2, right=True),
        Column("n", [figure(one.latest.count, 4) for one in shown], drop=4, right=True),
    ]
    yield from (f"  {line}" for line in table(columns, width - 2)) if shown else ()
    if facts.more_metrics:
        yield f"  and {facts.more_metrics:,} more: mlws-tui metrics {facts.run.id}"


def _best(one: Metric) -> str:
    if one.best is None:
        return ""
    return figure(one.best) + (f" @ {figure(one.best_step, 4)}" if one.best_step is not None else "")


def _artifacts(facts: RunPageFacts, width: int) -> Iterator[str]:
    shown = facts.artifacts
    columns = [
        Column("", [safe_text(one.path) for one in shown]),
        Column("kind", [safe_text(one.kind) for one in shown], drop=2),
        Column("size", ["" if one.bytes is None else size_words(one.bytes) for one in shown], right=True),
        Column("recorded", [moment_words(one.ts) for one in shown], drop=1),
        Column("", [_remark(one) for one in shown]),
    ]
    yield from (f"  {line}" for line in table(columns, width - 2)[1:]) if shown else ()
    if facts.more_artifacts:
        yield f"  and {facts.more_artifacts:,} before those"


def _remark(one: Artifact) -> str:
    told = ("told by the log",) if one.told else ()
    return safe_text(" · ".join((*told, one.said) if one.said else told))


def _agent(totals: Totals, width: int) -> Iterator[str]:
    if not totals.of_an_agent:
        return
    bad = f" ({totals.failed_interactions} failed)" if totals.failed_interactions else ""
    yield f"  {counted(totals.interactions, 'interaction')}{bad}"
    bad = f" ({totals.failed_calls} failed)" if totals.failed_calls else ""
    retries = f", tried again {counted(totals.retries, 'time')}" if totals.retries else ""
    yield f"  {counted(totals.calls, 'tool call')}{bad}{retries}"
    if totals.input_tokens or totals.output_tokens:
        yield f"  {totals.input_tokens:,} tokens in, {totals.output_tokens:,} out"
    if (took := totals.latency) is not None:
        yield f"  latency: mean {figure(took.mean)} s, p95 {figure(took.p95)} s, longest {figure(took.max)} s"
    tools = totals.tools
    columns = [
        Column("tool", [safe_text(one.name) for one in tools]),
        Column("calls", [f"{one.calls:,}" for one in tools], right=True),
        Column("failed", [f"{one.failed:,}" if one.failed else "" for one in tools], right=True),
        Column("time", [f"{figure(one.seconds)} s" for one in tools], right=True),
    ]
    yield from (f"  {line}" for line in table(columns, width - 2)) if tools else ()


def _processes(facts: RunPageFacts, width: int) -> Iterator[str]:
    shown = facts.ranks
    if len(shown) < 2:
        return
    columns = [
        Column("role", [one.role if one.role != "rank" else f"rank {one.rank}" for one in shown]),
        Column("attempt", [str(one.attempt) for one in shown], right=True, drop=2),
        Column("host", [safe_text(one.host) for one in shown], drop=1),
        Column("pid", ["" if one.pid is None else str(one.pid) for one in shown], right=True, drop=3),
        Column("state", [one.state for one in shown]),
        Column("step", ["" if one.step is None else figure(one.step, 5) for one in shown], right=True),
        Column("last heard", [_heard(facts, one.last) for one in shown], right=True),
    ]
    yield from (f"  {line}" for line in table(columns, width - 2))


def _heard(facts: RunPageFacts, ts: float | None) -> str:
    return "" if ts is None else age(max(0.0, facts.now - ts))


def _links(facts: RunPageFacts) -> Iterator[str]:
    for one in facts.mentions:
        day = f"{one.when.isoformat()}  " if one.when else ""
        yield f"  {day}{safe_text(one.path)}:{one.line}  {safe_text(one.snippet)}"


def _lineage(facts: RunPageFacts) -> Iterator[str]:
    words = {"parent": "forked from", "launched_by": "started by", "fork": "fork", "launched": "started"}
    for relation, other in facts.kin.relations:
        name = facts.kin.names.get(other, "it is gone")
        yield f"  {words[relation]:<11} {safe_text(other)}  {safe_text(name)}"


def _environment(facts: RunPageFacts) -> Iterator[str]:
    told = dict(facts.run.environment)
    packages = told.pop("packages", None)
    for key, value in told.items():
        yield f"  {safe_text(str(key)):<11} {_words(value)}"
    if isinstance(packages, dict):
        named: Sequence[str] = [f"{name} {version}" for name, version in sorted(packages.items())]
        more = f" and {len(named) - _PACKAGES} more" if len(named) > _PACKAGES else ""
        yield f"  packages    {safe_text(', '.join(named[:_PACKAGES]))}{more}"


def _alert(one: RunEvent) -> str:
    level, title, text = (str(one.data.get(key) or "") for key in ("level", "title", "text"))
    return f"{iso(one.ts)}  {safe_text(level):<5} {safe_text(': '.join(filter(None, (title, text))))}"


def _happening(one: RunEvent) -> str:
    told = ": ".join(filter(None, (one.name, _brief(one))))
    return f"{one.type:<8} {iso(one.ts)}  {safe_text(told)}"


def _brief(one: RunEvent) -> str:
    """What it says, short enough for a line."""
    words = one.data.get("text")
    if one.type != "event":
        return str(words or "")
    told = said(one)
    return told if len(told) <= _BRIEF else f"{told[:_BRIEF]}…"


def _problems(facts: RunPageFacts) -> Iterator[str]:
    yield from (f"  {safe_text(problem)}" for problem in facts.run.problems)
    if facts.run.bad_lines:
        yield f"  {facts.run.bad_lines:,} lines of its streams could not be read"


def _words(value: object) -> str:
    return safe_text(as_words(value))
