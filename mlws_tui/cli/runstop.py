"""``mlws-tui runs stop``: end runs that go on, and wait until they have ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from mlws_tui.services.stopping import Stopped


@click.command("stop")
@click.argument("refs", metavar="RUN…", nargs=-1, required=True)
@click.option(
    "--grace",
    type=click.FloatRange(min=0.0, max=86_400.0),
    default=10.0,
    show_default=True,
    metavar="S",
    help="Seconds to end after SIGINT, and again after SIGTERM, before SIGKILL.",
)
@click.option("--now", is_flag=True, help="SIGKILL at once.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def stop_command(session: Session, refs: tuple[str, ...], grace: float, now: bool, as_json: bool) -> None:
    """Stop RUNs that go on: SIGINT, then SIGTERM, then SIGKILL; prints their ids when they have ended."""
    results = run_async(_stop(session, refs, grace, now))
    stopped = [one for one in results if not isinstance(one, MlwsError)]
    failed = [one for one in results if isinstance(one, MlwsError)]
    if as_json:
        emit_json({"stopped": list(map(_document, stopped)), "failed": [one.sentence() for one in failed]})
    for one in stopped:
        if not as_json:
            click.echo(safe_text(one.run.id))
        say(f"{one.run.id}: {one.words()}")
    for error in failed:
        say(error.sentence())
    if failed:
        sys.exit(max(error.exit_code for error in failed))


async def _stop(session: Session, refs: Sequence[str], grace: float, now: bool) -> list[Stopped | MlwsError]:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        ids = list(dict.fromkeys([(await opened.runs.get(ref)).id for ref in refs]))

        async def stop(run_id: str) -> Stopped | MlwsError:
            try:
                return await opened.stopping.stop(run_id, grace=grace, now=now, tell=say)
            except MlwsError as error:  # the others are stopped all the same
                return error

        try:
            return list(await asyncio.gather(*map(stop, ids)))
        except asyncio.CancelledError:
            say("no longer waiting; what was signalled is not taken back")
            raise


def _document(one: Stopped) -> dict[str, Any]:
    return {
        "id": one.run.id,
        "state": one.run.state.value,
        "signal": one.signal or None,
        "seconds": round(one.seconds, 3),
        "elsewhere": list(one.elsewhere),
    }
