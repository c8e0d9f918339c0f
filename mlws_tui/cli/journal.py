"""``mlws-tui log``, ``today`` and ``journal``: the journal from a shell, safe beside an open editor."""

from __future__ import annotations

import sys
from datetime import date

import click

from mlws_tui.cli.daycommand import DayCommand
from mlws_tui.cli.lazygroup import LazyGroup
from mlws_tui.cli.output import Session, emit_json, run_async, say
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.journal import SECTIONS
from mlws_tui.domain.markdown import decode
from mlws_tui.domain.text import safe_text
from mlws_tui.services.journal import DayRef, JournalService, document, readable

_MOST_PIPED = 100_000  # bytes
_DAYS = "DAY is 2024-10-19, yesterday, last friday, 3 days ago and the like."


def _sections(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The standard sections that begin so, for a shell that completes; as they are or in lower case."""
    names = SECTIONS if incomplete[:1].isupper() else tuple(map(str.lower, SECTIONS))
    return [name.partition(" ")[0] for name in names if name.startswith(incomplete)]


@click.command("log")
@click.argument("section", shell_complete=_sections)
@click.argument("text", nargs=-1)
@click.option("--date", "--day", "day", metavar="DAY", help=f"The day, today if not given. {_DAYS}")
@click.option("--task", is_flag=True, help="Write it as an open task: - [ ] TEXT.")
@click.option("--run", "ref", metavar="RUN", help="Link to this run behind the text: its id, a name, @last.")
@click.pass_obj
def log_command(
    session: Session, section: str, text: tuple[str, ...], day: str | None, task: bool, ref: str | None
) -> None:
    """Add a line to a day of the journal.

    SECTION is Models, Experiments, Agents, Datasets, Code, Workspace, Learning, Next Steps or one that the journal
    has, in any case or shortened; another name makes a section of that name. Insight, Discovery, Note, Blog, Blocker
    and Question stand before the line, in Learning or Next Steps, where the review finds it. A text of several words
    without a section is a Note.

    TEXT is read from standard input where it is missing or ends in -: what a program prints keeps its lines in a
    fence, a list its items, and with --task each line is one. Before a text that begins with a dash goes --.
    """
    service = JournalService(session.workspace())
    when = service.today() if day is None else _day(day, service.today())
    if not text and len(section.split()) > 1 and not service.has_section(section, when):
        from mlws_tui.domain.capture import NOTE

        section, text = NOTE, (section,)
    piped = text[-1:] == ("-",) or not (text or _at_keyboard())
    texts = _bullets(text[:-1], task) if piped else [" ".join(text)]
    if not any(words.strip() for words in texts):
        raise UsageError(
            "TEXT is missing: a line has a section and a text",
            hint=f"mlws-tui log {_quoted(section)} 'What I found out'",
        )
    if ref is not None and texts[0].strip():
        from mlws_tui.cli.runlinks import with_link

        texts[0] = run_async(with_link(session, texts[0], ref))
    title, written = service.capture(section, texts, when, task=task)
    more = "" if len(texts) == 1 else f" (and {len(texts) - 1} more)"
    click.echo(f"{when.isoformat()} {safe_text(title)}: {_first_line(written)}{more}")


@click.command("today")
@click.option("--edit", is_flag=True, help="Write it in $VISUAL or $EDITOR instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def today_command(session: Session, edit: bool, as_json: bool) -> None:
    """Print today's journal entry, or edit it."""
    if edit and as_json:
        raise UsageError("--edit and --json do not go together")
    service = JournalService(session.workspace())
    if edit:
        from mlws_tui.cli.journaledit import edit_day

        click.echo(edit_day(service, DayRef(service.today())))
        return
    try:
        _show(service, service.today(), as_json)
    except NotFoundError:
        if as_json:
            emit_json(_nothing(service, service.today()))
        else:
            click.echo(f"Nothing is written for today yet ({service.today().isoformat()}).")


@click.group(
    "journal",
    cls=LazyGroup,
    table={
        "days": ("mlws_tui.cli.journal:days_command", "List the days that have an entry"),
        "show": ("mlws_tui.cli.journal:show_command", "Print the entry of a day"),
        "lint": ("mlws_tui.cli.journallint:command", "Say what would be better elsewhere, shorter or linked"),
        "export": ("mlws_tui.cli.journalexport:command", "Write days as Markdown, HTML or JSON"),
        "suggestions": ("mlws_tui.cli.journal:suggestions_command", "List the lines that a day could have"),
    },
)
def command() -> None:
    """Read, check and export the journal, ACTIVITY.md."""


@click.command("days")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def days_command(session: Session, as_json: bool) -> None:
    """List the days that have an entry, in the order of the file."""
    journal = JournalService(session.workspace()).read()
    if not as_json:
        if not journal.days:
            say("nothing is written yet")
        for day in journal.days:
            sections = ", ".join(safe_text(section.title) for section in journal.sections(day))
            click.echo(f"{day.date.isoformat()} {day.date:%a}  {sections}".rstrip())
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


@click.command("show", cls=DayCommand)
@click.argument("day")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show_command(session: Session, day: str, as_json: bool) -> None:
    """Print the entry of DAY: 2024-10-19, yesterday, -3, last friday, 3 days ago and the like."""
    service = JournalService(session.workspace())
    _show(service, _day(day, service.today()), as_json)


@click.command("suggestions")
@click.option("--day", metavar="DAY", help=f"The day, today if not given. {_DAYS}")
@click.option(
    "--accept", multiple=True, metavar="KEY", help="Write the lines of a key or a run; all for all."
)
@click.option(
    "--dismiss", multiple=True, metavar="KEY", help="Never offer the lines of a key or a run again."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def suggestions_command(
    session: Session, day: str | None, accept: tuple[str, ...], dismiss: tuple[str, ...], as_json: bool
) -> None:
    """List the lines that a day could have and has not yet.

    They tell of runs that started, completed, failed or were stopped, of models and checkpoints, of data sets, of
    your commits, and of scripts that no commit tells of. The entry is changed only by --accept.
    """
    if ("all" in accept and dismiss) or ("all" in dismiss and accept):
        raise UsageError("All of them cannot be accepted and dismissed", hint="name the keys of some")
    from mlws_tui.cli.suggestions import suggest

    when = None if day is None else _day(day, JournalService(session.workspace()).today())
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


def _at_keyboard() -> bool:
    return sys.stdin is None or sys.stdin.isatty()


def _bullets(lead: tuple[str, ...], task: bool) -> list[str]:
    """The texts of the bullets that standard input is.

    Raises:
        UsageError: if it is no line of a journal, but a log.
    """
    from mlws_tui.domain.capture import bullets_of

    data = sys.stdin.buffer.read(_MOST_PIPED + 1) if sys.stdin is not None else b""
    if len(data) > _MOST_PIPED:
        raise UsageError(
            f"Standard input has more than {_MOST_PIPED // 1000} kB",
            hint="that is a log: keep it below logs/, and write here what it means",
        )
    return bullets_of(decode(data), " ".join(lead), task=task) if data.strip() else [""]


def _day(text: str, today: date) -> date:
    """The day that someone typed.

    Raises:
        UsageError: if it is none.
    """
    from mlws_tui.domain.daywords import read_day  # a plain capture names none

    return read_day(text, today)


def _quoted(text: str) -> str:
    """Text as one word for a shell."""
    import shlex

    return shlex.quote(safe_text(text))


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return safe_text(lines[0]) + (" …" if len(lines) > 1 else "")
