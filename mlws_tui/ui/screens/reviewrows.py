"""A review as rows: what came of it first, then each part as a section that folds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len

from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.review import Idea, Review, SessionLine
from mlws_tui.domain.reviewbars import bar, lengths
from mlws_tui.domain.reviewbest import BETTER, FIRST, BestLine
from mlws_tui.domain.reviewmarkdown import (
    KINDS,
    change_words,
    cost_words,
    idea_words,
    outcome_words,
    spent_words,
    time_words,
    unfinished_words,
    writing_words,
)
from mlws_tui.domain.reviewnotes import BLOCKER, Remark
from mlws_tui.domain.reviewruns import DayLoad, Outcome, ReviewRun, Spent, by_month
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.tasks import Task, gathered
from mlws_tui.domain.words import counted
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.run_sections import section
from mlws_tui.ui.panes.run_words import LABEL, fact, short
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import SIGNS, state_style
from mlws_tui.ui.widgets.sections import Row

#: Rows of a section, and runs below an outcome.
_MOST, _RUNS = 200, 300
#: Cells of bars, and of names beside figures.
_BAR, _NAME = (8, 30), (12, 32)
_BAD = (RunState.FAILED, RunState.CRASHED)
_MARK = {"said": "said", "result": "result", "insight": "insight"}


def head_line(review: Review) -> tuple[Line, str]:
    """What stands in the first line of the page: which days at the left, the sums at the right."""
    left = (Span("Review ", "muted"), Span(review.span.title, "strong"))
    told = [
        f"{review.writing.written} of {review.writing.days} days written",
        counted(len(review.runs), "run"),
        f"{figure(review.gpu_hours)} GPU-h"
        if review.gpu_hours is not None
        else time_words(sum(one.seconds for one in review.runs)),
    ]
    return left, " · ".join(filter(None, told))


def review_rows(review: Review, width: int) -> tuple[list[Row], list[str]]:
    """The rows of a review, and the keys of the branches that are folded at first.

    Args:
        review: The review.
        width: Cells of a row.
    """
    rows = [Row(line, f"head/{line[0].text.strip()}") for line in _head(review)]
    monthly = review.span.long
    days = by_month(review.runs, review.span, review.now, review.by_day) if monthly else review.by_day
    for title, key, note, of in (
        ("Runs", "runs", "", list(_runs(review, width))),
        ("Best results", "best", "", list(_best(review.best, width))),
        (
            "Insights and discoveries",
            "insights",
            _count(review.insights),
            [_remark("insights", one) for one in review.insights],
        ),
        (
            "Still standing",
            "standing",
            _count(review.standing),
            [_remark("standing", one) for one in review.standing],
        ),
        ("Tasks", "tasks", _task_words(review), list(_tasks(review))),
        ("Where the time went", "spent", "", list(_spent(review.by_experiment, width))),
        (
            "Month by month" if monthly else "Day by day",
            "days",
            "",
            list(_days(days, width, monthly=monthly)),
        ),
        ("Session logs", "sessions", _count(review.sessions), [_session(one) for one in review.sessions]),
        ("Blog ideas", "ideas", _count(review.ideas), [_idea(one) for one in review.ideas]),
    ):
        rows += section(title, key, _at_most(key, of), note)
    if len(rows) == len([row for row in rows if row.key.startswith("head/")]) and not review.runs:
        rows += [Row(()), Row((Span("Nothing was written or run in these days", "muted"),))]
    return rows, [row.key for row in rows if row.branch and row.key.startswith("runs/")]


def _head(review: Review) -> Iterator[Line]:
    yield fact("journal", writing_words(review.writing))
    gaps = review.writing.gaps
    if gaps:
        told = ", ".join(f"{one.date:%a} {one.date} ({counted(one.runs, 'run')})" for one in gaps[:7])
        more = f" and {len(gaps) - 7} more" if len(gaps) > 7 else ""
        yield (Span(f"{'no words':<{LABEL}}", "muted"), Span(f"{told}{more}", "warn"))
    if review.runs:
        more = "more than " if review.more_runs else ""
        states = ", ".join(short(outcome_words(one)) for one in review.outcomes)
        yield fact("runs", f"{more}{len(review.runs):,}: {states}")
        yield fact("costs", cost_words(review))
    else:
        yield fact("runs", "none")


def _runs(review: Review, width: int) -> Iterator[Row]:
    for outcome in review.outcomes:
        key = f"runs/{outcome.state.value}/{outcome.label}"
        yield Row(_outcome(outcome), key, ("runs",), None, branch=True)
        for one in outcome.runs[:_RUNS]:
            yield Row(_run(one, width), f"{key}/{one.run.id}", ("runs", key), Jump("run", one.run.id))


def _outcome(one: Outcome) -> Line:
    return (
        Span(f"{SIGNS[one.state]} ", state_style(one.state)),
        Span(short(outcome_words(one)), "bad" if one.state in _BAD else "text"),
    )


def _run(one: ReviewRun, width: int) -> Line:
    name = fit(short(one.run.name), _name_cells(width))
    told = [f"{one.day:%a} {one.day}", f"{duration(one.seconds):>7}"]
    told += [f"{figure(one.gpu_hours)} GPU-h"] * (one.gpu_hours is not None)
    why = short(one.why)
    return (
        Span(f"    {name}  "),
        Span("  ".join(told), "muted"),
        *((Span(f"  {why}", "bad"),) if why else ()),
    )


def _best(lines: Sequence[BestLine], width: int) -> Iterator[Row]:
    room = min(max((cell_len(short(one.name)) for one in lines), default=0), _name_cells(width))
    for one in lines:
        line = (
            Span(f"  {fit(short(one.name), room)}  "),
            Span(f"{short(one.metric)} ", "muted"),
            Span(figure(one.value, 4), "good" if one.change in (BETTER, FIRST) else "text"),
            Span(f"  {change_words(one)}  in {short(one.run_name)}{unfinished_words(one)}", "muted"),
        )
        yield Row(line, f"best/{one.key}", ("best",), Jump("run", one.run))


def _remark(key: str, one: Remark) -> Row:
    mark = KINDS.get(one.kind, "")
    style = "bad" if one.kind == BLOCKER else "strong"
    line = (
        Span(f"  {one.date}  ", "muted"),
        *((Span(f"{mark}: ", style),) if mark else ()),
        Span(short(one.text)),
    )
    return Row(line, f"{key}/{one.line}", (key,), Jump("journal", one.date.isoformat(), one.line))


def _task_words(review: Review) -> str:
    tasks = review.tasks
    told = [f"{len(tasks.done)} done", f"{len(gathered(tasks.open))} open"]
    told += [f"{len(gathered(tasks.overdue))} overdue"] * bool(tasks.overdue)
    return " · ".join(told)


def _tasks(review: Review) -> Iterator[Row]:
    late = {(one.date, one.line) for one in review.tasks.overdue}
    for one in review.tasks.done:
        yield _task(one, "✓", "good", "")
    for several in gathered(review.tasks.open):
        one, age = several.task, several.every[0].age(review.today)
        waited = f"  {several.note}" if several.note else f"  {counted(age, 'day')} old" if age else ""
        if (one.date, one.line) in late:
            yield _task(one, "!", "bad", f"{waited}, overdue" if waited else "  overdue")
        else:
            yield _task(one, "○", "muted", waited)
    if review.tasks.open:
        yield Row(
            (Span("  "), Span("all tasks, to tick and carry over", "link")),
            "tasks/all",
            ("tasks",),
            Jump("tasks", ""),
        )


def _task(one: Task, sign: str, style: str, note: str) -> Row:
    line = (
        Span(f"  {sign} ", style),
        Span(f"{one.date}  ", "muted"),
        Span(short(one.words)),
        Span(note, "bad" if style == "bad" else "muted"),
    )
    return Row(line, f"tasks/{one.line}", ("tasks",), Jump("journal", one.date.isoformat(), one.line))


def _spent(rows: Sequence[Spent], width: int) -> Iterator[Row]:
    names = [short(one.name) or "without an experiment" for one in rows]
    for one, line in zip(rows, _bars(names, rows, width), strict=True):
        jump = Jump("experiment", one.key) if one.key else None
        yield Row(line, f"spent/{one.key}", ("spent",), jump)


def _days(rows: Sequence[DayLoad], width: int, *, monthly: bool) -> Iterator[Row]:
    names = [f"{one.date:%b %Y}" if monthly else f"{one.date:%a} {one.date}" for one in rows]
    for one, line in zip(rows, _bars(names, rows, width), strict=True):
        note = () if one.written else (Span("  no words", "warn" if one.runs else "muted"),)
        jump = None if monthly else Jump("journal", one.date.isoformat(), one.line)
        yield Row((*line, *note), f"days/{one.date}", ("days",), jump)


def _bars(names: Sequence[str], rows: Sequence[Spent | DayLoad], width: int) -> Iterator[Line]:
    room = min(max(map(cell_len, names), default=0), _name_cells(width))
    cells = max(_BAR[0], min(_BAR[1], width - room - 36))
    values = lengths(rows)
    most = max(values, default=0.0)
    for name, row, value in zip(names, rows, values, strict=True):
        yield (
            Span(f"  {fit(name, room)}  "),
            Span(f"{bar(value, most, cells):<{cells}}  ", "title"),
            Span(spent_words(row), "muted"),
        )


def _session(one: SessionLine) -> Row:
    left = f"  {counted(one.left, 'section')} left to write" if one.left else ""
    line = (Span(f"  {one.date}  ", "muted"), Span(short(one.title)), Span(left, "warn"))
    return Row(line, f"sessions/{one.name}", ("sessions",), Jump("session", one.path))


def _idea(one: Idea) -> Row:
    line = (Span(f"  {_MARK[one.why]:<9}", "muted"), Span(short(idea_words(one))))
    jump = Jump("run", one.run) if one.date is None else Jump("journal", one.date.isoformat(), one.line)
    return Row(line, f"ideas/{one.line}/{one.run}", ("ideas",), jump)


def _name_cells(width: int) -> int:
    return max(_NAME[0], min(_NAME[1], width // 4))


def _count(of: Sequence[object]) -> str:
    return f"{len(of):,}" if of else ""


def _at_most(key: str, rows: Iterable[Row]) -> list[Row]:
    shown = list(rows)
    if key == "runs" or len(shown) <= _MOST:
        return shown
    more = Row((Span(f"  … {len(shown) - _MOST:,} more: mlws-tui review --json has all", "muted"),))
    return [*shown[:_MOST], more]
