"""``mlws-tui runs show``: all that is known of one run."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async
from mlws_tui.domain.runs import Run, RunEvent


@click.command("show")
@click.argument("ref", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show_command(session: Session, ref: str, as_json: bool) -> None:
    """Show what is known of RUN (an id, its beginning, a name, or @last)."""
    run, happenings = run_async(_show(session, ref))
    now = time.time()
    if as_json:
        from mlws_tui.cli.documents import run_page_document

        emit_json(run_page_document(run, happenings, now))
        return
    from mlws_tui.cli.run_page import page

    for line in page(run, happenings, now):
        click.echo(line)


async def _show(session: Session, ref: str) -> tuple[Run, Sequence[RunEvent]]:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        run = await opened.runs.get(ref)
        return run, await opened.runs.happenings(run.id)
