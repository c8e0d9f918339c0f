"""The same runs for every program: many that have ended, and one with a very long series.

Only the standard library is imported here: the interpreter of another tracker runs it, too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Steps of each of the many runs, and the metrics of every step.
STEPS, METRICS = 10, ("loss", "val/loss", "acc", "lr", "grad_norm")
EXPERIMENTS, LARGE = 100, "every-other-run"
MODELS = ("llama3.1:8b", "qwen2.5:7b", "mistral:7b", "bert-base")
#: The newest of the runs, by which one sees that a list is there.
NEWEST, LONG = "newest-of-all", "a-very-long-one"
_FIRST = 1_700_000_000.0  # Unix seconds; a run begins every ten minutes


@dataclass(frozen=True, slots=True)
class Told:
    """A run as a tracker is told of it."""

    number: int
    name: str
    began: float
    config: dict[str, Any]
    tags: tuple[str, ...]
    experiment: str
    model: str
    status: str

    @property
    def id(self) -> str:
        return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(self.began))}-{self.name}"

    def values(self, step: int) -> dict[str, float]:
        """The metrics of a step."""
        slow = 1 + self.number % 7
        loss = 2.5 * math.exp(-step / (3 * slow)) + 0.1 + (self.number % 13) / 50
        return dict(zip(METRICS, (loss, loss * 1.1, 1 / (1 + loss), 1e-4, 1 + loss / 3), strict=True))


def many(count: int) -> Iterator[Told]:
    """The runs, the oldest first."""
    for number in range(count):
        tags = ("lora", "sweep") if number % 3 == 0 else ("full",)
        config = {
            "lr": (1e-5, 3e-5, 1e-4, 3e-4)[number % 4],
            "batch_size": 8 * 2 ** (number % 3),
            "lora": {"r": 2 ** (2 + number % 5), "alpha": 16},
            "seed": number,
        }
        yield Told(
            number,
            NEWEST if number == count - 1 else f"sweep-{number % EXPERIMENTS}-{number}",
            _FIRST + 600.0 * number,
            config,
            tags,
            f"experiment-{number % EXPERIMENTS}" if number % 2 else LARGE,
            MODELS[number % len(MODELS)],
            "failed" if number % 20 == 7 else "completed",
        )


def long_values(step: int) -> float:
    """A noisy loss, so that a chart has something to draw in every column."""
    return 2.0 * math.exp(-step / 200_000) + 0.3 + 0.1 * math.sin(step * 12.9898) * math.cos(step / 997)
