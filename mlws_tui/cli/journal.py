"""``mlws-tui log``, ``today`` and ``journal``: the journal from a shell, safe beside an open editor."""

from __future__ import annotations

import sys
from datetime import date, timedelta

import click

from mlws_tui.cli.output import Session, emit_json, run_async
from mlws_tui.domain.dates import read_title
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.text import safe_text
from mlws_tui.services.journal import JournalService, document, readable


@click.command("log")
@click.argument("section")
@click.argument("text", nargs=-1, required=True)
@click.option("--date", "day", metavar="DAY", help="The day: 2024-10-19 or yesterday. Default: today.")
@click.option("--task", is_flag=True, help="Write it as an open task: - [ ] TEXT.")
@click.pass_obj
def log_command(session: Session, section: str, text: tuple[str, ...], day: str | None, task: bool) -> None:
    """Add a line to a day of the journal.

    SECTION is Models, Experiments, Agents, Datasets, Code, Workspace, Learning or Next Steps, in any case or
    shortened; another name makes a section of that name. TEXT may be - to read it from standard input.
    """
    service = JournalService(session.workspace())
    words = sys.stdin.read() if text == ("-",) else " ".join(text)
    when = _day(day, service.today()) if day else service.today()
    title = service.append(section, words, when, task=task)
    click.echo(f"{when.isoformat()} {safe_text(title)}: {_first_line(words)}")


@click.command("today")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def today_command(session: Session, as_json: bool) -> None:
    """Print today's journal entry."""
    service = JournalService(session.workspace())
    try:
        _show(service, service.today(), as_json)
    except NotFoundError:
        if as_json:
            emit_json(_nothing(service, service.today()))
        else:
            click.echo(f"Nothing is written for today yet ({service.today().isoformat()}).")


@click.group("journal", short_help="List the days of the journal, show one")
def command() -> None:
    """Read the journal, ACTIVITY.md."""


@command.command("days")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def _days(session: Session, as_json: bool) -> None:
    """List the days that have an entry, in the order of the file."""
    journal = JournalService(session.workspace()).read()
    if not as_json:
        for day in journal.days:
            sections = ", ".join(safe_text(section.title) for section in journal.sections(day))
            click.echo(f"{day.date:%Y-%m-%d %a}  {sections}".rstrip())
        return
    emit_json(
        {
            "days": [
                {
                    "date": day.date.isoformat(),
                    "line_start": day.line_start + 1,
                    "line_end": day.line_end,
                    "heading": readable(day.heading.title),
                }
                for day in journal.days
            ]
        }
    )


@command.command("show")
@click.argument("day")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def _show_day(session: Session, day: str, as_json: bool) -> None:
    """Print the entry of DAY: 2024-10-19, today or yesterday."""
    service = JournalService(session.workspace())
    _show(service, _day(day, service.today()), as_json)


@command.command("suggestions")
@click.option("--day", metavar="DAY", help="The day: 2024-10-19 or yesterday. Default: today.")
@click.option(
    "--accept", multiple=True, metavar="KEY", help="Write the lines of a key or a run; all for all."
)
@click.option(
    "--dismiss", multiple=True, metavar="KEY", help="Never offer the lines of a key or a run again."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def _suggestions(
    session: Session, day: str | None, accept: tuple[str, ...], dismiss: tuple[str, ...], as_json: bool
) -> None:
    """List the lines that a day could have: runs that started, completed, failed or were stopped.

    The entry is changed only by --accept.
    """
    if ("all" in accept and dismiss) or ("all" in dismiss and accept):
        raise UsageError("All of them cannot be accepted and dismissed", hint="name the keys of some")
    from mlws_tui.cli.suggestions import suggest

    when = _day(day, JournalService(session.workspace()).today()) if day else None
    run_async(suggest(session, when, accept, dismiss, as_json))


def _show(service: JournalService, when: date, as_json: bool) -> None:
    journal, days = service.entry(when)
    if not as_json:
        for day in days:
            for line in journal.text(day.line_start, day.line_end).rstrip().splitlines():
                click.echo(safe_text(readable(line)))
        return
    path = service.workspace.relative(service.path)
    shown = document(journal, days[0], path)
    if len(days) > 1:
        shown["more"] = [document(journal, day, path) for day in days[1:]]
    emit_json(shown)


def _nothing(service: JournalService, when: date) -> dict[str, object]:
    return {
        "date": when.isoformat(),
        "path": service.workspace.relative(service.path),
        "line_start": None,
        "line_end": None,
        "sections": [],
        "text": "",
    }


def _day(text: str, today: date) -> date:
    """A day as a person names it.

    Raises:
        UsageError: if it names none.
    """
    word = text.strip().casefold()
    if word == "today":
        return today
    if word == "yesterday":
        return today - timedelta(days=1)
    dated = read_title(text)
    if dated is None:
        raise UsageError(f"{text!r} is no day", hint="write it as 2024-10-19, today or yesterday")
    return dated.day


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return safe_text(lines[0]) + (" …" if len(lines) > 1 else "")
