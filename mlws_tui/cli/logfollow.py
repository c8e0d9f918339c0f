"""``mlws-tui logs follow``: a log as it is written."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.logreading import Documents, Sifting, Texts, Wanted, check, opened, whole
from mlws_tui.cli.logshow import print_lines
from mlws_tui.cli.logtargets import Target, file_meant, logs_of, workspace_of
from mlws_tui.cli.output import Session, bench, emit_json, say
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.logs import LogLine, Place
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logplaces import find_log
from mlws_tui.services.workbench import Workbench

_PAGE = 2_000  # lines read at once
_LOOK_AT_RUN = 1.0  # seconds between two looks whether the run goes on

Alive = Callable[[], Awaitable[bool]]
Tell = Callable[[Sequence[LogLine]], Awaitable[None]]


async def follow(session: Session, target: str, wanted: Wanted, *, as_json: bool) -> None:
    """Print the last lines that are wanted, then each as it comes, until the run ends.

    Raises:
        NotFoundError: if there is no such run, or it has ended and wrote no log.
        MlwsError: if a regular expression takes too long.
    """
    wanted.filters  # noqa: B018 - a mistake in the expression is told before anything is opened
    async with contextlib.AsyncExitStack() as stack:
        alive: Alive = _always
        file = file_meant(session, target)
        if file is None:
            workbench = await stack.enter_async_context(bench(session))
            meant, alive = await _of_run(workbench, target)
        else:
            meant = Target(((file.stem, file),))
        news = asyncio.Event()
        feed = await stack.enter_async_context(opened(workspace_of(session), meant, news.set, count=as_json))
        if feed.state.missing:
            say(f"{meant.path} is not there yet; waiting for it")
        else:
            await whole(feed, meant.path, news)
        await _print(feed, wanted, news, alive, _documents(feed, wanted) if as_json else _texts(feed, wanted))


async def _of_run(workbench: Workbench, ref: str) -> tuple[Target, Alive]:
    """The log of a run, waited for where the run goes on and has none yet; and whether the run goes on."""
    await workbench.ingest.start()
    warn_if_behind(await workbench.ingest.catch_up())
    run = await workbench.runs.get(ref)
    if run.log is None and run.state.live:
        say(f"{run.id} has not written a log yet; waiting for it")
    while run.log is None and run.state.live:
        await asyncio.sleep(_LOOK_AT_RUN / 4)
        run = await workbench.runs.get(run.id)
    meant = await logs_of(workbench, run)
    lies = await asyncio.to_thread(find_log, workbench.workspace, meant.path)
    if not run.state.live and not await asyncio.to_thread(lies.exists):
        raise NotFoundError(
            f"{run.id} has ended, and its log {workbench.workspace.relative(meant.path)} is not there",
            hint="it was removed, or never written",
        )
    return meant, _liveness(workbench, run.id)


async def _always() -> bool:
    return True


def _liveness(workbench: Workbench, run_id: str) -> Alive:
    """Asks now and then whether the run still goes on."""
    looked_at, going = 0.0, True

    async def alive() -> bool:
        nonlocal looked_at, going
        if time.monotonic() - looked_at >= _LOOK_AT_RUN:
            looked_at, going = time.monotonic(), (await workbench.runs.get(run_id)).state.live
        return going

    return alive


async def _print(feed: LogFeed, wanted: Wanted, news: asyncio.Event, alive: Alive, tell: Tell) -> None:
    lines, place = await _last(feed, wanted)
    await tell(lines)
    sifting = Sifting(feed, wanted)
    while True:
        going = await alive()
        if not going:
            await feed.settle()
        while lines := await feed.after(place, _PAGE):
            whole = lines if lines[-1].whole or not going else lines[:-1]
            await tell(await sifting.of(whole))
            place = whole[-1].next if whole else place
            if len(whole) < len(lines):  # more of the last line is to come
                break
        if not going:
            return
        news.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), _LOOK_AT_RUN)


async def _last(feed: LogFeed, wanted: Wanted) -> tuple[Sequence[LogLine], Place]:
    """The last whole lines that are wanted, and where to go on.

    Only these are looked for in the whole file; what comes is sifted as it comes.
    """
    last = await feed.before(feed.state.end, 1)
    place = feed.state.end if not last else last[-1].next if last[-1].whole else last[-1].place
    await feed.set_filters(wanted.filters)
    lines = await feed.before(place, wanted.count or 0)
    await feed.settle()
    check(feed)
    await feed.set_filters(())
    return lines, place


def _texts(feed: LogFeed, wanted: Wanted) -> Tell:
    texts = Texts(feed, wanted)
    return lambda lines: print_lines(lines, texts)


def _documents(feed: LogFeed, wanted: Wanted) -> Tell:
    documents = Documents(feed, wanted, patient=False)

    async def tell(lines: Sequence[LogLine]) -> None:
        for document in await documents.of(lines):
            emit_json(document)

    return tell
