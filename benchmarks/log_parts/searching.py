"""From the last line of a log to the only error in it, far above."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from store_parts.figures import Figures

from .places import log_in_a_workspace
from .programs import Program
from .screen import NotSeen
from .texts import FAILED, LAST, write_log

_PATIENCE = 60.0  # seconds
_TIMES = 3
_SETTLE = 3.0  # seconds


def measure_searching(
    figures: Figures, programs: Sequence[Program], lines: int, size: tuple[int, int]
) -> None:
    """The only error is at the beginning: what is before the last line is looked through whole."""
    with log_in_a_workspace(partial(write_log, lines=lines, error_at=0.001)) as log:
        section = f"To the last error, {log.path.stat().st_size / 1e6:,.0f} MB above the last line"
        for program in programs:
            if not program.error:
                continue
            try:
                with program.open(log, size) as screen:
                    screen.see(LAST, _PATIENCE)
                    screen.press(program.ready)
                    screen.rest(_SETTLE)
                    took = []
                    for _ in range(_TIMES):
                        pressed = screen.press(program.error)
                        took.append((screen.see(FAILED, _PATIENCE) - pressed) * 1000)
                        screen.rest(0.5)
                        screen.press(program.bottom)
                        screen.see(LAST, _PATIENCE)
                        screen.rest(0.5)
                    figures.spread(section, "by a key", program.name, took, "ms")
            except NotSeen as missing:
                figures.add(section, "by a key", program.name, str(missing), failed="not seen")
