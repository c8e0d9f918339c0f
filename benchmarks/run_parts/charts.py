"""What a chart of a very long series costs: the first picture, and each one after it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from store_parts.figures import OURS, Figures

from mlws_tui.domain.charts.drawing import picture_of
from mlws_tui.domain.charts.model import View, Window
from mlws_tui.domain.runs import Run
from mlws_tui.domain.series import SMOOTHINGS
from mlws_tui.services.chartreading import ChartReader

from .place import bench

_TIMES = 30


async def measure_charts(figures: Figures, root: Path, run: str, points: int, size: tuple[int, int]) -> None:
    """The whole series, then windows of it as one pans and zooms, then the same picture drawn again."""
    section = f"The chart of {points:,} points in {size[0]}×{size[1]} cells, without the screen"
    whole = View(SMOOTHINGS[0])
    first = []
    for _ in range(5):
        async with bench(root) as opened:
            told = await opened.runs.get(run)
            first.append(await _frame(opened.charts.reader(), told, whole, size))
    figures.spread(section, "first draw", OURS, first, "ms")
    async with bench(root) as opened:
        told, reader = await opened.runs.get(run), opened.charts.reader()
        await _frame(reader, told, whole, size)
        again = [await _frame(reader, told, whole, size) for _ in range(_TIMES)]
        figures.spread(section, "a frame of the whole, read again", OURS, again, "ms")
        moved = []
        for turn in range(_TIMES):
            low = points * turn / (2 * _TIMES)
            view = replace(whole, window=Window(low, low + points / (3 + turn)))
            moved.append(await _frame(reader, told, view, size))
        figures.spread(section, "a frame after panning and zooming", OURS, moved, "ms")
        drawn = await reader.read([told], ["loss"], whole, size[0])
        redrawn = []
        for _ in range(_TIMES):
            began = time.perf_counter()
            picture_of(drawn.plots, whole, *size).lines()
            redrawn.append((time.perf_counter() - began) * 1000)
        figures.spread(section, "a frame without reading", OURS, redrawn, "ms")


async def _frame(reader: ChartReader, run: Run, view: View, size: tuple[int, int]) -> float:
    began = time.perf_counter()
    drawn = await reader.read([run], ["loss"], view, size[0])
    picture_of(drawn.plots, view, *size).lines()
    return (time.perf_counter() - began) * 1000
