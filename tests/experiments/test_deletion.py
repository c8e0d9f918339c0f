"""Deleting for ever: tombstones first, then files; nothing comes back, and nothing else goes."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from mlws_tui.domain.errors import MlwsError, StoreError
from mlws_tui.domain.runs import RunQuery
from mlws_tui.services.deletion import delete_run_forever, finish_removals, inventory
from tests.experiments.kit import EVERYTHING, desk, index, known, python, sdk_run, stream

A, B = "20241019-143000-ft", "20241019-143000-ft.log"


def log(root: Path, name: str) -> Path:
    path = root / "logs" / "training" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("line\n")
    return path


async def test_everything_of_an_experiment_goes_and_nothing_else(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 60.0, "reviews", loss=0.5)
    sdk_run(tmp_path, B, 60.0, "other", loss=0.5)
    gone, packed = log(tmp_path, f"{A}.log"), log(tmp_path, f"{A}.log.gz")
    kept = [log(tmp_path, f"{B}.log"), log(tmp_path, f"{A}.txt"), log(tmp_path, f"{A}-2.log")]
    async with desk(tmp_path) as (store, opened):
        experiment = await store.create_experiment("reviews", "m", "x")
        assert inventory(opened.workspace, [A]).size > 10
        assert await store.delete_experiment(experiment.id, forever=True) is True
        assert await store.delete_experiment(experiment.id, forever=True) is False
        assert await store.get_experiment(experiment.id) is None
        assert await opened.store.get_run(A) is None
        assert await opened.store.series(A) == []
        assert await opened.store.happenings(A) == []
        assert await store.get_run_metrics(A) == []
        assert set((await known(opened.store))["runs"]) == {B, f"{A}-2"}  # that one is made of its log alone
        assert not gone.exists()
        assert not packed.exists()
        assert all(path.exists() for path in kept)
        assert not (opened.workspace.streams / A).exists()
        assert (opened.workspace.streams / B).exists()
        assert [one.name for one in await store.list_experiments(include_deleted=True)] == ["other"]


async def test_a_running_run_is_not_deleted(tmp_path: Path) -> None:
    async with desk(tmp_path) as (store, opened):
        experiment = await store.create_experiment("reviews", "m", "x")
        run = await store.create_run(experiment.id)
        await store.log_metrics(run.id, 1, {"a": 1})
        with pytest.raises(MlwsError, match=run.id):
            await store.delete_experiment(experiment.id, forever=True)
        assert (opened.workspace.streams / run.id).exists()
        assert await store.get_experiment(experiment.id) == experiment
        await store.end_run(run.id)
        assert await store.delete_experiment(experiment.id, forever=True)


async def test_a_run_that_is_gone_takes_no_metrics(tmp_path: Path) -> None:
    async with desk(tmp_path) as (store, opened):
        experiment = await store.create_experiment("reviews", "m", "x")
        run, other = await store.create_run(experiment.id), await store.create_run(experiment.id)
        await store.log_metrics(other.id, 1, {"a": 1})
        place = await delete_run_forever(opened.workspace, opened.edits, other.id, by="somebody else")
        assert await opened.ingest.reach(dict([place])) == 0
        with pytest.raises(StoreError, match="was deleted"):
            await store.log_metrics(other.id, 2, {"a": 1})
        assert await store.delete_experiment(experiment.id, forever=True)
        with pytest.raises(ValueError, match=run.id):
            await store.log_metrics(run.id, 1, {"a": 1})


async def test_what_was_deleted_before_can_go_for_ever(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 60.0, "reviews")
    async with desk(tmp_path) as (store, opened):
        await store.delete_experiment("name:reviews")
        assert await store.delete_experiment("name:reviews", forever=True)
        assert not (opened.workspace.streams / A).exists()
        assert (await store.page(EVERYTHING)).total == 0


async def test_a_new_run_is_never_taken_for_a_deleted_one(tmp_path: Path) -> None:
    async with desk(tmp_path) as (store, opened):
        for _ in range(2):
            experiment = await store.create_experiment("same", "m", "x")
            run = await store.create_run(experiment.id)
            assert [one.id for one in await store.list_runs(experiment.id)] == [run.id]
            await store.delete_experiment(experiment.id, forever=True)
        assert await opened.store.buried_runs() != []


KILLED = """
import asyncio, os, shutil, signal, sys
from mlws_tui.services import deletion
from mlws_tui.services.experiments import ExperimentStore
shutil.rmtree = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
async def main():
    async with ExperimentStore(sys.argv[1]) as store:
        await store.delete_experiment("name:reviews", forever=True)
asyncio.run(main())
"""


async def test_a_kill_between_tombstone_and_removal_brings_nothing_back(tmp_path: Path) -> None:
    path = index(tmp_path)
    sdk_run(tmp_path, A, 60.0, "reviews", loss=0.5)
    sdk_run(tmp_path, B, 60.0, "other", loss=0.5)
    killed = python(KILLED, path, wait=False)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / ".mlws" / "streams" / A).exists()
    for again in (False, True):
        if again:
            for part in path.parent.glob("index.db*"):
                part.unlink()
        async with desk(tmp_path) as (store, opened):
            assert await opened.store.get_run(A) is None
            assert await opened.store.series(A) == []
            assert [one.name for one in await store.list_experiments()] == ["other"]
            sdk_run(tmp_path, A, 90.0, "reviews", loss=0.25)  # its process still wrote
            await opened.ingest.catch_up()
            assert await opened.store.get_run(A) is None
            assert await opened.store.series(A) == []
            assert [one.name for one in await store.list_experiments()] == ["other"]
    async with desk(tmp_path) as (_, opened):
        assert await finish_removals(opened.workspace, opened.store) == (A,)
        assert await finish_removals(opened.workspace, opened.store) == ()
        assert not (opened.workspace.streams / A).exists()


async def test_a_single_run_can_go(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 60.0, None, loss=0.5)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    (tmp_path / ".mlws" / "streams" / "20241019-143009-link").symlink_to(outside)
    async with desk(tmp_path) as (_, opened):
        for run in (A, "20241019-143009-link", "../../outside"):
            place = await delete_run_forever(opened.workspace, opened.edits, run, by="me")
            assert await opened.ingest.reach(dict([place])) == 0
        assert (await opened.store.list_runs(RunQuery(include_deleted=True))).total == 0
        assert (outside / "kept").exists()
        assert not (tmp_path / ".mlws" / "streams" / "20241019-143009-link").exists()


async def test_lost_edits_bring_a_run_back_whose_files_are_there(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 60.0, "reviews", loss=0.5)
    edits = stream(
        tmp_path, "_edits/h.jsonl", {"type": "set", "ts": 100.0, "run": A, "deleted": True, "forever": True}
    )
    async with desk(tmp_path) as (_, opened):
        assert await opened.store.get_run(A) is None
        edits.write_text("")  # as after a power cut: shorter than what was read of it
        sdk_run(tmp_path, B, 60.0, "other")
        await opened.ingest.catch_up()
        assert set((await known(opened.store))["runs"]) == {A, B}
        assert [info.name for info in await opened.store.series(A)] == ["loss"]
