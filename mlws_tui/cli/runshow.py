"""``mlws-tui runs show``: all that is known of one run."""

from __future__ import annotations

import shutil
import sys

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async
from mlws_tui.domain.runpages import RunPageFacts

#: Columns of a page that is not read at a terminal.
_WIDE = 160


@click.command("show")
@click.argument("ref", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show_command(session: Session, ref: str, as_json: bool) -> None:
    """Show what is known of RUN (an id, its beginning, a name, or @last)."""
    facts = run_async(_show(session, ref))
    if as_json:
        from mlws_tui.cli.documents import run_page_document

        emit_json(run_page_document(facts))
        return
    from mlws_tui.cli.run_page import page

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE
    for line in page(facts, width):
        click.echo(line)


async def _show(session: Session, ref: str) -> RunPageFacts:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        return await opened.runpages.page(ref, whole=True)
