"""From what was found in a log's text to records of the stream format."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from mlws_tui.domain.chunks import PointColumn
from mlws_tui.domain.events import encode_number, is_time, plain
from mlws_tui.domain.extraction import Extracted, Fact, ProgressSeen, Sample

Records = list[tuple[int, dict[str, Any]]]

#: Facts of which a run has one field each.
_FIELDS = ("model", "dataset")
_FILES = {"checkpoint": "checkpoint", "saved": "results"}
_LONGEST = 2000  # characters of a text that is kept of a fact
_MOST = 50  # names of a kind
_MAX_STEP = 2.0**63
_offset = attrgetter("offset")


@dataclass(slots=True)
class Memory:
    """What is remembered between two pieces of a log, beside the extractor's own state; it is kept as JSON.

    Attributes:
        text: The extractor's state.
        begun: When the run began (Unix s): the time of what tells none.
        clock: The last time that the text told; None before it told one.
        pos: The highest place that a record was given.
        warnings: How many warnings were told.
        errors: How many errors were told.
        durations: Seconds by what took so long.
        grew: Whether the log was seen to grow.
    """

    text: dict[str, Any] = field(default_factory=dict)
    begun: float = 0.0
    clock: float | None = None
    pos: int = -1
    warnings: int = 0
    errors: int = 0
    durations: dict[str, float] = field(default_factory=dict)
    grew: bool = False


def records_of(
    extracted: Extracted, memory: Memory, arrived: float | None
) -> tuple[Records, list[PointColumn]]:
    """The records of a piece of text, in its order, and its values. What is remembered of the log goes on with it.

    Args:
        extracted: What was found in the piece.
        memory: Of this log.
        arrived: When the piece was written, where somebody looked on (Unix s): the time of lines that tell none.
    """
    records: Records = []
    columns: dict[str, PointColumn] = {}
    told: dict[str, Any] = {}
    found: list[Sample | Fact | ProgressSeen] = [*extracted.samples, *extracted.facts]
    found += [extracted.progress] if extracted.progress is not None else []
    found.sort(key=_offset)
    known: float | None = None  # a time that was looked at already: the values of a line have one
    ts = 0.0
    for one in found:
        if one.ts is None or one.ts != known:
            ts = _time(one.ts, memory, arrived)
            known = one.ts
        if isinstance(one, Sample):
            column = columns.get(one.name)
            if column is None:
                column = columns[one.name] = PointColumn(one.name)
            column.steps.append(_step(one.step))
            column.ts.append(ts)
            column.values.append(one.value)
        elif isinstance(one, ProgressSeen):
            records.append((one.offset, _progress(one, ts)))
        elif one.kind in _FILES:
            memory.pos = max(memory.pos + 1, one.offset)
            file = {"path": _text(one.value), "kind": _FILES[one.kind], "told": "log"}
            records.append((memory.pos, {"type": "artifact", "ts": ts, **file}))
        else:
            _take(one, told, memory)
    if told:
        records.append((memory.pos, {"type": "run", "ts": _time(None, memory, arrived), **told}))
    return records, list(columns.values())


def ended_at(memory: Memory, written: float, *, whole: bool) -> float:
    """When a program ended, by its log (Unix s): no later than what of it is read tells, until all of it is.

    Args:
        memory: Of this log.
        written: When it was written last.
        whole: Whether all of it is read.
    """
    if memory.clock is not None:
        return memory.clock
    return written if whole else memory.begun


def _step(step: float | None) -> int | float | None:
    """As the index can hold it; None where only the order is known."""
    if step is None or not -_MAX_STEP < step < _MAX_STEP:
        return None
    whole = int(step)
    return whole if whole == step else step


def _time(told: float | None, memory: Memory, arrived: float | None) -> float:
    """Of a line: what it tells, else when it came, else the last time before it."""
    if told is not None and is_time(told):
        memory.clock = told
        return told
    if arrived is not None:
        return arrived
    return memory.begun if memory.clock is None else memory.clock


def _progress(seen: ProgressSeen, ts: float) -> dict[str, Any]:
    told = {"step": seen.step, "total": seen.total, "epoch": seen.epoch, "epochs": seen.epochs}
    known = {name: encode_number(value) for name, value in told.items() if value is not None}
    return {"type": "progress", "ts": ts, **known}


def _take(fact: Fact, told: dict[str, Any], memory: Memory) -> None:
    """Add a fact to the record of facts: what is said later holds."""
    beside = told.setdefault("told", {})
    if fact.kind in _FIELDS:
        told[fact.kind] = _text(fact.value)
    elif fact.kind == "config" and isinstance(fact.value, dict):
        told.setdefault("config", {}).update(plain(fact.value))
    elif fact.kind == "seed":
        told.setdefault("config", {})["seed"] = plain(fact.value)
    elif fact.kind == "result":
        told.setdefault("summary", {})[_text(fact.name)] = plain(fact.value)
    elif fact.kind == "duration":
        if len(memory.durations) < _MOST and isinstance(fact.value, int | float):
            memory.durations[_text(fact.name) or "run"] = float(fact.value)
        beside["durations"] = dict(memory.durations)
    elif fact.kind == "warning":
        memory.warnings += 1
        beside |= {"warnings": memory.warnings, "last_warning": _sentence(fact)}
    elif fact.kind == "error":
        memory.errors += 1
        beside |= {"errors": memory.errors, "last_error": _sentence(fact)}
    else:
        name = f"{fact.kind} {fact.name}".strip() if fact.kind == "memory" else fact.kind
        beside[_text(name)] = plain(fact.value) if not isinstance(fact.value, str) else _text(fact.value)
    if not beside:
        del told["told"]


def _sentence(fact: Fact) -> str:
    """A warning or an error as Python prints it."""
    said = _text(fact.value)
    return f"{_text(fact.name)}: {said}" if fact.name and not said.startswith(fact.name) else said


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
