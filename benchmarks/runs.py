"""How the list of runs and their chart do with very many runs and a very long series, beside W&B's terminal app.

    python benchmarks/runs.py                          10,000 runs, a series of a million points: five minutes
    python benchmarks/runs.py --quick                  500 runs, 50,000 points: to see that it runs
    python benchmarks/runs.py --parts list,chart       only these: list, chart, screen
    python benchmarks/runs.py --leet PATH/bin/wandb    beside `wandb leet` on the same data; its interpreter lies beside
    python benchmarks/runs.py --json FILE              the figures as JSON, too

`list` and `chart` ask what the app asks of its services, without a screen. `screen` starts the programs in a
pseudo-terminal and watches them from outside: how long from the start to the list, and from a key to what it brings.
W&B's app reads the same runs as its own offline files. Its list shows folders and can neither be sorted nor grouped.

Three figures in one cell are the median, the 99th percentile and the maximum. ``TMPDIR`` decides on which disk the data
lies; it is removed at the end. For figures to be quoted the machine should do nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from run_parts import place, screens
from run_parts.charts import measure_charts
from run_parts.lists import measure_lists
from store_parts.figures import OURS, Figures, machine

_PARTS = ("list", "chart", "screen")


def measure(figures: Figures, chosen: argparse.Namespace, runs: int, points: int, folder: Path) -> None:
    """The parts that are asked for, in the order of the table."""
    root, parts = folder / "workspace", chosen.parts.split(",")
    size = (int(chosen.terminal.partition("x")[0]), int(chosen.terminal.partition("x")[2]))
    say(f"writing {runs:,} runs and a series of {points:,} points")
    long = place.write(root, runs, points)
    say("ingest")
    figures.rate("Before", "streams become an index", OURS, asyncio.run(_ingest(root)), "s")
    if "list" in parts:
        say("the list")
        asyncio.run(measure_lists(figures, root, runs))
    if "chart" in parts:
        say("the chart")
        asyncio.run(measure_charts(figures, root, long, points, size))
    if "screen" in parts:
        programs = [screens.ours(root)]
        if chosen.leet:
            say("the same as files of W&B")
            files = folder / "wandb"
            screens.write_wandb(chosen.leet.with_name("python"), files, runs, points)
            programs.append(screens.leet(chosen.leet, files, next(files.glob("*-long"))))
        say("on the screen")
        screens.measure_screens(figures, programs, size, folder / "home")


async def _ingest(root: Path) -> float:
    began = time.monotonic()
    async with place.bench(root) as opened:
        await opened.ingest.catch_up()
    return time.monotonic() - began


def say(text: str) -> None:
    """Tell on stderr what is being done."""
    print(f"… {text}", file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, metavar="N")
    parser.add_argument("--points", type=int, metavar="N")
    parser.add_argument("--parts", default=",".join(_PARTS), metavar="NAMES")
    parser.add_argument(
        "--leet", type=Path, metavar="PATH", help="the command `wandb` of an environment that has it"
    )
    parser.add_argument("--terminal", default="160x45", metavar="WxH")
    parser.add_argument("--quick", action="store_true", help="few runs and a short series")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    runs = chosen.runs or (500 if chosen.quick else 10_000)
    points = chosen.points or (50_000 if chosen.quick else 1_000_000)
    figures = Figures(trackers=(OURS, screens.LEET))
    facts = {**machine(), "terminal": chosen.terminal}
    try:
        with tempfile.TemporaryDirectory(prefix="runs-bench-", ignore_cleanup_errors=True) as name:
            measure(figures, chosen, runs, points, Path(name).resolve())
    finally:  # what was measured until something failed is worth to be seen
        figures.note(f"Load of the machine before: {facts['load']}, after: {os.getloadavg()[0]:.1f}.")
        print(figures.table())
        print(*(f"{name}: {value}" for name, value in facts.items()), sep="\n")
        if chosen.json:
            chosen.json.write_text(json.dumps({"machine": facts, "figures": figures.values}, indent=1) + "\n")


if __name__ == "__main__":
    main()
