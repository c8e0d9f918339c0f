"""What an export holds, in each format, against a plain reading of the streams."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.export import Request, Selection
from mlws_tui.services.workspace import init
from tests.export.kit import FORMATS, exported, logged, points, rows
from tests.runs.kit import HOSTILE, alive, begun, ended, metrics, record

DONE, LIVE, OLD = "20241019-143000-sentiment", "20241020-090000-llama-ft", "20240101-000000-old"
each_format = pytest.mark.parametrize("kind", FORMATS)


@pytest.fixture(autouse=True)
def _pyarrow(request: pytest.FixtureRequest) -> None:
    if "kind" in request.fixturenames and request.getfixturevalue("kind") == "parquet":
        pytest.importorskip("pyarrow")


def _record_runs(workspace: Workspace) -> None:
    record(
        workspace,
        DONE,
        begun(
            DONE,
            1729348200.0,
            config={"lr": 1e-4, "odd": math.nan},
            tags=["base", "=1+1"],
            experiment="reviews",
        ),
        *(metrics(step, 1729348200.0 + step, loss=2 / step, acc=step / 100) for step in range(1, 101)),
        metrics(101, 1729348301.0, loss="NaN", acc="-Infinity"),
        metrics(2**53 + 1, 1729348302.0, loss="Infinity"),
        {"type": "artifact", "ts": 1729348302.0, "path": "best.pt", "kind": "checkpoint", "bytes": 5},
        {"type": "event", "ts": 1729348303.0, "name": "tool", "data": {"latency": 0.5, "text": 'a\r\nb"c'}},
        {"type": "alert", "ts": 1729348304.0, "level": "warn", "title": "slow", "text": "very"},
        ended(
            1729349564.0,
            "failed",
            exit_code=2**70,
            error={"type": "E", "message": HOSTILE, "traceback": "x\ny"},
        ),
    )
    record(
        workspace,
        DONE,
        begun(DONE, 1729348200.5, rank=1),
        metrics(1, 1729348203.0, loss=9),
        file="gpu1-2-bb.jsonl",
    )
    record(
        workspace,
        DONE,
        begun(DONE, 1729349600.0, attempt=2),
        metrics(1, 1729349601.0, loss=0.5),
        ended(1729349602.0, exit_code=0),
        file="gpu1-3-cc.jsonl",
    )
    record(
        workspace,
        LIVE,
        begun(LIVE, 1729400000.0, name=HOSTILE, **alive()),
        metrics(1.5, 1729400001.0, loss=1),
    )
    record(workspace, OLD, begun(OLD, 1704067200.0, name="-rf"))


@each_format
async def test_everything_is_there(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    _record_runs(workspace)
    done = await exported(workspace, tmp_path / "out", Request(kind))
    assert done.path == tmp_path / "out" and done.rows == {
        "runs": 3, "metrics": 206, "events": 3, "experiments": 1,
    }  # fmt: skip
    found = rows(tmp_path / "out", "metrics")
    assert points(found) == logged(workspace.streams)
    old, run, live = rows(tmp_path / "out", "runs")
    assert (old["id"], old["name"], old["state"]) == (OLD, "-rf", "crashed")
    assert (run["state"], run["attempt"], run["ranks"], run["exit_code"]) == ("completed", 2, 1, 0)
    assert run["tags"] == ["base", "=1+1"] and run["config"] == {"lr": 1e-4, "odd": "NaN"}
    assert run["latest"]["loss"] == {
        "last": 0.5, "step": 1, "ts": 1729349601.0, "min": 2 / 100, "max": 2.0, "mean": pytest.approx(0.1086, abs=1e-3),
        "count": 103,
    }  # fmt: skip
    (experiment,) = rows(tmp_path / "out", "experiments")
    assert (experiment["id"], experiment["name"], experiment["implicit"]) == (
        run["experiment_id"],
        "reviews",
        True,
    )
    assert (live["name"], live["state"], live["ended"]) == (HOSTILE, "running", None)


@each_format
async def test_a_series_is_in_the_order_written(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    _record_runs(workspace)
    await exported(workspace, tmp_path / "out", Request(kind, ("metrics",)))
    found = rows(tmp_path / "out", "metrics")
    loss = [row for row in found if (row["run"], row["rank"], row["name"]) == (DONE, 0, "loss")]
    assert [row["seq"] for row in loss] == list(range(103))
    assert [row["step"] for row in loss][-3:] == [101, pytest.approx(2**53 + 1), 1]
    assert [row["attempt"] for row in loss] == [1] * 102 + [2]
    assert {row["source"] for row in found} == {"sdk"}
    other = [row for row in found if row["rank"] == 1]
    assert [(row["seq"], row["value"]) for row in other] == [(0, 9.0)]
    assert [child.name for child in sorted((tmp_path / "out").iterdir())] == [
        "manifest.json",
        f"metrics.{kind}",
    ]


@each_format
async def test_events_alerts_and_artifacts(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    _record_runs(workspace)
    await exported(workspace, tmp_path / "out", Request(kind, ("events",)))
    found = rows(tmp_path / "out", "events")
    assert [(row["type"], row["name"], row["ts"]) for row in found] == [
        ("artifact", "best.pt", 1729348302.0),
        ("event", "tool", 1729348303.0),
        ("alert", "slow", 1729348304.0),
    ]
    assert found[1]["data"] == {"latency": 0.5, "text": 'a\r\nb"c'}
    assert {row["run"] for row in found} == {DONE} and {row["rank"] for row in found} == {0}


@each_format
async def test_what_is_no_64_bit_number_is_none(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    record(workspace, DONE, begun(DONE, 1.0), ended(2.0, "failed", exit_code=-(2**63)))
    record(workspace, LIVE, begun(LIVE, 1.0), ended(2.0, "failed", exit_code=2**63))
    await exported(workspace, tmp_path / "out", Request(kind, ("runs",)))
    found = {row["id"]: row for row in rows(tmp_path / "out", "runs")}
    assert (found[DONE]["exit_code"], found[LIVE]["exit_code"]) == (-(2**63), None)


@each_format
async def test_a_workspace_without_runs(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    done = await exported(workspace, tmp_path / "out", Request(kind))
    assert set(done.rows.values()) == {0}
    assert all(rows(tmp_path / "out", table) == [] for table in done.rows)


def _names(folder: Path) -> set[str]:
    return {row["id"] for row in rows(folder, "runs")}


async def test_conditions(workspace: Workspace, tmp_path: Path) -> None:
    _record_runs(workspace)
    cases: list[tuple[Selection, set[str]]] = [
        (Selection(), {OLD, DONE, LIVE}),
        (Selection(runs=(DONE, OLD)), {DONE, OLD}),
        (Selection(runs=()), set()),
        (Selection(experiment="reviews"), {DONE}),
        (Selection(experiment="name:reviews"), {DONE}),
        (Selection(since=1729348200.0), {DONE, LIVE}),
        (Selection(since=1729348200.6), {LIVE}),
        (Selection(runs=(DONE, OLD), since=1729348200.0), {DONE}),
    ]
    for number, (selection, expected) in enumerate(cases):
        done = await exported(
            workspace, folder := tmp_path / f"out-{number}", Request("jsonl", selection=selection)
        )
        assert _names(folder) == expected, selection
        assert {row["run"] for row in rows(folder, "metrics")} == expected - {OLD}
        assert {row["run"] for row in rows(folder, "events")} == expected & {DONE}
        assert done.manifest["filters"]["experiment"] == selection.experiment


async def test_deleted_runs_only_where_they_are_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    _record_runs(workspace)
    record(
        workspace,
        "_edits",
        {"type": "set", "ts": 2e9, "by": "ada", "run": DONE, "deleted": True},
        file="h.jsonl",
    )
    record(
        workspace,
        "_edits",
        {"type": "set", "ts": 2e9, "by": "ada", "run": OLD, "archived": True},
        file="h.jsonl",
    )
    for number, (selection, expected) in enumerate(
        [
            (Selection(), {OLD, LIVE}),
            (Selection(deleted=True), {OLD, LIVE, DONE}),
            (Selection(runs=(DONE,)), {DONE}),
        ]
    ):
        await exported(workspace, folder := tmp_path / f"out-{number}", Request(selection=selection))
        assert _names(folder) == expected
    assert [row["deleted"] for row in rows(folder, "runs")] == [True]


async def test_experiments_that_people_made(workspace: Workspace, tmp_path: Path) -> None:
    made = {
        "type": "experiment",
        "ts": 1.0,
        "id": "exp-1",
        "name": "lora",
        "base_model": "llama",
        "config": {"r": 8},
    }
    set_ = {
        "type": "set",
        "ts": 2.0,
        "by": "ada",
        "experiment": "exp-1",
        "metrics": {"acc": "NaN"},
        "tags_add": ["x"],
    }
    gone = [{**made, "id": "exp-2", "ts": 3.0}, {**set_, "experiment": "exp-2", "ts": 4.0, "deleted": True}]
    record(workspace, "_edits", made, set_, *gone, file="h.jsonl")
    record(workspace, DONE, begun(DONE, 10.0, experiment="exp-1"))
    record(workspace, OLD, begun(OLD, 11.0))
    cases: list[tuple[Selection, list[str]]] = [
        (Selection(), ["exp-1"]),
        (Selection(deleted=True), ["exp-1", "exp-2"]),
        (Selection(runs=(DONE,)), ["exp-1"]),
        (Selection(runs=(OLD,)), []),
        (Selection(experiment="lora"), ["exp-1"]),
        (Selection(experiment="lora", deleted=True), ["exp-1", "exp-2"]),
    ]
    for number, (selection, expected) in enumerate(cases):
        await exported(workspace, folder := tmp_path / f"out-{number}", Request("jsonl", selection=selection))
        assert [row["id"] for row in rows(folder, "experiments")] == expected, selection
    assert [row["experiment_id"] for row in rows(folder, "runs")] == ["exp-1"]
    one = rows(folder, "experiments")[0]
    assert (one["base_model"], one["config"], one["metrics"], one["tags"]) == (
        "llama",
        {"r": 8},
        {"acc": "NaN"},
        ["x"],
    )
    assert (one["created"], one["updated"], one["deleted"], one["implicit"]) == (1.0, 2.0, False, False)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
values = st.floats() | st.integers(-(2**40), 2**40)
steps = st.integers(-(2**50), 2**50) | st.floats(-1e15, 1e15)


@settings(max_examples=8)
@given(st.lists(st.tuples(steps, st.dictionaries(names, values, max_size=3)), max_size=12), names)
async def test_any_name_and_any_number_comes_back(
    logs: list[tuple[float, dict[str, float]]], name: str
) -> None:
    kinds = FORMATS if _has_pyarrow() else FORMATS[:2]
    with tempfile.TemporaryDirectory() as folder:
        workspace = init(Path(folder) / "w").workspace
        record(
            workspace,
            DONE,
            begun(DONE, 1.0, name=name, config={name: name}, tags=[name]),
            *(metrics(step, 2.0 + i, **told) for i, (step, told) in enumerate(logs)),
            {"type": "event", "ts": 1.0, "name": name, "data": {name: name}},
        )
        for kind in kinds:
            await exported(workspace, out := Path(folder) / kind, Request(kind))
            (run,) = rows(out, "runs")
            assert (run["name"], run["config"], run["tags"]) == (name, {name: name}, [name])
            assert points(rows(out, "metrics")) == logged(workspace.streams)
            (event,) = rows(out, "events")
            assert (event["name"], event["data"]) == (name, {name: name})


def _has_pyarrow() -> bool:
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


async def test_parquet_has_bounded_row_groups_and_types(large: Workspace, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    await exported(large, tmp_path / "out", Request("parquet", ("metrics",)))
    file = parquet.ParquetFile(tmp_path / "out" / "metrics.parquet")
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert sum(groups) == 200_000 and max(groups) < 150_000
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.metadata.row_group(0).column(0).has_dictionary_page
    types: dict[str, Any] = {field.name: field.type for field in file.schema_arrow}
    assert (types["step"], types["value"], types["seq"]) == (arrow.float64(), arrow.float64(), arrow.int64())
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert list(manifest["tables"]["metrics"]["columns"]) == list(types)


async def test_values_that_the_index_has_not_are_counted(workspace: Workspace, tmp_path: Path) -> None:
    record(
        workspace, DONE, begun(DONE, 1.0), metrics(1, 2.0, **{f"m{i}": i for i in range(10_005)}), ended(3.0)
    )
    done = await exported(workspace, tmp_path / "out", Request("jsonl"))
    assert (done.rows["metrics"], done.manifest["left_out"]) == (10_000, 5)
    (run,) = rows(tmp_path / "out", "runs")
    assert (len(run["latest"]), run["more_metrics"]) == (1000, 9000)
