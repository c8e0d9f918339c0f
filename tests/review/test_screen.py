"""The page of a review, by keys."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import FileChanged
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.review import ReviewScreen
from mlws_tui.ui.screens.runpage import RunPage
from tests.pages.stage import PageApp, screen_text, sees
from tests.review.kit import fortnight
from tests.ui.stage import until


async def says(app: PageApp, pilot: Pilot[Any], words: str) -> None:
    """Wait until a notice has these words."""
    await until(pilot, lambda: any(words in note.message for note in app._notifications))


async def test_a_review_is_read_turned_and_followed(workspace: Workspace) -> None:
    fortnight(workspace)
    app = PageApp(workspace, ReviewScreen)
    async with app.run_test(size=(100, 40)) as pilot:
        await sees(app, pilot, "3 of 7 days written · 6 runs · 53.2 GPU-h", "energy 1 kWh", "Best results")
        shown = screen_text(app)
        assert "▸ ✗ 1 failed (out of memory)" in shown and "better than 0.4000 before" in shown
        assert "Wed 2026-11-18 (1 run)" in shown and "Insight: a warm-up" in shown

        # to the first outcome, unfold it, and to the page of its first run
        await pilot.press("tab", "j", "space")
        await sees(app, pilot, "Tue 2026-11-17")
        await pilot.press("j", "enter")
        await sees(app, pilot, "lora-8", "val/loss")
        assert isinstance(app.screen, RunPage)
        await pilot.press("escape")
        await sees(app, pilot, "Best results")

        await pilot.press("left_square_bracket")
        await sees(app, pilot, "2026-11-07 to 2026-11-13", "1 of 7 days written")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await says(app, pilot, "These are the newest days")
        await sees(app, pilot, "2026-11-14 to 2026-11-20", "3 of 7 days written")
        await pilot.press("m")
        await sees(app, pilot, "November 2026", "4 of 20 days written")
        await pilot.press("w")
        await sees(app, pilot, "2026-11-14 to 2026-11-20", "3 of 7 days written")

        # what is written meanwhile is seen
        assert app.bench is not None
        workspace.journal.write_text(workspace.journal.read_text().replace("- [ ] clean", "- [x] clean"))
        app.bench.hub.publish(FileChanged(workspace.journal))
        await sees(app, pilot, "2 done · 1 open")

        await pilot.press("slash", *"throttles", "enter", "enter")
        await pilot.pause()
        assert app.answers == [Jump("journal", "2026-11-16", 19)]
        await app.leave()


async def test_it_is_copied_and_written_into_today(workspace: Workspace) -> None:
    fortnight(workspace)
    app = PageApp(workspace, ReviewScreen)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(app, pilot, "energy 1 kWh")
        await pilot.press("y")
        await says(app, pilot, "copied the review as Markdown")
        await pilot.press("J")
        await says(app, pilot, "is in today's entry, under Review")
        assert app.answers == [Jump("journal", "2026-11-20", 9)]
        assert "### Review\n- Review of 2026-11-14 to 2026-11-20:" in workspace.journal.read_text()

        assert app.bench is not None
        await app.push_screen(ReviewScreen(app.bench), app.answers.append)
        await sees(app, pilot, "energy 1 kWh")
        await pilot.press("J")
        await says(app, pilot, "in today's entry already")

        await pilot.press("S")
        await sees(app, pilot, "New session log: title", "Review of 2026-11-14")
        await pilot.press("enter")
        await says(app, pilot, "The review is in docs/sessions/")
        name = "2026-11-20-review-of-2026-11-14-to-2026-11-20"
        assert app.answers[-1] == Jump("session", f"docs/sessions/{name}.md")
        assert "## Review of 2026-11-14" in workspace.sessions.joinpath(f"{name}.md").read_text()

        await app.push_screen(ReviewScreen(app.bench), app.answers.append)
        await app.bench.textindex.bring_up()
        await pilot.press("ctrl+f", *"throttles day:2026-11-16")
        await sees(app, pilot, "1 place ", "journal Experiments")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.answers) == 3)
        assert app.answers[-1] is not None and app.answers[-1].target == "2026-11-16"
        await app.leave()
