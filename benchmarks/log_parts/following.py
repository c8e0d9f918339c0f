"""Following a log: how soon a line is on the screen, and what a writer that never rests costs."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from store_parts.figures import Figures, number

from .places import log_in_a_workspace
from .processes import helpers_cpu, memory, own_cpu
from .programs import Program
from .screen import NotSeen, Screen
from .texts import LAST, follow_mark, marked, write_log

_PATIENCE = 30.0  # seconds
_CATCH_UP = 90.0  # seconds
_BEGIN = 1000  # lines that are there at first
_SETTLE = 3.0  # seconds
_BETWEEN_KEYS = (0.7, 1.3)  # seconds
_WRITER = Path(__file__).with_name("writer.py")


def measure_latency(figures: Figures, programs: Sequence[Program], lines: int, size: tuple[int, int]) -> None:
    """From the write of a line to the terminal, one line each 100 to 200 ms."""
    section = f"Following: {lines} lines, 5 to 10 a second"
    for program in programs:
        with log_in_a_workspace(_begin) as log, program.open(log, size, follow=True) as screen:
            try:
                screen.see(LAST, _PATIENCE)
                screen.rest(_SETTLE)
                cpu, sent, began = own_cpu(screen.pid), screen.sent, time.monotonic()
                took = _one_after_another(screen, log.path, lines)
            except NotSeen as missing:
                figures.add(section, "a line's write → the terminal", program.name, str(missing))
                continue
            seconds = time.monotonic() - began
            figures.spread(section, "a line's write → the terminal", program.name, took, "ms")
            share = 100 * (own_cpu(screen.pid) - cpu) / seconds
            figures.rate(section, "CPU", program.name, share, "%")
            figures.rate(section, "to the terminal, a line", program.name, (screen.sent - sent) / lines, "B")


def measure_load(
    figures: Figures, programs: Sequence[Program], rate: int, seconds: float, size: tuple[int, int]
) -> None:
    """A writer of so many lines a second, and somebody who presses keys meanwhile."""
    for program in programs:
        with log_in_a_workspace(_begin) as log, program.open(log, size, follow=True) as screen:
            try:
                screen.see(LAST, _PATIENCE)
                screen.press(program.ready)
                screen.rest(_SETTLE)
                _under_load(figures, program, screen, log.path, rate, seconds)
            except NotSeen as missing:
                figures.note(f"{program.name} at {rate:,} lines/s: {missing}.")


def _begin(path: Path) -> None:
    write_log(path, _BEGIN)


def _one_after_another(screen: Screen, path: Path, lines: int) -> list[float]:
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    rhythm = random.Random(7)
    took = []
    try:
        for i in range(lines):
            screen.rest(rhythm.uniform(0.1, 0.2))
            line = marked(follow_mark(i), _BEGIN + i)
            written = time.monotonic()
            os.write(file, line)
            took.append((screen.see(follow_mark(i), _PATIENCE) - written) * 1000)
    finally:
        os.close(file)
    return took


def _under_load(
    figures: Figures, program: Program, screen: Screen, path: Path, rate: int, seconds: float
) -> None:
    section = f"A writer of {rate:,} lines/s for {seconds:g} s"
    path.write_bytes(b"")  # a log with a last line that is waited for would answer too soon
    screen.rest(1.0)
    command = [sys.executable, str(_WRITER), str(path), str(rate), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        cpu, helpers, sent = own_cpu(screen.pid), helpers_cpu(screen.pid), screen.sent
        began = time.monotonic()
        took = _keys(program, screen, began + seconds - 1.5)
        screen.rest(began + seconds - time.monotonic())
        spent = time.monotonic() - began
        figures.rate(section, "CPU", program.name, 100 * (own_cpu(screen.pid) - cpu) / spent, "%")
        helped = 100 * (helpers_cpu(screen.pid) - helpers) / spent
        if helped >= 1:
            figures.rate(section, "CPU of its other processes", program.name, helped, "%")
        figures.rate(section, "to the terminal", program.name, (screen.sent - sent) / spent / 1000, "kB/s")
        figures.rate(section, "memory", program.name, memory(screen.pid)[0], "MB")
        if program.answered is not None:
            figures.spread(section, "a key is answered after", program.name, took, "ms")
        try:
            seen = screen.see(LAST, _CATCH_UP)
        except NotSeen:
            seen = None
        written, ended = writer.stdout.read().split()
        if seen is None:
            figures.add(
                section, "the last line is there after", program.name, f"not within {_CATCH_UP:.0f} s"
            )
        else:
            behind = max(0.0, seen - float(ended))
            figures.rate(section, "the last line is there after", program.name, behind * 1000, "ms")
        reached = int(written) / seconds
        if reached < 0.95 * rate:
            figures.note(f"The writer came to {number(reached)} lines/s beside {program.name}.")


def _keys(program: Program, screen: Screen, until: float) -> list[float]:
    """Press the key now and then; milliseconds until it was answered each time."""
    took: list[float] = []
    if program.answered is None:
        return took
    rhythm = random.Random(3)
    while time.monotonic() < until:
        screen.rest(rhythm.uniform(*_BETWEEN_KEYS))
        pressed = screen.press(program.answered.key)
        took.append((screen.see(program.answered.brings, _PATIENCE) - pressed) * 1000)
        screen.rest(0.3)
        screen.press(program.answered.back)
    return took
