"""The calls that programs make: what they take, what they give back, and that what was written is read."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.domain.errors import UsageError
from mlws_tui.store import Experiment, ExperimentRun, ExperimentStore, get_experiment_store
from tests.experiments.kit import index, python, sdk_run


@pytest.fixture
async def store(tmp_path: Path) -> Any:
    async with ExperimentStore(tmp_path / "x.db") as opened:
        yield opened


async def a_run(store: ExperimentStore, **config: Any) -> tuple[Experiment, ExperimentRun]:
    experiment = await store.create_experiment("reviews", "llama", "lora")
    return experiment, await store.create_run(experiment.id, config)


async def test_an_experiment_comes_back_as_it_was_made(store: ExperimentStore) -> None:
    before = datetime.now(UTC)
    made = await store.create_experiment(
        "reviews", "llama3.1:8b", "lora", "first try", ["b", "a"], {"lr": 1e-4, "x": [1, {"y": None}]}
    )
    assert (made.name, made.base_model, made.method) == ("reviews", "llama3.1:8b", "lora")
    assert made.tags == ["b", "a"]
    assert made.config == {"lr": 1e-4, "x": [1, {"y": None}]}
    assert (made.metrics, made.status, made.best_checkpoint, made.parent_experiment_id) == (
        {},
        "created",
        "",
        "",
    )
    assert before <= made.created_at == made.updated_at
    assert made.created_at.utcoffset() is not None
    assert await store.get_experiment(made.id) == made
    assert await store.get_experiment_by_name("reviews") == made
    assert await store.get_experiment("nobody") is None
    assert await store.get_experiment_by_name("nobody") is None


async def test_ids_never_collide(store: ExperimentStore) -> None:
    made = await asyncio.gather(*(store.create_experiment("same", "m", "x") for _ in range(50)))
    assert len({one.id for one in made}) == 50
    newest = max(made, key=lambda one: one.created_at)
    assert await store.get_experiment_by_name("same") == newest
    assert len(await store.list_experiments(limit=100)) == 50


async def test_a_list_is_newest_first_and_can_be_narrowed(store: ExperimentStore) -> None:
    for i in range(5):
        tags = ["lora"] if i % 2 else ["lora-v2", "50% off_x"]
        await store.create_experiment(f"e{i}", "m", "full", "two words" if i < 2 else "words", tags)
    (e3,) = [one for one in await store.list_experiments() if one.name == "e3"]
    await store.update_experiment(e3.id, status="done")

    async def names(**asked: Any) -> list[str]:
        return [one.name for one in await store.list_experiments(**asked)]

    assert await names() == ["e4", "e3", "e2", "e1", "e0"]
    assert await names(limit=2, offset=1) == ["e3", "e2"]
    assert await names(tag="lora") == ["e3", "e1"]
    assert await names(tag="lora-v2") == ["e4", "e2", "e0"]
    assert await names(tag="lor%") == []
    assert await names(status="done") == ["e3"]
    assert await names(text="TWO words") == ["e1", "e0"]
    assert await names(text="50%") == ["e4", "e2", "e0"]
    assert await names(order="name") == ["e0", "e1", "e2", "e3", "e4"]
    assert (await names(order="-updated"))[0] == "e3"
    assert await names(order="-status") == ["e3", "e4", "e2", "e1", "e0"]
    with pytest.raises(UsageError):
        await names(order="size; DROP TABLE runs")


async def test_an_update_changes_what_it_names(store: ExperimentStore) -> None:
    made = await store.create_experiment("e", "m", "x", tags=["a", "b"], config={"lr": 1})
    changed = await store.update_experiment(
        made.id,
        status="running",
        metrics={"acc": 0.5, "loss": math.inf},
        best_checkpoint="ckpt/3",
        tags=["c", "a"],
    )
    assert (changed.status, changed.best_checkpoint, changed.tags) == ("running", "ckpt/3", ["c", "a"])
    assert changed.metrics == {"acc": 0.5, "loss": math.inf}
    assert changed.config == {"lr": 1}
    assert changed.updated_at > changed.created_at == made.created_at
    assert await store.get_experiment(made.id) == changed
    again = await store.update_experiment(made.id, metrics={"f1": 1}, tags=["a", "c"])
    assert (again.metrics, again.tags, again.status) == ({"f1": 1}, ["a", "c"], "running")
    assert await store.get_experiment(made.id) == again


async def test_an_update_to_an_empty_value_is_an_update(store: ExperimentStore) -> None:
    made = await store.create_experiment("e", "m", "x", "about", ["a"])
    await store.update_experiment(made.id, metrics={"a": 1}, best_checkpoint="c", status="s")
    emptied = await store.update_experiment(
        made.id, metrics={}, best_checkpoint="", tags=[], status="", description=""
    )
    assert (emptied.metrics, emptied.best_checkpoint, emptied.tags) == ({}, "", [])
    assert (emptied.status, emptied.description) == ("", "")
    assert await store.get_experiment(made.id) == emptied


async def test_what_cannot_be_is_refused_in_words(store: ExperimentStore) -> None:
    with pytest.raises(ValueError, match="name"):
        await store.create_experiment("  ", "m", "x")
    for tag in ("", "\0", " "):
        with pytest.raises(ValueError, match="tag"):
            await store.create_experiment("e", "m", "x", tags=["a", tag])
    for call in (
        store.update_experiment("nope", status="x"),
        store.fork_experiment("nope"),
        store.create_run("nope"),
    ):
        with pytest.raises(ValueError, match="nope"):
            await call
    for call in (store.log_metrics("nope", 1, {"a": 1}), store.end_run("nope")):
        with pytest.raises(ValueError, match="nope"):
            await call
    assert await store.delete_experiment("nope") is False
    assert await store.restore_experiment("nope") is False
    assert await store.get_run_metrics("nope") == []
    assert await store.list_runs("nope") == []
    assert await store.compare_experiments(["nope"]) == {}
    with pytest.raises(ValueError, match="file"):
        ExperimentStore(":memory:")
    with pytest.raises(ValueError, match="too large"):
        await store.create_experiment("e", "m", "x", "x" * 17_000_000)
    assert await store.list_experiments() == []


async def test_a_fork_takes_everything_along_but_the_results(store: ExperimentStore) -> None:
    source = await store.create_experiment("e", "m", "x", "about", ["a"], {"lr": 1, "r": 8})
    await store.update_experiment(source.id, metrics={"acc": 1}, status="done")
    fork = await store.fork_experiment(source.id, config_overrides={"lr": 2, "new": True})
    assert (fork.name, fork.base_model, fork.method, fork.description) == ("e-fork", "m", "x", "about")
    assert (fork.tags, fork.config) == (["a"], {"lr": 2, "r": 8, "new": True})
    assert (fork.metrics, fork.status, fork.parent_experiment_id) == ({}, "created", source.id)
    assert (await store.fork_experiment(fork.id, "third")).parent_experiment_id == fork.id


async def test_experiments_compare_as_a_mapping(store: ExperimentStore) -> None:
    one = await store.create_experiment("a", "m", "x", config={"lr": 1})
    other = await store.create_experiment("b", "n", "y")
    await store.update_experiment(other.id, metrics={"acc": 0.5})
    assert await store.compare_experiments([other.id, "nope", one.id]) == {
        other.id: {
            "name": "b", "model": "n", "method": "y", "status": "created", "metrics": {"acc": 0.5}, "config": {}
        },
        one.id: {"name": "a", "model": "m", "method": "x", "status": "created", "metrics": {}, "config": {"lr": 1}},
    }  # fmt: skip


async def test_a_comparison_tells_what_differs_and_what_is_best(store: ExperimentStore) -> None:
    one = await store.create_experiment("a", "m", "x", config={"lr": 1, "same": [1], "only": None})
    other = await store.fork_experiment(one.id, config_overrides={"lr": 2})
    third = await store.create_experiment(
        "c", "m", "x", config={"lr": 1, "same": [1]}, parent_experiment_id=other.id
    )
    await store.update_experiment(one.id, metrics={"val/loss": 0.5, "acc": 0.5, "size": 3})
    await store.update_experiment(other.id, metrics={"val/loss": 0.25, "acc": 0.25, "size": 4})
    run = await store.create_run(third.id)
    for step, loss in enumerate((0.125, 0.75)):
        await store.log_metrics(run.id, step, {"val/loss": loss, "acc": math.nan})
    told = await store.compare([one.id, "nope", other.id, third.id])
    assert [experiment.id for experiment in told.experiments] == [one.id, other.id, third.id]
    assert told.config == {"lr": [1, 2, 1], "same": [[1], [1], [1]], "only": [None, None, None]}
    assert told.differs == ("lr", "only")
    assert told.metrics == {"val/loss": [0.5, 0.25, 0.125], "acc": [0.5, 0.25, None], "size": [3, 4, None]}
    assert told.best == {"val/loss": 2, "acc": 0}
    kin = await store.lineage(other.id)
    assert (kin.ancestors, kin.forks) == (((one.id, "a"),), ((third.id, "c"),))


async def test_a_run_is_pending_until_it_logs(store: ExperimentStore) -> None:
    experiment, run = await a_run(store, lr=1)
    assert (run.status, run.experiment_id, run.config, run.metrics) == (
        "pending",
        experiment.id,
        {"lr": 1},
        {},
    )
    assert run.started_at is None
    assert run.ended_at is None
    assert await store.list_runs(experiment.id) == [run]
    await store.log_metrics(run.id, 1, {"loss": 0.5, "val": {"acc": 1}})
    (running,) = await store.list_runs(experiment.id)
    assert (running.status, running.metrics) == ("running", {"loss": 0.5, "val/acc": 1.0})
    assert running.created_at == run.created_at
    assert running.started_at is not None
    assert running.started_at >= running.created_at
    await store.end_run(run.id)
    (ended,) = await store.list_runs(experiment.id)
    assert ended.status == "completed"
    assert ended.ended_at is not None
    assert ended.ended_at.utcoffset() is not None


async def test_a_run_can_fail_and_go_on(store: ExperimentStore) -> None:
    experiment, run = await a_run(store)
    with pytest.raises(ValueError, match="crashed"):
        await store.end_run(run.id, "crashed")
    await store.end_run(run.id, "failed", ValueError("no"))
    assert [one.status for one in await store.list_runs(experiment.id)] == ["failed"]
    await store.log_metrics(run.id, 1, {"a": 1})
    assert [one.status for one in await store.list_runs(experiment.id)] == ["running"]
    await store.end_run(run.id, "stopped")
    assert [one.status for one in await store.list_runs(experiment.id)] == ["stopped"]


async def test_metrics_come_as_rows(store: ExperimentStore) -> None:
    _, run = await a_run(store)
    for step in (1, 3, 2):
        await store.log_metrics(run.id, step, {"loss": 1 / step, "acc": step})
    await store.log_metrics(run.id, 2, {"loss": math.nan})
    await store.log_metrics(run.id, 4, {"step": 9, "timestamp": 9, "big": -math.inf})
    rows = await store.get_run_metrics(run.id)
    assert [row["step"] for row in rows] == [1, 2, 2, 3, 4]
    assert (rows[1]["loss"], rows[1]["acc"]) == (0.5, 2.0)
    assert math.isnan(rows[2]["loss"])
    assert set(rows[2]) == {"step", "timestamp", "loss"}
    assert (set(rows[4]), rows[4]["big"]) == ({"step", "timestamp", "big"}, -math.inf)
    assert all(row["timestamp"].utcoffset() is not None for row in rows)
    assert [row["step"] for row in await store.get_run_metrics(run.id, 2, 3)] == [2, 2, 3]
    assert [row["step"] for row in await store.get_run_metrics(run.id, start_step=3)] == [3, 4]


async def test_a_step_that_a_resumed_run_repeats_is_there_twice(store: ExperimentStore) -> None:
    _, run = await a_run(store)
    for value in (0.5, 0.25):
        await store.log_metrics(run.id, 7, {"loss": value})
        await store.end_run(run.id)
    assert [row["loss"] for row in await store.get_run_metrics(run.id)] == [0.5, 0.25]


async def test_metrics_go_to_any_run_of_the_workspace(tmp_path: Path) -> None:
    path, run = index(tmp_path), "20241019-143000-ft"
    sdk_run(tmp_path, run, 60.0, "reviews", loss=0.5)
    async with ExperimentStore(path) as store:
        await store.log_metrics(run, 2, {"loss": 0.25})
        (one,) = await store.list_runs("name:reviews")
        assert (one.status, one.metrics) == ("running", {"loss": 0.25})
        await store.end_run(run)
        assert [row["loss"] for row in await store.get_run_metrics(run)] == [0.5, 0.25]


def test_the_example_of_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
    example = page.split("```python\n")[1].split("```")[0]
    (tmp_path / ".mlws").mkdir()
    monkeypatch.setenv("MLWS_WORKSPACE", str(tmp_path))
    assert python(example).out.count("\n") == 3  # type: ignore[attr-defined]


async def test_what_is_no_number_is_no_metric(store: ExperimentStore) -> None:
    _, run = await a_run(store)
    for step, metrics in (
        (1, {"a": "x"}),
        (1, {"a": None}),
        ("x", {"a": 1}),
        (math.nan, {"a": 1}),
        (True, {"a": 1}),
    ):
        with pytest.raises(ValueError, match="is no number"):
            await store.log_metrics(run.id, step, metrics)  # type: ignore[arg-type]
    await store.log_metrics(run.id, 1, {"ok": True, "big": 2**70})
    (row,) = await store.get_run_metrics(run.id)
    assert (row["ok"], row["big"]) == (1.0, 2.0**70)


async def test_the_store_of_a_path_is_the_same_one(tmp_path: Path) -> None:
    store = get_experiment_store(tmp_path / "x.db")
    assert get_experiment_store(str(tmp_path / "x.db")) is store
    made = await store.create_experiment("e", "m", "x")
    assert get_experiment_store(tmp_path / "x.db") is store
    other = get_experiment_store(tmp_path / "y.db")
    assert other is not store
    assert await other.list_experiments() == []
    assert (await other.create_experiment("f", "m", "x")).name == "f"
    assert [one.name for one in await other.list_experiments()] == ["f"]
    await other.close()
    await store.close()
    assert await store.get_experiment(made.id) == made  # it opens itself again
    await store.close()


async def test_it_opens_by_itself_by_await_and_by_with(tmp_path: Path) -> None:
    first = await ExperimentStore(tmp_path / "x.db")
    made = await first.create_experiment("e", "m", "x")
    await first.close()
    await first.close()
    async with ExperimentStore(tmp_path / "x.db") as second:
        assert await second.get_experiment(made.id) == made


def test_one_store_serves_one_loop_after_another(tmp_path: Path) -> None:
    store = get_experiment_store(tmp_path / "x.db")

    async def work(name: str) -> list[str]:
        await store.create_experiment(name, "m", "x")
        found = [one.name for one in await store.list_experiments()]
        await store.close()
        return found

    assert asyncio.run(work("a")) == ["a"]
    assert asyncio.run(work("b")) == ["b", "a"]


async def test_a_workspace_is_found_as_commands_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".mlws").mkdir()
    monkeypatch.setenv("MLWS_WORKSPACE", str(tmp_path))
    async with get_experiment_store() as store:
        made = await store.create_experiment("e", "m", "x")
    assert list((tmp_path / ".mlws" / "streams" / "_edits").iterdir())
    async with ExperimentStore(tmp_path / ".mlws" / "index.db") as store:
        assert await store.list_experiments() == [made]
    async with ExperimentStore() as store:
        assert await store.list_experiments() == [made]
