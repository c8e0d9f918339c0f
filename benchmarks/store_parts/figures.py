"""What was measured: kept by section, row and tracker, printed as one table or written as JSON."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

OURS = "mlws-tui"
TRACKERS = (OURS, "trackio", "mlflow")


@dataclass(slots=True)
class Figures:
    """Everything measured in one run, in the order in which rows first came; `trackers` are the table's columns."""

    trackers: Sequence[str] = TRACKERS
    cells: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    values: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, section: str, what: str, tracker: str, text: str, **values: Any) -> None:
        """Keep one figure: `text` for the table, `values` for the JSON document."""
        self.cells.setdefault((section, what), {})[tracker] = text
        self.values.append({"section": section, "what": what, "tracker": tracker, **values})

    def spread(self, section: str, what: str, tracker: str, samples: Sequence[float], unit: str) -> None:
        """Keep median, 99th percentile and maximum of samples."""
        if not samples:
            self.add(section, what, tracker, "nothing measured")
            return
        found = spread(samples)
        text = " / ".join(number(value) for value in found.values()) + f" {unit}"
        self.add(section, what, tracker, text, unit=unit, samples=len(samples), **found)

    def rate(self, section: str, what: str, tracker: str, value: float, unit: str) -> None:
        """Keep a single figure."""
        self.add(section, what, tracker, f"{number(value)} {unit}", unit=unit, value=value)

    def note(self, text: str) -> None:
        """Say something below the table, once."""
        if text not in self.notes:
            self.notes.append(text)

    def table(self) -> str:
        """The figures as aligned lines, a column for each tracker that has any."""
        have = {tracker for cells in self.cells.values() for tracker in cells}
        columns = [tracker for tracker in self.trackers if tracker in have]
        first = max(len(what) for _, what in self.cells) + 4 if self.cells else 0
        widths = {
            tracker: max([len(cells.get(tracker, "")) for cells in self.cells.values()] + [len(tracker)])
            for tracker in columns
        }
        names = " " * first + "   ".join(name.rjust(widths[name]) for name in columns)
        lines: list[str] = []
        for section in dict.fromkeys(section for section, _ in self.cells):
            lines += ["", section, names]
            for what, cells in ((row, cells) for (head, row), cells in self.cells.items() if head == section):
                shown = "   ".join(cells.get(tracker, "–").rjust(widths[tracker]) for tracker in columns)
                lines.append(f"  {what}".ljust(first) + shown)
        return "\n".join([*lines, "", *self.notes])


def spread(samples: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum; the sample of that rank, nothing between two."""
    ordered = sorted(samples)
    last = len(ordered) - 1
    return {"median": ordered[last // 2], "p99": ordered[round(last * 0.99)], "max": ordered[last]}


def number(value: float) -> str:
    """A number with about three significant digits."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "load": round(os.getloadavg()[0], 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()
