"""A review as Markdown: short, with run ids, days and paths that lead on; what is empty is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from mlws_tui.domain import journal_edits
from mlws_tui.domain.endings import told
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.journal import Journal
from mlws_tui.domain.journal_edits import Splice
from mlws_tui.domain.review import Energy, Idea, Review, Writing
from mlws_tui.domain.reviewbest import BETTER, FIRST, SAME, BestLine
from mlws_tui.domain.reviewnotes import BLOCKER, DISCOVERY, INSIGHT, LEARNING, NOTE, QUESTION, REVIEW, Remark
from mlws_tui.domain.reviewruns import DayLoad, Outcome, Spent
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.suggestions import plain_markdown
from mlws_tui.domain.tasks import gathered
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted

#: Lines that a part has room for, on a page and in an entry of the journal.
_MOST, _FEW = 12, 5
#: Characters of a line of the journal, and of why a run failed.
_LONGEST, _WHY = 240, 100
KINDS = {
    INSIGHT: "Insight",
    DISCOVERY: "Discovery",
    NOTE: "Note",
    LEARNING: "",
    BLOCKER: "Blocker",
    QUESTION: "Question",
}
_NO_TIME = 1.0  # seconds below which nothing is said of time


def markdown(review: Review) -> str:
    """The review below a heading of the second level, without a line end after it."""
    lines = [f"## {heading(review)}"]
    for title, said in _parts(review, _MOST):
        lines += ["", f"### {title}", ""] if title else [""]
        lines += [f"- {line}" for line in said]
    return "\n".join(lines)


def item(review: Review) -> str:
    """The review as one item of a list: its heading, and a list of everything below it."""
    lines = [f"{heading(review)}:"]
    for title, said in _parts(review, _FEW):
        lines += [f"- {title}:"] if title else []
        lines += [f"{'  ' if title else ''}- {line}" for line in said]
    return "\n".join(lines)


def heading(review: Review) -> str:
    """What it is called; by it a review is known again."""
    return f"{REVIEW} of {review.span.title}"


def line_of(journal: Journal, day: date, review: Review) -> int:
    """The line, from 1, on which an entry of that day tells of these days; 0 where none does."""
    wanted = heading(review).encode()
    for entry in journal.days:
        if entry.date == day:
            for number in range(entry.heading.end, entry.line_end):
                if wanted in journal.outline.lines[number]:
                    return number + 1
    return 0


def entry_splice(journal: Journal, day: date, review: Review) -> Splice:
    """Writes a review into the entry of a day.

    Raises:
        UsageError: if it has one of these days already.
        MlwsError: if the place lies inside a code fence or comment that is never closed.
    """
    if line_of(journal, day, review):
        raise UsageError(
            f"The review of {review.span.title} is in today's entry already",
            hint="take it out there first to write it anew",
        )
    return journal_edits.add_bullet(journal, day, REVIEW, item(review))


# words that the page and the command line use, too


def writing_words(writing: Writing) -> str:
    """``5 of 7 days written · streak 12 · 3 in a row at most``."""
    parts = [f"{writing.written} of {counted(writing.days, 'day')} written"]
    parts += [f"streak {writing.streak}"] * bool(writing.streak)
    parts += [f"{writing.longest} in a row at most"] * (1 < writing.longest < writing.days)
    return " · ".join(parts)


def energy_words(energy: Energy | None) -> str:
    """``energy 3.1 kWh``, with of how many runs where not all were measured; ``energy: not measured``."""
    if energy is None:
        return ""
    if energy.joules is None:
        return "energy: not measured"
    part = f" (measured of {energy.measured} of {energy.of} runs)" if energy.measured < energy.of else ""
    return f"energy {energy.joules / 3.6e6:.3g} kWh{part}"


def cost_words(review: Review) -> str:
    """``14.2 GPU-h · energy 3.1 kWh``; where no GPU is known of, how long the runs took."""
    if review.gpu_hours is not None:
        hours = [f"{figure(review.gpu_hours)} GPU-h"]
    else:
        took = time_words(sum(one.seconds for one in review.runs))
        hours = [f"{took} of run time" if took else "", "GPU-hours: not known"]
    return " · ".join(filter(None, (*hours, energy_words(review.energy))))


def outcome_words(one: Outcome) -> str:
    """``9 completed``, ``2 failed (ValueError)``. Text from outside."""
    count = f"{len(one.runs):,}"
    if one.state is RunState.FAILED and one.label != RunState.FAILED.value:
        return f"{count} failed ({one.label})"
    return f"{count} {one.label}"


def change_words(line: BestLine) -> str:
    """How a result stands against the best one before."""
    if line.before is None:
        return "no earlier result"
    words = {BETTER: "better than", SAME: "as good as"}
    return f"{words.get(line.change, 'not better than')} {figure(line.before, 4)} before"


def unfinished_words(line: BestLine) -> str:
    """`` (failed)`` behind a result of a run that did not come to its end; empty for one that did."""
    return "" if line.state is RunState.COMPLETED else f" ({line.state.value})"


def time_words(seconds: float) -> str:
    """How long runs took; empty where that is not known."""
    return duration(seconds) if seconds >= _NO_TIME else "under 1s" if seconds > 0 else ""


def spent_words(one: Spent | DayLoad) -> str:
    """``8 runs · 12.1 GPU-h``; of runs whose GPUs are not known how long they ran; ``no runs``."""
    if not one.runs:
        return "no runs"
    parts = [counted(one.runs, "run")]
    if one.gpu_hours is not None:
        parts.append(f"{figure(one.gpu_hours)} GPU-h")
    else:
        parts += [time_words(one.seconds)]
    return " · ".join(filter(None, parts))


def idea_words(idea: Idea) -> str:
    """What an idea is, in words. Text from outside."""
    return f"the result of {idea.text}, which no session log tells of" if idea.why == "result" else idea.text


def remark_words(one: Remark) -> str:
    """A remark with its mark before it. Text from outside."""
    mark = KINDS.get(one.kind, "")
    return f"{mark}: {one.text}" if mark else one.text


# the parts


def _parts(review: Review, most: int) -> Iterator[tuple[str, Sequence[str]]]:
    for title, lines in (
        ("", list(_head(review))),
        ("Failed runs", list(_failed(review))),
        ("Best results", [_best(one) for one in review.best]),
        ("Insights and discoveries", [f"{_own(one.text)} ({one.date})" for one in review.insights]),
        ("Still standing", [f"{_own(remark_words(one))} (since {one.date})" for one in review.standing]),
        ("Tasks", list(_tasks(review))),
        ("Where the time went", [_spent(one) for one in review.by_experiment]),
        ("Session logs", [f"{plain_markdown(one.title)} ({one.path})" for one in review.sessions]),
        ("Blog ideas", [_idea(one) for one in review.ideas]),
    ):
        if lines:
            yield title, _at_most(lines, most)


def _head(review: Review) -> Iterator[str]:
    yield writing_words(review.writing)
    gaps = [f"{one.date} ({counted(one.runs, 'run')})" for one in review.writing.gaps]
    if gaps:
        yield f"days with runs and no words: {', '.join(gaps[:_MOST])}{' …' if len(gaps) > _MOST else ''}"
    if not review.runs:
        return
    states = ", ".join(plain_markdown(outcome_words(one)) for one in review.outcomes)
    more = "more than " if review.more_runs else ""
    yield f"{more}{counted(len(review.runs), 'run')}: {states} · {cost_words(review)}"


def _failed(review: Review) -> Iterator[str]:
    for one in review.runs:
        if one.state in (RunState.FAILED, RunState.CRASHED):
            why = plain_markdown(_cut(told(one.run, review.now), _WHY))
            yield f"{plain_markdown(one.run.name)} (`{one.run.id}`): {why}"


def _best(line: BestLine) -> str:
    name, metric, run = map(plain_markdown, (line.name, line.metric, line.run_name))
    mark = "**" if line.change in (BETTER, FIRST) else ""
    best = f"{name}: {metric} {mark}{figure(line.value, 4)}{mark}"
    return f"{best} in {run}{unfinished_words(line)} (`{line.run}`), {change_words(line)}"


def _tasks(review: Review) -> Iterator[str]:
    tasks = review.tasks
    if tasks.done:
        yield f"{len(tasks.done)} done: {'; '.join(_own(one.words) for one in tasks.done[:_MOST])}"
    if tasks.open:
        late = f", {len(gathered(tasks.overdue))} overdue" if tasks.overdue else ""
        oldest = tasks.open[0]
        yield f"{len(gathered(tasks.open))} open{late}; the oldest is of {oldest.date}: {_own(oldest.words)}"


def _spent(one: Spent) -> str:
    return f"{plain_markdown(one.name) or 'without an experiment'}: {spent_words(one)}"


def _idea(idea: Idea) -> str:
    if idea.why == "result":
        return f"{plain_markdown(idea_words(idea))} (`{idea.run}`)"
    return f"{_own(idea.text)} ({idea.date})"


def _own(text: str) -> str:
    """What the person wrote, as they wrote it: it is Markdown already."""
    return safe_text(_cut(text, _LONGEST))


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _at_most(lines: Sequence[str], most: int) -> Sequence[str]:
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"and {more} more"]
