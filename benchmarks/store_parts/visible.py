"""From `log()` to where it can be seen: in the index, and on the screen of the app."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import mlws_tui
from mlws_tui.domain.changes import Change, PointsAdded
from mlws_tui.ui.app import MlwsApp, Opened

from .figures import OURS, Figures
from .index import open_bench

_SECTION = "from log() to visible, one record a second"
_PATIENCE = 20.0  # seconds after which a record counts as lost


async def measure_visible(figures: Figures, root: Path, times: int) -> None:
    """Both ways, beside all the runs that there are. The run is logged by this process, in a thread."""
    run = await asyncio.to_thread(mlws_tui.run, "visible", dir=root)
    try:
        for what, measure in (
            ("in the index", _in_index),
            ("on the screen of the app (budget 500 ms)", _on_screen),
        ):
            try:
                figures.spread(_SECTION, what, OURS, await measure(root, run, times), "ms")
            except TimeoutError:
                figures.add(_SECTION, what, OURS, f"not within {_PATIENCE:.0f} s", failed="not seen")
    finally:
        await asyncio.to_thread(run.finish)
    figures.note(
        "On the screen: the whole app without a terminal; what it would draw is looked at every 10 ms. "
        "A record waits for the next look at the streams, which the app takes four times a second."
    )


async def _in_index(root: Path, run: mlws_tui.Run, times: int) -> list[float]:
    async with await open_bench(root) as bench:
        heard = asyncio.Event()

        def hear(change: Change) -> None:
            if isinstance(change, PointsAdded):
                heard.set()

        async def there(step: int) -> bool:
            heard.clear()
            found = await bench.store.get_run(run.id)
            if found is not None and "loss" in found.latest and found.latest["loss"].step == step:
                return True
            await heard.wait()
            return False

        bench.hub.subscribe(hear)
        await bench.ingest.catch_up()
        await bench.ingest.start()
        return await _delays(run, times, there)


async def _on_screen(root: Path, run: mlws_tui.Run, times: int) -> list[float]:
    async def opened() -> Opened:
        return Opened(await open_bench(root))

    app = MlwsApp(opened)

    async def there(step: int) -> bool:
        strips = app.screen._compositor.render_strips()
        shown = "\n".join("".join(segment.text for segment in strip) for strip in strips)
        if re.search(rf"loss +{step}(?!\d)", shown):  # in the list, or beside the curve
            return True
        await asyncio.sleep(0.01)
        return False

    async with app.run_test(size=(160, 45)):
        try:
            return await _delays(run, times, there, first=200)
        finally:
            await app.shut_down()


async def _delays(
    run: mlws_tui.Run, times: int, there: Callable[[int], Awaitable[bool]], first: int = 0
) -> list[float]:
    """Log once a second, at no fixed place within it, and wait for each record; milliseconds."""
    chance = random.Random(0)
    taken: list[float] = []
    for step in range(first, first + times + 1):
        pause = chance.uniform(0.75, 1.25)
        begin = time.perf_counter()
        await asyncio.to_thread(run.log, {"loss": float(step)}, step=step)
        async with asyncio.timeout(_PATIENCE):
            while not await there(step):
                pass
        taken.append((time.perf_counter() - begin) * 1000)
        await asyncio.sleep(max(0.0, pause - taken[-1] / 1000))
    return taken[1:]  # the first waits for the app to open
