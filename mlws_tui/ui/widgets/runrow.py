"""One run as one line: sign, name, how far or how it ended, the figure people look at, and how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from mlws_tui.domain.figures import age, duration, figure
from mlws_tui.domain.metricnames import by_importance, result
from mlws_tui.domain.runs import Progress, Run, RunState
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import Line, Span, fit

#: Sign of each state; the words beside it say the same, colour only repeats it.
SIGNS: dict[RunState, str] = {
    RunState.CREATED: "○",
    RunState.RUNNING: "●",
    RunState.COMPLETED: "✓",
    RunState.FAILED: "✗",
    RunState.STOPPED: "■",
    RunState.CRASHED: "✗",
    RunState.LOST: "?",
}
_STYLES: dict[RunState, str] = {
    RunState.CREATED: "muted",
    RunState.RUNNING: "live",
    RunState.COMPLETED: "good",
    RunState.FAILED: "bad",
    RunState.STOPPED: "muted",
    RunState.CRASHED: "bad",
    RunState.LOST: "warn",
}
_TROUBLE = (RunState.FAILED, RunState.CRASHED, RunState.LOST)
_VALUE, _TIME, _AGE = 7, 7, 9


@dataclass(frozen=True, slots=True)
class Columns:
    """How many cells each part of a row gets, the blank after it not counted; 0 leaves it out."""

    name: int
    word: int
    progress: int
    keys: tuple[int, ...]
    time: int
    age: int

    @property
    def middle(self) -> int:
        """Cells of what lies between the name and the time."""
        parts = [width for width in (self.word, self.progress) if width]
        parts += [key + 1 + _VALUE for key in self.keys]
        return sum(parts) + max(0, len(parts) - 1)


def columns_for(runs: Sequence[Run], width: int) -> Columns:
    """The columns for these rows: first name, figure and time, then progress, then words, more figures and age."""
    time = _TIME if width >= 30 else 0
    age_width = _AGE if width >= 84 else 0
    word = 9 if width >= 72 else 0
    progress = 0 if width < 46 else 12 if width < 72 else 20 if width < 110 else 26
    figures = 1 if width < 100 else 2 if width < 140 else 3
    keys = []
    for place in range(figures):
        names = [shown[place] for run in runs if len(shown := figures_of(run, figures)) > place]
        keys.append(min(12, max((cell_len(safe_text(name)) for name in names), default=4)))
    longest = max((cell_len(safe_text(run.name)) for run in runs), default=0)
    while True:
        rest = Columns(0, word, progress, tuple(keys), time, age_width)
        left = width - 2 - 1 - rest.middle - (time + 1 if time else 0) - (age_width + 1 if age_width else 0)
        if left >= min(longest, 11) or not keys:
            break
        if len(keys) > 1:
            keys.pop()
        elif progress:
            progress = 0
        else:
            keys.pop()
    return Columns(
        max(0, min(longest, max(16, width * 3 // 10), left)), word, progress, tuple(keys), time, age_width
    )


def row(run: Run, columns: Columns, width: int, now: float) -> Line:
    """The spans of a row. Styles: text muted strong live good warn bad.

    Args:
        run: The run.
        columns: What `columns_for` said for all rows.
        width: Cells there are.
        now: Unix seconds, for how long a live run has run.
    """
    style = _STYLES[run.state]
    spans = [
        Span(f"{SIGNS[run.state]} ", style),
        Span(fit(safe_text(run.name), columns.name) + " ", "strong"),
    ]
    tail: list[Span] = []
    if columns.time:
        tail.append(Span(" " + fit(duration(run.duration(now)), columns.time, right=True), "text"))
    if columns.age:
        when = run.ended if run.ended is not None else run.started
        told = "" if run.state is RunState.RUNNING or when is None else age(now - when)
        tail.append(Span(" " + fit(told, columns.age, right=True), "muted"))
    room = width - sum(cell_len(span.text) for span in (*spans, *tail))
    if run.state in _TROUBLE:
        middle = _trouble(run, columns, room)
    else:
        parts = [part for part in (*_how_far(run, columns), *_figures(run, columns)) if part]
        middle = [span for part in parts for span in (*part, Span(" "))][:-1]
    used = sum(cell_len(span.text) for span in middle)
    return (*spans, *middle, Span(" " * max(0, room - used)), *tail)


def state_style(state: RunState) -> str:
    """The style of a state's sign and word."""
    return _STYLES[state]


def figures_of(run: Run, most: int) -> list[str]:
    """Names of the metrics that a row shows: what is looked at while it runs, how it came out once it is done."""
    names = by_importance(run.latest)
    best = result(run.latest) if run.state is RunState.COMPLETED else None
    if best is not None:
        names = [best, *(name for name in names if name != best)]
    return names[:most]


def reason(run: Run) -> str:
    """Why a run went wrong, in one line without the state's name: its error, or what is known."""
    at = f" at step {figure(step, 4)}" if (step := last_step(run)) is not None else ""
    if run.state is RunState.CRASHED:
        return f"{at.strip()}: its processes are gone" if at else "its processes are gone"
    if run.state is RunState.LOST:
        return f"{at.strip()}: nothing heard from {run.host or 'its host'}".removeprefix(": ")
    words = [run.error.type, message(run)] if run.error is not None else []
    if any(words):
        return ": ".join(word for word in words if word)
    if run.signal:
        return f"signal {run.signal}{at}"
    return f"exit code {run.exit_code}{at}" if run.exit_code is not None else at.strip()


def message(run: Run) -> str:
    """The last line of a run's error; empty where there is none."""
    lines = run.error.message.splitlines() if run.error is not None else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def last_step(run: Run) -> float | None:
    """The furthest step that a run logged or told."""
    steps = [latest.step for latest in run.latest.values() if latest.step is not None]
    if run.progress is not None and run.progress.step is not None:
        steps.append(run.progress.step)
    return max(steps, default=None)


def progress_bar(share: float, width: int) -> tuple[str, str]:
    """A bar in thin lines as its done and its open part; thick and thin tell them apart without colour."""
    done = min(width, max(0, int(share * width + 1e-9)))
    return "━" * done, "─" * (width - done)


def _trouble(run: Run, columns: Columns, room: int) -> list[Span]:
    """The state in a word and why, over all columns: nothing else of such a run counts as much."""
    style = _STYLES[run.state]
    if run.state is RunState.FAILED and not columns.word and message(run):
        # The sign has said it; where there is little room the message says more than the exception's type.
        return [Span(fit(safe_text(message(run)), max(0, room)), style)]
    word = fit(run.state.value, columns.word) if columns.word else run.state.value
    if cell_len(word) + 4 > room:
        return [Span(fit(word, max(0, room)), style)]
    return [Span(f"{word} ", style), Span(fit(safe_text(reason(run)), room - cell_len(word) - 1), "text")]


def _how_far(run: Run, columns: Columns) -> list[list[Span]]:
    word = [Span(fit(run.state.value, columns.word), _STYLES[run.state])] if columns.word else []
    if not columns.progress:
        return [word]
    if run.state is RunState.RUNNING:
        return [word, _progress(run, columns.progress)]
    return [word, [Span(fit("" if word else run.state.value, columns.progress), "muted")]]


def _progress(run: Run, width: int) -> list[Span]:
    progress = run.progress
    if progress is None or progress.fraction is None:
        step = last_step(run)
        told = _epochs(progress) or (f"step {figure(step, 4)}" if step is not None else "running")
        return [Span(fit(told, width), "muted")]
    percent, epochs = f"{int(100 * progress.fraction):>3}%", _epochs(progress)
    bar = min(14, width - len(percent) - 1 - (len(epochs) + 1 if epochs else 0))
    if bar < 5:  # the bar or the epochs, not both
        epochs, bar = ("", width - len(percent) - 1) if width < 12 else (epochs, 0)
    spans: list[Span] = []
    if bar > 0:
        done, still = progress_bar(progress.fraction, bar)
        spans += [Span(done, "live"), Span(still + " ", "muted")]
    spans.append(Span(percent))
    if epochs:
        spans.append(Span(f" {epochs}", "muted"))
    used = sum(len(span.text) for span in spans)
    return [*spans, Span(" " * (width - used))] if used <= width else [Span(fit(percent, width))]


def _epochs(progress: Progress | None) -> str:
    if progress is None or progress.epoch is None:
        return ""
    total = f"/{figure(progress.epochs)}" if progress.epochs else ""
    return f"ep {figure(progress.epoch)}{total}"


def _figures(run: Run, columns: Columns) -> list[list[Span]]:
    return [
        [
            Span(fit(safe_text(name), width, right=True) + " ", "muted"),
            Span(fit(figure(run.latest[name].last), _VALUE), "text"),
        ]
        for name, width in zip(figures_of(run, len(columns.keys)), columns.keys, strict=False)
    ]
