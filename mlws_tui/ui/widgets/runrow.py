"""The parts of a run's row: its sign, its name, how far it is or how it ended, and its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from mlws_tui.domain.endings import reason as reason
from mlws_tui.domain.endings import word
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.metricnames import by_importance, result
from mlws_tui.domain.runs import Progress, Run, RunState
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import Span, fit

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
TROUBLE = (RunState.FAILED, RunState.CRASHED, RunState.LOST)
#: Cells of a figure, and of the mark and the sign before a name.
VALUE, HEAD = 7, 3
_MARK = "▪"
#: Cells that a name keeps beside what sets its run apart.
_LEAST_NAME = 8


def state_style(state: RunState) -> str:
    """The style of a state's sign and word."""
    return _STYLES[state]


def head(run: Run, *, marked: bool) -> list[Span]:
    """The mark and the sign of the state: `HEAD` cells."""
    return [Span(_MARK if marked else " ", "live"), Span(f"{SIGNS[run.state]} ", _STYLES[run.state])]


def label(run: Run, width: int, apart: Sequence[str] = ()) -> list[Span]:
    """The name in so many cells, with what sets the run apart from others of the name.

    Args:
        run: The run.
        width: Cells there are.
        apart: The settings that `differences` told, safe already; those that do not fit are left out.
    """
    if width <= 0:
        return []
    name = safe_text(run.name)
    more = f" ×{run.ranks}" if run.ranks > 1 else ""
    parts = list(apart)
    while parts and cell_len(name) + cell_len(more) + 1 + cell_len(" ".join(parts)) > width:
        if len(parts) == 1:
            room = width - cell_len(more) - 1 - cell_len(parts[0])
            if room >= _LEAST_NAME:  # the name gives way to what sets the run apart, but does not go
                break
        parts.pop()
    rest = more + (f" {' '.join(parts)}" if parts else "")
    name = fit_middle(name, max(0, min(cell_len(name), width - cell_len(rest))))
    return [Span(name, "strong"), Span(fit(rest, width - cell_len(name)), "muted")]


def label_width(run: Run, apart: Sequence[str] = ()) -> int:
    """Cells that `label` takes where there is room enough."""
    more = len(f" ×{run.ranks}") if run.ranks > 1 else 0
    return cell_len(safe_text(run.name)) + more + sum(1 + cell_len(part) for part in apart)


def fit_middle(text: str, width: int) -> str:
    """Text in exactly this many cells; what is too long loses its middle: names often differ at their end."""
    if cell_len(text) <= width or width < 5:
        return fit(text, width)
    tail, room = "", width // 2
    for character in reversed(text):
        if cell_len(character + tail) > room:
            break
        tail = character + tail
    start = fit(text, width - cell_len(tail))  # with the ellipsis at its end
    return start + tail


def headlines(runs: Iterable[Run]) -> dict[str, str]:
    """By kind of runs the metric that all of a kind show first: of those that half of them have the best result."""
    kinds: dict[str, list[Run]] = {}
    for run in runs:
        if run.latest:
            kinds.setdefault(run.kind, []).append(run)
    found: dict[str, str] = {}
    for kind, members in kinds.items():
        counts = Counter(name for run in members for name in run.latest)
        best = result([name for name, count in counts.items() if 2 * count >= len(members)])
        if best is not None:
            found[kind] = best
    return found


def figures_of(run: Run, most: int, headline: str | None = None) -> list[str]:
    """Names of the metrics that a row shows.

    First the headline of its kind, so that rows can be compared; else what is looked at while it runs, and how it came
    out once it is done.
    """
    names = by_importance(run.latest)
    first = headline if headline in run.latest else None
    if first is None and run.state is RunState.COMPLETED:
        first = result(run.latest)
    if first is not None:
        names = [first, *(name for name in names if name != first)]
    return names[:most]


def figure_spans(run: Run, names: Sequence[str], widths: Sequence[int]) -> list[list[Span]]:
    """Name and last value of each metric; blanks where the run has fewer than there are columns."""
    parts = []
    for place, width in enumerate(widths):
        if place < len(names):
            name = safe_text(names[place])
            value = figure(run.latest[names[place]].last)
            parts.append([Span(fit(name, width, right=True) + " ", "muted"), Span(fit(value, VALUE), "text")])
        else:
            parts.append([Span(" " * (width + 1 + VALUE))])
    return parts


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


def trouble(run: Run, width: int, room: int, now: float) -> list[Span]:
    """The state in a word and why, over all columns: nothing else of such a run counts as much."""
    style = _STYLES[run.state]
    state = word(run)
    if run.state is RunState.FAILED and not width and state == run.state.value and message(run):
        # The sign has said it; where both do not fit the message says more than the exception's type.
        whole = safe_text(reason(run, now))
        told = whole if cell_len(whole) <= room else safe_text(message(run))
        return [Span(fit(told, max(0, room)), style)]
    state += " " * max(0, width - cell_len(state))
    if cell_len(state) + 4 > room:
        return [Span(fit(state, max(0, room)), style)]
    why = safe_text(reason(run, now))
    return [Span(f"{state} ", style), Span(fit(why, room - cell_len(state) - 1), "text")]


def waiting(run: Run, room: int) -> list[Span]:
    """What a run waits for that was made and not begun, over all columns: it has nothing else to show."""
    return [Span(fit("not begun: ctrl+s starts it" if run.command else "not begun", max(0, room)), "muted")]


def how_far(run: Run, width: int, progress: int, now: float) -> list[list[Span]]:
    """The state's word where there is a column for it, and how far the run is, or who stopped it."""
    parts = [[Span(fit(word(run), width), _STYLES[run.state])]] if width else []
    if not progress:
        return parts
    if run.state is RunState.RUNNING:
        return [*parts, progress_spans(run, progress)]
    why = safe_text(reason(run, now)) if width else word(run)
    return [*parts, [Span(fit(why, progress), "muted")]]


def progress_spans(run: Run, width: int) -> list[Span]:
    """How far a live run is, in so many cells: always its bar, then percent, time left and epochs as there is room."""
    progress = run.progress
    if progress is None or progress.fraction is None:
        step = last_step(run)
        told = _epochs(progress) or (f"step {figure(step, 4)}" if step is not None else "running")
        return [Span(fit(told, width), "muted")]
    percent = f"{int(100 * progress.fraction):>3}%"
    # The bars of all rows are as long as each other: what else is known takes the room behind them.
    bar = width - len(percent) - 1 if width < 20 else 6 if width < 26 else 10
    spans: list[Span] = []
    if bar >= 3:
        done, still = progress_bar(progress.fraction, bar)
        spans += [Span(done, "live"), Span(still + " ", "muted")]
    spans.append(Span(percent))
    for note in (time_left(progress), _epochs(progress)):
        if note and sum(len(span.text) for span in spans) + 1 + len(note) <= width:
            spans.append(Span(f" {note}", "muted"))
    used = sum(len(span.text) for span in spans)
    return [*spans, Span(" " * (width - used))] if used <= width else [Span(fit(percent, width))]


def time_left(progress: Progress | None) -> str:
    """``12m left``; empty where it is not known."""
    if progress is None or progress.eta is None or not 0 <= progress.eta < 1e8:
        return ""
    whole = duration(progress.eta)
    if progress.eta >= 60:  # an estimate has no seconds
        whole = whole.partition("m")[0] + "m" if "m" in whole else whole
    return f"{whole} left"


def _epochs(progress: Progress | None) -> str:
    if progress is None or progress.epoch is None:
        return ""
    total = f"/{figure(progress.epochs)}" if progress.epochs else ""
    return f"ep {figure(progress.epoch)}{total}"
