"""The index: how fast it is made from streams, and how fast it is read, warm and cold."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mlws_tui.config.schema import Settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import RunQuery
from mlws_tui.services.index import index_path
from mlws_tui.services.workbench import Workbench

from .figures import OURS, Figures, number
from .lag import Lag
from .streams import FILTER, LONG, SERIES, Scale

WIDTH = 120  # columns of a chart
ZOOM = (20_000, 25_000)
Question = Callable[[Workbench], Awaitable[object]]
LIST, CHART, POINTS = "list of the 100 newest runs", f"chart, {WIDTH} columns", "all points"
QUESTIONS: dict[str, Question] = {
    LIST: lambda bench: bench.runs.list(RunQuery(limit=100)),
    f"list of 100 runs with “{FILTER}”": lambda bench: bench.runs.list(RunQuery(limit=100, text=FILTER)),
    "what a command does: catch up, 100 runs": lambda bench: _command(bench),
    "one run with its series": lambda bench: _one_run(bench),
    CHART: lambda bench: bench.runs.curve(LONG, SERIES, width=WIDTH),
    f"chart of steps {ZOOM[0]:,} to {ZOOM[1]:,}": lambda bench: _zoomed(bench),
    POINTS: lambda bench: bench.runs.points(LONG, SERIES),
}


async def _one_run(bench: Workbench) -> object:
    return await bench.runs.get(LONG), await bench.runs.series(LONG)


async def _command(bench: Workbench) -> object:
    return await bench.ingest.catch_up(), await bench.runs.list(RunQuery(limit=100))


async def _zoomed(bench: Workbench) -> object:
    return await bench.runs.curve(LONG, SERIES, width=WIDTH, first_step=ZOOM[0], last_step=ZOOM[1])


async def open_bench(root: Path) -> Workbench:
    """The workspace as the app opens it, with nothing running yet."""
    return await Workbench.open(Workspace(root), Settings())


async def measure_ingest(figures: Figures, root: Path, scale: Scale, stream_bytes: int) -> None:
    """Make the index from all streams at once."""
    section = "ingest"
    async with await open_bench(root) as bench:
        async with Lag() as lag:
            begin = time.perf_counter()
            await bench.ingest.catch_up()
            taken = time.perf_counter() - begin
        figures.rate(section, f"{number(scale.written)} points, {scale.runs:,} runs", OURS, taken, "s")
        figures.rate(section, "points", OURS, scale.written / taken, "/s")
        figures.rate(section, "streams", OURS, stream_bytes / taken / 1e6, "MB/s")
        figures.spread(section, "event loop late meanwhile", OURS, lag.samples, "ms")
        size = sum(file.stat().st_size for file in bench.store.path.parent.glob("index.db*"))
        figures.rate(section, "index, for each point", OURS, size / scale.written, "bytes")


async def measure_warm(figures: Figures, root: Path, scale: Scale, seconds: float) -> None:
    """Ask each question again and again; the first answer is not counted."""
    section = titled("read, warm", scale)
    async with await open_bench(root) as bench:
        for what, ask in QUESTIONS.items():
            await ask(bench)
            async with Lag() as lag:
                taken = await _repeat(bench, ask, seconds)
            figures.spread(section, what, OURS, taken, "ms")
            if what in (CHART, POINTS):
                figures.spread(
                    section, f"  event loop late during {what.split(',')[0]}", OURS, lag.samples, "ms"
                )


async def _repeat(bench: Workbench, ask: Question, seconds: float) -> list[float]:
    taken: list[float] = []
    end = time.monotonic() + seconds
    while len(taken) < 3 or (len(taken) < 200 and time.monotonic() < end):
        begin = time.perf_counter()
        await ask(bench)
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


def measure_cold(figures: Figures, root: Path, scale: Scale, times: int) -> None:
    """Ask each question in new processes, the index's pages dropped from the disk cache before."""
    section = titled("read, cold", scale)
    opening: list[float] = []
    for what in QUESTIONS:
        found = [_in_new_process(root, what) for _ in range(times)]
        opening += [each["open"] for each in found]
        figures.spread(section, what, OURS, [each["ask"] for each in found], "ms")
        figures.values[-1]["bytes_from_disk"] = max(each["bytes_from_disk"] for each in found)
    figures.spread(section, "open the index", OURS, opening, "ms")
    read = max(value.get("bytes_from_disk", 0) for value in figures.values)
    figures.note(
        "Cold: a new process, with the index's pages dropped from the disk cache (posix_fadvise, which needs no root; "
        f"a question then read up to {number(read / 1e6)} MB from the disk). Imports are not counted."
    )


def titled(name: str, scale: Scale) -> str:
    """The head of a section that reads from the big index."""
    return f"{name} ({scale.runs:,} runs, {number(scale.written)} points, series of {number(scale.steps)})"


def _in_new_process(root: Path, what: str) -> dict[str, Any]:
    command = [sys.executable, sys.argv[0], "--cold", str(root), what]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def answer_cold(root: Path, what: str) -> None:
    """Drop the index's pages, open it, ask once; what such a process does and prints."""
    place = index_path(Workspace(root))
    for file in place.parent.glob(f"{place.name}*"):  # nobody has it open now
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)  # what is not yet on the disk cannot be dropped
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
    print(json.dumps(asyncio.run(_answer(root, what))))


async def _answer(root: Path, what: str) -> dict[str, float]:
    before, begin = _bytes_from_disk(), time.perf_counter()
    async with await open_bench(root) as bench:
        opened = time.perf_counter()
        await QUESTIONS[what](bench)
        asked = time.perf_counter()
        read = _bytes_from_disk() - before
    return {"open": (opened - begin) * 1000, "ask": (asked - opened) * 1000, "bytes_from_disk": read}


def _bytes_from_disk() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes"))
