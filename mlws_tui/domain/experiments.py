"""An experiment as people speak of it: what records make of it, how it is forked and how several compare."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from mlws_tui.domain.events import decode_number, encode_number, run_id
from mlws_tui.domain.metricdirection import lower_is_better as lower_is_better
from mlws_tui.domain.runs import Run, RunState

CREATED = "created"
#: Of a run that nothing was logged to yet.
PENDING = "pending"
#: Fields that are simply the last value that was set.
_PLAIN = ("name", "base_model", "method", "description", "status", "best_checkpoint", "parent")
#: By what lists can be ordered; with ``-`` before it, the largest first.
ORDERS = ("created", "updated", "name", "status")
_IMPLICIT = "name"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: (field, key, value) of a ``set`` record; a tag's value is its place in the record, 0 where it is taken off.
Setting = tuple[str, str, Any]


@dataclass(frozen=True, slots=True)
class Experiment:
    """What was tried and how it came out; its runs are asked for apart.

    Attributes:
        id: Given out once and for ever; ``name:…`` for one that only its runs name.
        parent_experiment_id: The one that it was forked from, empty where it was not.
        created_at: Aware, UTC; of an implicit one, when its first run began.
        updated_at: When something was last set.
        deleted: Whether it was deleted; it can be restored.
        implicit: Whether nobody made it: runs name it.
    """

    id: str
    name: str
    base_model: str
    method: str
    description: str
    tags: list[str]
    config: dict[str, Any]
    metrics: dict[str, Any]
    best_checkpoint: str
    parent_experiment_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    deleted: bool = False
    implicit: bool = False


@dataclass(frozen=True, slots=True)
class ExperimentRun:
    """A run of an experiment.

    Attributes:
        status: ``pending`` until a process logs to it, then ``running``, ``completed``, ``failed``, ``stopped``,
            ``crashed`` or ``lost``.
        started_at: When its first process began; None while it is pending.
        metrics: The last value of each metric (rank 0).
    """

    id: str
    experiment_id: str
    config: dict[str, Any]
    status: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExperimentQuery:
    """Which experiments a list asks for. `tag` fits exactly; each word of `text` is looked for in what they say.

    `order` is one of ORDERS, the largest first with ``-`` before it.
    """

    limit: int = 50
    offset: int = 0
    status: str | None = None
    tag: str | None = None
    text: str = ""
    order: str = "-created"
    include_deleted: bool = False


@dataclass(frozen=True, slots=True)
class ExperimentPage:
    """One page of a list, how many there are in all, and how many runs each of the page has."""

    experiments: tuple[Experiment, ...]
    total: int
    runs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Best:
    """The best value of a metric in several runs, and which run had it.

    Where the name does not tell what is better, it is the last value of the newest run that has one, and not `sure`.
    """

    value: float
    run: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Kin:
    """(id, name) of those that an experiment was forked from, the nearest first, and of those forked from it."""

    ancestors: tuple[tuple[str, str], ...] = ()
    forks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Experiments side by side; each list has one place for each of them, None where it has no such key.

    Attributes:
        differs: Keys of the configs in which they differ.
        best: Of each metric, which place has the best value; left out where the name does not tell what is better.
    """

    experiments: tuple[Experiment, ...]
    config: Mapping[str, Sequence[Any]]
    metrics: Mapping[str, Sequence[Any]]
    differs: tuple[str, ...]
    best: Mapping[str, int]


def new_id(name: str, when: float, random: bytes) -> str:
    """``exp-20241019-143000-lora-3f2a9c01``: the local time, the name, and bits that no other one has."""
    return f"exp-{run_id(name, when)}-{random.hex()}"


def implicit_id(name: str, nth: int = 1) -> str:
    """Id of the experiment that runs name and nobody made; from the second on where older ones are deleted."""
    return f"{_IMPLICIT}:{name}" if nth < 2 else f"{_IMPLICIT}#{nth}:{name}"


def implied_name(experiment: str) -> str | None:
    """The name in an id that `implicit_id` gives; None for other ids."""
    kind, colon, name = experiment.partition(":")
    return name if colon and kind.partition("#")[0] == _IMPLICIT else None


def fold(record: Mapping[str, Any], settings: Iterable[Setting]) -> dict[str, Any]:
    """The fields of an experiment: what its first record says, then what was set, in the order given.

    What is of the wrong type is passed over.
    """
    config, metrics = mapping(record.get("config")), mapping(record.get("metrics"))
    fields: dict[str, Any] = {name: text(record.get(name)) or "" for name in _PLAIN}
    fields["status"] = fields["status"] or CREATED
    tags = dict.fromkeys(texts(record.get("tags")))
    for name, key, value in settings:
        if name == "config":
            config[key] = value
        elif name == "metrics":
            metrics[key] = value
        elif name == "tags":
            tags.pop(key, None)
            if value:
                tags[key] = None
        elif name == "deleted":
            fields["deleted"] = value is True
        elif name in _PLAIN and isinstance(value, str) and (value or name != "name"):
            fields[name] = value
    kept = {name: value for name, value in metrics.items() if value is not None}
    return {**fields, "tags": list(tags), "config": config, "metrics": kept}


def experiment_of(
    id: str, fields: Mapping[str, Any], created: float, updated: float, *, implicit: bool = False
) -> Experiment:
    """The experiment of fields that `fold` gave.

    Args:
        id: Its id.
        fields: What `fold` gave.
        created: Unix seconds.
        updated: Unix seconds.
        implicit: Whether only runs name it.
    """
    return Experiment(
        id=id,
        name=fields["name"] or id,
        base_model=fields["base_model"],
        method=fields["method"],
        description=fields["description"],
        tags=list(fields["tags"]),
        config=dict(fields["config"]),
        metrics={name: _metric(value) for name, value in fields["metrics"].items()},
        best_checkpoint=fields["best_checkpoint"],
        parent_experiment_id=fields["parent"],
        status=fields["status"],
        created_at=moment(created),
        updated_at=moment(updated),
        deleted=fields.get("deleted") is True,
        implicit=implicit,
    )


def record_of(experiment: Experiment) -> dict[str, Any]:
    """The ``experiment`` record that makes it, but for its time."""
    return {
        "type": "experiment",
        "id": experiment.id,
        "name": experiment.name,
        "base_model": experiment.base_model,
        "method": experiment.method,
        "description": experiment.description,
        "tags": list(experiment.tags),
        "config": dict(experiment.config),
        "parent": experiment.parent_experiment_id,
    }


def revised(experiment: Experiment, settings: Iterable[Setting], when: float) -> Experiment:
    """The experiment after a ``set`` record of that time (Unix seconds)."""
    metrics = {name: _raw(value) for name, value in experiment.metrics.items()}
    told = {
        **record_of(experiment),
        "status": experiment.status,
        "best_checkpoint": experiment.best_checkpoint,
        "metrics": metrics,
    }
    first: Setting = ("deleted", "", experiment.deleted)
    fields = fold(told, [first, *settings])
    return replace(experiment_of(experiment.id, fields, 0.0, when), created_at=experiment.created_at)


def experiment_run(run: Run, experiment: str, written: float | None, begun: float | None) -> ExperimentRun:
    """A run of an experiment.

    Args:
        run: The run.
        experiment: Id of the experiment.
        written: When it was first written of (Unix seconds), where that is known.
        begun: When its first process began, None where none did.
    """
    pending = run.state is RunState.CREATED
    started = run.started if begun is None and not pending else begun
    return ExperimentRun(
        id=run.id,
        experiment_id=experiment,
        config=dict(run.config),
        status=PENDING if pending else run.state.value,
        created_at=moment(written if written is not None else run.started or 0.0),
        started_at=None if started is None else moment(started),
        ended_at=None if run.ended is None else moment(run.ended),
        metrics={name: latest.last for name, latest in run.latest.items()},
    )


def best_of(runs: Iterable[Run]) -> dict[str, Best]:
    """The best value of each metric (rank 0) in these runs, which come newest first."""
    found: dict[str, Best] = {}
    for run in runs:
        for name, latest in run.latest.items():
            lower = lower_is_better(name)
            value = latest.last if lower is None else latest.min if lower else latest.max
            known = found.get(name)
            if value is None or value != value:
                continue
            if known is None or (
                lower is not None and (value < known.value if lower else value > known.value)
            ):
                found[name] = Best(value, run.id, lower is not None)
    return found


def compare(experiments: Sequence[Experiment]) -> Comparison:
    """The experiments side by side, in the order given."""
    config = _beside([one.config for one in experiments])
    metrics = _beside([one.metrics for one in experiments])
    differs = tuple(key for key in config if _differ([one.config for one in experiments], key))
    best = {name: place for name, values in metrics.items() if (place := _best(name, values)) is not None}
    return Comparison(tuple(experiments), config, metrics, differs, best)


def moment(ts: float) -> datetime:
    """Unix seconds as an aware time in UTC; what no calendar has comes out as its nearest."""
    try:
        return datetime.fromtimestamp(ts, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC) if ts > 0 else _EPOCH


def text(value: object) -> str | None:
    """The value if it is a text with something in it."""
    return value if isinstance(value, str) and value else None


def texts(value: object) -> list[str]:
    """The texts in the value if it is a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def mapping(value: object) -> dict[str, Any]:
    """A copy of the value if it is a mapping, else an empty one."""
    return dict(value) if isinstance(value, Mapping) else {}


def _metric(value: object) -> Any:
    """NaN and the infinities come out of their names as figures."""
    if isinstance(value, str):
        try:
            return decode_number(value)
        except ValueError:
            return value
    return value


def _raw(value: object) -> Any:
    return encode_number(value) if isinstance(value, float) else value


def _beside(mappings: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    keys = dict.fromkeys(key for one in mappings for key in one)
    return {key: [one.get(key) for one in mappings] for key in keys}


def _differ(mappings: Sequence[Mapping[str, Any]], key: str) -> bool:
    """Whether the key has two values, or is missing in one of them."""
    values = [one[key] for one in mappings if key in one]
    return len(values) < len(mappings) or any(value != values[0] for value in values)


def _best(name: str, values: Sequence[Any]) -> int | None:
    """The place of the best figure; None where it cannot be told, or there is but one."""
    lower = lower_is_better(name)
    figures = [
        (value, place)
        for place, value in enumerate(values)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    ]
    if lower is None or len(figures) < 2:
        return None
    best = min(figures)[0] if lower else max(figures)[0]
    return next(place for value, place in figures if value == best)
