"""The plain reading of stream files: what docs/streams.md says, as short as it can be said. The index must agree."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
Row = tuple[float, float, float]


@dataclass(slots=True)
class PlainFile:
    """A stream file as far as it was read.

    Attributes:
        name: Its path in the streams folder.
        taken: What was read.
        stuck: It no longer holds what was read, which is then all there is.
        over: It was read to the end of its run's process, and nothing had come for a while: it is read no more.
    """

    name: str
    taken: bytes = b""
    stuck: bool = False
    over: bool = False

    @property
    def run(self) -> str | None:
        folder = self.name.split("/")[0]
        return None if folder.startswith("_") else folder

    def read(self, content: bytes, *, calm: bool = False) -> None:
        """Take what was appended, up to the last whole line."""
        if self.over:
            return
        self.stuck = self.stuck or not content.startswith(self.taken)
        if not self.stuck:
            self.taken = content[: content.rfind(b"\n") + 1]
            self.over = calm and self.run is not None and self.ending() is not None

    def lines(self) -> list[tuple[int, dict[str, Any] | None]]:
        """(place, record) of each line that is not empty; None for one that is no record."""
        found: list[tuple[int, dict[str, Any] | None]] = []
        place = 0
        for line in self.taken.split(b"\n"):
            if line.strip():
                found.append((place, _record(line)))
            place += len(line) + 1
        return found

    def records(self) -> list[tuple[int, dict[str, Any]]]:
        return [(place, record) for place, record in self.lines() if record is not None]

    def ending(self) -> str | None:
        """The status of its last `end` record."""
        return next(
            (record["status"] for _, record in reversed(self.records()) if record["type"] == "end"), None
        )

    def facts(self) -> dict[str, Any]:
        """What its `run` records say together."""
        facts: dict[str, Any] = {}
        for _, record in self.records():
            if record["type"] == "run":
                facts |= record
        return facts


@dataclass(slots=True)
class PlainRun:
    """What a run comes to. `series` by name and rank: (step, ts, value) in the order written."""

    bad: int = 0
    problems: int = 0
    last_seen: float = -math.inf
    series: dict[tuple[str, int], list[Row]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    remark: str = ""
    endings: list[str] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)


def plain_runs(files: Iterable[PlainFile]) -> dict[str, PlainRun]:
    """All runs of which a whole line was read, with what their own files and the edits say."""
    known = sorted(files, key=lambda file: file.name)
    runs = {file.run: PlainRun() for file in known if file.run is not None and file.taken}
    told: list[tuple[float, str, int, str]] = []
    settings: list[tuple[bool, float, str, int, str, dict[str, Any]]] = []
    for file in sorted(known, key=_order):
        run = runs.get(file.run) if file.run is not None else None
        if run is not None:
            run.bad += sum(record is None for _, record in file.lines())
            run.problems += file.stuck
            run.endings += [status] if (status := file.ending()) is not None else []
            _add_points(run, file)
        newest = -math.inf
        for place, record in file.records():
            newest = max(newest, record["ts"])
            if run is not None:
                run.last_seen = max(run.last_seen, newest)
            if record["type"] == "note" and file.run is not None:
                told.append((record["ts"], file.name, place, record["text"]))
            subject = file.run or record.get("run")
            if record["type"] == "set" and subject in runs:
                # A later place in a file is later, also where its clock was set back in between.
                settings.append((file.run is None, newest, file.name, place, subject, record))
    for _, name, _, words in sorted(told):
        runs[name.split("/")[0]].notes.append(words)
    for *_, subject, record in sorted(
        settings, key=lambda one: one[:4]
    ):  # edits over streams, later over earlier
        _set(runs[subject], record)
    return runs


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("type"), str) else None


def _order(file: PlainFile) -> tuple[int, float, str]:
    """Segments of one series follow one another by attempt, then by the time of the first record in their file."""
    first = next((record["ts"] for _, record in file.records()), 0.0)
    return int(file.facts().get("attempt", 1)), first, file.name


def _add_points(run: PlainRun, file: PlainFile) -> None:
    """A step that is none is the number of the point in its file."""
    rank = int(file.facts().get("rank", 0))
    counts: dict[str, int] = {}
    for _, record in file.records():
        if record["type"] == "metrics":
            for name, value in record["values"].items():
                number = counts.get(name, 0)
                counts[name] = number + 1
                step = number if record["step"] is None else record["step"]
                row = (step, record["ts"], SPECIAL[value] if isinstance(value, str) else float(value))
                run.series.setdefault((name, rank), []).append(row)


def _set(run: PlainRun, record: dict[str, Any]) -> None:
    run.remark = record.get("notes", run.remark)
    run.summary |= record.get("summary", {})
    run.tags -= set(record.get("tags_remove", ()))  # a tag that a record both adds and removes is there
    run.tags |= set(record.get("tags_add", ()))
