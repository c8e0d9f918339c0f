"""A run's page as plain text."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator

from mlws_tui.cli.documents import iso
from mlws_tui.domain.events import plain
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.runs import Run, RunEvent
from mlws_tui.domain.text import safe_text


def page(run: Run, happenings: Iterable[RunEvent], now: float) -> Iterator[str]:
    """What is known of a run, line by line; safe for a terminal."""
    yield f"{safe_text(run.name)}  {run.state.value}"
    facts: list[tuple[str, object]] = [
        ("id", run.id),
        ("kind", run.kind),
        ("experiment", run.experiment),
        ("tags", ", ".join(run.tags)),
        ("started", iso(run.started)),
        ("ended", iso(run.ended)),
        ("duration", duration(run.duration(now))),
        ("exit code", run.exit_code),
        ("signal", run.signal),
        ("model", run.model),
        ("dataset", run.dataset),
        ("command", shlex.join(run.command)),
        ("folder", run.cwd),
        ("host", run.host),
        ("git", (run.git or {}).get("sha")),
        ("log", run.log),
        ("notes", run.notes),
    ]
    for label, value in facts:
        if value not in (None, ""):
            yield f"  {label:<11} {safe_text(str(value))}"
    for key, value in run.config.items():
        told = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
        yield f"  config      {safe_text(str(key))} = {safe_text(told)}"
    for name in by_importance(run.latest):
        latest = run.latest[name]
        yield (
            f"  metric      {safe_text(name)}  last {figure(latest.last)}  min {figure(latest.min)}"
            f"  max {figure(latest.max)}  n {latest.count}"
        )
    if run.more_metrics:
        yield f"  metric      and {run.more_metrics:,} more: mlws-tui metrics {run.id}"
    for key, value in run.summary.items():
        told = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
        yield f"  summary     {safe_text(str(key))} = {safe_text(told)}"
    for one in happenings:
        words = one.data.get("text")
        told = f"{one.name}: {words}" if one.name and words else one.name or str(words or "")
        yield f"  {one.type:<11} {iso(one.ts)}  {safe_text(told)}"
    if run.error is not None:
        yield f"  error       {safe_text(': '.join(filter(None, (run.error.type, run.error.message))))}"
        yield from (f"    {safe_text(line)}" for line in run.error.traceback.splitlines())
    for problem in run.problems:
        yield f"  problem     {safe_text(problem)}"
    if run.bad_lines:
        yield f"  problem     {run.bad_lines:,} lines of its streams could not be read"
