"""``mlws-tui journal export``: days of the journal as Markdown, as one HTML page, or as a JSON document."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mlws_tui.cli.output import Session, emit_json, say
from mlws_tui.domain.daywords import read_day
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.markdown import decode
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted
from mlws_tui.services.journal import JournalService, readable
from mlws_tui.services.journalexport import as_document, as_html, as_markdown, days_between, write


@click.command("export")
@click.option("--since", metavar="DAY", help="From this day on: 2024-10-19, last monday, 2 weeks ago.")
@click.option("--until", metavar="DAY", help="Up to this day, itself included.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["md", "html", "json"]),
    default="md",
    show_default=True,
    help="md: the bytes as they are; html: one page; json: sections, bullets and their links.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A new file, or - for standard output.")
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@click.pass_obj
def command(
    session: Session, since: str | None, until: str | None, kind: str, out: Path | None, force: bool
) -> None:
    """Write the entries of some days to standard output or a file. The journal stays as it is.

    Links of the HTML page lead to logs and session logs from where the page lies; on standard output, from the
    workspace.
    """
    workspace = session.workspace()
    service = JournalService(workspace)
    first, last = (None if text is None else read_day(text, service.today()) for text in (since, until))
    if first and last and first > last:
        raise UsageError(f"--since {first} is after --until {last}")
    target = None if out is None or str(out) == "-" else out.absolute()
    journal = service.read()
    days = days_between(journal, first, last)
    if kind == "json":
        document = as_document(journal, days, workspace.relative(service.path))
        if target is None:
            emit_json(document)
            return
        data = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
    elif kind == "html":
        data = as_html(workspace, journal, days, target.parent if target else workspace.root)
    else:
        data = as_markdown(journal, days)
    if target is None:
        _print(data)
        return
    write(workspace, target, data, force=force)
    say(f"{counted(len(days), 'day')} written to {target}")


def _print(data: bytes) -> None:
    """The bytes as they are; on a terminal its lines without what would control it."""
    if sys.stdout.isatty():
        for line in decode(data).splitlines():
            click.echo(safe_text(readable(line)))
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
