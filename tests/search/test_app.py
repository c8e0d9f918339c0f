"""Searching in the app, and where hits and links lead."""

from __future__ import annotations

from mlws_tui.config.workspace import Workspace
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.desk import Desk
from tests.ui.stage import BROKEN, Still, furnish, until


async def test_what_is_typed_is_found_and_enter_goes_there(workspace: Workspace) -> None:
    furnish(workspace)
    stage = Still(workspace)
    async with stage.app.run_test(size=(140, 40)) as pilot:
        await stage.ready(pilot, "llama-ft", "compare r=8")
        assert stage.bench is not None
        await stage.bench.textindex.bring_up()
        await pilot.press("4", "enter", "ctrl+f")  # while one writes, too
        await stage.sees(pilot, "What can be typed")
        await pilot.press(*"acc")
        await stage.sees(pilot, "2 places", "Sentiment analysis", "Completed: sentiment, accuracy 87.3%")
        await pilot.press("tab")
        await stage.sees(pilot, "1 place ", "## 2026-11-19")  # beside it the lines around
        await pilot.press("ctrl+r", "tab")
        await stage.sees(pilot, "1 place ", "best first", "11 - [accuracy]")
        await pilot.press(*" in:x")
        await stage.sees(pilot, "in:journal, in:session, in:run or in:log")
        await pilot.press(*("backspace",) * 5, "shift+tab")
        await stage.sees(pilot, "1 place ")
        await pilot.press("enter")
        await stage.sees(pilot, "Thu 2026-11-19", "accuracy 87.3%")
        await pilot.press("ctrl+f")
        await stage.sees(pilot, "2 places")  # what was sought before is there again
        await pilot.press("tab", "tab", "tab", *"dpo", "enter")  # typed ahead of the answer
        await stage.sees(pilot, "What went wrong")
        await stage.leave()


def told(stage: Still) -> str:
    return "\n".join(one.message for one in stage.app._notifications)


async def test_jumps(workspace: Workspace) -> None:
    furnish(workspace)
    stage = Still(workspace)
    log = workspace.logs / "training" / "other.log"
    log.write_text("".join(f"line {number} here\n" for number in range(1, 400)))
    async with stage.app.run_test(size=(120, 40)) as pilot:
        await stage.ready(pilot, "llama-ft", "compare r=8")
        desk = stage.app.screen
        assert isinstance(desk, Desk)
        desk.editors[0].editor.keys = "emacs"
        await pilot.press("4", "enter", "ctrl+f")  # a step forward there
        assert isinstance(stage.app.screen, Desk)
        await pilot.press("escape")
        desk.go_where(Jump("log", "logs/training/other.log", 222))
        await stage.sees(pilot, "line 222 here", "other")
        desk.go_where(Jump("file", "docs/sessions/2026-11-19-sentiment.md", 7))
        await stage.sees(pilot, "Fine-tuned on 25,000 reviews.")
        desk.go_where(Jump("file", "ACTIVITY.md", 14))
        await stage.sees(pilot, "Thu 2026-11-19")
        desk.go_where(Jump("file", "logs/no.log"))
        await until(pilot, lambda: "logs/no.log is not there" in told(stage))
        desk.go_where(Jump("file", "../../etc/passwd"))
        await until(pilot, lambda: "leads to nothing inside" in told(stage))
        desk.go_where(Jump("url", "https://example.org"))
        await until(pilot, lambda: "copied https://example.org" in told(stage))
        desk.go_where(Jump("run", BROKEN))
        await until(pilot, lambda: stage.app.screen is not desk)
        await stage.sees(pilot, "qwen-dpo")
        await stage.leave()
