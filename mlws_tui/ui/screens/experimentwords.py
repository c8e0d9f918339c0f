"""What is said of an experiment above its runs, line by line."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from mlws_tui.domain.endings import told
from mlws_tui.domain.experiments import Best
from mlws_tui.domain.figures import figure
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.rundiffs import differences
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.sweeps import Sweep
from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.domain.words import as_words, counted
from mlws_tui.services.experimentviews import ExperimentFacts
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import SIGNS, state_style

_LABEL = 12
_ALIKE = 100  # runs of the same name that one is told apart from
_ABOUT = 3  # lines of the description
_ORDER = (
    RunState.RUNNING,
    RunState.COMPLETED,
    RunState.FAILED,
    RunState.CRASHED,
    RunState.LOST,
    RunState.STOPPED,
    RunState.CREATED,
)


def head(facts: ExperimentFacts, width: int, most: int) -> list[Line]:
    """The facts as lines of this width, so many at most; what counts most comes first."""
    room = max(1, width - _LABEL)
    lines = [
        _line(label, words, room, style)
        for label, words, style in _facts(facts, room, 1 if most < 8 else _ABOUT)
    ]
    return lines[:most]


def totals(facts: ExperimentFacts) -> str:
    """How many runs there are, how they stand and what they took, in one sentence."""
    runs = facts.runs
    parts = [counted(facts.total, "run")]
    states = [f"{count:,} {state.value}" for state in _ORDER if (count := runs.states.get(state))]
    if states:
        parts[0] += f": {', '.join(states)}"
    if len(runs.rows) < facts.total:
        parts.append(f"listed are the newest and the best, {len(runs.rows):,} in all")
    if runs.gpu_hours is not None:
        parts.append(f"{figure(runs.gpu_hours)} GPU-h")
    if runs.began is not None:
        began, end = _day(runs.began), "now" if runs.ended is None else _day(runs.ended)
        same_year = end[:5] == began[:5]
        parts.append(began if began == end else f"{began} to {end[5:] if same_year else end}")
    return " · ".join(parts)


def _facts(facts: ExperimentFacts, room: int, about: int) -> Iterator[tuple[str, str, str]]:
    one = facts.experiment
    yield "Runs", totals(facts), "strong"
    if words := best_words(facts.runs, room):
        yield "Best so far", words, "good"
    if one.metrics:
        results = [f"{safe_text(name)} {_value(one.metrics[name])}" for name in by_importance(one.metrics)]
        yield "Result", " · ".join(results), "text"
    description = _wrapped(one.description, room, about)
    for number, line in enumerate(description or ["nothing yet: e writes what it is about"]):
        yield "" if number else "About", line, "text" if description else "muted"
    made = [word for word in (one.base_model, one.method) if word]
    if made or one.tags:
        tags = f"tags {', '.join(one.tags)}" if one.tags else ""
        yield "Made with", safe_text(" · ".join(filter(None, (*made, tags)))), "text"
    if facts.checkpoint:
        yield "Checkpoint", safe_text(facts.checkpoint), "text"
    if facts.kin.ancestors:
        above = " ← ".join(name for _, name in facts.kin.ancestors)
        yield "Forked from", f"{safe_text(above)}   p goes there", "text"
    if facts.kin.forks:
        yield "Forks", safe_text(", ".join(name for _, name in facts.kin.forks)), "text"


def standing(run: Run, width: int, now: float) -> Line:
    """How a run stands, in the words that its row has no room for."""
    sign = f"  {SIGNS[run.state]} {safe_text(run.name)}  "
    room = max(0, width - cell_width(sign))
    return Span(sign, state_style(run.state)), Span(fit(safe_text(told(run, now)), room), "muted")


def best_words(runs: Sweep, room: int) -> str:
    """The best values with their runs, the main metric's first, as many as there is room for."""
    known = {row.run.id: row.run for row in runs.rows}
    first = [runs.main] if runs.main in runs.best else []
    shown = ""
    for name in (*first, *(name for name in by_importance(runs.best) if name != runs.main)):
        if name is None:
            continue
        words = _best(name, runs.best[name], known)
        longer = f"{shown} · {words}" if shown else words
        if shown and cell_width(longer) > room:
            break
        shown = longer
    return shown


def _best(name: str, best: Best, known: Mapping[str, Run]) -> str:
    return f"★ {safe_text(name)} {figure(best.value, 4)} in {safe_text(_called(best.run, known))}"


def _called(run_id: str, known: Mapping[str, Run]) -> str:
    """The run's name; where others have it, too, with what sets it apart, or else its id."""
    run = known.get(run_id)
    if run is None:
        return run_id
    others = (one for one in known.values() if one.name == run.name and one.id != run_id)
    alike = [run, *islice(others, _ALIKE)]
    if len(alike) == 1:
        return run.name
    apart = differences(alike, seeds=True).get(run_id, ())
    return " ".join((run.name, *apart)) if apart else run_id


def _line(label: str, words: str, room: int, style: str) -> Line:
    return Span(fit(label, _LABEL), "muted"), Span(fit(words, room), style)


def _wrapped(text: str, room: int, most: int) -> Sequence[str]:
    """The description over so many lines; what is left out is told by an ellipsis."""
    lines = [
        line
        for paragraph in text.splitlines()
        for line in textwrap.wrap(safe_text(paragraph), room, break_on_hyphens=False)
    ]
    return lines if len(lines) <= most else [*lines[: most - 1], fit(f"{lines[most - 1]} {'…' * room}", room)]


def _value(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return figure(value, 4)
    return safe_text(as_words(value))


def _day(ts: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(ts))
