"""What is known of a run, as lines to read beside the list: its page, made shorter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from mlws_tui.domain.figures import figure
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.runs import Run, RunEvent
from mlws_tui.ui.panes.run_sections import (
    Lines,
    error_lines,
    head_lines,
    origin_lines,
    problem_lines,
    shelved,
    told_lines,
    tree_rows,
)
from mlws_tui.ui.panes.run_words import happening, more, short, titled
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import SIGNS, state_style

#: Nobody reads more than this of one thing here; the run's page has it, and `mlws-tui runs show` has it all.
HAPPENINGS = 40
_TREE, _TRACEBACK = 300, 120


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
    sign = Span(f"{SIGNS[run.state]} {run.state.value}  ", state_style(run.state))
    name = (sign, Span(short(run.name), "strong"), *shelved(run))
    lines: list[Line] = [name, *head_lines(run, now)]
    for title, section in (
        ("What went wrong", _only(error_lines(run, now, _TRACEBACK))),
        ("Metrics", _metrics(run)),
        ("Config", _tree(run.config)),
        ("Summary", _tree(run.summary)),
        ("Notes", [(Span(short(line)),) for line in run.notes.splitlines()[:_TREE]]),
        ("Told by its log", _only(told_lines(run.told))),
        ("Origin", _only(origin_lines(run))),
        ("Problems", _only(problem_lines(run))),
        (
            _happenings_title(len(happenings), more_happenings),
            [happening(one) for one in happenings[-HAPPENINGS:]],
        ),
    ):
        if section:
            lines += [(), (Span(title, "title"),), *section]
    return lines


def _only(lines: Lines) -> list[Line]:
    return [line for _, line, _ in lines]


def _metrics(run: Run) -> list[Line]:
    names = by_importance(run.latest)
    width = min(22, max((cell_len(titled(name)) for name in names), default=0))
    lines: list[Line] = []
    for name in names[:_TREE]:
        latest = run.latest[name]
        past = f"  min {figure(latest.min):<8} max {figure(latest.max):<8} n {figure(latest.count, 4)}"
        label = Span(fit(titled(name), width) + " ", "muted")
        lines.append((label, Span(f"{figure(latest.last):>8}", "strong"), Span(past, "muted")))
    left = max(0, len(names) - _TREE) + run.more_metrics
    return [*lines, more(f"{left:,} more")] if left else lines


def _tree(values: Mapping[str, Any]) -> list[Line]:
    rows, _ = tree_rows(values, "config")
    lines = [(Span("▾ ", "muted"), *row.line) if row.branch else row.line for row in rows]
    return [*lines[:_TREE], more(f"{len(lines) - _TREE} more")] if len(lines) > _TREE else lines


def _happenings_title(count: int, before: int) -> str:
    shown = min(count, HAPPENINGS)
    before += count - shown
    return f"What happened (the last {shown} of {shown + before})" if before else "What happened"
