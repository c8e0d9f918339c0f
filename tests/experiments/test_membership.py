"""Which experiment a run belongs to: by id, by name at the time that it began, or by nothing but its name."""

from __future__ import annotations

from pathlib import Path

from mlws_tui.domain.runs import RunQuery
from tests.experiments.kit import desk, index, known, sdk_run, stream

A, B, C = (f"20241019-14300{i}-ft" for i in range(3))


def made(id: str, name: str, ts: float) -> dict[str, object]:
    return {"type": "experiment", "ts": ts, "id": id, "name": name}


async def test_runs_find_the_newest_experiment_of_their_name_when_they_began(tmp_path: Path) -> None:
    index(tmp_path)
    for run, ts in ((A, 50.0), (B, 150.0), (C, 250.0)):
        sdk_run(tmp_path, run, ts, "reviews")
    stream(tmp_path, "_edits/h.jsonl", made("e1", "reviews", 100.0), made("e2", "reviews", 200.0))
    async with desk(tmp_path) as (store, opened):
        places = (await known(opened.store))["places"]
        assert places == {A: ("e1", True), B: ("e1", True), C: ("e2", True)}
        page = await opened.store.list_experiments()
        assert page.runs == {"e1": 2, "e2": 1}
        assert [run.id for run in await store.list_runs("e1")] == [B, A]


async def test_runs_that_name_an_id_belong_to_that_experiment(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 50.0, "e1")
    sdk_run(tmp_path, B, 60.0, None)
    stream(tmp_path, "_edits/h.jsonl", made("e1", "reviews", 100.0), made("e3", "e1", 10.0))
    async with desk(tmp_path) as (_, opened):
        assert (await known(opened.store))["places"] == {A: ("e1", True), B: (None, True)}


async def test_a_name_that_nobody_made_is_an_experiment_as_long_as_runs_have_it(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 70.0, "reviews", loss=0.5)
    sdk_run(tmp_path, B, 60.0, "reviews")
    async with desk(tmp_path) as (store, _):
        (implicit,) = await store.list_experiments()
        assert (implicit.id, implicit.name, implicit.implicit) == ("name:reviews", "reviews", True)
        assert implicit.created_at.timestamp() == 60.0
        assert await store.get_experiment_by_name("reviews") == implicit
        explicit = await store.create_experiment("reviews", "m", "x")
        assert await store.list_experiments() == [explicit]
        assert [run.id for run in await store.list_runs(explicit.id)] == [A, B]
        await store.delete_experiment(explicit.id, forever=True)
        assert await store.list_experiments() == []


async def test_changing_what_nobody_made_makes_it(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 60.0, "reviews")
    async with desk(tmp_path) as (store, _):
        (implicit,) = await store.list_experiments()
        changed = await store.update_experiment(implicit.id, tags=["a"])
        assert (changed.id, changed.tags, changed.implicit) == (implicit.id, ["a"], False)
        assert changed.created_at == implicit.created_at
        assert await store.list_experiments() == [changed]
        run = await store.create_run(implicit.id)
        assert {one.id for one in await store.list_runs(implicit.id)} == {A, run.id}
        fork = await store.fork_experiment(implicit.id)
        assert fork.parent_experiment_id == implicit.id


async def test_a_renamed_experiment_keeps_the_runs_of_its_first_name(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 150.0, "reviews")
    sdk_run(tmp_path, B, 160.0, "new")
    renaming = {"type": "set", "ts": 200.0, "experiment": "e1", "name": "new"}
    stream(tmp_path, "_edits/h.jsonl", made("e1", "reviews", 100.0), renaming)
    async with desk(tmp_path) as (store, opened):
        assert (await known(opened.store))["places"] == {A: ("e1", True), B: ("e1", True)}
        assert [one.name for one in await store.list_experiments()] == ["new"]


async def test_a_deletion_takes_the_runs_along_and_restoring_brings_back_exactly_those(
    tmp_path: Path,
) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 150.0, "reviews")
    sdk_run(tmp_path, B, 160.0, "reviews")
    stream(
        tmp_path, "_edits/h.jsonl", made("e1", "reviews", 100.0),
        {"type": "set", "ts": 170.0, "run": B, "deleted": True},
    )  # fmt: skip
    async with desk(tmp_path) as (store, opened):
        before = await known(opened.store)
        assert before["places"] == {A: ("e1", True), B: ("e1", False)}
        assert await store.delete_experiment("e1") is True
        assert await store.get_experiment("e1") is None
        assert await store.get_experiment_by_name("reviews") is None
        assert await store.list_experiments() == []
        assert await store.delete_experiment("e1") is False
        assert (await known(opened.store))["places"] == {A: ("e1", False), B: ("e1", False)}
        assert (await opened.store.list_runs()).total == 0
        assert await store.get_run_metrics(A) == []
        run = await opened.store.get_run(A)
        assert run is not None
        assert run.deleted is False  # it was not deleted itself
        (deleted,) = await store.list_experiments(include_deleted=True)
        assert deleted.deleted is True
        assert await store.restore_experiment("e1") is True
        assert await store.restore_experiment("e1") is False
        await store.reach()
        assert (await known(opened.store))["places"] == before["places"]


async def test_runs_that_begin_after_a_deletion_are_not_hidden_by_it(tmp_path: Path) -> None:
    index(tmp_path)
    sdk_run(tmp_path, A, 60.0, "reviews")
    async with desk(tmp_path) as (store, opened):
        assert await store.delete_experiment("name:reviews") is True
        assert await store.list_experiments() == []
        later = (await store.list_experiments(include_deleted=True))[0].updated_at.timestamp() + 10
        sdk_run(tmp_path, B, later, "reviews")
        await opened.ingest.catch_up()
        (again,) = await store.list_experiments()
        assert (again.name, again.implicit) == ("reviews", True)
        assert [run.id for run in (await opened.store.list_runs(RunQuery())).runs] == [B]
        await store.restore_experiment("name:reviews")
        await store.reach()
        assert (await known(opened.store))["places"] == {A: ("name:reviews", True), B: ("name:reviews", True)}


async def test_lineage_goes_up_and_down_and_never_in_circles(tmp_path: Path) -> None:
    index(tmp_path)
    stream(
        tmp_path, "_edits/h.jsonl",
        {**made("e1", "one", 1.0), "parent": "e3"}, {**made("e2", "two", 2.0), "parent": "e1"},
        {**made("e3", "three", 3.0), "parent": "e2"}, {**made("e4", "four", 4.0), "parent": "gone"},
    )  # fmt: skip
    async with desk(tmp_path) as (_, opened):
        kin = await opened.store.experiment_kin("e3")
        assert kin.ancestors == (("e2", "two"), ("e1", "one"))
        assert kin.forks == (("e1", "one"),)
        assert (await opened.store.experiment_kin("e4")).ancestors == ()
