"""Names, tags, notes, the best run, the archive, deleting: what people change of runs, and taking it back."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from mlws_tui.domain.runs import RunQuery
from mlws_tui.services.rebuild import rebuild
from mlws_tui.services.runacts import RunActs
from tests.acts.kit import fresh, workbench
from tests.runs.kit import alive, begun, ended, record

A, B, C = "20241019-143000-alpha", "20241019-143001-beta", "20241019-143002-gamma"
T = 1729348200.0


@pytest.fixture
def three(workspace: Workspace) -> Workspace:
    """Two runs of one experiment that have ended, one alone."""
    for run in (A, B):
        checkpoints = [
            {"type": "artifact", "ts": T + place, "path": path, "kind": "checkpoint"}
            for place, path in enumerate(("ck/1.pt", "ck/best.pt", "ck/3.pt"))
        ]
        record(workspace, run, begun(run, T, experiment="reviews", tags=["lora"]), *checkpoints, ended(T + 9))
    record(workspace, C, begun(C, T), ended(T + 9))
    (workspace.logs / "training" / f"{A}.log").write_text("hello\n")
    return workspace


async def test_a_name_a_note_and_tags_and_all_of_it_taken_back(three: Workspace) -> None:
    async with workbench(three) as bench:
        acts, get = bench.runacts, bench.runs.get
        before = await get(A)
        assert (await acts.rename(A, "  the   good one ")).words == "renamed to the good one"
        assert (await get(A)).name == "the good one"
        await acts.note(A, "# Seen\n\nspikes at 400 <b>\n\n")
        await acts.tag([A, B, C], add=["keep", "lora"], remove=["absent"])
        assert (await get(A)).tags == ("lora", "keep") and (await get(C)).tags == ("keep", "lora")
        assert (await get(A)).notes == "# Seen\n\nspikes at 400 <b>"
        assert (await acts.tag([A], remove=["never"])).runs == ()
        for _ in range(3):
            await acts.undo()
        for run in (A, B, C):
            assert (await get(run)).tags == (("lora",) if run != C else ())
        now = await get(A)
        assert (now.name, now.notes) == (before.name, "")
        with pytest.raises(UsageError, match="nothing to undo"):
            await acts.undo()


async def test_what_cannot_be_is_refused_in_words(three: Workspace) -> None:
    async with workbench(three) as bench:
        acts = bench.runacts
        for refused in (
            acts.rename(A, " \n "),
            acts.rename(A, "x" * 201),
            acts.tag([A], add=["ok", " "]),
            acts.note(A, "x" * (1 << 21)),
            acts.tag([A, "20200101-000000-none"], add=["t"]),
        ):
            with pytest.raises((UsageError, NotFoundError)):
                await refused
        assert (await bench.runs.get(A)).tags == ("lora",)
        assert not acts.undoable


async def test_one_run_of_an_experiment_is_the_best(three: Workspace) -> None:
    async with workbench(three) as bench:
        acts, get = bench.runacts, bench.runs.get
        act = await acts.mark_best(A)
        assert (await get(A)).best_checkpoint == "ck/best.pt" and "reviews" in act.words
        await acts.mark_best(C)  # of no experiment: nobody else's mark goes
        moved = await acts.mark_best(B, "ck/3.pt")
        assert set(moved.runs) == {A, B}
        assert "best" not in (await get(A)).tags and (await get(B)).best_checkpoint == "ck/3.pt"
        assert "best" in (await get(C)).tags
        await acts.undo()
        assert "best" in (await get(A)).tags and "best" not in (await get(B)).tags
        assert (await get(B)).best_checkpoint is None
        await acts.unmark_best(A)
        assert "best" not in (await get(A)).tags


async def test_archive_delete_and_back(three: Workspace) -> None:
    async with workbench(three) as bench:
        acts = bench.runacts

        async def listed() -> set[str]:
            return {run.id for run in (await bench.runs.list(RunQuery())).runs}

        await acts.archive([A, B])
        assert await listed() == {C}
        assert (await acts.archive([A])).runs == ()
        await acts.archive([A], on=False)
        await acts.delete([A, C])
        assert await listed() == set()
        assert (await acts.find_deleted("gamma")).id == C and (await acts.find_deleted(A[:17])).id == A
        with pytest.raises(NotFoundError, match="no deleted run"):
            await acts.find_deleted("beta")
        await acts.restore([C])
        assert await listed() == {C}
        await acts.undo()
        await acts.undo()  # of deleting both
        assert await listed() == {A, C}


async def test_a_run_that_goes_on_is_not_deleted(three: Workspace) -> None:
    live = "20241019-150000-live"
    record(three, live, begun(live, T, **alive()))
    async with workbench(three) as bench:
        for act in (bench.runacts.delete, bench.runacts.delete_forever):
            with pytest.raises(MlwsError, match="is running"):
                await act([A, live])
        assert not (await bench.runs.get(A)).deleted and (three.streams / A).is_dir()


async def test_a_run_that_may_go_on_elsewhere_is_deleted_only_if_that_is_meant(three: Workspace) -> None:
    lost = "20241019-150000-lost"
    record(three, lost, begun(lost, T, host="gpu07.cluster", boot_id="other"))
    async with workbench(three) as bench:
        acts = bench.runacts
        for act in (acts.delete, acts.delete_forever):
            with pytest.raises(MlwsError, match=r"may still run on gpu07") as refused:
                await act([A, lost])
            assert f"runs delete {lost} --even-if-lost" in refused.value.hint
        assert (three.streams / lost).is_dir() and not (await bench.runs.get(A)).deleted
        await acts.delete([lost], even_if_lost=True)
        assert (await acts.find_deleted("lost")).id == lost
        await acts.delete_forever([lost], even_if_lost=True)
        assert not (three.streams / lost).exists()


def elsewhere(workspace: Workspace, run: str, ts: float, **changes: Any) -> None:
    """Another host changes a run, by its own clock."""
    edit = {"type": "set", "ts": ts, "by": "ann", "run": run, **changes}
    record(workspace, "_edits", edit, file="gpu07.jsonl")


async def test_the_last_change_holds_though_another_hosts_clock_is_ahead(three: Workspace) -> None:
    elsewhere(three, A, time.time() + 3600, name="theirs", notes="theirs", deleted=True, tags_add=["theirs"])
    async with workbench(three) as bench:
        await bench.runacts.restore([A])
        await bench.runacts.rename(A, "mine")
        await bench.runacts.tag([A], remove=["theirs"])
        await bench.runs.edit(A, by="me", notes="mine")
        run = await fresh(bench, A)
        assert (run.deleted, run.name, run.tags, run.notes) == (False, "mine", ("lora",), "mine")
        await bench.runacts.undo()
        assert "theirs" in (await bench.runs.get(A)).tags
    async with workbench(three) as bench:
        early = RunActs(bench, clock=lambda: T)  # the clock was set back
        await early.rename(A, "mine again")
        assert (await bench.runs.get(A)).name == "mine again"


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda acts: acts.note(A, "mine"), {"notes": "theirs"}),
        (lambda acts: acts.rename(A, "mine \udcff"), {"name": "theirs"}),
        (lambda acts: acts.mark_best(A), {"tags_remove": ["best"]}),
        (lambda acts: acts.tag([A, B], remove=["lora"]), {"tags_add": ["lora"]}),
        (lambda acts: acts.archive([C, A]), {"archived": False}),
    ],
)
async def test_what_somebody_else_changed_since_is_not_taken_back(
    three: Workspace, act: Callable[[RunActs], Awaitable[Any]], told: dict[str, Any]
) -> None:
    async with workbench(three) as bench:
        acts = bench.runacts
        await acts.note(C, "first")
        await act(acts)
        await acts.undo()  # nobody else: it is taken back
        await act(acts)
        elsewhere(three, A, time.time() + 60, **told)
        theirs = await fresh(bench, A)
        with pytest.raises(MlwsError, match="was changed again since"):
            await acts.undo()
        assert await fresh(bench, A) == theirs
        await acts.undo()  # the one before can still be taken back
        assert (await bench.runs.get(C)).notes == "" and not acts.undoable


async def test_deleted_for_ever_no_rebuild_brings_it_back(three: Workspace) -> None:
    async with workbench(three) as bench:
        await bench.runacts.rename(A, "renamed")
        act, gone = await bench.runacts.delete_forever([A])
        assert (len(gone.files), act.seen) == (2, True) and gone.size > 0
        assert not (three.streams / A).exists() and not (three.logs / "training" / f"{A}.log").exists()
        assert not bench.runacts.undoable
    await rebuild(three)
    async with workbench(three) as bench:
        assert {run.id for run in (await bench.runs.list(RunQuery(include_deleted=True))).runs} == {B, C}
