"""Metric values of any library, as the numbers of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlws_tui.domain.events import encode_number


def number(value: object) -> float | int | str | None:
    """The value as the stream holds it, or None where it is no single number.

    Scalars of NumPy, PyTorch and the like are asked through their ``item()``.
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else encode_number(_float(value))
    if isinstance(value, float):
        return encode_number(float(value))
    if isinstance(value, str) or value is None:
        return None
    for method in ("item", "__float__"):
        convert = getattr(value, method, None)
        if convert is None:
            continue
        try:
            plain = convert()
        except Exception:  # noqa: S112 - a foreign object's own method may raise anything
            continue
        if isinstance(plain, bool | int | float):
            return number(plain)
    return None


def flatten(values: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as one level, with names joined by ``/``."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flatten(value, f"{name}/")
        else:
            yield name, value


def _float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
