"""Lists as the app asks for them: runs with their states, views that are kept, and names that are found anywhere."""

from __future__ import annotations

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.runcolumns import cell, parse_column, value_of
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.runviews import RunView
from tests.runlists.kit import NOW, opened, run_id
from tests.runs.kit import alive, begun, ended, metrics, record

VIEW = RunView(
    "Good ones", "tag:lora loss<1", ("name", "lr", "loss:min"), ("-loss:min", "name"), "experiment"
)


async def test_states_are_those_that_processes_tell(workspace: Workspace) -> None:
    """The streams say of all of them that they run; one's process is gone, one is silent on another host."""
    record(workspace, run_id(1), begun(run_id(1), NOW - 50, **alive()))
    record(workspace, run_id(2), begun(run_id(2), NOW - 50), metrics(1, NOW - 40, loss=1.0))
    record(workspace, run_id(3), begun(run_id(3), NOW - 9000, host="far", boot_id="x"))
    async with opened(workspace) as bench:
        found = {
            line: (await bench.runlists.index(RunView(filter=line))).ids
            for line in (
                "is:running",
                "state:crashed",
                "state:lost",
                "is:live",
                "is:ended",
                "duration<20s",
                "-is:running",
            )
        }
        assert found["is:running"] == (run_id(1),)
        assert found["state:crashed"] == (run_id(2),) == found["is:ended"]
        assert found["state:lost"] == (run_id(3),) and set(found["is:live"]) == {run_id(1), run_id(3)}
        assert set(found["duration<20s"]) == {run_id(2), run_id(3)}, (
            "what is gone ended when it was last heard of"
        )
        runs = await bench.runlists.runs([run_id(3), "20270101-000000-gone", run_id(1)])
        assert [(run.id, run.state) for run in runs] == [
            (run_id(3), RunState.LOST),
            (run_id(1), RunState.RUNNING),
        ]
        (group, *_) = (await bench.runlists.index(RunView(group="state"))).groups
        assert (group.label, group.count) in (("running", 1), ("crashed", 1))
        record(workspace, run_id(1), ended(NOW - 1))
        await bench.ingest.catch_up()
        assert (await bench.runlists.index(RunView(filter="is:running"))).total == 0


async def test_what_was_put_away_and_then_deleted_is_among_the_deleted(workspace: Workspace) -> None:
    for number in (1, 2, 3, 4):
        record(workspace, run_id(number), begun(run_id(number), NOW + number))
    async with opened(workspace) as bench:
        for number, archived, deleted in ((1, True, True), (2, False, True), (3, True, False)):
            await bench.runs.edit(run_id(number), by="tests", archived=archived, deleted=deleted)
        await bench.ingest.catch_up()

        async def found(line: str) -> set[int]:
            return {int(run[-1]) for run in (await bench.runlists.index(RunView(filter=line))).ids}

        assert await found("is:deleted") == {1, 2} and await found("is:archived") == {3}
        assert await found("is:deleted or kind:training") == {1, 2, 4}
        assert await found("is:deleted is:archived") == {1}


async def test_long_notes_and_large_configs_are_found_to_their_ends(workspace: Workspace) -> None:
    large = {"layers": {f"k{number}": number for number in range(10_500)}}
    record(workspace, run_id(1), begun(run_id(1), NOW, config=large))
    async with opened(workspace) as bench:
        await bench.runs.edit(run_id(1), by="tests", notes="w " * 40_000 + "Needle")
        await bench.ingest.catch_up()
        for line in ("needle", "note:needle", "layers.k9999=9999"):
            assert (await bench.runlists.index(RunView(filter=line))).ids == (run_id(1),), line
        (run,) = await bench.runlists.runs([run_id(1)])
        assert value_of(run, parse_column("layers.k10400"), NOW) == 10_400
        assert len(cell(run, parse_column("note"), NOW)) <= 1000
        assert run.problems == (
            "its config has 10,500 keys: filters and columns know the first 10,000 of them",
        )


async def test_what_is_left_of_a_run_counts_down(workspace: Workspace) -> None:
    """Of two runs the one that told of less was heard of long ago: it is through sooner all the same."""
    for number, last in ((1, NOW - 100), (2, NOW - 10)):
        began = last - 200
        record(workspace, run_id(number), begun(run_id(number), began, **alive()))
        steps = ({"type": "progress", "ts": began + 2 * n, "step": n, "total": 200} for n in range(101))
        record(workspace, run_id(number), *steps)
    async with opened(workspace) as bench:
        index = await bench.runlists.index(RunView(filter="eta<110s", order=("eta",)))
        assert index.ids == (run_id(1),)
        index = await bench.runlists.index(RunView(order=("eta",)))
        assert index.ids == (run_id(1), run_id(2))
        runs = await bench.runlists.runs(index.ids)
        assert [value_of(run, parse_column("eta"), NOW) for run in runs] == [100.0, 190.0]


async def test_a_run_of_very_many_metrics_has_those_that_are_shown(workspace: Workspace) -> None:
    many = {f"layer{i}/norm": float(i) for i in range(300)}
    record(workspace, run_id(1), begun(run_id(1), NOW), metrics(1, NOW, **many))
    async with opened(workspace) as bench:
        (plain,) = await bench.runlists.runs([run_id(1)])
        (shown,) = await bench.runlists.runs([run_id(1)], ["layer299/norm:min", "lr"])
        assert "layer299/norm" not in plain.latest and shown.latest["layer299/norm"].min == 299.0
        assert (await bench.runlists.index(RunView(filter="layer299/norm=299"))).total == 1


async def test_a_name_is_found_however_old_its_run_is(workspace: Workspace) -> None:
    record(workspace, run_id(0), begun(run_id(0), NOW - 9e6, name="baseline"))
    for number in range(1, 61):
        run = f"20270102-0000{number:02d}-baseline-{number}"
        record(workspace, run, begun(run, NOW + number, name=f"baseline {number}", tags=["baseline"]))
    async with opened(workspace) as bench:
        assert (await bench.runs.get("baseline")).id == run_id(0)
        with pytest.raises(UsageError, match="fits several runs"):
            await bench.runs.get("baselin")
        with pytest.raises(NotFoundError, match="baseline"):
            await bench.runs.get("basline")


async def test_views_are_kept_by_their_names(workspace: Workspace) -> None:
    async with opened(workspace) as bench:
        lists = bench.runlists
        assert list(await lists.views()) == []
        await lists.save_view(VIEW)
        await lists.save_view(RunView("  all \n runs "))
        assert list(await lists.views()) == [RunView("all runs"), VIEW]
        await lists.save_view(RunView("Good ones", "lr<3"))
        assert (await lists.view("good ones")).filter == "lr<3"
    async with opened(workspace) as bench:
        assert [view.name for view in await bench.runlists.views()] == ["all runs", "Good ones"]
        await bench.runlists.drop_view("all runs")
        with pytest.raises(NotFoundError, match="did you mean Good ones"):
            await bench.runlists.view("good one")
        with pytest.raises(NotFoundError):
            await bench.runlists.drop_view("all runs")


@pytest.mark.parametrize(
    "view",
    [
        RunView(""),
        RunView("x" * 100),
        RunView("a\x1bb"),
        RunView("a", "lr<"),
        RunView("a", columns=("loss:most",)),
        RunView("a", order=("",)),
        RunView("a", group="loss:min"),
    ],
)
async def test_a_view_that_says_nothing_is_not_kept(workspace: Workspace, view: RunView) -> None:
    async with opened(workspace) as bench:
        with pytest.raises(UsageError):
            await bench.runlists.save_view(view)
        assert list(await bench.runlists.views()) == []


async def test_what_another_version_kept_is_read_as_far_as_it_is_known(workspace: Workspace) -> None:
    async with opened(workspace) as bench:
        odd = [{"name": "a", "filter": 3, "columns": ["lr", 4], "new": True}, {"filter": "x"}, 7]
        await bench.remembered.set("runs.views", odd)
        assert list(await bench.runlists.views()) == [RunView("a", columns=("lr",))]


async def test_the_words_that_the_runs_know(workspace: Workspace) -> None:
    config = {"lr": 1, "optim": {"name": "adam"}}
    head = begun(
        run_id(1), NOW, tags=["x", "a b"], config=config, experiment="sweep", model="qwen", kind="agents"
    )
    record(workspace, run_id(1), head, metrics(1, NOW, loss=1.0, **{"val/acc": 2.0}))
    async with opened(workspace) as bench:
        await bench.runs.edit(run_id(1), by="tests", summary={"f1": 1}, metrics={"human": 3})
        await bench.ingest.catch_up()
        words = await bench.runlists.vocabulary()
        assert (words.tags, words.experiments, words.models) == (("a b", "x"), ("sweep",), ("qwen",))
        assert (words.kinds, words.config, words.summary) == (("agents",), ("lr", "optim.name"), ("f1",))
        assert words.metrics == ("human", "loss", "val/acc")
        assert {"state", "loss", "optim.name", "f1"} <= set(words.columns())


async def test_an_experiment_is_found_by_what_it_is_called_now(workspace: Workspace) -> None:
    async with opened(workspace) as bench:
        bench.edits.append(
            {"type": "experiment", "ts": NOW - 99, "id": "exp-1", "name": "old name", "config": {}}
        )
        bench.edits.append({"type": "set", "ts": NOW - 9, "experiment": "exp-1", "name": "new name"})
        record(workspace, run_id(1), begun(run_id(1), NOW, experiment="old name"))
        record(workspace, run_id(2), begun(run_id(2), NOW))
        await bench.ingest.catch_up()
        for line in ('experiment:"new name"', "experiment=exp-1", 'experiment:"old"', "has:experiment"):
            assert (await bench.runlists.index(RunView(filter=line))).ids == (run_id(1),), line
        groups = (await bench.runlists.index(RunView(group="experiment"))).groups
        assert [group.label for group in groups] == ["new name", "no experiment"]
