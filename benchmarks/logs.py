"""How the log reader does on a large and on a busy log, beside lnav, less and tail -F where they are installed.

    python benchmarks/logs.py                          ten million lines, 1 GB of disk: a quarter of an hour
    python benchmarks/logs.py --quick                  small logs, to see that it runs: three minutes
    python benchmarks/logs.py --parts follow,load      only these: page, error, follow, load, core
    python benchmarks/logs.py --json FILE              the figures as JSON, too

Each program runs in a pseudo-terminal and is watched from outside: how long from its start to the last line on the
terminal, what memory the log adds, from a line's write to the terminal, what a writer of many lines a second costs and
whether a key is answered meanwhile, and how long to the last error. The app shows its whole desk with the log as one
pane, and looks for metrics in the text in a process of its own. The part `core` measures the reading alone.

Three figures in one cell are the median, the 99th percentile and the maximum. Logs are written just before they are
read, so they come from memory, not from disk. For figures to be quoted the machine should do nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from log_parts.following import measure_latency, measure_load
from log_parts.inside import measure_inside
from log_parts.opening import measure_opening
from log_parts.programs import PROGRAMS, Program, installed, version
from log_parts.searching import measure_searching
from store_parts.figures import Figures, machine

_PARTS = ("page", "error", "follow", "load", "core")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: lines of the logs, lines that are followed, and seconds under load."""

    lines: int = 10_000_000
    error_lines: int = 2_000_000
    follow_lines: int = 200
    seconds: float = 20.0


QUICK = Size(lines=200_000, error_lines=100_000, follow_lines=20, seconds=4.0)


def measure(
    figures: Figures,
    programs: list[Program],
    parts: list[str],
    size: Size,
    rates: list[int],
    screen: tuple[int, int],
) -> None:
    """The parts that are asked for, in the order of the table."""
    if "page" in parts:
        say(f"the last page of {size.lines:,} lines")
        measure_opening(figures, programs, size.lines, screen)
    if "error" in parts:
        say("the last error")
        measure_searching(figures, programs, size.error_lines, screen)
    if "follow" in parts:
        say("following")
        measure_latency(figures, programs, size.follow_lines, screen)
    for rate in rates if "load" in parts else ():
        say(f"{rate:,} lines a second")
        measure_load(figures, programs, rate, size.seconds, screen)
    if "core" in parts:
        say("the reading core alone")
        measure_inside(figures, size.lines)


def say(text: str) -> None:
    """Tell on stderr what is being done."""
    print(f"… {text}", file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ",".join(program.name.split()[0] for program in PROGRAMS)
    parser.add_argument("--lines", type=int, metavar="N", help="lines of the large log")
    parser.add_argument("--error-lines", type=int, metavar="N", help="lines above which the only error is")
    parser.add_argument(
        "--follow-lines", type=int, metavar="N", help="lines whose way to the screen is measured"
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="how long the writer writes")
    parser.add_argument("--rates", default="10000,100000", metavar="N,N", help="lines a second under load")
    parser.add_argument("--parts", default=",".join(_PARTS), metavar="NAMES")
    parser.add_argument("--programs", default=names, metavar="NAMES", help=f"of {names}")
    parser.add_argument("--terminal", default="160x45", metavar="WxH")
    parser.add_argument("--quick", action="store_true", help="small logs and short times")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    base = QUICK if chosen.quick else Size()
    size = Size(
        lines=chosen.lines or base.lines,
        error_lines=chosen.error_lines or base.error_lines,
        follow_lines=chosen.follow_lines or base.follow_lines,
        seconds=chosen.seconds or base.seconds,
    )
    columns, rows = map(int, chosen.terminal.split("x"))
    programs = installed(chosen.programs.split(","))
    figures = Figures(trackers=[program.name for program in PROGRAMS])
    facts = {**machine(), "terminal": chosen.terminal, "folder": tempfile.gettempdir()}
    facts["programs"] = [version(program) for program in programs]
    try:
        measure(
            figures,
            programs,
            chosen.parts.split(","),
            size,
            list(map(int, chosen.rates.split(","))),
            (columns, rows),
        )
    finally:  # what was measured until something failed is worth to be seen
        figures.note(f"Load of the machine before: {facts['load']}, after: {os.getloadavg()[0]:.1f}.")
        print(figures.table())
        print(*(f"{name}: {value}" for name, value in facts.items()), sep="\n")
        if chosen.json:
            chosen.json.write_text(json.dumps({"machine": facts, "figures": figures.values}, indent=1) + "\n")


if __name__ == "__main__":
    main()
