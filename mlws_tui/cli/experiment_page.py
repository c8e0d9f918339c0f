"""Experiments as tables, as a page to read, and as the JSON documents that scripts read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from mlws_tui.cli.documents import iso, run_document
from mlws_tui.cli.tables import Column, cut, table
from mlws_tui.domain import runtokens, shellwords
from mlws_tui.domain.endings import word
from mlws_tui.domain.events import plain
from mlws_tui.domain.experiments import Comparison, Experiment, ExperimentPage, Kin, best_of
from mlws_tui.domain.figures import age, duration, figure
from mlws_tui.domain.metricnames import by_importance, result
from mlws_tui.domain.runs import Run
from mlws_tui.domain.sweeps import Sweep, best_first, sweep
from mlws_tui.domain.text import cell_width, safe_text

_RUNS_SHOWN = 20
#: Cells that a list gives to a name: one long one must not cost all the other columns.
_NAME = 36
_NARROWEST, _GAP = 8, 2
_VALUE = 24  # cells of a setting that is a text


def document(experiment: Experiment, runs: int | None = None) -> dict[str, Any]:
    """EXP: what lists hold of an experiment. `runs` counts its runs."""
    told: dict[str, Any] = plain(
        {
            "id": experiment.id,
            "name": experiment.name,
            "base_model": experiment.base_model,
            "method": experiment.method,
            "description": experiment.description,
            "status": experiment.status,
            "tags": experiment.tags,
            "config": experiment.config,
            "metrics": experiment.metrics,
            "best_checkpoint": experiment.best_checkpoint,
            "parent": experiment.parent_experiment_id or None,
            "created": iso(experiment.created_at.timestamp()),
            "updated": iso(experiment.updated_at.timestamp()),
            "implicit": experiment.implicit,
            "deleted": experiment.deleted,
        }
    )
    return told if runs is None else {**told, "run_count": runs}


def page_document(experiment: Experiment, runs: Sequence[Run], kin: Kin, now: float) -> dict[str, Any]:
    """EXP with its runs, the best value of each metric, and where it comes from."""
    best = {
        name: {"value": found.value, "run": found.run} for name, found in best_of(runs).items() if found.sure
    }
    return {
        **document(experiment, len(runs)),
        "runs": [run_document(run, now) for run in runs],
        "best": plain(best),
        "lineage": [{"relation": relation, "id": id, "name": name} for relation, id, name in _relations(kin)],
    }


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Experiments side by side."""
    told: dict[str, Any] = plain(
        {
            "config": comparison.config,
            "metrics": comparison.metrics,
            "differs": comparison.differs,
            "best": comparison.best,
        }
    )
    return {"experiments": [document(one) for one in comparison.experiments], **told}


def rows(page: ExperimentPage, now: float, width: int) -> list[str]:
    """The table of a list, for a terminal."""
    shown = page.experiments
    if not shown:
        return []
    return table(
        [
            Column("NAME", [cut(safe_text(one.name), _NAME).rstrip() for one in shown]),
            Column("STATUS", [safe_text(one.status) + " (deleted)" * one.deleted for one in shown]),
            Column("RUNS", [str(page.runs.get(one.id, 0)) for one in shown], right=True),
            Column("RESULT", [" ".join(filter(None, _result(one))) for one in shown], drop=2),
            Column("MODEL", [safe_text(one.base_model) for one in shown], drop=5),
            Column("METHOD", [safe_text(one.method) for one in shown], drop=6),
            Column("TAGS", [safe_text(", ".join(one.tags)) for one in shown], drop=7),
            Column("CREATED", [age(now - one.created_at.timestamp()) for one in shown], drop=1, right=True),
            Column("ID", [safe_text(one.id) for one in shown], drop=4),
        ],
        width,
    )


def lines(page: ExperimentPage) -> list[str]:
    """For a pipe: id, status, when it was made, runs, main metric and its value, tags, model, method, name."""
    return [
        "\t".join(
            map(
                safe_text,
                (
                    one.id,
                    one.status,
                    iso(one.created_at.timestamp()) or "",
                    str(page.runs.get(one.id, 0)),
                    *_result(one, exactly=True),
                    ",".join(one.tags),
                    one.base_model,
                    one.method,
                    one.name,
                ),
            )
        )
        for one in page.experiments
    ]


def page(experiment: Experiment, runs: Sequence[Run], kin: Kin, now: float, width: int) -> list[str]:
    """What is known of an experiment, line by line; safe for a terminal. `width`: columns that its runs may take."""
    return list(_page(experiment, runs, kin, now, width))


def _page(experiment: Experiment, runs: Sequence[Run], kin: Kin, now: float, width: int) -> Iterator[str]:
    beside = sweep(runs, now)
    yield f"{safe_text(experiment.name)}  {safe_text(beside.standing(experiment.status))}".rstrip()
    facts: list[tuple[str, object]] = [
        ("id", experiment.id),
        ("made", "by its runs" if experiment.implicit else iso(experiment.created_at.timestamp())),
        ("updated", iso(experiment.updated_at.timestamp())),
        ("model", experiment.base_model),
        ("method", experiment.method),
        ("about", experiment.description),
        ("tags", ", ".join(experiment.tags)),
        ("checkpoint", experiment.best_checkpoint),
    ]
    for label, value in facts:
        if value not in (None, ""):
            yield f"  {label:<11} {safe_text(str(value))}"
    for relation, id, name in _relations(kin):
        yield f"  {relation:<11} {safe_text(name)}  {safe_text(id)}"
    for key, value in experiment.config.items():
        yield f"  config      {safe_text(str(key))} = {safe_text(_told(value))}"
    for name in by_importance(experiment.metrics):
        yield f"  result      {safe_text(name)}  {_figure(experiment.metrics[name])}"
    best = best_of(runs)
    for name in by_importance(best):
        label = "best" if best[name].sure else "last"
        yield f"  {label}        {safe_text(name)}  {figure(best[name].value, 5)}  in {best[name].run}"
    states = Counter(run.state.value for run in runs)
    counted = ", ".join(f"{count} {state}" for state, count in states.most_common())
    yield f"  runs        {counted or 'none yet'}"
    yield from (f"    {line}" for line in _runs(beside, now, width - 4))
    if len(runs) > _RUNS_SHOWN:
        which = shellwords.quote(f"experiment={runtokens.quote(experiment.name)}")
        yield f"    and {len(runs) - _RUNS_SHOWN} more: mlws-tui runs list --filter {which}"


def _runs(beside: Sweep, now: float, width: int) -> list[str]:
    """The runs as a table, the best first: the settings in which they differ, and the metric that tells most."""
    shown = best_first(beside)[:_RUNS_SHOWN]
    if not shown:
        return []
    best = beside.best.get(beside.main or "")
    columns = [
        Column("STATE", [word(row.run) for row in shown]),
        Column("NAME", [cut(safe_text(row.run.name), _NAME).rstrip() for row in shown]),
    ]
    for place, column in enumerate(beside.columns):
        if column.kind == "config":
            settings = [_setting(row.values[place]) for row in shown]
            columns.append(Column(safe_text(column.key), settings, drop=place + 3))
        elif column.key == beside.main:
            values = [row.values[place] for row in shown]
            cells = ["–" if not isinstance(value, float | int) else figure(value, 4) for value in values]
            marks = ["*" if best is not None and row.run.id == best.run else " " for row in shown]
            marked = [f"{cell} {mark}" for cell, mark in zip(cells, marks, strict=True)]
            columns.append(Column(f"{safe_text(column.key)}  ", marked, right=True))
    times = [duration(row.run.duration(now)) for row in shown]
    columns.append(Column("TIME", times, drop=2, right=True))
    columns.append(Column("ID", [row.run.id for row in shown], drop=1))
    return table(columns, width)


def _setting(value: float | str | None) -> str:
    if value is None:
        return "–"
    return cut(safe_text(value), _VALUE).rstrip() if isinstance(value, str) else f"{value:g}"


def side_by_side(comparison: Comparison, width: int | None, *, everything: bool) -> list[str]:
    """A table with a column for each experiment; tab-separated where there is no width."""
    shown = comparison.experiments
    keys = comparison.config if everything else comparison.differs
    told: list[tuple[str, list[str]]] = [
        ("id", [one.id for one in shown]),
        ("status", [one.status for one in shown]),
        ("model", [one.base_model for one in shown]),
        ("method", [one.method for one in shown]),
        *((key, [_told(value) for value in comparison.config[key]]) for key in keys),
    ]
    for name in by_importance(comparison.metrics):
        best = comparison.best.get(name)
        values = [_figure(value, exactly=width is None) for value in comparison.metrics[name]]
        marked = [f"{value} *" if place == best else value for place, value in enumerate(values)]
        told.append((name, values if width is None else marked))
    cells = [[safe_text(label), *map(safe_text, values)] for label, values in told]
    heads = ["", *(safe_text(one.name) for one in shown)]
    if width is None:
        return ["\t".join(row) for row in (heads, *cells)]
    labels = max(cell_width(row[0]) for row in cells)
    room = max(_NARROWEST, (width - labels) // len(shown) - _GAP)
    columns = [
        Column(cut(head, room).rstrip(), [cut(row[i], room).rstrip() for row in cells])
        for i, head in enumerate(heads[1:], 1)
    ]
    return table([Column("", [row[0] for row in cells]), *columns], width)


def _relations(kin: Kin) -> list[tuple[str, str, str]]:
    """(relation, id, name): the parent, those above it, and what was forked from it."""
    above = [("parent" if i == 0 else "ancestor", *one) for i, one in enumerate(kin.ancestors)]
    return above + [("fork", *one) for one in kin.forks]


def _result(experiment: Experiment, *, exactly: bool = False) -> tuple[str, str]:
    """The metric that tells best how it came out, and its value; empty where there is none."""
    name = result(experiment.metrics)
    if name is None:
        return "", ""
    return safe_text(name), safe_text(_figure(experiment.metrics[name], exactly=exactly))


def _figure(value: object, *, exactly: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value) if exactly else figure(value, 5)
    return _told(value)


def _told(value: object) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
