"""``mlws-tui attach``: show a run's terminal again."""

from __future__ import annotations

import sys

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, run_async
from mlws_tui.domain.runs import Run


@click.command("attach")
@click.argument("ref", metavar="RUN")
@click.pass_obj
def command(session: Session, ref: str) -> None:
    """Show the terminal of RUN here (an id, its beginning, a name, or @last).

    It is a run that was started on this host by mlws-tui run, in any terminal or with --detach. Keys go to it, ctrl+c
    too; ctrl+] leaves it running. Ends with the command's exit code.
    """
    from mlws_tui.services.launch.attaching import attach

    run = run_async(_find(session, ref))
    sys.exit(attach(session.workspace(), run))


async def _find(session: Session, ref: str) -> Run:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        return await opened.runs.get(ref)
