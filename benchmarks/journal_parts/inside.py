"""What the app asks of its services, without a screen: reading, one day, saving, a capture from a shell."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from store_parts.figures import Figures

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.journal import parse
from mlws_tui.domain.markdown import scan
from mlws_tui.services.journal import DayRef, JournalService

_SECTION = "In the program"
_TIMES = 15


def measure_reading(figures: Figures, root: Path, column: str) -> None:
    """Reading the file for the first time, and again after a save; processor time of one core."""
    data = (root / "ACTIVITY.md").read_bytes()
    figures.rate(_SECTION, "size of the file", column, len(data) / 1e6, "MB")
    row = "every line read, as other readers of Markdown do"
    figures.spread(_SECTION, row, column, timed(lambda: scan(data), 5), "ms")
    figures.spread(
        _SECTION, "the journal read for the first time", column, timed(lambda: parse(data), _TIMES), "ms"
    )
    before = parse(data)
    at = data.index(b"\n- ") + 1
    changed = data[:at] + b"- one line more\n" + data[at:]
    again = timed(lambda: parse(changed, before), _TIMES)
    figures.spread(_SECTION, "read again after a line came in at the top", column, again, "ms")


def measure_days(figures: Figures, root: Path, column: str, today: date) -> None:
    """One day at a time, as the pane asks for it, with the files on the disk."""
    service = JournalService(Workspace(root), state_dir=root / "state")
    service.read()
    days = [DayRef(today - timedelta(days=back)) for back in range(_TIMES)]
    steps = iter(days)
    figures.spread(_SECTION, "a day opened", column, timed(lambda: service.day(next(steps)), _TIMES), "ms")
    page = service.day(days[0])
    texts = [page.text + "\n- line" * number for number in range(_TIMES + 1)]
    turns = iter(range(_TIMES))

    def save() -> None:
        turn = next(turns)
        service.save_day(days[0], texts[turn], texts[turn + 1])

    figures.spread(
        _SECTION, "a day saved, on the disk at the end", column, timed(save, _TIMES, wall=True), "ms"
    )
    figures.spread(
        _SECTION, "… and read again", column, timed(lambda: _saved(service, days[1]), 5, wall=True), "ms"
    )


def _saved(service: JournalService, day: DayRef) -> None:
    page = service.day(day)
    service.save_day(day, page.text, page.text + "\n- more")
    service.read()


def measure_capture(figures: Figures, root: Path, column: str) -> None:
    """``mlws-tui log`` from a shell: the whole process, from its start to its end."""
    command = [
        sys.executable,
        "-m",
        "mlws_tui",
        "--workspace",
        str(root),
        "log",
        "Code",
        "a line from a shell",
    ]
    took = timed(lambda: subprocess.run(command, check=True, capture_output=True), 7, wall=True)
    figures.spread(_SECTION, "mlws-tui log, the whole process", column, took, "ms")
    bare = timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 7, wall=True)
    figures.spread(_SECTION, "… of that an interpreter that does nothing", column, bare, "ms")


def timed(work: Callable[[], object], times: int, *, wall: bool = False) -> list[float]:
    """Milliseconds of each turn: of processor time, or as the clock runs."""
    clock = time.perf_counter if wall else time.process_time
    took = []
    for _ in range(times):
        gc.collect()
        os.sync() if wall else None
        began = clock()
        work()
        took.append((clock() - began) * 1000)
    return took
