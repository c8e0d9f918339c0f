"""What the store does under load, beside trackio and MLflow's SQLite store where they are installed.

    python benchmarks/store.py                            10,000 runs, 10 M points: ten minutes, 1.2 GB of disk
    python benchmarks/store.py --points 50_000_000        the same with 50 M points: 6 GB
    python benchmarks/store.py --quick                    a minute (three with others), to see that it runs
    python benchmarks/store.py --peers-python PATH        the interpreter that has trackio and mlflow (this one)
    python benchmarks/store.py --json FILE                the figures as JSON, too

It prints: the latency of ``run.log`` of five metrics with 1, 8 and 32 processes at once, at 20 calls a second (as
training does) and as fast as it goes; what is lost when a process that logs is killed; how fast streams become an
index; how long the lists and charts take that are read from it, warm and cold, and how late the event loop is
meanwhile; and how long a record takes from ``log()`` to the index and to the screen. Three figures in one cell are the
median, the 99th percentile and the maximum.

The other trackers get the same calls as their users make, into a SQLite file of their own, with all telemetry off, and
a time limit each (``--peer-seconds``): then the table has what was done by then. ``TMPDIR`` decides on which disk all
of it lies; it is removed at the end. For figures to be quoted the machine should do nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from store_parts import index, pieces, streams, visible
from store_parts.figures import OURS, Figures, machine

_OWN_SECONDS = 600.0  # for the workload on our own SDK: far more than it takes


@dataclass(frozen=True, slots=True)
class Size:
    """How long things are done: seconds of logging and of reading, and how often something is tried."""

    log_seconds: float = 5.0
    log_calls: int = 20_000
    kills: int = 3
    read_seconds: float = 3.0
    cold: int = 7
    visible: int = 40
    peer_seconds: float = 120.0


QUICK = Size(log_seconds=1.0, log_calls=2000, kills=1, read_seconds=0.5, cold=1, visible=4, peer_seconds=60.0)


def measure_own(figures: Figures, scale: streams.Scale, size: Size) -> None:
    """Everything that is asked of the index."""
    with tempfile.TemporaryDirectory(prefix="store-bench-") as name:
        root = Path(name).resolve()
        say(f"writing streams of {scale.written:,} points")
        stream_bytes = streams.write(root / ".mlws" / "streams", scale)
        say("ingest")
        asyncio.run(index.measure_ingest(figures, root, scale, stream_bytes))
        say("lists and charts, warm")
        asyncio.run(index.measure_warm(figures, root, scale, size.read_seconds))
        say("lists and charts, cold")
        index.measure_cold(figures, root, scale, size.cold)
        say("from log() to visible")
        asyncio.run(visible.measure_visible(figures, root, size.visible))


def measure_all(figures: Figures, scale: streams.Scale, size: Size, python: str) -> None:
    """The same workload on every tracker there is, and the index by itself."""
    say(f"{OURS}: log()")
    pieces.measure(figures, laboratory(OURS, sys.executable, scale, size))
    measure_own(figures, scale, size)
    peers = pieces.installed(python)
    for peer in peers:
        say(f"{peer}, {size.peer_seconds:.0f} s")
        pieces.measure(figures, laboratory(peer, python, scale, size))
    if not peers:
        figures.note(f"Neither trackio nor mlflow is installed for {python}; see --peers-python.")


def laboratory(tracker: str, python: str, scale: streams.Scale, size: Size) -> pieces.Lab:
    """One tracker with the sizes of this run; the reading questions are for the others."""
    reads = (index.titled("read, warm", scale), index.LIST, index.CHART, index.POINTS)
    return pieces.Lab(
        tracker=tracker,
        python=python,
        budget=_OWN_SECONDS if tracker == OURS else size.peer_seconds,
        seconds=size.log_seconds,
        calls=size.log_calls,
        kills=size.kills,
        points=scale.steps,
        runs=scale.runs,
        reads=None if tracker == OURS else reads,
    )


def say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def head(found: dict[str, Any]) -> str:
    """The machine, in a line."""
    return (
        f"{found['cores']} cores ({found['processor']}), load {found['load']} before, Linux {found['kernel']}, "
        f"Python {found['python']}, SQLite {found['sqlite']}\nThree figures in a cell: median / p99 / maximum."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, help="points in the index (default: 10_000_000)")
    parser.add_argument("--runs", type=int, help="runs in the index (default: 10_000)")
    parser.add_argument("--quick", action="store_true", help="500,000 points, 1,000 runs, everything shorter")
    parser.add_argument("--peers-python", default=sys.executable, metavar="PATH")
    parser.add_argument("--peer-seconds", type=float, help="time limit of each other tracker (default: 120)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--cold", nargs=2, help=argparse.SUPPRESS)  # one question in a process of its own
    options = parser.parse_args()
    if options.cold:
        index.answer_cold(Path(options.cold[0]), options.cold[1])
        return
    points, runs = (500_000, 1000) if options.quick else (10_000_000, 10_000)
    scale = streams.Scale(options.points or points, options.runs or runs)
    size = QUICK if options.quick else Size()
    if options.peer_seconds is not None:
        size = replace(size, peer_seconds=options.peer_seconds)
    figures, found = Figures(), machine()
    try:
        measure_all(figures, scale, size, os.path.abspath(options.peers_python))
    finally:  # also what was measured before an interrupt
        print(head(found))
        print(figures.table())
        if options.json is not None:
            document = {
                "machine": found,
                "points": scale.written,
                "runs": scale.runs,
                "figures": figures.values,
            }
            options.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
