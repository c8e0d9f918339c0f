"""``mlws-tui logs show``: the text of a log, or the lines of it that were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from mlws_tui.cli.logreading import Documents, Numbers, Texts, Wanted, check, opened, pages, span, whole
from mlws_tui.cli.logtargets import file_meant, find_target, workspace_of
from mlws_tui.cli.output import Session, emit_json, say
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.logs import LogLine


async def show(
    session: Session, target: str, wanted: Wanted, *, numbers: bool, merge: bool, as_json: bool
) -> None:
    """Print the lines of a log that are wanted.

    Args:
        session: Where to look.
        target: A file or a run, as the person named it.
        wanted: Which lines.
        numbers: Whether each line's number stands before it.
        merge: Whether all logs of the run are meant.
        as_json: Whether to print a document.

    Raises:
        MlwsError: if there is no such log or it cannot be read; if it is not whole, after what could be read.
    """
    wanted.filters  # noqa: B018 - a mistake in the expression is told before anything is opened
    if merge and file_meant(session, target) is not None:
        raise UsageError("Only the logs of a run can be merged", hint="name a run, not a file")
    meant = await find_target(session, target, every=merge)
    workspace = workspace_of(session)
    news = asyncio.Event()
    async with opened(workspace, meant, news.set, count=numbers or as_json) as feed:
        await whole(feed, meant.path, news)
        within = await span(feed, wanted)
        if as_json:
            documents = Documents(feed, wanted)
            lines = [one async for page in pages(feed, within) for one in await documents.of(page)]
            files = [workspace.relative(path) for _, path in meant.logs]
            emit_json({"file": files[0], **({"merged": files} if merge else {}), "lines": lines})
        else:
            texts, counted = Texts(feed, wanted), Numbers(feed) if numbers else None
            async for page in pages(feed, within):
                await print_lines(page, texts, counted)
        check(feed)


async def print_lines(lines: Sequence[LogLine], texts: Texts, numbers: Numbers | None = None) -> None:
    """Print lines as text, behind their numbers where they are counted; what became of the file goes to stderr."""
    told: list[str] = []
    for line in lines:
        if line.divider:
            say(line.data.decode())
        elif numbers is None:
            told.append(await texts.of(line))
        else:
            told.append(f"{await numbers.of(line) or '?':>7}  {await texts.of(line)}")
    if told:
        click.echo("\n".join(told))
