"""``mlws-tui tasks``: what is still to be done over all days of the journal, and doing something about it."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from mlws_tui.cli.daycommand import DayCommand
from mlws_tui.cli.output import Session, emit_json
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from datetime import date

    from mlws_tui.domain.tasks import Task
    from mlws_tui.services.tasks import TasksService

_AGE = re.compile(r"(\d{1,5})\s*([dw]?)")
_SIGNS = {"open": "□", "done": "✓", "moved": "→", "cancelled": "–"}


@click.group("tasks", invoke_without_command=True)
@click.option(
    "--all", "everything", is_flag=True, help="Those that are done, moved, cancelled or put off too."
)
@click.option("--section", metavar="TITLE", help="Only those of this section, such as 'Next Steps'.")
@click.option("--older", metavar="AGE", help="Only those that are this old: 7d, 2w.")
@click.option("--overdue", is_flag=True, help="Only open ones that should have been done before today.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_context
def command(
    ctx: click.Context, everything: bool, section: str | None, older: str | None, overdue: bool, as_json: bool
) -> None:
    """List the open tasks of the journal, - [ ], the oldest first, and change them.

    The letters before each name it for the other commands, and so does a part of its text that no other open one
    has. A task is due with "due 2026-11-25" in its text, and put off with "(from 2026-11-25)".
    """
    from mlws_tui.domain.tasks import in_section, short_keys, still_open

    if ctx.invoked_subcommand is not None:
        if everything or section or older or overdue or as_json:
            raise UsageError(
                "These options are for the list", hint=f"mlws-tui tasks {ctx.invoked_subcommand} --help"
            )
        return
    service = _service(ctx.obj)
    today, tasks = service.today(), service.list()
    days = _days(older) if older else 0
    shown = [
        task
        for task in (tasks if everything else still_open(tasks, today))
        if (section is None or in_section(task, section))
        and task.age(today) >= days
        and (not overdue or task.overdue(today))
    ]
    keys = short_keys(tasks)
    if as_json:
        emit_json({"tasks": [_document(task, keys, today) for task in shown]})
    elif sys.stdout.isatty():
        _print_table(shown, keys, today)
    else:
        for task in shown:
            click.echo(_line(task, keys, today))


@command.command("tick")
@click.argument("named", metavar="TASK…", nargs=-1, required=True)
@click.option("--off", is_flag=True, help="Open them again.")
@click.pass_obj
def _tick(session: Session, named: tuple[str, ...], off: bool) -> None:
    """Mark tasks as done: one character of each line changes.

    A task that stands open on several days is one: it is ticked on all of them.
    """
    from mlws_tui.cli.tasksback import say_closed, say_opened

    service = _service(session)
    tasks = _tasks(service, named)
    _told(service.tick(tasks, on=not off))
    (say_opened if off else say_closed)(service, tasks)


@command.command("cancel")
@click.argument("named", metavar="TASK…", nargs=-1, required=True)
@click.pass_obj
def _cancel(session: Session, named: tuple[str, ...]) -> None:
    """Mark tasks as cancelled: - [-]."""
    from mlws_tui.cli.tasksback import say_closed

    service = _service(session)
    tasks = _tasks(service, named)
    _told(service.cancel(tasks))
    say_closed(service, tasks)


@command.command("carry", short_help="Carry open tasks over to today or another day.")
@click.argument("named", metavar="[TASK…]", nargs=-1)
@click.option("--to", "to", metavar="DAY", help="The day: tomorrow, monday, 2026-11-25. Default: today.")
@click.option("--all", "everything", is_flag=True, help="All open ones of earlier days.")
@click.pass_obj
def _carry(session: Session, named: tuple[str, ...], to: str | None, everything: bool) -> None:
    """Carry open tasks over to today or another day, with the open ones below them.

    Without a TASK: those of the last written day. The old lines stay, marked - [>] with the new day.
    """
    from mlws_tui.cli.tasksback import say_added
    from mlws_tui.domain.tasks import still_open

    if named and everything:
        raise UsageError("Name some tasks or ask for --all, not both")
    service = _service(session)
    today = service.today()
    day = today if to is None else _day(to, today)
    before = service.list()
    if named:
        _told(service.carry_over(_tasks(service, named), day))
    elif everything:
        _told(service.carry_over([one for one in still_open(service.list(), today) if one.date < day], day))
    else:
        _told(service.carry_open(day))
    say_added(service, before)


@command.command("postpone", cls=DayCommand)
@click.argument("named", metavar="TASK")
@click.argument("day")
@click.pass_obj
def _postpone(session: Session, named: str, day: str) -> None:
    """Put a task off to DAY: until then the list leaves it out. Its text says so: (from 2026-11-25).

    DAY "today" takes that off again.
    """
    from mlws_tui.cli.tasksback import say_put_off

    service = _service(session)
    tasks, when = _tasks(service, (named,)), _day(day, service.today())
    _told(service.postpone(tasks, when))
    if when > service.today():
        say_put_off(service, tasks)


@command.command("add")
@click.argument("text", nargs=-1, required=True)
@click.option("--date", "day", metavar="DAY", help="The day that it is written into. Default: today.")
@click.option("--section", metavar="TITLE", help="Its section. Default: Next Steps.")
@click.pass_obj
def _add(session: Session, text: tuple[str, ...], day: str | None, section: str | None) -> None:
    """Write a new task into today's entry. "due friday" or "by friday" at its end becomes the date."""
    from mlws_tui.cli.tasksback import say_added
    from mlws_tui.domain.tasks import NEXT_STEPS

    service = _service(session)
    when = None if day is None else _day(day, service.today())
    before = service.list()
    _told(service.add(" ".join(text), when, section or NEXT_STEPS))
    say_added(service, before)


def _service(session: Session) -> TasksService:
    from mlws_tui.services.journal import JournalService
    from mlws_tui.services.tasks import TasksService

    return TasksService(JournalService(session.workspace()))


def _tasks(service: TasksService, named: Sequence[str]) -> list[Task]:
    """The tasks that were named, each with all that stand for the same on other days, and none twice."""
    return list({task.key: task for name in named for task in service.alike(service.find(name))}.values())


def _told(words: str) -> None:
    click.echo(safe_text(words))


def _day(text: str, today: date) -> date:
    from mlws_tui.domain.daywords import read_day

    return read_day(text, today, ahead=True)


def _days(age: str) -> int:
    found = _AGE.fullmatch(age.strip().casefold())
    if found is None:
        raise UsageError(f"{age!r} is no age", hint="write it as 7d or 2w")
    return int(found[1]) * (7 if found[2] == "w" else 1)


def _document(task: Task, keys: dict[str, str], today: date) -> dict[str, Any]:
    from mlws_tui.services.journal import readable

    return {
        "key": keys[task.key],
        "date": task.date.isoformat(),
        "section": readable(task.section),
        "line": task.line,
        "text": readable(task.text),
        "state": task.state,
        "age_days": task.age(today),
        "due": task.due.isoformat() if task.due else None,
        "starts": task.starts.isoformat() if task.starts else None,
        "overdue": task.overdue(today),
        "children": [keys[child.key] for child in task.children],
    }


def _line(task: Task, keys: dict[str, str], today: date) -> str:
    """For a pipe: key, date, age in days, state, day until it is due, section, text."""
    due = task.due.isoformat() if task.due else ""
    fields = (
        keys[task.key],
        task.date.isoformat(),
        str(task.age(today)),
        task.state,
        due,
        task.section,
        task.text,
    )
    return "\t".join(map(safe_text, fields))


def _print_table(tasks: Sequence[Task], keys: dict[str, str], today: date) -> None:
    from mlws_tui.cli.tables import Column, table
    from mlws_tui.domain.tasks import NEXT_STEPS, gathered, in_section

    if not tasks:
        click.echo('Nothing is to be done; a task is added with: mlws-tui tasks add "…"')
        return
    total = _sum(tasks, today)
    notes = {one.task.key: one.note for one in gathered(tasks)}
    tasks = [task for task in tasks if task.key in notes]
    columns = [
        Column("task", [keys[task.key] for task in tasks]),
        Column("age", [f"{task.age(today)} d" for task in tasks], right=True),
        Column("", [_SIGNS[task.state] for task in tasks]),
        Column("text", _texts(tasks)),
        Column("due", [safe_text(words) for words in _due(tasks, today)]),
        Column("", [notes[task.key] for task in tasks]),
        Column(
            "section",
            ["" if in_section(task, NEXT_STEPS) else safe_text(task.section) for task in tasks],
            drop=1,
        ),
    ]
    for line in table(columns, shutil.get_terminal_size().columns):
        click.echo(line)
    click.echo(total)


def _texts(tasks: Sequence[Task]) -> list[str]:
    """The texts, indented below the task that they hang below where that one is shown too."""
    below = {(child.date, child.ordinal, child.line) for task in tasks for child in task.children}
    return [
        "  " * (task.depth if (task.date, task.ordinal, task.line) in below else 0) + safe_text(task.title)
        for task in tasks
    ]


def _due(tasks: Sequence[Task], today: date) -> Iterator[str]:
    for task in tasks:
        if task.waits(today):
            yield f"from {task.starts}"
        elif task.overdue(today):
            yield f"{task.due} overdue"
        else:
            yield str(task.due or "")


def _sum(tasks: Sequence[Task], today: date) -> str:
    from mlws_tui.domain.tasks import count, count_words

    return count_words(count(tasks, today))
