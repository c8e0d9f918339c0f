"""A character-level language model: an embedding, one hidden layer of tanh, a softmax; gradients by hand."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.demo.tensor import Matrix, Row, normal, rows_by_rows, transpose, zeros

Example = tuple[tuple[int, ...], int]


@dataclass(frozen=True, slots=True)
class Size:
    """How large the model is: letters it knows, letters it looks back on, widths of its layers."""

    letters: int
    context: int = 8
    embedding: int = 8
    hidden: int = 48


class CharModel:
    """Guesses the next letter from the last few.

    Attributes:
        weights: ``embedding`` (letters by width), ``hidden`` and ``output`` (a row a unit), and their biases
            (one row each).
    """

    def __init__(self, size: Size, seed: int) -> None:
        source = random.Random(seed)
        wide = size.context * size.embedding
        self.size = size
        self.weights: dict[str, Matrix] = {
            "embedding": normal(size.letters, size.embedding, 0.3, source),
            "hidden": normal(size.hidden, wide, 1 / math.sqrt(wide), source),
            "hidden_bias": zeros(1, size.hidden),
            "output": normal(size.letters, size.hidden, 0.3 / math.sqrt(size.hidden), source),
            "output_bias": zeros(1, size.letters),
        }

    @property
    def parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(len(row) for matrix in self.weights.values() for row in matrix)

    def loss(self, batch: Sequence[Example]) -> float:
        """The mean cross-entropy of the next letters, in nats."""
        _, _, chances = self._forward(batch)
        return _cross_entropy(chances, batch)

    def gradients(self, batch: Sequence[Example]) -> tuple[float, dict[str, Matrix]]:
        """The loss of a batch and its gradient with respect to each weight."""
        wide, hidden, chances = self._forward(batch)
        share = 1 / len(batch)
        output_error = [
            [share * (chance - (letter == target)) for letter, chance in enumerate(row)]
            for row, (_, target) in zip(chances, batch, strict=True)
        ]
        back = rows_by_rows(output_error, transpose(self.weights["output"]))
        hidden_error = [
            [error * (1 - value * value) for error, value in zip(errors, values, strict=True)]
            for errors, values in zip(back, hidden, strict=True)
        ]
        output_error_columns, hidden_error_columns = transpose(output_error), transpose(hidden_error)
        return _cross_entropy(chances, batch), {
            "output": rows_by_rows(output_error_columns, transpose(hidden)),
            "output_bias": [[sum(column) for column in output_error_columns]],
            "hidden": rows_by_rows(hidden_error_columns, transpose(wide)),
            "hidden_bias": [[sum(column) for column in hidden_error_columns]],
            "embedding": self._embedding_gradient(batch, hidden_error),
        }

    def continuation(self, start: Sequence[int], length: int, warmth: float, seed: int) -> Iterator[int]:
        """Letters that go on from `start`, drawn from the model's guesses; a lower warmth is bolder."""
        source = random.Random(seed)
        context = tuple(start)[-self.size.context :]
        for _ in range(length):
            _, _, (chances,) = self._forward([(context, 0)])
            letter = source.choices(range(self.size.letters), [chance ** (1 / warmth) for chance in chances])[
                0
            ]
            context = (*context[1:], letter)
            yield letter

    def save(self, path: Path) -> None:
        """Write the weights as JSON, whole or not at all."""
        part = path.with_suffix(".part")
        part.write_text(json.dumps(self.weights), encoding="utf-8")
        part.replace(path)

    def load(self, path: Path) -> None:
        """Take the weights of a file that `save` wrote."""
        self.weights = json.loads(path.read_text(encoding="utf-8"))

    def _forward(self, batch: Sequence[Example]) -> tuple[Matrix, Matrix, Matrix]:
        embedding = self.weights["embedding"]
        wide = [[value for letter in context for value in embedding[letter]] for context, _ in batch]
        hidden = [
            [math.tanh(value + bias) for value, bias in zip(row, self.weights["hidden_bias"][0], strict=True)]
            for row in rows_by_rows(wide, self.weights["hidden"])
        ]
        bias = self.weights["output_bias"][0]
        chances = [_softmax(row, bias) for row in rows_by_rows(hidden, self.weights["output"])]
        return wide, hidden, chances

    def _embedding_gradient(self, batch: Sequence[Example], hidden_error: Matrix) -> Matrix:
        width = self.size.embedding
        gradient = zeros(self.size.letters, width)
        back = rows_by_rows(hidden_error, transpose(self.weights["hidden"]))
        for (context, _), row in zip(batch, back, strict=True):
            for place, letter in enumerate(context):
                part = row[place * width : (place + 1) * width]
                gradient[letter] = [a + b for a, b in zip(gradient[letter], part, strict=True)]
        return gradient


def _softmax(values: Row, bias: Row) -> Row:
    shifted = [value + extra for value, extra in zip(values, bias, strict=True)]
    top = max(shifted)
    powers = [math.exp(value - top) for value in shifted]
    total = sum(powers)
    return [power / total for power in powers]


def _cross_entropy(chances: Matrix, batch: Sequence[Example]) -> float:
    wrong = (-math.log(max(row[target], 1e-12)) for row, (_, target) in zip(chances, batch, strict=True))
    return sum(wrong) / len(batch)
