"""How the journal does after ten years: 150,000 lines, beside an empty one and beside editors that are installed.

    python benchmarks/journal.py                       150,000 lines: two minutes
    python benchmarks/journal.py --quick               5,000 lines, to see that it runs
    python benchmarks/journal.py --parts reading,days  only these: reading, days, capture, screen, editors
    python benchmarks/journal.py --json FILE           the figures as JSON, too

`reading` and `days` ask what the app asks of its services: the first is processor time of one core, the second runs by
the clock and has the bytes on the disk at its end. `capture` starts ``mlws-tui log``. `screen` starts the app in a
pseudo-terminal and watches it from outside: how long to today's entry, to the day before, and from a key to its letter.
`editors` opens the whole file in vim and nano, where they are installed, without settings.

Three figures in one cell are the median, the 99th percentile and the maximum. ``TMPDIR`` decides on which disk the data
lies; it is removed at the end. For figures to be quoted the machine should do nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from journal_parts.inside import measure_capture, measure_days, measure_reading
from journal_parts.screens import EDITORS, measure_app, measure_editors
from journal_parts.texts import ten_years
from store_parts.figures import Figures, machine

_PARTS = ("reading", "days", "capture", "screen", "editors")
_LONG, _EMPTY = "ten years", "empty"


def measure(figures: Figures, parts: list[str], lines: int, size: tuple[int, int], folder: Path) -> None:
    """The parts that are asked for, in the order of the table."""
    today = date.today()
    long, empty = place(folder / "long", ten_years(lines, today)), place(folder / "empty", b"")
    if "reading" in parts:
        say("reading")
        measure_reading(figures, long, _LONG)
    if "days" in parts:
        say("one day at a time")
        measure_days(figures, long, _LONG, today)
    for column, root in ((_LONG, long), (_EMPTY, empty)):
        if "capture" in parts:
            say(f"a capture from a shell, {column}")
            measure_capture(figures, root, column)
        if "screen" in parts:
            say(f"the app, {column}")
            measure_app(figures, root, column, today, size, steps=10 if root == long else 0)
    if "editors" in parts:
        say("editors")
        measure_editors(figures, long / "ACTIVITY.md", size)


def place(root: Path, journal: bytes) -> Path:
    """A workspace with this journal, as ``mlws-tui init`` makes it."""
    command = [sys.executable, "-m", "mlws_tui", "init", str(root)]
    subprocess.run(command, check=True, capture_output=True)
    (root / "ACTIVITY.md").write_bytes(journal)
    return root


def say(text: str) -> None:
    """Tell on stderr what is being done."""
    print(f"… {text}", file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, metavar="N")
    parser.add_argument("--parts", default=",".join(_PARTS), metavar="NAMES")
    parser.add_argument("--terminal", default="120x40", metavar="WxH")
    parser.add_argument("--quick", action="store_true", help="a journal of a few months")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    lines = chosen.lines or (5_000 if chosen.quick else 150_000)
    columns, rows = map(int, chosen.terminal.split("x"))
    figures = Figures(trackers=(_LONG, _EMPTY, *EDITORS))
    facts = {**machine(), "lines": lines, "terminal": chosen.terminal, "folder": tempfile.gettempdir()}
    try:
        with tempfile.TemporaryDirectory(prefix="journal-bench-", ignore_cleanup_errors=True) as name:
            measure(figures, chosen.parts.split(","), lines, (columns, rows), Path(name).resolve())
    finally:  # what was measured until something failed is worth to be seen
        figures.note(f"Load of the machine before: {facts['load']}, after: {os.getloadavg()[0]:.1f}.")
        print(figures.table())
        print(*(f"{name}: {value}" for name, value in facts.items()), sep="\n")
        if chosen.json:
            chosen.json.write_text(json.dumps({"machine": facts, "figures": figures.values}, indent=1) + "\n")


if __name__ == "__main__":
    main()
