"""What a person sees of it: from the start to the list, from a key to the screen, and to the chart of a long series."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from log_parts.processes import below, memory
from log_parts.screen import NotSeen, Screen
from store_parts.figures import OURS, Figures

LEET = "wandb leet"
_PATIENCE, _SETTLE, _TIMES = 60.0, 2.0, 7
_SECTION = "On the screen"
#: Begins each of a quarter of the braille signs, of which any curve has some.
_DRAWN = b"\xe2\xa3"
_QUIET = 1.0  # seconds without a word: then a program has drawn all that it had to


@dataclass(frozen=True, slots=True)
class Asked:
    """Keys that are typed, what they bring to the screen, and the keys that take it away again."""

    what: str
    keys: Sequence[bytes]
    brings: bytes
    back: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """One program on the data.

    Attributes:
        name: Its name in the table.
        command: Starts it on the many runs.
        ready: What the screen shows once the list is there.
        asked: What is tried in it.
        long_command: Starts it on the long series.
        long_keys: What is typed once the list is there, to see its chart; none where it begins with it.
    """

    name: str
    command: Sequence[str]
    ready: bytes
    asked: Sequence[Asked]
    long_command: Sequence[str]
    long_keys: Sequence[bytes]


def ours(root: Path) -> Program:
    """Our app."""
    command = [sys.executable, "-m", "mlws_tui", "--workspace", str(root)]
    return Program(
        OURS,
        command,
        b"newest-of-all",
        (
            Asked("the next run", (b"j",), b"sweep-98", (b"k",)),
            Asked("the last run", (b"G",), b"a-very-long-one", (b"g",)),
            Asked(
                "a filter by a word, all of it typed at once",
                (b"/", b"very-long"),
                b"a-very-long-one",
                (b"\x1b",),
            ),
        ),
        command,
        (b"z", b"G"),  # alone on the screen: the other panes have something to draw now and then
    )


def leet(binary: Path, folder: Path, long: Path) -> Program:
    """W&B's terminal app."""
    return Program(
        LEET,
        [str(binary), "leet", str(folder)],
        b"offline-run-",
        (
            Asked(
                "a filter by a word, all of it typed at once",
                (b"f", b"r0000007"),
                b"20231114_2323",
                (b"\r", b"\x06"),
            ),
        ),
        [str(binary), "leet", str(long)],
        (),
    )


def measure_screens(figures: Figures, programs: Sequence[Program], size: tuple[int, int], home: Path) -> None:
    """All of it, for each program."""
    env = environment(home)
    for program in programs:
        _try(figures, program, "from the start to the list", lambda p=program: _start(figures, p, size, env))
        _try(
            figures, program, "the chart of the long series", lambda p=program: _chart(figures, p, size, env)
        )


def environment(home: Path) -> dict[str, str]:
    """As of a person without settings of their own; nothing is sent anywhere."""
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
    quiet = {"WANDB_ERROR_REPORTING": "false", "WANDB_MODE": "offline", "DO_NOT_TRACK": "1"}
    return {**kept, **quiet, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def write_wandb(python: Path, folder: Path, runs: int, points: int) -> None:
    """The same runs as files of W&B, written by the interpreter that has it."""
    script = Path(__file__).with_name("wandb_files.py")
    subprocess.run([str(python), str(script), str(folder), str(runs), str(points)], check=True)


def _try(figures: Figures, program: Program, what: str, work: Callable[[], None]) -> None:
    try:
        work()
    except NotSeen as missing:
        figures.add(_SECTION, what, program.name, str(missing), failed="not seen")


def _start(figures: Figures, program: Program, size: tuple[int, int], env: dict[str, str]) -> None:
    took = []
    for turn in range(3):
        with Screen(program.command, size=size, env=env) as screen:
            took.append((screen.see(program.ready, _PATIENCE) - screen.began) * 1000)
            if turn < 2:
                continue
            screen.rest(_SETTLE)
            for asked in program.asked:
                figures.spread(_SECTION, asked.what, program.name, _answers(screen, asked), "ms")
            whole = sum(memory(pid)[0] for pid in (screen.pid, *below(screen.pid)))
            figures.rate(_SECTION, "memory, of all its processes", program.name, whole, "MB")
    figures.spread(_SECTION, "from the start to the list", program.name, took, "ms")


def _answers(screen: Screen, asked: Asked) -> list[float]:
    took = []
    for _ in range(_TIMES):
        for keys in asked.keys[:-1]:
            screen.press(keys)
            screen.rest(0.3)
        pressed = screen.press(asked.keys[-1])
        took.append((screen.see(asked.brings, _PATIENCE) - pressed) * 1000)
        screen.rest(0.5)
        for keys in asked.back:
            screen.press(keys)
            screen.rest(0.3)
        screen.rest(0.5)
    return took


def _chart(figures: Figures, program: Program, size: tuple[int, int], env: dict[str, str]) -> None:
    first, whole = [], []
    for _ in range(3):
        with Screen(program.long_command, size=size, env=env) as screen:
            began = screen.began
            if program.long_keys:
                screen.see(program.ready, _PATIENCE)
                screen.rest(_SETTLE)
                for keys in program.long_keys:
                    screen.rest(0.5)
                    began = screen.press(keys)
            first.append((screen.see(_DRAWN, _PATIENCE) - began) * 1000)
            whole.append((_quiet_since(screen) - began) * 1000)
    how = "chosen in the list" if program.long_keys else "from the start"
    figures.spread(_SECTION, f"the chart of the long series, {how}: first dots", program.name, first, "ms")
    figures.spread(
        _SECTION, f"the chart of the long series, {how}: nothing more to draw", program.name, whole, "ms"
    )


def _quiet_since(screen: Screen) -> float:
    """When it sent the last that it had to send, on the monotonic clock."""
    last, sent, end = time.monotonic(), screen.sent, time.monotonic() + _PATIENCE
    while (now := time.monotonic()) - last < _QUIET and now < end:
        screen.rest(0.02)
        if screen.sent != sent:
            last, sent = time.monotonic(), screen.sent
    return last
