"""Adam with decoupled weight decay, and the learning rate's course."""

from __future__ import annotations

import math

from mlws_tui.demo.tensor import Matrix, Row, norm, zeros


class AdamW:
    """Moves weights against their gradients. The gradient is clipped to a length of `clip`."""

    def __init__(self, weights: dict[str, Matrix], decay: float = 0.01, clip: float = 1.0) -> None:
        self._first = {name: zeros(len(m), len(m[0])) for name, m in weights.items()}
        self._second = {name: zeros(len(m), len(m[0])) for name, m in weights.items()}
        self._decay = decay
        self._clip = clip
        self._steps = 0

    def step(self, weights: dict[str, Matrix], gradients: dict[str, Matrix], rate: float) -> float:
        """Change the weights in place.

        Returns:
            The gradient's length before it was clipped.
        """
        self._steps += 1
        length = norm(list(gradients.values()))
        scale = min(1.0, self._clip / length) if length else 1.0
        for name, matrix in weights.items():
            for index, gradient in enumerate(gradients[name]):
                matrix[index] = self._moved(name, index, matrix[index], gradient, scale, rate)
        return length

    def _moved(self, name: str, index: int, weights: Row, gradient: Row, scale: float, rate: float) -> Row:
        b1, b2 = 0.9, 0.99
        c1, c2 = (1 - b1) * scale, (1 - b2) * scale * scale
        first = self._first[name][index] = [
            b1 * m + c1 * g for m, g in zip(self._first[name][index], gradient, strict=True)
        ]
        second = self._second[name][index] = [
            b2 * v + c2 * g * g for v, g in zip(self._second[name][index], gradient, strict=True)
        ]
        size = rate / (1 - b1**self._steps)
        root = 1 / math.sqrt(1 - b2**self._steps)
        keep = 1 - rate * self._decay
        return [
            keep * w - size * m / (math.sqrt(v) * root + 1e-8)
            for w, m, v in zip(weights, first, second, strict=True)
        ]


def learning_rate(step: int, total: int, peak: float) -> float:
    """Up in a line over the first twentieth, then down in half a cosine to a tenth of the peak."""
    warm = max(1, total // 20)
    if step < warm:
        return peak * (step + 1) / warm
    share = (step - warm) / max(1, total - warm)
    return peak * (0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, share))))
