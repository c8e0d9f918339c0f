"""The reading core alone, in a process of its own: what of the time a program takes is not its screen's."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from store_parts.figures import OURS, Figures

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.logquery import Filter, Query
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logs import LogsService

from .places import log_in_a_workspace
from .processes import memory
from .texts import write_log

_PAGE = 45
_LOOK = 0.02  # seconds
_PATIENCE = 300.0  # seconds


def measure_inside(figures: Figures, lines: int) -> None:
    """The log's only error is in its middle."""
    with log_in_a_workspace(partial(write_log, lines=lines, error_at=0.5)) as log:
        section = f"The reading core alone, {log.path.stat().st_size / 1e6:,.0f} MB"
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(_child, (log.workspace, log.path))
    for what, value, unit in found:
        figures.rate(section, what, OURS, value, unit)


def _child(workspace: Path, path: Path) -> list[tuple[str, float, str]]:
    return asyncio.run(_measure(workspace, path))


async def _measure(workspace: Path, path: Path) -> list[tuple[str, float, str]]:
    found: list[tuple[str, float, str]] = []

    async def timed(what: str, awaitable: Awaitable[object]) -> None:
        begun = time.perf_counter()
        try:
            await awaitable
        except TimeoutError:
            what = f"{what}, given up"
        found.append((what, (time.perf_counter() - begun) * 1000, "ms"))

    before = _peak()
    logs = LogsService(Workspace(workspace))
    begun = time.perf_counter()
    feed = await logs.open(path)
    await feed.before(feed.state.end, _PAGE)
    found.append((f"open it and read the last {_PAGE} lines", (time.perf_counter() - begun) * 1000, "ms"))
    try:
        await timed("count its lines and errors", _until(lambda: feed.state.lines is not None))
        found.append(("memory added by that, at its peak", _peak() - before, "MB"))
        end = feed.state.end
        await timed("from the end to the error in the middle", feed.find_error(end, forward=False))
        await timed("words that are nowhere", feed.find(Query("no such words"), end, forward=False))
        nowhere = Query(r"step \d+ los[^s]", regex=True)
        await timed("a regular expression that is nowhere", feed.find(nowhere, end, forward=False))
        await timed("count a word that one line in ten has", _counted(feed, Query("batch")))
        await timed("filter to the lines with that word", _filtered(feed, Filter("batch", "batch")))
    finally:
        await feed.close()
    return found


async def _counted(feed: LogFeed, query: Query) -> None:
    feed.look_for(query)
    await _until(lambda: feed.state.matches > 0 and feed.state.sought >= 1)


async def _filtered(feed: LogFeed, one: Filter) -> None:
    await feed.set_filters([one])
    await _until(lambda: feed.state.visible is not None)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not holds():
            await asyncio.sleep(_LOOK)


def _peak() -> float:
    return memory(os.getpid())[1]
