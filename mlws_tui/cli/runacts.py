"""What ``mlws-tui runs`` does to runs: tags."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, run_async
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.runs import Run
from mlws_tui.domain.text import safe_text


@click.command("tag")
@click.argument("ref", metavar="RUN")
@click.argument("tags", metavar="TAG…", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take these tags off instead.")
@click.pass_obj
def tag_command(session: Session, ref: str, tags: tuple[str, ...], remove: bool) -> None:
    """Put tags on RUN, or take them off; prints the tags that it has then."""
    empty = [tag for tag in tags if not tag.strip()]
    if empty:
        raise UsageError("A tag cannot be empty")
    run = run_async(_tag(session, ref, tags, remove))
    click.echo(safe_text(f"{run.id}: {', '.join(run.tags) or 'no tags'}"))


async def _tag(session: Session, ref: str, tags: Sequence[str], remove: bool) -> Run:
    async with bench(session) as opened:
        await opened.ingest.catch_up()
        run = await opened.runs.get(ref)
        field = "tags_remove" if remove else "tags_add"
        await opened.runs.edit(run.id, by=_user(), **{field: list(tags)})
        warn_if_behind(await opened.ingest.catch_up())
        return await opened.runs.get(run.id)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return str(os.getuid())
