"""What the names of metrics tell: which ones people look at first, and which are the same on other data."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TRAIN = frozenset({"train", "training"})
_HELD_OUT = frozenset({"val", "valid", "validation", "eval", "evaluation", "test", "dev"})
#: What people look at, the first kinds first.
_KINDS = (
    ("loss", "nll"),
    ("acc", "accuracy", "f1", "auc", "bleu", "rouge", "score", "map", "iou", "wer"),
    ("ppl", "perplexity", "reward", "return", "error", "mse", "mae", "rmse"),
)
#: Words that mean the same in the names of metrics.
_ALIKE = {"valid": "val", "validation": "val", "accuracy": "acc", "evaluation": "eval"}
_SPLIT = re.compile(r"[/._\s-]+")
_NUMBERS = re.compile(r"([0-9]+)")


def by_importance(names: Iterable[str]) -> list[str]:
    """The names, those first that people look at: losses, accuracies and scores, then the rest by name.

    A quantity on training data comes before the same on held-out data, and ``layer.2`` before ``layer.10``.
    """
    return sorted(names, key=lambda name: (importance(name), _in_numbers(name), name))


def importance(name: str) -> int:
    """The smaller, the sooner people look at it: the order of `by_importance` but for the names themselves."""
    return (2 * _kind(name) + _held_out(name)) * 1000 + min(name.count("/"), 999)


def is_looked_at(name: str) -> bool:
    """Whether it is a loss, an accuracy, a score or another figure by which people judge a run."""
    return _kind(name) < 2 * len(_KINDS)


def visible(name: str) -> str:
    """The name as it can be seen: one that is empty or blank stands between quotes."""
    return name if name.strip() else f'"{name}"'


def together(names: Iterable[str]) -> list[tuple[str, ...]]:
    """The names in groups to be drawn in one chart: a quantity on training, validation and test data."""
    groups: dict[str, list[str]] = {}
    for name in by_importance(names):
        groups.setdefault(_quantity(name), []).append(name)
    return [tuple(group) for group in groups.values()]


def result(names: Iterable[str]) -> str | None:
    """The metric that tells best how a finished run came out: an accuracy or score if there is one, else a loss.

    Held-out data tells more than training data.
    """
    kinds = {0: 1, 1: 0}
    ordered = sorted(names, key=lambda name: (kinds.get(_kind(name), _kind(name)), not _held_out(name), name))
    return ordered[0] if ordered else None


def canonical(name: str) -> str:
    """The quantity that a name means, however it is written: ``Val Loss``, ``val_loss`` and ``valid/loss`` are one.

    Training data goes without saying: ``train/loss`` is ``loss``.
    """
    words = [_ALIKE.get(word, word) for word in _words(name)]
    told = [word for word in words if word not in _TRAIN] or words
    return "/".join(told).replace("learning/rate", "lr")


def _words(name: str) -> list[str]:
    return [word for word in _SPLIT.split(name.lower()) if word]


def _in_numbers(name: str) -> list[tuple[int, str]]:
    """What sorts numbers by their value: each with its length; words, which are at every other place, have none."""
    parts = _NUMBERS.split(name)
    parts[1::2] = (digits.lstrip("0") for digits in parts[1::2])
    return [(len(part) if place % 2 else 0, part) for place, part in enumerate(parts)]


def _kind(name: str) -> int:
    words = _words(name)
    for kind, known in enumerate(_KINDS):
        if any(word in known for word in words):
            return kind if words[-1] in known else kind + len(_KINDS)
    return 2 * len(_KINDS)


def _held_out(name: str) -> bool:
    return any(word in _HELD_OUT for word in _words(name))


def _quantity(name: str) -> str:
    words = [word for word in _words(name) if word not in _TRAIN and word not in _HELD_OUT]
    return "/".join(words) or name
