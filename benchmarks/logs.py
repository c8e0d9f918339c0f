"""How the log reader does on a large and on a busy log.

    python benchmarks/logs.py [--size MB] [--lines N] [--rate N]

Prints the time to the last page, memory, counting, the search for the last error, the time from a line's write to the
screen, and what a writer of many lines a second costs. Nothing is asserted: the machine decides.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from textual.app import App, ComposeResult

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.hub import Hub
from mlws_tui.services.logs import LogsService
from mlws_tui.sources.logtail import LogTail
from mlws_tui.ui.panes.log import LogPane

LINE = b"2024-10-19 14:52:45 - INFO - step %09d loss 0.3120 lr 1.0e-04 grad 1.27 tokens/s 12345.6\n"
MEGABYTE = 1_000_000


def report(what: str, value: float, unit: str) -> None:
    print(f"{what:<52}{value:>12,.2f} {unit}", flush=True)


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    report(what, (time.perf_counter() - start) * 1000, "ms")


def write_log(path: Path, size: int) -> None:
    """A log of that many bytes with one error 200 MB (or half the log) before its end."""
    block = 10_000
    error_at = max(size - 200 * MEGABYTE, size // 2)
    with path.open("wb") as file:
        number = 0
        while file.tell() < size:
            if error_at and file.tell() >= error_at:
                file.write(b"2024-10-19 14:52:45 - ERROR - CUDA out of memory\n")
                error_at = 0
            file.write(b"".join(LINE % i for i in range(number, number + block)))
            number += block


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def large(path: Path) -> None:
    """Opening, counting and searching a large file."""
    before = memory()
    with timed("open and read the last 50 lines"):
        tail = LogTail(path)
        end = tail.state().end
        tail.before(end, 50)
    with timed("count all lines and errors"):
        while tail.count():
            pass
    with timed("find the last error, 200 MB from the end"):
        tail.find_error(end, forward=False, going=lambda: True)
    report("memory added by all that, at its peak", memory() - before, "MB")
    tail.close()


class Screen(App[None]):
    """The log pane alone."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.pane = LogPane(Hub(), LogsService(workspace))

    def compose(self) -> ComposeResult:
        yield self.pane

    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.004)


async def latency(app: Screen, path: Path, lines: int) -> None:
    """From the write of a single line to the screen, one line after another."""
    took: list[float] = []
    for i in range(lines):
        await asyncio.sleep(0.11 + (i % 7) / 100)
        with path.open("a") as file:
            file.write(f"mark {i} end\n")
        start = time.perf_counter()
        await until(lambda i=i: f"mark {i} end" in app.text())
        took.append((time.perf_counter() - start) * 1000)
    report("from a line's write to the screen, median", statistics.median(took), "ms")
    report("from a line's write to the screen, p99", statistics.quantiles(took, n=100)[-1], "ms")


async def burst(app: Screen, path: Path, rate: int, seconds: float = 10.0) -> None:
    """A writer that never rests, and the keys of a person meanwhile."""
    stop = threading.Event()

    def write() -> None:
        with path.open("ab") as file:
            while not stop.is_set():
                file.write(b"".join(LINE % i for i in range(rate // 100)))
                file.flush()
                stop.wait(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    cpu, began = time.process_time(), time.perf_counter()
    lags: list[float] = []
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        await asyncio.sleep(0.01)
        lags.append((time.perf_counter() - start - 0.01) * 1000)
    stop.set()
    writer.join()
    report(f"{rate:,} lines/s: CPU, the writer's included", (time.process_time() - cpu) / seconds * 100, "%")
    report(f"{rate:,} lines/s: the loop is late, p99", statistics.quantiles(lags, n=100)[-1], "ms")
    start = time.perf_counter()
    with path.open("a") as file:
        file.write("the very last line\n")
    await until(lambda: "the very last line" in app.text())
    report(f"{rate:,} lines/s: caught up after", (time.perf_counter() - start) * 1000, "ms")


async def busy(folder: Path, lines: int, rates: list[int]) -> None:
    path = folder / "busy.log"
    path.write_text("begin\n")
    app = Screen(Workspace(folder))
    async with app.run_test(size=(160, 45)):
        app.pane.show_log(path)
        await until(lambda: "begin" in app.text())
        await latency(app, path, lines)
        for rate in rates:
            await burst(app, path, rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1000, metavar="MB")
    parser.add_argument("--lines", type=int, default=100, metavar="N")
    parser.add_argument("--rate", type=int, nargs="*", default=[10_000, 100_000], metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "large.log"
        write_log(path, options.size * MEGABYTE)
        large(path)
        path.unlink()
        asyncio.run(busy(Path(name), options.lines, options.rate))


if __name__ == "__main__":
    main()
