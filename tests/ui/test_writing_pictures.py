"""The pages of the journal as pictures. Look at a new one before you accept it: pytest --snapshot-update."""

from __future__ import annotations

from datetime import date

import pytest
from syrupy.assertion import SnapshotAssertion

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import FileChanged
from mlws_tui.services.journal import DayRef
from mlws_tui.ui.screens.days import DaysScreen
from mlws_tui.ui.screens.review import ReviewScreen
from mlws_tui.ui.screens.search import SearchScreen
from mlws_tui.ui.screens.tasks import TasksScreen
from tests.pages.stage import PageApp
from tests.pages.stage import sees as page_sees
from tests.review.kit import fortnight
from tests.ui.pictures import Pictures, named, resize
from tests.ui.stage import Still, furnish

SMALL, USUAL, WIDE = (80, 24), (120, 40), (200, 60)
SIZES = (SMALL, USUAL, WIDE)
#: A page, and what is seen of it at each size once all is read.
PAGES = {
    "tasks": (TasksScreen, ("2 open", "look at lora-32")),
    "days": (
        lambda bench: DaysScreen(bench, DayRef(date(2026, 11, 16))),
        ("November 2026", "Mon 16 Nov", "1 run began"),
    ),
    "review": (ReviewScreen, ("3 of 7 days written", "energy 1 kWh", "Best results")),
    "search": (lambda bench: SearchScreen(bench), ("3 places", "the loss spikes")),
}


@pytest.fixture
def pictures(snapshot: SnapshotAssertion) -> Pictures:
    return Pictures(snapshot)


@pytest.mark.parametrize("page", PAGES)
async def test_pages(pictures: Pictures, workspace: Workspace, page: str) -> None:
    fortnight(workspace)
    opens, seen = PAGES[page]
    app = PageApp(workspace, opens)
    async with app.run_test(size=SMALL) as pilot:
        await page_sees(app, pilot, "esc")
        if page == "search":
            assert app.bench is not None
            await app.bench.textindex.bring_up()
            await app.push_screen(SearchScreen(app.bench, "loss"))
        for size in SIZES:
            if size == WIDE:
                app.theme = "mlws-light"
            await resize(pilot, size)
            await page_sees(
                app,
                pilot,
                *seen,
                *(("15 ## 2026-11-16", "33 - [x] which") if page == "search" and size != SMALL else ()),
            )
            pictures.take(app, f"{page}-{named(size)}")
        await app.leave()
    pictures.all_as_accepted()


async def test_writing(pictures: Pictures, workspace: Workspace) -> None:
    furnish(workspace)
    stage = Still(workspace)
    async with stage.app.run_test(size=SMALL) as pilot:
        await stage.ready(pilot, "llama-ft")
        await pilot.press("4", "z")
        await stage.sees(pilot, "warm-up")

        await pilot.press("p")
        for size in (SMALL, USUAL):
            await resize(pilot, size)
            await stage.sees(pilot, "☐ compare", "words")
            pictures.take(stage.app, f"preview-{named(size)}")
        await pilot.press("escape", "j", "enter", "end", *" after @sent")
        for size in (USUAL, SMALL):
            await resize(pilot, size)
            if size == SMALL:
                await pilot.press("f2")
            await stage.sees(pilot, "after @sent", "sentiment · completed")
            pictures.take(stage.app, f"completion-{named(size)}")

        theirs = workspace.journal.read_text().replace("on the reviews", "on 25,000 reviews")
        workspace.journal.write_text(theirs)
        assert stage.bench is not None
        stage.bench.hub.publish(FileChanged(workspace.journal))
        await pilot.press("escape", "escape")
        await stage.sees(pilot, "side by side")
        await pilot.press("v", "m")
        for size in (SMALL, USUAL):
            await resize(pilot, size)
            await stage.sees(pilot, "all settled", "25,000", "after @sent")
            pictures.take(stage.app, f"conflict-{named(size)}")
        await pilot.press("escape")
        await stage.leave()
    pictures.all_as_accepted()
