"""An experiment's page, as a person uses it."""

from __future__ import annotations

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.experiments import ExperimentStore
from mlws_tui.services.experimentviews import find
from mlws_tui.ui.jump import Jump
from tests.experimentpage.kit import IDS, NOW, opened, seated, sweep
from tests.journal.panes import until
from tests.runs.kit import HOSTILE, begun, ended, metrics, record


async def test_it_shows_how_the_experiment_stands_and_what_differs_between_its_runs(
    workspace: Workspace,
) -> None:
    sweep(workspace)
    async with seated(workspace) as (app, pilot):
        await until(lambda: "Best so far" in app.text, pilot)
        text = app.text
        assert "Experiment reviews · running" in text
        assert "6 runs: 1 running, 4 completed, 1 failed · 56.2 GPU-h · 2026-11-14 to now" in text
        assert "★ acc 0.9100 in lora-r16 · ★ loss 0.7000 in full" in text
        head = next(line for line in text.split("\n") if "STATE" in line)
        assert [word for word in head.split() if word != "│"] == [
            *("RUN", "STATE", "lr", "lora.r", "acc", "loss", "TIME", "BEGAN")
        ]
        assert app.row("lora-r16").split()[1:9] == [
            *("✓", "lora-r16", "completed", "0.0001", "16", "0.9100★", "0.9000", "1h00m")
        ]
        assert "● live  running" in text
        await until(lambda: "⣀⡠" in app.text and " 0.910 " in app.text, pilot)  # a chart of the best
        await pilot.press("j")
        await until(lambda: "✗ broken  failed: exit code 1 at step 1" in app.text, pilot)


async def test_the_best_of_runs_of_one_name_is_told_apart(workspace: Workspace) -> None:
    for n in range(3):
        run = f"2026111{n}-150000-llama"
        head = begun(run, NOW - 900, name="llama", experiment="reviews", config={"lr": 10.0**-n})
        record(workspace, run, head, metrics(1, NOW - 800, acc=0.5 + n / 10), ended(NOW - 700))
    async with seated(workspace) as (app, pilot):
        await until(lambda: "★ acc 0.7000 in llama lr=0.01" in app.text, pilot)


async def test_at_80_by_24_what_counts_has_its_place(workspace: Workspace) -> None:
    sweep(workspace)
    async with seated(workspace, 80, 24) as (app, pilot):
        await until(lambda: "Best so far" in app.text, pilot)
        assert all(
            word in app.row("full") for word in ("completed", "0.0001", "32", "0.5300", "0.7000★", "1h00m")
        )
        assert "= compare" in app.text and "esc back" in app.text


async def test_sorting_marking_and_going_on(workspace: Workspace) -> None:
    sweep(workspace)
    async with seated(workspace) as (app, pilot):
        await until(lambda: "Best so far" in app.text, pilot)

        def names() -> list[str]:
            rows = [line for line in app.text.split("\n") if any(sign in line for sign in "●✓✗")]
            return [line.split()[2] if line.split()[1] != "◆" else line.split()[3] for line in rows[:6]]

        assert names() == ["live", "broken", "full", "lora-r32", "lora-r16", "lora-r8"]
        await pilot.press("s", "s", "s")
        assert names()[:2] == ["lora-r16", "live"] and "by acc" in app.text and "acc▼" in app.text
        await pilot.press("s")
        assert names()[:2] == ["full", "lora-r32"] and "loss▲" in app.text
        await pilot.press("S")
        assert names()[-1] == "full" and "loss▼" in app.text
        await pilot.press("s", "g", "space", "space")
        assert app.text.count("◆") == 2 and "newest first" in app.text
        await pilot.press("equals_sign")
        await until(lambda: bool(app.went), pilot)
        assert app.went == [Jump("compare", f"{IDS[5]},{IDS[4]}")]


async def test_unmarked_the_three_best_are_compared_and_enter_opens_the_run(workspace: Workspace) -> None:
    sweep(workspace)
    for keys, jump in (
        (("equals_sign",), Jump("compare", f"{IDS[1]},{IDS[5]},{IDS[4]}")),
        (("j", "enter"), Jump("run", IDS[4])),
        (("G", "L"), Jump("lineage", IDS[0])),
        (("escape",), None),
    ):
        async with seated(workspace) as (app, pilot):
            await until(lambda app=app: "Best so far" in app.text, pilot)  # type: ignore[misc]
            await pilot.press(*keys)
            await until(lambda app=app: bool(app.went), pilot)  # type: ignore[misc]
            assert app.went == [jump]


async def test_one_leads_to_what_it_was_forked_from(workspace: Workspace) -> None:
    async with opened(workspace) as bench:
        store = ExperimentStore.over(bench)
        mother = await store.create_experiment("mother", "llama3.1:8b", "lora", tags=["a", "b"])
        child = await store.fork_experiment(mother.id, "child")
        await store.update_experiment(child.id, metrics={"acc": 0.9}, best_checkpoint="ckpt/best.pt")
        await store.reach()
    async with seated(workspace, ref="child") as (app, pilot):
        await until(lambda: "Forked from mother" in app.text, pilot)
        for words in (
            "0 runs",
            "No run yet.",
            "Result      acc 0.9",
            "llama3.1:8b · lora · tags a, b",
            "ckpt/best.pt",
        ):
            assert words in app.text
        await pilot.press("enter", "space", "equals_sign", "p")
        await until(lambda: bool(app.went), pilot)
        assert app.went == [Jump("experiment", mother.id)]


async def test_what_it_is_about_is_written_in_its_place(workspace: Workspace) -> None:
    sweep(workspace)
    async with seated(workspace) as (app, pilot):
        await until(lambda: "nothing yet: e writes what it is about" in app.text, pilot)
        await pilot.press("e", *"which rank? q=j", "enter", *"[b]8[/]", "escape")
        await until(lambda: "which rank? q=j" in app.text and "About" in app.text, pilot)
        await until(lambda: "[b]8[/]" in app.text and "esc back" in app.text, pilot)
        assert not app.went
        found = await find(app.bench, "reviews")
        assert found.description == "which rank? q=j\n[b]8[/]" and not found.implicit


async def test_what_runs_say_is_shown_as_text(workspace: Workspace) -> None:
    sweep(workspace)
    record(workspace, IDS[0], {"type": "set", "ts": NOW, "by": "sdk", "config": {HOSTILE: HOSTILE}})
    more = {"name": HOSTILE, "experiment": "reviews", "config": {"x": HOSTILE}}
    record(workspace, "20261120-090000-x", begun("20261120-090000-x", NOW - 9, **more), ended(NOW - 5))
    async with seated(workspace, 160) as (app, pilot):
        await until(lambda: "evil␛]52;c;aGk=␇" in app.text, pilot)
        await pilot.press("s", "s", "s", "s", "g")
        assert "\x1b" not in app.text and "\x07" not in app.text


async def test_it_is_live(workspace: Workspace) -> None:
    sweep(workspace)
    async with seated(workspace) as (app, pilot):
        await until(lambda: "1 running" in app.text, pilot)
        await app.bench.ingest.start()
        record(workspace, IDS[5], metrics(9, NOW - 9, acc=0.99), ended(NOW - 5))
        await until(lambda: "5 completed" in app.text and "★ acc 0.9900 in live" in app.text, pilot)


async def test_one_that_does_not_exist_is_told(workspace: Workspace) -> None:
    sweep(workspace)
    async with seated(workspace, ref="reviewz") as (app, pilot):
        await until(lambda: "There is no experiment 'reviewz' (near it: reviews)" in app.text, pilot)
        await pilot.press("e", "s", "equals_sign", "enter", "w", "escape")
        await until(lambda: app.went == [None], pilot)
