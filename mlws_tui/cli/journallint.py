"""``mlws-tui journal lint``: what of the journal belongs elsewhere, lacks a link, is too long or forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlws_tui.cli.output import Session, emit_json, say
from mlws_tui.domain.daywords import read_day
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted
from mlws_tui.services.journal import JournalService, readable
from mlws_tui.services.journallint import JournalLint

if TYPE_CHECKING:
    from mlws_tui.domain.journallint import Advice


@click.command("lint")
@click.option(
    "--since", metavar="DAY", help="Entries from this day on: 2024-10-19, last monday, 2 weeks ago."
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without changing a word, and say what.")
@click.option("--strict", is_flag=True, help="Exit with 1 where there is advice.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(session: Session, since: str | None, fix: bool, strict: bool, as_json: bool) -> int:
    """Say what would be better elsewhere, shorter, linked or mended. The journal is changed by --fix alone.

    A stack trace or a page of output belongs in a log, what happened to a run wants its link, a section has ten
    lines at most, and a task that is open for a month is done, moved or cancelled.
    """
    journal = JournalService(session.workspace())
    first = None if since is None else read_day(since, journal.today())
    look = JournalLint(session.workspace(), journal)
    fixed = look.fix(first) if fix else []
    found = look.advice(first)
    if as_json:
        emit_json({"advice": list(map(_document, found)), "fixed": list(map(_document, fixed))})
    else:
        _tell(fixed, found, session.workspace().relative(journal.path))
    return 1 if strict and found else 0


def _tell(fixed: list[Advice], found: list[Advice], path: str) -> None:
    for one in fixed:
        click.echo(f"{path}:{one.line}: mended: {safe_text(one.says)}")
    for one in found:
        click.echo(f"{path}:{one.line}: {one.rule}: {safe_text(one.says)}; {safe_text(one.todo)}")
    fixable = sum(bool(one.repair) for one in found)
    hint = f"; --fix mends {fixable} of it" if fixable else ""
    say(f"{counted(len(found), 'piece')} of advice{hint}" if found else "the journal is in good order")


def _document(one: Advice) -> dict[str, object]:
    return {
        "line": one.line,
        "date": one.day.isoformat() if one.day else None,
        "rule": one.rule,
        "says": readable(one.says),
        "todo": readable(one.todo),
        "fixable": bool(one.repair),
    }
