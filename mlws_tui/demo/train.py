"""Trains a small language model on the text it carries: the demo's training run.

Run it alone with ``python -m mlws_tui.demo.train``. The work is the same on every machine; ``--minutes`` spreads
it out, so that there is something to watch on a fast one.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import mlws_tui as mlws
from mlws_tui.demo.model import CharModel, Example, Size
from mlws_tui.demo.optimizer import AdamW, learning_rate
from mlws_tui.demo.text import TEXT

_LOG_EVERY, _SAY_EVERY = 5, 25


@dataclass(frozen=True, slots=True)
class Config:
    """What a run depends on; with the same one the losses are the same everywhere."""

    epochs: int = 24
    batch: int = 32
    peak_rate: float = 0.006
    decay: float = 0.01
    hidden: int = 48
    context: int = 8
    seed: int = 7


class Data:
    """The text as examples: the last tenth is kept away for validation."""

    def __init__(self, text: str, context: int) -> None:
        plain = " ".join(text.split())
        self.letters = sorted(set(plain))
        self._codes = {letter: code for code, letter in enumerate(self.letters)}
        cut = len(plain) * 9 // 10
        self.train = self._examples(plain[:cut], context)
        self.held_out = self._examples(plain[cut:], context)

    def encode(self, text: str) -> list[int]:
        """The codes of a text's letters."""
        return [self._codes[letter] for letter in text]

    def decode(self, codes: Sequence[int] | Iterator[int]) -> str:
        """The text of codes."""
        return "".join(self.letters[code] for code in codes)

    def _examples(self, text: str, context: int) -> list[Example]:
        codes = self.encode(text)
        return [(tuple(codes[at - context : at]), codes[at]) for at in range(context, len(codes))]


class Training:
    """One training run from its first step to its last checkpoint.

    Args:
        run: Where metrics, progress, events and checkpoints are recorded.
        config: What it depends on.
        seconds: How long it should take at least.
        folder: Where checkpoints go; made if it is not there.
    """

    def __init__(self, run: mlws.Run, config: Config, seconds: float, folder: Path) -> None:
        self._run = run
        self._config = config
        self._seconds = seconds
        self._folder = folder
        self._data = Data(TEXT, config.context)
        size = Size(len(self._data.letters), config.context, hidden=config.hidden)
        self._model = CharModel(size, config.seed)
        self._optimizer = AdamW(self._model.weights, config.decay)
        self._steps = math.ceil(len(self._data.train) / config.batch)
        self._total = self._steps * config.epochs
        self._order = random.Random(config.seed)
        self._began = time.monotonic()
        self._best = math.inf

    def train(self) -> float:
        """Train to the end.

        Returns:
            The lowest validation loss.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        data = self._data
        print(
            f"Model: {self._model.parameters} parameters, {len(data.letters)} letters, context {self._config.context}"
        )
        print(f"Data: {len(data.train)} letters to learn from, {len(data.held_out)} held out")
        for epoch in range(self._config.epochs):
            loss = self._epoch(epoch)
            self._close_epoch(epoch, loss)
        self._run.summary["best_val_loss"] = self._best
        return self._best

    def _epoch(self, epoch: int) -> float:
        examples = self._data.train[:]
        self._order.shuffle(examples)
        losses: list[float] = []
        since = time.monotonic()
        for index in range(self._steps):
            step = epoch * self._steps + index
            batch = examples[index * self._config.batch : (index + 1) * self._config.batch]
            rate = learning_rate(step, self._total, self._config.peak_rate)
            loss, gradients = self._model.gradients(batch)
            length = self._optimizer.step(self._model.weights, gradients, rate)
            losses.append(loss)
            self._rest(step + 1)
            if (step + 1) % _LOG_EVERY == 0:
                recent = sum(losses[-_LOG_EVERY:]) / len(losses[-_LOG_EVERY:])
                now = time.monotonic()
                speed = _LOG_EVERY * self._config.batch / max(1e-9, now - since)
                since = now
                self._run.log(
                    {"loss": recent, "lr": rate, "grad_norm": length, "tokens/s": speed}, step=step + 1
                )
                self._run.progress(step + 1, self._total, epoch + 1, self._config.epochs)
                if (step + 1) % _SAY_EVERY == 0:
                    print(
                        f"Epoch {epoch + 1}/{self._config.epochs} step {step + 1}/{self._total} loss: {recent:.3f} "
                        f"lr: {rate:.5f} {speed:.0f} tokens/s"
                    )
        return sum(losses) / len(losses)

    def _close_epoch(self, epoch: int, loss: float) -> None:
        step = (epoch + 1) * self._steps
        held_out = self._model.loss(self._data.held_out)
        self._run.log({"val/loss": held_out, "val/perplexity": math.exp(held_out)}, step=step)
        print(
            f"Epoch {epoch + 1}/{self._config.epochs} complete - Loss: {loss:.3f}, Val Loss: {held_out:.3f}"
        )
        if held_out < self._best:
            self._best = held_out
            path = self._folder / "best.json"
            self._model.save(path)
            self._run.artifact(path, kind="checkpoint")
            print(f"Checkpoint saved: {path.name} (Val Loss: {held_out:.3f})")
        if (epoch + 1) % 4 == 0 or epoch + 1 == self._config.epochs:
            sample = self._data.decode(
                self._model.continuation(self._data.encode("the model "), 70, warmth=0.6, seed=epoch)
            )
            self._run.event("sample", epoch=epoch + 1, text=f"the model {sample}")
            print(f"Sample: the model {sample}")

    def _rest(self, done: int) -> None:
        """Wait where the machine is ahead of the time that the run should take."""
        ahead = self._seconds * done / self._total - (time.monotonic() - self._began)
        if ahead > 0:
            time.sleep(ahead)


def main(args: Sequence[str] | None = None) -> None:
    """Train as the command line asks."""
    usual = Config()
    parser = argparse.ArgumentParser(description="Train a small character model on a short text.")
    parser.add_argument("--epochs", type=int, default=usual.epochs, help="passes over the text")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long to take at least")
    parser.add_argument("--hidden", type=int, default=usual.hidden, help="width of the hidden layer")
    parser.add_argument(
        "--checkpoints", type=Path, default=Path("checkpoints"), help="folder for checkpoints"
    )
    given = parser.parse_args(args)
    config = Config(epochs=max(1, given.epochs), hidden=max(1, given.hidden))
    with mlws.run("char-lm", kind="training", experiment="demo", config=asdict(config), tags=["demo"]) as run:
        best = Training(
            run, config, max(0.0, given.minutes) * 60, given.checkpoints / (run.id or "char-lm")
        ).train()
        print(f"Training complete - best Val Loss: {best:.3f}")


if __name__ == "__main__":
    main()
