"""A training run with a mistake of the kind everybody makes: it trains well, then evaluates with the wrong width.

The adapter is built for the width that an older configuration had. The product does not fit, and the run fails
with a real traceback from deep inside: what the demo shows of a failed run.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Sequence

import mlws_tui as mlws
from mlws_tui.demo.tensor import Matrix, matmul, normal, transpose

CONFIG = {"lr": 0.05, "width": 24, "adapter_width": 32, "batch": 16, "steps": 60}


class Regression:
    """One hidden layer that learns a sine."""

    def __init__(self, width: int, adapter_width: int, source: random.Random) -> None:
        self.inner = normal(2, width, 1.0, source)
        self.outer = normal(width, 1, 1 / math.sqrt(width), source)
        self.adapter = normal(adapter_width, 1, 1 / math.sqrt(adapter_width), source)

    def step(self, inputs: Matrix, targets: Matrix, rate: float) -> float:
        """One step of gradient descent; the mean squared error before it."""
        hidden = self.hidden(inputs)
        guesses = matmul(hidden, self.outer)
        errors = [
            [2 * (guess[0] - wanted[0]) / len(inputs)] for guess, wanted in zip(guesses, targets, strict=True)
        ]
        back = matmul(errors, transpose(self.outer))
        inner_errors = [
            [error * (1 - value * value) for error, value in zip(row, values, strict=True)]
            for row, values in zip(back, hidden, strict=True)
        ]
        _descend(self.outer, matmul(transpose(hidden), errors), rate)
        _descend(self.inner, matmul(transpose(inputs), inner_errors), rate)
        return sum((guess[0] - wanted[0]) ** 2 for guess, wanted in zip(guesses, targets, strict=True)) / len(
            inputs
        )

    def hidden(self, inputs: Matrix) -> Matrix:
        """What the hidden layer makes of the inputs."""
        return [[math.tanh(value) for value in row] for row in matmul(inputs, self.inner)]

    def adapted(self, inputs: Matrix) -> Matrix:
        """The guesses through the adapter instead of the trained output."""
        return matmul(self.hidden(inputs), self.adapter)


def evaluate(model: Regression, inputs: Matrix) -> float:
    """The mean size of the adapter's guesses."""
    return sum(abs(row[0]) for row in model.adapted(inputs)) / len(inputs)


def train(run: mlws.Run, seconds: float) -> None:
    """Train for some steps, then evaluate, which fails."""
    source = random.Random(3)
    model = Regression(int(CONFIG["width"]), int(CONFIG["adapter_width"]), source)
    steps = int(CONFIG["steps"])
    inputs: Matrix = []
    for step in range(1, steps + 1):
        inputs = [[source.uniform(-3, 3), 1.0] for _ in range(int(CONFIG["batch"]))]
        loss = model.step(inputs, [[math.sin(row[0])] for row in inputs], CONFIG["lr"])
        run.log({"loss": loss, "lr": CONFIG["lr"]}, step=step)
        run.progress(step, 2 * steps)
        if step % 10 == 0:
            print(f"step {step}/{2 * steps} loss: {loss:.4f}")
        time.sleep(seconds / steps)
    print("Evaluating with the adapter")
    run.log({"val/mean_size": evaluate(model, inputs)})


def _descend(weights: Matrix, gradient: Matrix, rate: float) -> None:
    for row, slopes in zip(weights, gradient, strict=True):
        row[:] = [weight - rate * slope for weight, slope in zip(row, slopes, strict=True)]


def main(args: Sequence[str] | None = None) -> None:
    """Train as the command line asks, and fail."""
    parser = argparse.ArgumentParser(description="Train a small regression that fails when it is evaluated.")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long to train before it fails")
    given = parser.parse_args(args)
    with mlws.run("sine-adapter", kind="training", experiment="demo", config=CONFIG, tags=["demo"]) as run:
        train(run, max(0.0, given.seconds))


if __name__ == "__main__":
    main()
