"""``mlws-tui logs metrics``: what the text of a log tells of a training, and by which rules it was read."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from mlws_tui.cli.logtargets import find_target, workspace_of
from mlws_tui.cli.output import Session, emit_json, run_async, say
from mlws_tui.cli.tables import Column, table
from mlws_tui.config.metricrules import load_rules
from mlws_tui.domain.events import encode_number, plain
from mlws_tui.domain.extraction import Fact, ProgressSeen
from mlws_tui.domain.figures import figure
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.text import safe_text
from mlws_tui.services.logmetrics import LogMetrics, TextSeries, extract, facts_by_kind
from mlws_tui.services.logplaces import find_log

_TELL_EVERY = 0.2  # seconds
_MOST_FACTS = 20  # of one kind, on a terminal
_PROGRESS = ("step", "total", "epoch", "epochs")


def show_metrics(session: Session, target: str, *, as_json: bool) -> None:
    """Print what the text of a log tells. A log without any metrics is an answer: that is said on stderr.

    Args:
        session: Where to look.
        target: A file or a run, as the person named it.
        as_json: Whether to print a document.

    Raises:
        NotFoundError: if there is no such log.
        OSError: if it cannot be read.
    """
    meant = run_async(find_target(session, target))
    workspace = workspace_of(session)
    rules, problems = load_rules(session.workspace_if_any())
    for problem in problems:
        say(problem.sentence())
    # In the main thread, where ctrl+c ends it: there is nothing else that it could hold up.
    told = extract(find_log(workspace, meant.path), rules, _share())
    _wipe()
    if as_json:
        emit_json(_document(workspace.relative(meant.path), told))
    else:
        for line in _page(told, shutil.get_terminal_size().columns):
            click.echo(line)
    if not told.series:
        say(f"{workspace.relative(meant.path)} tells no metrics")
    if told.problem:
        say(told.problem)


def _share() -> Callable[[float], None]:
    """Tells on a terminal how far the reading is; what takes no time is not told of."""
    told_at = time.monotonic()

    def tell(share: float) -> None:
        nonlocal told_at
        if sys.stderr.isatty() and time.monotonic() - told_at >= _TELL_EVERY:
            told_at = time.monotonic()
            click.echo(f"\rreading {share:.0%} ", nl=False, err=True)

    return tell


def _wipe() -> None:
    if sys.stderr.isatty():
        click.echo("\r             \r", nl=False, err=True)


def _document(file: str, told: LogMetrics) -> dict[str, Any]:
    return {
        "file": file,
        "series": {name: _series(told.series[name]) for name in by_importance(told.series)},
        "facts": {
            kind: [plain({"name": one.name or None, "value": one.value, "line": one.line}) for one in facts]
            for kind, facts in facts_by_kind(told.facts).items()
        },
        "progress": _progress(told.progress),
    }


def _series(series: TextSeries) -> dict[str, Any]:
    return {
        "step": [None if step is None else encode_number(step) for step in series.step],
        "value": list(map(encode_number, series.value)),
        "line": series.line,
        "rule": series.rule,
    }


def _progress(seen: ProgressSeen | None) -> Mapping[str, Any] | None:
    if seen is None:
        return None
    document: Mapping[str, Any] = plain({name: getattr(seen, name) for name in _PROGRESS})
    return document


def _page(told: LogMetrics, width: int) -> Iterator[str]:
    """For a terminal: a table of the series, then facts by kind, then the progress."""
    names = by_importance(told.series)
    if names:
        yield from _table(names, [told.series[name] for name in names], width)
    for kind, facts in facts_by_kind(told.facts).items():
        yield ""
        yield f"{safe_text(kind)}:"
        yield from (f"  {_fact(fact)}" for fact in facts[:_MOST_FACTS])
        if len(facts) > _MOST_FACTS:
            yield f"  {len(facts) - _MOST_FACTS} more"
    if told.progress is not None:
        yield ""
        yield f"progress: {_how_far(told.progress)}"


def _table(names: Sequence[str], series: Sequence[TextSeries], width: int) -> list[str]:
    ends = [[value for value in one.value if math.isfinite(value)] for one in series]
    return table(
        [
            Column("METRIC", [safe_text(name) for name in names]),
            Column("POINTS", [str(len(one.value)) for one in series], right=True),
            Column("FIRST", [figure(one.value[0], 5) for one in series], drop=3, right=True),
            Column("LAST", [figure(one.value[-1], 5) for one in series], right=True),
            Column("MIN", [figure(min(values, default=None), 5) for values in ends], drop=4, right=True),
            Column("MAX", [figure(max(values, default=None), 5) for values in ends], drop=5, right=True),
            Column("STEPS", [_steps(one) for one in series], drop=2),
            Column("RULE", [safe_text(one.rule) for one in series], drop=1),
        ],
        width,
    )


def _steps(series: TextSeries) -> str:
    """From which step to which, or that the text tells none for some or all of the points."""
    known = [step for step in series.step if step is not None]
    if not known:
        return "by order"
    words = f"{figure(known[0], 5)} to {figure(known[-1], 5)}"
    return words if len(known) == len(series.step) else f"{words}, some by order"


def _fact(fact: Fact) -> str:
    if isinstance(fact.value, str):
        value = fact.value
    elif isinstance(fact.value, int | float) and not isinstance(fact.value, bool):
        value = figure(float(fact.value), 5)
    else:
        value = json.dumps(plain(fact.value), ensure_ascii=False, allow_nan=False)
    return safe_text(f"{': '.join(filter(None, (fact.name, value)))}  (line {fact.line})")


def _how_far(seen: ProgressSeen) -> str:
    parts = []
    for word, part, total in (("step", seen.step, seen.total), ("epoch", seen.epoch, seen.epochs)):
        if part is not None:
            parts.append(f"{word} {part:g}" + ("" if total is None else f" of {total:g}"))
    return ", ".join(parts) or "none"
