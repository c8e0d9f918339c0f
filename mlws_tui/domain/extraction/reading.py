"""Reads the numbers of a line after its plan."""

from __future__ import annotations

from mlws_tui.domain.extraction.names import metric_name
from mlws_tui.domain.extraction.numbers import number, whole
from mlws_tui.domain.extraction.plans import Item, Plan


def read_counters(plan: Plan, pieces: list[str]) -> dict[str, int] | None:
    """What the line counts; None where a counter is none, as of a line that was cut."""
    counters: dict[str, int] = {}
    for name, spot in plan.counters:
        count = whole(spot.read(pieces))
        if count is None:
            return None
        counters[name] = count
    if "iters" in counters and counters.get("iter", 0) > counters["iters"]:
        return None
    if "total" in counters and "step" in counters and counters["step"] > counters["total"]:
        return None
    return counters


def read_items(items: tuple[Item, ...], pieces: list[str]) -> list[tuple[str, float, bool]]:
    values: list[tuple[str, float, bool]] = []
    for item in items:
        name = item.name
        if not isinstance(name, str):
            name = metric_name(name.read(pieces))
            if not name:
                continue
            name = item.prefix + name
            if any(name == other for other, _, _ in values):
                return []
        value = number(item.value.read(pieces), item.scale)
        if value is not None:
            values.append((name, value, item.known))
    return values
