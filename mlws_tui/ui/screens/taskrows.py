"""The rows of the page of tasks: groups by how pressing they are, or by sections."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from mlws_tui.domain.calendar import day_words, distance_words
from mlws_tui.domain.journal import section_key
from mlws_tui.domain.tasks import NEXT_STEPS, Repeated, Task, gathered, in_section
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.widgets.cells import Line, Span
from mlws_tui.ui.widgets.sections import Row

_SIGNS = {"open": ("□", "text"), "done": ("✓", "good"), "moved": ("→", "muted"), "cancelled": ("–", "muted")}
#: The groups by age, in the order of the page.
_GROUPS = ("Overdue", "Today", "This week", "Older", "To come", "Put off", "Closed")
_WEEK = 7
#: Cells for the day of an entry.
_DAY = 15


def task_rows(
    tasks: Sequence[Task],
    today: date,
    *,
    by_section: bool,
    left: Sequence[Task] = (),
    kept: Collection[str] = (),
) -> list[Row]:
    """The page.

    Args:
        tasks: What it shows.
        today: The day that ages count from.
        by_section: Whether they are grouped by sections instead of by age.
        left: What could be carried over to today at once.
        kept: Keys of those that stay where they stood while they were open.
    """
    rows: list[Row] = []
    if left:
        words = f"Carry {counted(len(left), 'open task')} of {day_words(left[0].date, today)} over to today: "
        rows += [Row((Span(words, "live"), Span("C", "strong"))), Row(())]
    names: Iterable[str] = _GROUPS
    if by_section:
        names = dict.fromkeys(section_key(task.section) for task in tasks)
    groups: dict[str, list[Task]] = {name: [] for name in names}
    repeated = {one.task.key: one for one in gathered(tasks)}
    for task in (one.task for one in repeated.values()):
        name = section_key(task.section) if by_section else _group(task, today, task.key in kept)
        groups[name].append(task)
    for name, members in groups.items():
        if members:
            title = safe_text(members[0].section) or "Above the sections" if by_section else name
            rows.append(Row((Span(f"{title} ", "title"), Span(str(len(members)), "muted")), title=True))
            rows += _rows(members, today, repeated, with_section=not by_section)
            rows.append(Row(()))
    return rows


def where_it_went(tasks: Sequence[Task], key: str) -> str:
    """The key of what became of a task that was carried over, once or from day to day; else its own."""
    known = {task.key: task for task in tasks}
    passed = {key}
    while (task := known.get(key)) is not None and task.state == "moved":
        words = task.words.casefold()
        found = [one for one in tasks if one.date == task.moved_to and one.words.casefold() == words]
        if not found or found[-1].key in passed:
            break
        key = found[-1].key
        passed.add(key)
    return key


def _group(task: Task, today: date, kept: bool) -> str:
    if not kept and task.state != "open":
        return "Closed"
    if not kept and task.waits(today):
        return "Put off"
    if task.due is not None and task.due < today:
        return "Overdue"
    if task.date > today:
        return "To come"
    age = task.age(today)
    return "Today" if age == 0 else "This week" if age < _WEEK else "Older"


def _rows(
    tasks: Iterable[Task], today: date, repeated: Mapping[str, Repeated], *, with_section: bool
) -> Iterable[Row]:
    shown: set[tuple[date, int]] = set()
    for task in tasks:
        depth = task.depth if (task.date, task.line) in shown else 0
        shown |= {(child.date, child.line) for child in task.children}
        jump = Jump("journal", task.date.isoformat(), task.line)
        line = _line(task, today, depth, with_section)
        one = repeated[task.key]
        if one.days > 1:
            since = day_words(one.every[0].date, today)
            line = (*line, Span(f"  on {one.days} days, since {since}", "muted"))
        yield Row(line, task.key, (), jump)


def _line(task: Task, today: date, depth: int, with_section: bool) -> Line:
    sign, style = _SIGNS[task.state]
    overdue, closed = task.overdue(today), task.state != "open"
    day = "today" if task.date == today else day_words(task.date, today)
    spans = [
        Span(f"{day:<{_DAY}} ", "muted"),
        Span(f"{'  ' * depth}{sign} ", "bad" if overdue else style),
        Span(safe_text(task.title), "muted" if closed or task.waits(today) else "text"),
    ]
    if task.due is not None and not closed:
        words = (
            "today"
            if task.due == today
            else f"{day_words(task.due, today)}, {distance_words(task.due, today)}"
        )
        near = (task.due - today).days <= 1
        spans.append(Span(f"  due {words}", "bad" if overdue else "warn" if near else "muted"))
    if task.waits(today) and task.starts is not None:
        spans.append(
            Span(f"  from {day_words(task.starts, today)}, {distance_words(task.starts, today)}", "live")
        )
    if task.moved_to is not None:
        spans.append(Span(f"  went to {day_words(task.moved_to, today)}", "muted"))
    if with_section and task.section and not in_section(task, NEXT_STEPS):
        spans.append(Span(f"  {safe_text(task.section)}", "muted"))
    return tuple(spans)
