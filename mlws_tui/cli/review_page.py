"""A review as plain text for a terminal, and as the JSON document that scripts read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from mlws_tui.cli.tables import Column, table
from mlws_tui.domain.events import plain
from mlws_tui.domain.figures import figure
from mlws_tui.domain.review import Idea, Review
from mlws_tui.domain.reviewbars import bar, lengths
from mlws_tui.domain.reviewbest import BestLine
from mlws_tui.domain.reviewmarkdown import (
    change_words,
    cost_words,
    heading,
    idea_words,
    outcome_words,
    remark_words,
    spent_words,
    unfinished_words,
    writing_words,
)
from mlws_tui.domain.reviewnotes import Remark
from mlws_tui.domain.reviewruns import DayLoad, Outcome, Spent, by_month
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.tasks import Task, gathered
from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.domain.words import counted

_SHOWN, _BAR = 20, 16


def page(review: Review, width: int) -> Iterator[str]:
    """What is told, line by line; safe for a terminal.

    Args:
        review: The review.
        width: Columns that it may take.
    """
    yield heading(review)
    for line in _head(review):
        yield from _wrapped(line, width)
    monthly = review.span.long
    loads = by_month(review.runs, review.span, review.now, review.by_day) if monthly else review.by_day
    sections: list[tuple[str, Iterable[str]]] = [
        ("Runs that failed", _failed(review, width)),
        ("Best results", _best(review, width)),
        ("Insights and discoveries", _remarks(review.insights)),
        ("Still standing", _remarks(review.standing, "since ")),
        ("Tasks done", _tasks(review.tasks.done)),
        (f"Open tasks: {_open_words(review)}", _open(review.tasks.open)),
        ("Where the time went, by experiment", _spent(review.by_experiment, width)),
        ("By month" if monthly else "By day", _days(loads, width, monthly=monthly)),
        ("Session logs", (safe_text(f"{one.title}  {one.path}") for one in review.sessions)),
        ("Blog ideas", (safe_text(idea_words(one)) for one in review.ideas)),
    ]
    for title, lines in sections:
        told = list(lines)
        if told:
            yield ""
            yield title
            for line in told[:_SHOWN]:
                yield from _wrapped(line, width)
            if len(told) > _SHOWN:
                yield f"  and {len(told) - _SHOWN} more"


def _head(review: Review) -> Iterator[str]:
    yield writing_words(review.writing)
    if review.runs:
        more = "more than " if review.more_runs else ""
        told = ", ".join(safe_text(outcome_words(one)) for one in review.outcomes)
        yield f"{more}{counted(len(review.runs), 'run')}: {told}"
        yield cost_words(review)
    else:
        yield "no runs"
    if review.writing.gaps:
        gaps = [f"{one.date} ({counted(one.runs, 'run')})" for one in review.writing.gaps]
        more = f" and {len(gaps) - _SHOWN} more" if len(gaps) > _SHOWN else ""
        yield f"runs and no words on {', '.join(gaps[:_SHOWN])}{more}"


def _failed(review: Review, width: int) -> Sequence[str]:
    shown = [one for one in review.runs if one.state in (RunState.FAILED, RunState.CRASHED)]
    columns = [
        Column("", [safe_text(one.run.name) for one in shown]),
        Column("", [safe_text(one.label) for one in shown]),
        Column("", [one.day.isoformat() for one in shown], drop=1),
        Column("", [safe_text(one.run.id) for one in shown], drop=2),
    ]
    return table(columns, width - 2)[1:] if shown else ()


def _best(review: Review, width: int) -> Sequence[str]:
    shown = review.best
    columns = [
        Column("", [safe_text(one.name) for one in shown]),
        Column("", [safe_text(one.metric) for one in shown]),
        Column("", [figure(one.value, 4) for one in shown], right=True),
        Column("", [f"{change_words(one)}{unfinished_words(one)}" for one in shown], drop=1),
        Column("", [safe_text(one.run) for one in shown], drop=2),
    ]
    return table(columns, width - 2)[1:] if shown else ()


def _remarks(remarks: Iterable[Remark], since: str = "") -> Iterator[str]:
    return (safe_text(f"{since}{one.date}  {remark_words(one)}") for one in remarks)


def _tasks(tasks: Iterable[Task]) -> Iterator[str]:
    return (safe_text(f"{one.date}  {one.words}") for one in tasks)


def _open(tasks: Iterable[Task]) -> Iterator[str]:
    for one in gathered(tasks):
        note = f", {one.note}" if one.note else ""
        yield safe_text(f"{one.task.date}  {one.task.words}{note}")


def _open_words(review: Review) -> str:
    tasks = review.tasks
    if not tasks.open:
        return "none"
    late = f", {len(gathered(tasks.overdue))} overdue" if tasks.overdue else ""
    return (
        f"{len(gathered(tasks.open))}{late}, the oldest {counted(tasks.open[0].age(review.today), 'day')} old"
    )


def _spent(rows: Sequence[Spent], width: int) -> Sequence[str]:
    return _bars([safe_text(one.name) or "without an experiment" for one in rows], rows, width)


def _days(rows: Sequence[DayLoad], width: int, *, monthly: bool) -> Sequence[str]:
    names = [f"{one.date:%Y-%m}" if monthly else f"{one.date:%a} {one.date}" for one in rows]
    return _bars(names, rows, width, ["" if one.written else "no words" for one in rows])


def _bars(
    names: Sequence[str], rows: Sequence[Spent | DayLoad], width: int, notes: Sequence[str] | None = None
) -> Sequence[str]:
    values = lengths(rows)
    most = max(values, default=0.0)
    columns = [
        Column("", names),
        Column("", [bar(value, most, _BAR) for value in values], drop=1),
        Column("", [spent_words(one) for one in rows]),
        Column("", notes or [""] * len(rows), drop=2),
    ]
    return table(columns, width - 2)[1:] if rows else ()


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Text as lines below a heading; what goes on is indented further."""
    wide = cell_width(text) - len(text)  # of wide characters fewer have room
    room = max(20, width - (wide * width // max(1, cell_width(text)) if wide > 0 else 0))
    for line in wrap(text, room, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False):
        yield line.rstrip()


def document(review: Review) -> dict[str, Any]:
    """The JSON document of ``mlws-tui review``."""
    energy = review.energy
    known = energy.joules if energy is not None else None
    reasons = {"gpu_hours": "no run has a recorded GPU"} if review.gpu_hours is None else {}
    reasons |= {"energy_joules": "no power was sampled"} if known is None else {}
    told: dict[str, Any] = plain(
        {
            "since": review.span.first.isoformat(),
            "until": review.span.last.isoformat(),
            "days": {
                "all": review.writing.days,
                "written": review.writing.written,
                "streak": review.writing.streak,
                "longest": review.writing.longest,
                "gaps": [{"date": one.date.isoformat(), "runs": one.runs} for one in review.writing.gaps],
            },
            "runs": {
                "total": len(review.runs),
                "more": review.more_runs,
                "outcomes": [_outcome(one) for one in review.outcomes],
            },
            "gpu_hours": review.gpu_hours,
            "energy_joules": known,
            "energy_runs": energy.measured if energy is not None else 0,
            "reasons": reasons,
            "best": [_best_result(one) for one in review.best],
            "insights": [_remark(one) for one in review.insights],
            "standing": [_remark(one) for one in review.standing],
            "tasks": {
                "done": [_task(one, review) for one in review.tasks.done],
                "open": [_task(one, review) for one in review.tasks.open],
                "overdue": [_task(one, review) for one in review.tasks.overdue],
            },
            "by_experiment": [
                {"experiment": one.key or None, "name": one.name or None, **_cost(one)}
                for one in review.by_experiment
            ],
            "by_day": [
                {"date": one.date.isoformat(), **_cost(one), "written": one.written, "line": one.line or None}
                for one in review.by_day
            ],
            "sessions": [
                {"name": one.name, "title": one.title, "date": one.date.isoformat(), "path": one.path}
                for one in review.sessions
            ],
            "ideas": [_idea(one) for one in review.ideas],
        }
    )
    return told


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "state": one.state.value,
        "reason": one.label if one.label != one.state.value else None,
        "count": len(one.runs),
        "runs": [run.run.id for run in one.runs],
    }


def _best_result(one: BestLine) -> dict[str, Any]:
    return {
        "experiment": one.key,
        "name": one.name,
        "metric": one.metric,
        "value": one.value,
        "run": one.run,
        "before": one.before,
        "change": one.change,
    }


def _idea(one: Idea) -> dict[str, Any]:
    return {
        "text": one.text,
        "why": one.why,
        "date": one.date.isoformat() if one.date else None,
        "line": one.line or None,
        "run": one.run or None,
    }


def _cost(one: Spent | DayLoad) -> dict[str, Any]:
    return {"runs": one.runs, "seconds": one.seconds, "gpu_hours": one.gpu_hours}


def _remark(one: Remark) -> dict[str, Any]:
    return {"kind": one.kind, "text": one.text, "date": one.date.isoformat(), "line": one.line}


def _task(one: Task, review: Review) -> dict[str, Any]:
    return {
        "text": one.words,
        "date": one.date.isoformat(),
        "line": one.line,
        "section": one.section,
        "age_days": one.age(review.today),
        "due": one.due.isoformat() if one.due else None,
    }
