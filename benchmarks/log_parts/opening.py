"""The last page of a log of any size: how long it takes, and what memory the log adds to the program."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from store_parts.figures import Figures

from .places import Log, log_in_a_workspace, newer_run
from .processes import below, memory, own_cpu
from .programs import OURS, Program
from .screen import NotSeen, Screen
from .texts import BESIDE, FIRST, LAST, marked, write_log

_PATIENCE = 120.0  # seconds
_JUMPS = 7
_SETTLE = 3.0  # seconds
_QUIET = 0.1  # share of a core, below which a program counts as done with what it does of itself
_SMALL = 100  # lines of the log that memory is compared with
_DOWN, _UP = b"j", b"k"  # in the list of runs


def measure_opening(figures: Figures, programs: Sequence[Program], lines: int, size: tuple[int, int]) -> None:
    """All of it, for each program."""
    with log_in_a_workspace(partial(write_log, lines=lines)) as large:
        section = f"The last page: {large.path.stat().st_size / 1e9:.2f} GB, {lines:,} lines"
        for program in programs:
            try:
                with log_in_a_workspace(partial(write_log, lines=_SMALL)) as small:
                    least = _memory_with(program, small, size)
                _from_the_start(figures, section, program, large, size, least)
                if program.name == OURS:
                    _from_the_list(figures, section, program, large, size)
            except NotSeen as missing:
                figures.add(section, "the last page", program.name, str(missing), failed="not seen")


def _memory_with(program: Program, log: Log, size: tuple[int, int]) -> float:
    with program.open(log, size) as screen:
        screen.see(LAST, _PATIENCE)
        _wait_until_quiet(screen)
        return memory(screen.pid)[0]


def _from_the_start(
    figures: Figures, section: str, program: Program, log: Log, size: tuple[int, int], least: float
) -> None:
    def tell(what: str, value: float, unit: str) -> None:
        figures.rate(section, what, program.name, value, unit)

    with program.open(log, size) as screen:
        tell("from the start of the program", (screen.see(LAST, _PATIENCE) - screen.began) * 1000, "ms")
        tell("memory added, at the last page", memory(screen.pid)[0] - least, "MB")
        tell("done with what it does of itself after", _wait_until_quiet(screen), "s")
        tell("CPU until then", own_cpu(screen.pid), "s")
        now, peak = memory(screen.pid)
        tell("memory added then", now - least, "MB")
        tell("its peak above the memory with a small log", peak - least, "MB")
        if program.name == OURS:
            _tell_of_helpers(figures, screen, "once it had counted the lines")
        if program.bottom:
            figures.spread(
                section, "first line → last line by a key", program.name, _jumps(program, screen), "ms"
            )


def _from_the_list(figures: Figures, section: str, program: Program, log: Log, size: tuple[int, int]) -> None:
    """The app is open and shows another log."""
    with newer_run(log, _beside), program.open(log, size) as screen:
        screen.see(BESIDE, _PATIENCE)
        screen.rest(_SETTLE)
        _tell_of_helpers(figures, screen, "when the log was chosen in the list")
        took = []
        for _ in range(_JUMPS):
            pressed = screen.press(_DOWN)
            took.append((screen.see(LAST, _PATIENCE) - pressed) * 1000)
            screen.rest(0.5)
            screen.press(_UP)
            screen.see(BESIDE, _PATIENCE)
            screen.rest(0.5)
        figures.rate(section, "chosen in the list of the open app, first time", program.name, took[0], "ms")
        figures.spread(section, "chosen in the list, later", program.name, took[1:], "ms")


def _beside(path: Path) -> None:
    path.write_bytes(marked(BESIDE, 0))


def _jumps(program: Program, screen: Screen) -> list[float]:
    screen.press(program.ready)
    screen.rest(0.5)
    took = []
    for _ in range(_JUMPS):
        screen.press(program.top)
        screen.see(FIRST, _PATIENCE)
        screen.rest(0.3)
        pressed = screen.press(program.bottom)
        took.append((screen.see(LAST, _PATIENCE) - pressed) * 1000)
        screen.rest(0.3)
    return took


def _wait_until_quiet(screen: Screen) -> float:
    """Seconds from the program's start until it rests; the search for metrics in another process is not waited for."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        before, began = own_cpu(screen.pid), time.monotonic()
        screen.rest(1.0)
        if own_cpu(screen.pid) - before < _QUIET * (time.monotonic() - began):
            return began - screen.began
    return time.monotonic() - screen.began


def _tell_of_helpers(figures: Figures, screen: Screen, when: str) -> None:
    """The app reads a new log for metrics, a large one in other processes, which take their share of the machine."""
    at_work = len(below(screen.pid))
    figures.note(
        f"Other processes of the app that were at work {when}: {at_work}. They have no part in its memory and CPU."
    )
