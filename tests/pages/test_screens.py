"""The pages of runs on the screen, by keys and as pictures. Look at a new one: pytest --snapshot-update."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.screen import Screen

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import RunsChanged
from mlws_tui.services.workbench import Workbench
from mlws_tui.services.workspace import init
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.compare import ComparePage
from mlws_tui.ui.screens.lineage import LineagePage
from mlws_tui.ui.screens.runpage import RunPage
from tests.pages.kit import AGENT, BASE, BROKEN, CHILD, FORK, broken, family
from tests.pages.stage import PageApp, screen_text, sees
from tests.runs.kit import metrics, record
from tests.ui.pictures import Pictures, named, resize
from tests.ui.stage import NOW

SIZES = [(80, 24), (120, 40), (200, 60)]
Page = Callable[[Workbench], Screen[Jump | None]]


@pytest.fixture
def still(workspace: Workspace) -> Workspace:
    family(workspace)
    return workspace


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same workspace for all pictures: nothing in it changes."""
    workspace = init(tmp_path_factory.mktemp("gallery") / "workspace").workspace
    family(workspace)
    broken(workspace)
    return workspace


def compare(
    snap: Callable[..., bool],
    workspace: Workspace,
    page: Page,
    size: tuple[int, int],
    seen: tuple[str, ...],
    keys: tuple[str, ...] = (),
    theme: str = "mlws-dark",
) -> bool:
    app = PageApp(workspace, page, theme)

    async def before(pilot: Pilot[Any]) -> None:
        await sees(app, pilot, seen[0])
        await pilot.press(*keys)
        await sees(app, pilot, *seen)
        await app.leave()

    return snap(app, terminal_size=size, run_before=before)


async def at_all_sizes(snapshot: SnapshotAssertion, workspace: Workspace, page: Page, *seen: str) -> None:
    app, pictures = PageApp(workspace, page), Pictures(snapshot)
    async with app.run_test(size=SIZES[0]) as pilot:
        for size in SIZES:
            await resize(pilot, size)
            await sees(app, pilot, *seen)
            pictures.take(app, named(size))
        await app.leave()
    pictures.all_as_accepted()


async def test_the_page_of_a_run(snapshot: SnapshotAssertion, gallery: Workspace) -> None:
    await at_all_sizes(snapshot, gallery, lambda bench: RunPage(bench, BASE), "Metrics", "0.300")


def test_the_page_of_an_agents_run(snap_compare: Callable[..., bool], gallery: Workspace) -> None:
    page: Page = lambda bench: RunPage(bench, AGENT)  # noqa: E731
    assert compare(snap_compare, gallery, page, (120, 40), ("Timeline", "take 2"), theme="mlws-light")


def test_the_page_of_a_run_that_failed(snap_compare: Callable[..., bool], gallery: Workspace) -> None:
    page: Page = lambda bench: RunPage(bench, BROKEN)  # noqa: E731
    assert compare(snap_compare, gallery, page, (80, 24), ("loss.backward()",), theme="mlws-ansi")


async def test_a_comparison(snapshot: SnapshotAssertion, gallery: Workspace) -> None:
    page: Page = lambda bench: ComparePage(bench, [BASE, FORK, CHILD])  # noqa: E731
    await at_all_sizes(snapshot, gallery, page, "Metrics", "0.4200")


async def test_a_family(snapshot: SnapshotAssertion, gallery: Workspace) -> None:
    await at_all_sizes(snapshot, gallery, lambda bench: LineagePage(bench, FORK), "support-bot")


async def on(
    workspace: Workspace, page: Page, steps: Callable[[PageApp, Pilot[Any]], Awaitable[None]]
) -> list[Jump | None]:
    """What the page answers after these steps."""
    app = PageApp(workspace, page)
    async with app.run_test(size=(80, 30), notifications=True) as pilot:
        await steps(app, pilot)
        await pilot.pause()
        await app.leave()
    return app.answers


async def test_reading_finding_folding_and_writing_notes(still: Workspace) -> None:
    async def steps(app: PageApp, pilot: Pilot[Any]) -> None:
        await sees(app, pilot, "Metrics", "0.300")
        await pilot.press("slash", "x", "escape", "slash", *"torch", "enter")
        await sees(app, pilot, "torch", "2.8.0")  # it was folded away
        await pilot.press("left")
        await sees(app, pilot, "▸ packages")
        await pilot.press("g", "tab", "space")
        await sees(app, pilot, "▸ Metrics")
        assert "0.300" not in screen_text(app)
        await pilot.press("e", *"keep")
        bench = app.bench
        assert bench is not None
        await bench.runs.edit(BASE, by="someone", notes="from elsewhere")
        await bench.ingest.catch_up()
        await pilot.press("escape")
        await sees(app, pilot, "The notes are saved, with")
        notes = (await bench.runs.get(BASE)).notes
        assert sorted(notes.splitlines()) == ["from elsewhere", "keep"]
        await pilot.press("d")
        await sees(app, pilot, "Changes of lora-16", "WARMUP = 100")
        await pilot.press("escape")
        await sees(app, pilot, "lora-16  completed")
        record(still, BASE, metrics(101, NOW - 160_000, loss=0.125))
        await bench.ingest.catch_up()
        bench.hub.publish(RunsChanged(frozenset({BASE})))
        await pilot.press("g", "tab", "space")
        await sees(app, pilot, "0.125")
        await pilot.press("slash", *"r=16", "enter")
        await sees(app, pilot, "Started")
        await pilot.press("enter")

    assert await on(still, lambda bench: RunPage(bench, BASE), steps) == [Jump("journal", "2026-11-18", 6)]


async def test_a_run_that_goes_away_while_its_page_is_read(still: Workspace) -> None:
    async def steps(app: PageApp, pilot: Pilot[Any]) -> None:
        await sees(app, pilot, "lora-8-slow  completed")
        bench = app.bench
        assert bench is not None
        for act, words in ((bench.runacts.archive, "archived"), (bench.runacts.delete, "deleted")):
            await act([CHILD])
            bench.hub.publish(RunsChanged(frozenset({CHILD})))
            await sees(app, pilot, f"lora-8-slow  completed  {words}")
        await pilot.press("equals_sign")
        await sees(app, pilot, "against lora-8")
        await bench.runacts.delete_forever([CHILD])
        bench.hub.publish(RunsChanged(frozenset({CHILD})))
        await sees(app, pilot, "one of them was deleted for ever: esc goes back", "baseline")
        await pilot.press("escape")
        await sees(app, pilot, "this run was deleted for ever: esc goes back")
        await pilot.press("e")
        await sees(app, pilot, "This run was deleted", "tab section")
        await pilot.press("escape")

    assert await on(still, lambda bench: RunPage(bench, CHILD), steps) == [None]


async def test_a_long_timeline_is_turned_by_pages(still: Workspace) -> None:
    path = still.streams / AGENT / "gpu1-1-aa.jsonl"
    with path.open("a") as stream:
        for i in range(250):
            data = {"tool": f"early-{i}", "latency": 0.1}
            event = {"type": "event", "ts": NOW - 5000 + i, "name": "tool_call", "data": data}
            stream.write(json.dumps(event) + "\n")

    async def steps(app: PageApp, pilot: Pilot[Any]) -> None:
        await sees(app, pilot, "Timeline", "… 65 earlier")
        await pilot.press("slash", *"earlier:", "enter", "enter")
        await sees(app, pilot, "… 200 later", "early-64")
        await pilot.press("enter")
        await sees(app, pilot, "… 65 earlier")
        await pilot.press("L")
        await sees(app, pilot, "Lineage of support-bot")
        await pilot.press("g", "enter")

    assert await on(still, lambda bench: RunPage(bench, AGENT), steps) == [Jump("run", BASE)]


async def test_comparing_by_keys(still: Workspace) -> None:
    async def steps(app: PageApp, pilot: Pilot[Any]) -> None:
        await sees(app, pilot, "against lora-16", "lora.alpha", "3 of 4 settings differ")
        await pilot.press("b")
        await sees(app, pilot, "against lora-8", "−0.120")
        await pilot.press("B", "right")
        await sees(app, pilot, "against lora-16", "‹ 1")
        await pilot.press("a")
        await sees(app, pilot, "seed")
        await pilot.press("left", "d")
        await sees(app, pilot, "lora-16 → lora-8", "-+WARMUP = 100")
        await pilot.press("escape", "J")
        await sees(app, pilot, "The comparison is in the journal")
        assert "Comparison of lora-16, lora-8 and lora-8-slow" in still.journal.read_text()
        await pilot.press("O", "enter")
        await sees(app, pilot, "The comparison is at the end of")
        await pilot.press("q")

    page: Page = lambda bench: ComparePage(bench, [BASE, FORK, CHILD])  # noqa: E731
    assert await on(still, page, steps) == [None]


async def test_going_to_a_run_of_the_family(still: Workspace) -> None:
    async def steps(app: PageApp, pilot: Pilot[Any]) -> None:
        await sees(app, pilot, "support-bot")
        await pilot.press("j", "equals_sign")
        await sees(app, pilot, "against lora-8", "lora-8-slow")
        await pilot.press("escape", "G", "enter")

    assert await on(still, lambda bench: LineagePage(bench, FORK), steps) == [Jump("run", AGENT)]
