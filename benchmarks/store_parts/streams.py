"""Streams for the index to be made from: one very long run, and many others that have ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.domain.events import encode

from .trackers import CONFIG, NAMES

LONG = "20250101-000000-long"
SERIES = NAMES[0]
#: What the filtered list asks for: one run in so many has it in its name.
FILTER, ONE_IN = "sweep-13", 100
_FIRST = 1704067200  # Unix seconds; one run begins every ten minutes
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is written. The long run has `steps` points in each of its series; the others share the rest."""

    points: int
    runs: int

    @property
    def steps(self) -> int:
        return min(1_000_000, self.points // (2 * len(NAMES)))

    @property
    def short_steps(self) -> int:
        return max(1, (self.points - self.steps * len(NAMES)) // (self.runs * len(NAMES)))

    @property
    def written(self) -> int:
        """Points that there are in the end."""
        return len(NAMES) * (self.steps + self.runs * self.short_steps)


def write(streams: Path, scale: Scale) -> int:
    """Write them all; how many bytes they are."""
    size = _write_run(streams, LONG, scale.steps, 1735689600.0)
    for number in range(scale.runs):
        began = float(_FIRST + number * 600)
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(began))
        size += _write_run(streams, f"{stamp}-sweep-{number % ONE_IN}-{number}", scale.short_steps, began)
    return size


def _write_run(streams: Path, run: str, steps: int, began: float) -> int:
    folder = streams / run
    folder.mkdir(parents=True)
    header = {"type": "run", "v": 1, "ts": began, "id": run, "name": run[16:], "pid": 1, "host": "elsewhere"}
    with (folder / "elsewhere-1-a.jsonl").open("wb") as file:
        file.write(encode({**header, "config": CONFIG, "tags": ["bench"], "model": "bert-base"}))
        for first in range(0, steps, _BATCH):
            file.writelines(_line(began, step) for step in range(first, min(steps, first + _BATCH)))
        file.write(encode({"type": "end", "ts": began + steps, "status": "completed", "exit_code": 0}))
        return file.tell()


def _line(began: float, step: int) -> bytes:
    """A metrics record as the SDK writes it."""
    values = ",".join(f'"{name}":{1.0 / (step + place)!r}' for place, name in enumerate(NAMES, 1))
    return f'{{"type":"metrics","ts":{began + step:.6f},"step":{step},"values":{{{values}}}}}\n'.encode()
