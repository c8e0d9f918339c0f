"""What was acknowledged is in the streams: it outlives the index, the process, and is seen by other processes."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mlws_tui.services.experiments import ExperimentStore
from mlws_tui.services.lease import Lease
from mlws_tui.store.schema import Migration, prepare, shipped_migrations
from tests.experiments.kit import EVERYTHING, desk, index, known, python, sdk_run, stream
from tests.store.kit import until

A = "20241019-143000-ft"


async def a_life(store: ExperimentStore) -> None:
    """A bit of everything that can be done."""
    one = await store.create_experiment("one", "m", "x", "about", ["a", "b"], {"lr": 1})
    run = await store.create_run(one.id, {"seed": 1})
    for step in range(20):
        await store.log_metrics(run.id, step, {"loss": 1 / (step + 1)})
    await store.end_run(run.id)
    await store.create_run(one.id)
    fork = await store.fork_experiment(one.id, config_overrides={"lr": 2})
    await store.update_experiment(fork.id, metrics={"acc": 0.5, "gone": 1}, tags=["c"], best_checkpoint="p")
    await store.update_experiment(fork.id, metrics={"acc": 0.75}, status="done")
    for name, forever in (("soft", False), ("hard", True), ("back", False)):
        experiment = await store.create_experiment(name, "m", "x")
        await store.create_run(experiment.id)
        await store.delete_experiment(experiment.id, forever=forever)
        if name == "back":
            await store.restore_experiment(experiment.id)
    await store.update_experiment("name:named", tags=["t"])
    await store.reach()


async def test_a_rebuild_keeps_everything(tmp_path: Path) -> None:
    path = index(tmp_path)
    sdk_run(tmp_path, A, 60.0, "named", loss=0.5)
    async with desk(tmp_path) as (store, opened):
        await a_life(store)
        before = await known(opened.store)
        rows = {run: repr(await store.get_run_metrics(run)) for run in before["runs"]}
        runs = {one.id: await store.list_runs(one.id) for one in (await store.page(EVERYTHING)).experiments}
    assert len(before["experiments"]) == 5
    for part in path.parent.glob("index.db*"):
        part.unlink()
    async with desk(tmp_path) as (store, opened):
        assert await known(opened.store) == before
        assert {run: repr(await store.get_run_metrics(run)) for run in before["runs"]} == rows
        assert {one: await store.list_runs(one) for one in runs} == runs


OTHER = """
import asyncio, sys
from mlws_tui.store import ExperimentStore
async def main():
    async with ExperimentStore(sys.argv[1]) as store:
        made = await store.create_experiment(sys.argv[2], "m", "x")
        run = await store.create_run(made.id)
        await store.log_metrics(run.id, 1, {"loss": 0.5})
        assert await store.get_experiment(made.id) == made
        assert [one.status for one in await store.list_runs(made.id)] == ["running"]
        assert len(await store.get_run_metrics(run.id)) == 1
asyncio.run(main())
"""


async def test_two_processes_share_an_index(tmp_path: Path) -> None:
    path = index(tmp_path)
    async with ExperimentStore(path) as store:
        mine = await store.create_experiment("mine", "m", "x")
        others = [python(OTHER, path, f"other{i}", wait=False) for i in range(2)]

        async def seen() -> bool:
            return len(await store.list_experiments()) == 3

        await until(seen)
        for process in others:
            _, errors = await asyncio.to_thread(process.communicate, timeout=60)
            assert process.returncode == 0, errors
        for one in await store.list_experiments():
            runs = await store.list_runs(one.id)
            expected = [] if one.id == mine.id else ["crashed"]  # it logged, and ended without a word
            assert [run.status for run in runs] == expected


KILLED = """
import asyncio, os, signal, sys
from mlws_tui.store import ExperimentStore
async def main():
    store = ExperimentStore(sys.argv[1])
    made = await store.create_experiment("e", "m", "x")
    run = await store.create_run(made.id)
    await store.update_experiment(made.id, metrics={"acc": 1}, tags=["t"])
    await store.log_metrics(run.id, 1, {"loss": 0.5})
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
LEFT_OPEN = """
import asyncio, sys
from mlws_tui.store import get_experiment_store
async def main():
    await get_experiment_store(sys.argv[1]).create_experiment("left", "m", "x")
asyncio.run(main())
"""


async def test_what_was_answered_outlives_a_kill_and_a_store_left_open(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    python(KILLED, path, wait=False).communicate(timeout=60)
    python(LEFT_OPEN, path)  # ends by itself, within the time that `python` gives it
    async with ExperimentStore(path) as store:
        left, made = await store.list_experiments()
        assert left.name == "left"
        assert (made.metrics, made.tags) == ({"acc": 1}, ["t"])
        (run,) = await store.list_runs(made.id)
        assert (run.status, run.metrics) == ("crashed", {"loss": 0.5})


async def test_what_another_store_changes_is_seen(tmp_path: Path) -> None:
    async with desk(tmp_path) as (mine, opened):
        other = ExperimentStore.over(opened)
        made = await mine.create_experiment("e", "m", "x")
        await mine.reach()
        assert await mine.update_experiment(made.id, tags=[]) == made  # there were none
        changed = await other.update_experiment(made.id, tags=["t"])
        await other.reach()
        assert await mine.get_experiment(made.id) == changed


async def test_where_another_process_does_not_ingest_nothing_hangs_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    path = index(tmp_path)
    holder = Lease(path.with_name("ingest.lock"))
    async with desk(tmp_path) as (_, opened):
        await opened.ingest.close()
        assert holder.acquire()
        store = ExperimentStore.over(opened, patience=0.05)
        made = await store.create_experiment("e", "m", "x")
        changed = await store.update_experiment(made.id, tags=["t"])
        assert await store.get_experiment(made.id) == changed
        run = await store.create_run(made.id)
        await store.log_metrics(run.id, 1, {"loss": 0.5})
        await store.end_run(run.id)
        gone = await store.create_experiment("gone", "m", "x")
        assert await store.delete_experiment(gone.id)
        assert await store.get_experiment(gone.id) is None
        assert await store.list_experiments() == []  # what there is
        holder.release()
        assert await store.list_experiments() == [changed]
        assert [one.status for one in await store.list_runs(made.id)] == ["completed"]


async def test_an_index_of_the_first_schema_is_brought_up(tmp_path: Path) -> None:
    path = index(tmp_path)
    first: tuple[Migration, ...] = shipped_migrations()[:1]
    prepare(path, first).presence.leave()
    stream(tmp_path, "_edits/h.jsonl", {"type": "experiment", "ts": 5.0, "id": "e1", "name": "made"})
    run = {"id": A, "name": "ft", "kind": "training", "state": "completed", "experiment": "named"}
    with sqlite3.connect(path) as raw:
        raw.execute(
            "INSERT INTO streams (file, run, offset) VALUES ('_edits/h.jsonl', NULL, "
            f"{(tmp_path / '.mlws/streams/_edits/h.jsonl').stat().st_size})"
        )
        raw.execute("INSERT INTO experiments (id, name, created, fields) VALUES ('e1', 'made', 5.0, '{}')")
        raw.execute(
            "INSERT INTO runs (id, name, kind, state, experiment, tags, started, unfinished, archived, deleted, facts, "
            "metrics) VALUES (?, 'ft', 'training', 'completed', 'named', '', 60.0, 0, 0, 0, ?, '{}')",
            (A, json.dumps(run)),
        )
    raw.close()
    async with desk(tmp_path) as (store, _):
        assert [one.id for one in await store.list_experiments(order="created")] == ["e1", "name:named"]
        assert [one.id for one in await store.list_runs("name:named")] == [A]


TEXTS = st.text(st.characters(codec=None), max_size=12)
TAGS = TEXTS.filter(lambda tag: tag.strip() and "\0" not in tag)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=8, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_whatever_is_given_reads_as_it_was_answered(tmp_path_factory: Any, data: st.DataObject) -> None:
    root: Path = tmp_path_factory.getbasetemp() / "hostile"
    async with desk(root) as (store, _):
        for _number in range(4):
            name = data.draw(TEXTS.filter(str.strip))
            tags = data.draw(st.lists(TAGS, max_size=3))
            config = data.draw(st.dictionaries(TEXTS, VALUES, max_size=3))
            made = await store.create_experiment(
                name, data.draw(TEXTS), data.draw(TEXTS), data.draw(TEXTS), tags, config
            )
            assert await store.get_experiment(made.id) == made
            changed = await store.update_experiment(
                made.id, metrics=data.draw(st.dictionaries(TEXTS, VALUES, max_size=3)), tags=tags[::-1]
            )
            assert await store.get_experiment(made.id) == changed
            for tag in changed.tags:
                assert made.id in {one.id for one in await store.list_experiments(tag=tag, limit=1000)}, repr(
                    tag
                )
            assert await store.get_experiment_by_name(changed.name) == changed
