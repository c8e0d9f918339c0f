"""What a list of runs costs: to open, filter, sort and group it, and to read what one screen shows of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from store_parts.figures import OURS, Figures

from mlws_tui.domain.runviews import RunView
from mlws_tui.services.experimentviews import facts

from .place import bench
from .workload import LARGE

_TIMES, _ROWS = 15, 50
VIEWS = (
    ("all, the newest first", RunView()),
    ("filter by a word", RunView(filter="sweep-13")),
    ("filter by tag, config and state", RunView(filter="tag:lora lr<1e-4 status:completed")),
    ("filter by a metric", RunView(filter="val/loss:min<0.5 -status:failed")),
    ("sort by a metric", RunView(order=("val/loss:min",))),
    ("sort by a config key", RunView(order=("-lora.r", "lr"))),
    ("group by experiment", RunView(group="experiment")),
    ("group by a config key", RunView(group="lora.r")),
)


async def measure_lists(figures: Figures, root: Path, runs: int) -> None:
    """All views, the first time in a process and later, and what follows of them."""
    section = f"The list of {runs:,} runs, without the screen"
    for name, view in VIEWS:
        async with bench(root) as opened:
            first = await _timed(lambda opened=opened, view=view: opened.runlists.index(view))
            later = [
                await _timed(lambda opened=opened, view=view: opened.runlists.index(view))
                for _ in range(_TIMES)
            ]
        figures.rate(section, f"{name}, first", OURS, first, "ms")
        figures.spread(section, name, OURS, later, "ms")
    async with bench(root) as opened:
        ids = (await opened.runlists.index(RunView())).ids[:_ROWS]
        rows = [await _timed(lambda: opened.runlists.runs(ids)) for _ in range(_TIMES)]
        figures.spread(section, f"facts of {_ROWS} rows", OURS, rows, "ms")
        page = [await _timed(lambda: facts(opened, LARGE, opened.runlists)) for _ in range(5)]
        figures.spread(section, f"the page of an experiment of {runs // 2:,} runs", OURS, page, "ms")


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000
