"""What a person sees of it: from the start to the day, and from a key to its letter on the screen, beside vim."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from log_parts.processes import below, memory
from log_parts.screen import NotSeen, Screen
from store_parts.figures import Figures

_SECTION = "On the screen"
_PATIENCE = 60.0
#: Typed one after the other: each is seen on the screen for the first time when it was typed.
_LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
EDITORS = ("vim", "nano")


def measure_app(
    figures: Figures, root: Path, column: str, today: date, size: tuple[int, int], *, steps: int
) -> None:
    """The app: its start to the journal's day, so many steps to the days before, and keys while writing."""
    command = [sys.executable, "-m", "mlws_tui", "--workspace", str(root)]
    env = environment(root.parent / "home")
    shown = today.isoformat().encode()
    starts: list[float] = []
    for turn in range(4):
        with Screen(command, size=size, env=env) as screen:
            try:
                came = screen.see(shown, _PATIENCE)
                if turn:  # the first makes the index and lets Python compile
                    starts.append((came - screen.began) * 1000)
                if turn == 3:
                    _use(figures, screen, column, today, steps)
            except NotSeen as missing:
                figures.add(_SECTION, "keys in the app", column, str(missing), failed="not seen")
    figures.spread(_SECTION, "from the start to today's entry", column, starts, "ms")


def _use(figures: Figures, screen: Screen, column: str, today: date, steps: int) -> None:
    screen.rest(4.0)
    screen.press(b"4")
    screen.rest(1.0)
    took = []
    for back in range(1, steps + 1):
        pressed = screen.press(b"[")
        day = (today - timedelta(days=back)).isoformat().encode()
        took.append((screen.see(day, 10.0) - pressed) * 1000)
        screen.rest(0.3)
    if took:
        figures.spread(_SECTION, "[ to the day before", column, took, "ms")
    screen.press(b"t")
    screen.rest(1.0)
    screen.press(b"o")
    screen.rest(1.5)
    figures.spread(_SECTION, "a letter typed", column, _letters(screen), "ms")
    whole = sum(memory(pid)[0] for pid in (screen.pid, *below(screen.pid)))
    figures.rate(_SECTION, "memory, of all its processes", column, whole, "MB")
    screen.press(b"\x1b")
    screen.rest(1.5)


def _letters(screen: Screen) -> list[float]:
    took = []
    for letter in _LETTERS:
        pressed = screen.press(letter.encode())
        took.append((screen.see(letter.encode(), 10.0) - pressed) * 1000)
        screen.rest(0.15)
    return took


def measure_editors(figures: Figures, file: Path, size: tuple[int, int]) -> None:
    """The same file whole in the editors that are installed, without settings of their own."""
    env = environment(file.parent.parent / "home")
    for name in EDITORS:
        if shutil.which(name) is None:
            continue
        command = ["vim", "-u", "NONE", "-N", "-n", str(file)] if name == "vim" else ["nano", "-I", str(file)]
        starts = []
        for turn in range(3):
            with Screen(command, size=size, env=env) as screen:
                starts.append((screen.see(b"Activity log", _PATIENCE) - screen.began) * 1000)
                if turn == 2:
                    screen.rest(2.0)
                    screen.press(b"o" if name == "vim" else b"\x0e")
                    screen.rest(0.5)
                    figures.spread(_SECTION, "a letter typed", name, _letters(screen), "ms")
        figures.spread(_SECTION, "from the start to the top of the file", name, starts, "ms")


def environment(home: Path) -> Mapping[str, str]:
    """As of a person without settings of their own."""
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR")}
    more = {"LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    return {**kept, **more, "HOME": str(home)}
